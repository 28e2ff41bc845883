"""Cheaper forms of a window before it is printed, the same for all SQL engines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from casetrail.plan.nodes import Figure
from casetrail.plan.window import Look, Mark, Of, Window
from casetrail.stores.unsupported import unknown


class Rows(StrEnum):
    """What a row is that windows slide over."""

    STEPS = "steps"
    EVENTS = "events"
    """An event of a key, whatever its bases: it spares a count its distinctness."""
    VALUES = "values"
    """A value of a step, or nothing where the step has none: it has no part in the figure, yet may match."""


@dataclass(frozen=True, slots=True)
class Physical:
    """The rows, and the window over them."""

    rows: Rows
    window: Window


def physical(window: Window, bases: int) -> Physical:
    """A window in the form that costs the least. bases: how many the correlation has."""
    nodes = tuple(_of_all(node, bases) for node in window.nodes)
    figures = [seen for node in nodes if isinstance(node, Look) for _, seen in node.figures]
    counts = all(seen.of is Of.FIGURE and seen.figure is Figure.EVENTS and not seen.bases for seen in figures)
    if any(seen.of is Of.FIGURE and seen.figure is not Figure.EVENTS for seen in figures):
        rows = Rows.VALUES
    elif counts and len(window.keep.bases) == bases and not any(isinstance(node, Mark) for node in nodes):
        rows = Rows.EVENTS
    else:
        rows = Rows.STEPS
    return Physical(rows, replace(window, nodes=nodes))


def _of_all(node: Look | Mark, bases: int) -> Look | Mark:
    """A figure of each base is one of all, which tests no row."""
    match node:
        case Mark():
            return node
        case Look(figures=figures):
            return Look(tuple((name, replace(seen, bases=_named(seen.bases, bases))) for name, seen in figures))
        case never:
            raise unknown(never)


def _named(named: tuple[int, ...], bases: int) -> tuple[int, ...]:
    return () if len(set(named)) == bases else named
