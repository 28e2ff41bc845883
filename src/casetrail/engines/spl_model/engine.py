"""Runs SPL text over events: parse, take the events newest first, and pass the rows through the commands."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from casetrail.engines.spl_model.commands import apply
from casetrail.engines.spl_model.context import Lookup, SearchContext
from casetrail.engines.spl_model.errors import SplError
from casetrail.engines.spl_model.parse import parse
from casetrail.engines.spl_model.readings import Readings
from casetrail.engines.spl_model.values import Number, Row, Single, joined

_TIMES = ("_time", "_indextime")
_MICROSECONDS = 10**6


def run(
    query: str,
    events: Sequence[Mapping[str, object]],
    *,
    lookups: Mapping[str, Lookup] | None = None,
    macros: Mapping[str, str] | None = None,
    now: float | Decimal | Fraction | None = None,
    latest: float | Decimal | Fraction | None = None,
    seed: int = 0,
    readings: Readings | None = None,
) -> list[dict[str, object]]:
    """The rows that a query gives, in order; times come out as numbers, fields of several values as lists.

    events: fields as `extract.extracted` names them, with `_time` (epoch seconds) in each, and `_indextime`, `index`,
        `sourcetype`, `source` and `_raw` as the query needs.
    lookups: by name. macros: definitions by name, without arguments. now: epoch seconds, for relative times.
    latest: the end of the search's time range, of which addinfo tells; it leaves no event out.
    seed: which order things have whose order Splunk leaves open; 0 leaves them as they come.
    readings: how to read the documentation where it leaves room; by default as most would.

    Raises SplError for text that the model doesn't know, UnspecifiedError (one of them) where the documentation is
    silent, LimitError (one too) where Splunk would cut the results.
    """
    readings = readings or Readings()
    commands = parse(query, macros or {})
    context = SearchContext(
        None if now is None else Fraction(_seconds(now)),
        None if latest is None else _time("latest", latest, readings),
        lookups or {},
        readings,
        seed,
        random.Random(seed),  # noqa: S311
    )
    rows = [_row(event, readings) for event in events]
    rows = context.ordered(rows, lambda row: row["_time"], reverse=True)
    for command in commands:
        rows = apply(command, rows, context)
    return [{name: _out(value) for name, value in row.items()} for row in rows]


def _row(event: Mapping[str, object], readings: Readings) -> Row:
    row: Row = {}
    for name, value in event.items():
        found = _time(name, value, readings) if name in _TIMES else joined(_texts(name, value))
        if found is not None:
            row[name] = found
    if "_time" not in row:
        raise SplError("an event without _time")
    return row


def _time(name: str, value: object, readings: Readings) -> Number:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction | str):
        raise SplError(f"{name} {value!r} is no time")
    seconds = _seconds(value)
    if (seconds * _MICROSECONDS).denominator != 1:
        raise SplError(f"{name} {value!r} is finer than a microsecond")
    return seconds if readings.exact else float(seconds)


def _seconds(value: float | Decimal | Fraction | str) -> Fraction:
    """A float stands for the decimal that Python writes for it."""
    return value if isinstance(value, Fraction) else Fraction(str(value))


def _texts(name: str, value: object) -> list[Single]:
    match value:
        case None:
            return []
        case list() | tuple():
            return [text for one in value for text in _texts(name, one)]
        case str():
            return [value]
        case bool():
            return ["true" if value else "false"]
        case int() | float() | Decimal():
            return [str(value)]
        case _:
            raise SplError(f"the field {name} with {value!r}")


def _out(value: Single | tuple[Single, ...]) -> object:
    if isinstance(value, tuple):
        return [_out(one) for one in value]
    if isinstance(value, str):
        return value
    return int(value) if value % 1 == 0 else float(value)
