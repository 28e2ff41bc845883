"""Events and shorthands for the tests of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from casetrail.engines.spl_model import Readings, run

START = 1_700_000_000
Row = Mapping[str, object]


def events(*rows: Row) -> list[dict[str, object]]:
    """Events one second apart, the first the oldest, each with an `id` from 1 on."""
    return [{"_time": START + number, "id": str(number + 1), **row} for number, row in enumerate(rows)]


def ids(query: str, *rows: Row, seed: int = 0, readings: Readings | None = None) -> list[object]:
    """The ids of the rows that a query gives, oldest event first."""
    found = run(query, events(*rows), seed=seed, readings=readings)
    return sorted((row["id"] for row in found), key=str)


def kept(condition: str, *rows: Row, readings: Readings | None = None) -> list[object]:
    return ids(f"id=* | where {condition}", *rows, readings=readings)


def value(expression: str, row: Row | None = None, readings: Readings | None = None) -> object:
    """The value of an expression on one event; None for null."""
    [found] = run(f"id=* | eval result={expression}", events(row or {}), readings=readings, now=START)
    return found.get("result")


def column(query: str, name: str, rows: Sequence[Row], seed: int = 0) -> list[object]:
    return [row.get(name) for row in run(query, events(*rows), seed=seed)]
