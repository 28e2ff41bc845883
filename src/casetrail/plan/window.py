"""A correlation's condition as looks around each step: lowered once, before any language.

Rows are the steps of one key: (base, id, at, key, value). A `Look` works figures out over the steps in a range of time around each step, a
`Mark` carries a time from one look to the next, and what passes a `Keep` matches. These three say every kind of correlation:

    "b after a within an hour, no c before" (bases 0, 1, 2)
    Mark(0, "at")                                       start = at, where the step is of a
    Look(earlier = the latest start before)
    Mark(1, "earlier")                                  start = earlier, where the step is of b
    Look(seen = first of c in the window, opening = first of a in the window)
    Keep(b, start in the window and seen not before opening)

A language prints the three nodes; a cheaper physical form is a rewrite of a look before it is printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from casetrail.plan.nodes import (
    AllOf,
    AnyOf,
    Correlation,
    Figure,
    Op,
    Order,
    Present,
    Threshold,
    Together,
    Without,
    wanted_bases,
)

AT = "at"
"""The column of a step's time."""
START = "start"
"""The column that a mark writes."""


class Of(StrEnum):
    """What is seen of the steps in a range."""

    ANY = "any"
    """Whether there is one."""
    FIRST = "first"
    """The earliest time; none without a step."""
    LAST = "last"
    """The latest `start`; none without a step that has one."""
    FIGURE = "figure"
    """A `Figure`; for all but counts none without a value."""


@dataclass(frozen=True, slots=True)
class Range:
    """The steps from `low` to `high` microseconds around a step, both ends included. low: None for all that are before `high`."""

    low: int | None
    high: int


@dataclass(frozen=True, slots=True)
class Seen:
    """One figure over the steps of a key in a range, of some bases, or of all when none are named.

    figure, percentile: for `Of.FIGURE`.
    """

    of: Of
    range: Range
    bases: tuple[int, ...] = ()
    figure: Figure | None = None
    percentile: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """figures: by the column that each becomes."""

    figures: tuple[tuple[str, Seen], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """`start` becomes what a column holds where the step is of a base, and nothing elsewhere."""

    base: int
    column: str


@dataclass(frozen=True, slots=True)
class Compares:
    """A figure's column compares with a number; no figure, no match."""

    column: str
    op: Op
    value: int | float


@dataclass(frozen=True, slots=True)
class StartsWithin:
    """`start` is there and not longer before the step than a span."""

    span: int


@dataclass(frozen=True, slots=True)
class NotBefore:
    """A column holds nothing, or a time not before that in another."""

    column: str
    other: str


@dataclass(frozen=True, slots=True)
class KnownFor:
    """The log is known to be whole until so long after the step."""

    span: int


@dataclass(frozen=True, slots=True)
class Holds:
    """A column of `Of.ANY` is true."""

    column: str


@dataclass(frozen=True, slots=True)
class Fails:
    arg: Test


@dataclass(frozen=True, slots=True)
class All:
    args: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Any:
    args: tuple[Test, ...]


Test = Compares | StartsWithin | NotBefore | KnownFor | Holds | Fails | All | Any


@dataclass(frozen=True, slots=True)
class Keep:
    """The steps of some bases that pass a test match; of no base when none are named."""

    bases: tuple[int, ...]
    test: Test


@dataclass(frozen=True, slots=True)
class Window:
    """A lowered condition.

    nodes: looks and marks, in order; keep: what passes in the end.
    evidence: the steps that a match is shown with; None for the matching step alone.
    """

    nodes: tuple[Look | Mark, ...]
    keep: Keep
    evidence: Range | None


def window(plan: Correlation) -> Window:
    """The looks that say a correlation's condition."""
    inside = Range(-plan.span, 0)
    match plan.condition:
        case Threshold() as one:
            seen = Seen(Of.FIGURE, inside, (), one.figure, one.percentile)
            return Window(
                (Look((("n", seen),)),), Keep(tuple(range(len(plan.bases))), Compares("n", one.op, one.count)), inside
            )
        case Order() as order:
            return _order(order, plan.span)
        case Present() | AllOf() | AnyOf() | Without() as together:
            figures = tuple((f"base{base}", Seen(Of.ANY, inside, (base,))) for base in sorted(named_bases(together)))
            return Window((Look(figures),), Keep(tuple(sorted(wanted_bases(together))), _test(together)), inside)
        case never:
            assert_never(never)


def _order(order: Order, span: int) -> Window:
    inside = Range(-span, 0)
    first, *later = order.wanted
    nodes: list[Look | Mark] = []
    tests: list[Test] = []
    if later:
        nodes.append(Mark(first, AT))
        for base in later:
            nodes += [Look((("earlier", Seen(Of.LAST, Range(None, -1))),)), Mark(base, "earlier")]
        tests.append(StartsWithin(span))
    around: list[tuple[str, Seen]] = []
    if order.before:
        around.append(("seen", Seen(Of.FIRST, inside, order.before)))
        around += [("opening", Seen(Of.FIRST, inside, (first,)))] if later else []
        tests.append(NotBefore("seen", "opening" if later else AT))
    if order.after:
        around.append(("followed", Seen(Of.ANY, Range(1, span), order.after)))
        tests += [Fails(Holds("followed")), KnownFor(span)]
    nodes += [Look(tuple(around))] if around else []
    return Window(tuple(nodes), Keep((order.wanted[-1],), All(tuple(tests))), inside if later else None)


def named_bases(together: Together) -> set[int]:
    """The bases that a condition of `temporal` names, with `not` or without."""
    match together:
        case Present(base=base):
            return {base}
        case Without(arg=arg):
            return named_bases(arg)
        case AllOf(args=args) | AnyOf(args=args):
            return {base for arg in args for base in named_bases(arg)}
        case never:
            assert_never(never)


def _test(together: Together) -> Test:
    match together:
        case Present(base=base):
            return Holds(f"base{base}")
        case Without(arg=arg):
            return Fails(_test(arg))
        case AllOf(args=args):
            return All(tuple(map(_test, args)))
        case AnyOf(args=args):
            return Any(tuple(map(_test, args)))
        case never:
            assert_never(never)
