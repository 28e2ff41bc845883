"""KQL for figures over the steps beside a step (`other_…`), and for tests of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from casetrail.languages.base import Instant
from casetrail.languages.kql.expressions import operator
from casetrail.languages.kql.text import literal, moment, since, timespan
from casetrail.plan.nodes import Correlation, Figure, KeyPart, Type
from casetrail.plan.window import (
    All,
    Any,
    Compares,
    Fails,
    Holds,
    KnownFor,
    NotBefore,
    Of,
    Range,
    Seen,
    StartsWithin,
    Test,
)
from casetrail.stores.unsupported import UnsupportedError, unknown

MOST = 1_048_576
"""The most values that `make_set` and `make_list` keep (Microsoft: "make_set() (aggregation function)")."""


@dataclass(frozen=True, slots=True)
class Column:
    """A figure as columns of a `summarize` by name, and the lines after it that make it whole."""

    summed: dict[str, str]
    lines: tuple[str, ...] = ()


def within(range_: Range) -> str:
    """Whether a step beside lies in a range around `at`."""
    low, high = range_.low, range_.high
    start, end = _shifted(low), _shifted(high)
    strict = {-1: "other_at < at", 1: "other_at > at"}
    if low is None:
        return strict.get(high) or f"other_at <= {end}"
    if high == -1:
        return f"other_at between ({start} .. at) and {strict[-1]}"
    if low == 1:
        return f"other_at between (at .. {end}) and {strict[1]}"
    return f"other_at between ({start} .. {end})"


def _shifted(micros: int | None) -> str:
    if not micros:
        return "at"
    return f"(at + {timespan(micros)})" if micros > 0 else f"(at - {timespan(-micros)})"


def either(column: str, bases: Sequence[int]) -> str:
    listed = sorted(set(bases))
    return f"{column} == {listed[0]}" if len(listed) == 1 else f"{column} in ({', '.join(map(str, listed))})"


def condition(seen: Seen, plan: Correlation, filtered: Range | None) -> str:
    """Which steps beside a figure is over; empty for all. filtered: the range that all rows are in already."""
    parts = [] if seen.range == filtered else [within(seen.range)]
    parts += [either("other_base", seen.bases)] if seen.bases and len(set(seen.bases)) < len(plan.bases) else []
    return " and ".join(parts)


def figure(column: str, seen: Seen, plan: Correlation, filtered: Range | None) -> Column:
    """A figure as columns. Raises UnsupportedError for what KQL can't count."""
    when = condition(seen, plan, filtered)
    match seen.of:
        case Of.ANY:
            return Column({column: f"countif({when or 'true'})"})
        case Of.FIRST:
            return Column({column: f"min({f'iff({when}, other_at, datetime(null))' if when else 'other_at'})"})
        case Of.LAST:
            raise UnsupportedError("its condition carries a time along otherwise than in a chain")
        case Of.FIGURE:
            if when:
                raise UnsupportedError(
                    "its figure is over some of the steps in its window, which KQL's form doesn't tell apart"
                )
            return _aggregate(column, seen, plan)
        case never:
            assert_never(never)


def _aggregate(column: str, seen: Seen, plan: Correlation) -> Column:
    match seen.figure:
        case Figure.EVENTS if len(plan.bases) == 1:
            return Column({column: "count()"})
        case Figure.EVENTS:
            return Column({column: "array_length(make_set(other_id))"})
        case Figure.DISTINCT:
            return Column({column: _distinct(plan.value)})
        case Figure.SUM | Figure.AVG:
            name = "sum" if seen.figure is Figure.SUM else "avg"
            return Column(
                {column: f"{name}(other_value)", "values": "countif(isnotnull(other_value))"}, ("where values > 0",)
            )
        case Figure.MEDIAN:
            return _ranked(column, "(toreal(held[toint((size - 1) / 2)]) + toreal(held[toint(size / 2)])) / 2")
        case Figure.PERCENTILE:
            rank = f"toint(({seen.percentile or 0} * size + 99) / 100)"
            return _ranked(column, f"toreal(held[max_of({rank}, 1) - 1])")
        case None:
            raise ValueError("a figure without a name")
        case never:
            raise unknown(never)


def _ranked(column: str, picked: str) -> Column:
    lines = ("extend size = array_length(held)", "where size > 0", f"extend {column} = {picked}")
    return Column({"held": "array_sort_asc(make_list(other_value))"}, lines)


def _distinct(value: KeyPart | None) -> str:
    counted = "coalesce(array_length(make_set(other_value)), 0)"
    if value is not None and value.type in (Type.TEXT, Type.ADDRESS):
        # The empty text is a missing value, and not one of them.
        return f"{counted} - iff(countif(isempty(other_value)) > 0, 1, 0)"
    return counted


def require_countable(columns: Iterable[Column], test: Test) -> None:
    """Raises UnsupportedError where a test asks for a number of different values that `make_set` doesn't reach."""
    sets = {name for column in columns for name, text in column.summed.items() if "make_set" in text}
    if isinstance(test, Compares) and test.column in sets and test.value >= MOST:
        raise UnsupportedError(f"it counts to {test.value}, and KQL counts {MOST} different values at most")


def test_lines(test: Test, known: Instant, *, arrivals: bool) -> Iterator[str]:
    """The lines that keep the steps that pass.

    known: until when the log is whole; arrivals: whether `arrived` says when each became known.
    """
    match test:
        case All(args=args):
            for arg in args:
                yield from test_lines(arg, known, arrivals=arrivals)
        case StartsWithin():
            # The chain's joins see to it.
            return
        case KnownFor(span=span):
            yield f"where at + {timespan(span)} <= {moment(known)}"
            if arrivals:
                yield f"extend arrived = max_of(arrived, at + {timespan(span)} + {since(known)})"
        case Fails(arg=Holds(column=column)):
            yield f"where {column} == 0"
        case Compares() | NotBefore() | Holds() | Fails() | Any():
            yield f"where {_text(test)}"
        case never:
            assert_never(never)


def _text(test: Test) -> str:
    match test:
        case Compares(column=column, op=op, value=value):
            return f"{column} {operator(op)} {literal(value)}"
        case NotBefore(column=column, other=other):
            return f"isnull({column}) or {column} >= {other}"
        case Holds(column=column):
            return f"{column} > 0"
        case Fails(arg=arg):
            return f"not({_text(arg)})"
        case All(args=args):
            return "(" + (" and ".join(map(_text, args)) or "true") + ")"
        case Any(args=args):
            return "(" + (" or ".join(map(_text, args)) or "false") + ")"
        case StartsWithin() | KnownFor():
            raise UnsupportedError("its condition asks for a time inside a choice, which KQL's form doesn't say")
        case never:
            assert_never(never)
