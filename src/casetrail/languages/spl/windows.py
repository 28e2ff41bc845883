"""SPL for correlations, in exact sliding windows and without joins.

Each look has a physical form of its own, by what it is of and its range:

    last over (-inf, -1]       the latest start of the rows of other instants before, by `streamstats`
    any in [-span, 0]          the latest such step up to this instant isn't older than the timespan; in [-span, -1] strictly before
    any in [1, span]           the same, of rows sorted down
    a figure in [-span, 0]     a running sum: a step adds to its window when it comes and takes away again a microsecond after the timespan
    first before first         a running sum of the steps that spoil a window

For a running sum each step is two rows, in order of time, and `streamstats` sums them. What all steps of one instant add is summed first
and counted at the instant's first row, so the order of rows with one time is nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import assert_never

from casetrail.languages.rewrites import figures, first_seen, not_befores
from casetrail.languages.spl.expressions import number, operator
from casetrail.languages.spl.source import BASE
from casetrail.languages.spl.values import NO_MEDIAN
from casetrail.plan.nodes import Figure, Op
from casetrail.plan.window import (
    AT,
    START,
    All,
    Any,
    Compares,
    Fails,
    Holds,
    Keep,
    KnownFor,
    Look,
    Mark,
    NotBefore,
    Of,
    Range,
    Seen,
    StartsWithin,
    Test,
    Window,
)
from casetrail.stores.unsupported import UnsupportedError, unknown

_RANK = {
    Op.GTE: "below_now<rank",
    Op.GT: "upto_now<rank",
    Op.LTE: "upto_now>=rank",
    Op.LT: "below_now>=rank",
    Op.EQ: "below_now<rank AND upto_now>=rank",
    Op.NEQ: "(below_now>=rank OR upto_now<rank)",
}
"""The value of a rank compares with a number as the rank does with how many values are less, or no more, than that."""
_NONE = '"-"'
_PLACE = "streamstats count as place"
MEMBER = "b"
"""Begins the `base` of a correlation's own steps, before the number of the base, where there are others too."""


@dataclass(frozen=True, slots=True)
class Spoiled:
    """Whether the first step of some bases in [-span, 0] is before the first of another there."""

    before: tuple[int, ...]
    opening: tuple[int, ...]
    span: int


Forms = Mapping[str, Seen | Spoiled]


@dataclass(frozen=True, slots=True)
class Nearest:
    """How a look finds the step, or the start, that is nearest to a row: the figure of the rows before it as they are sorted.

    strict: of those of other instants alone.
    """

    sort: str
    figure: str
    strict: bool


_UP_TO = Nearest(f"sort 0 +num({AT})", "max", strict=False)
_BEFORE = replace(_UP_TO, strict=True)
_AFTER = Nearest(f"sort 0 -num({AT})", "min", strict=True)


@dataclass(frozen=True, slots=True)
class SplWindow:
    """The looks of one correlation over rows of steps.

    keys: the fields that group; bases: how many there are; chained: whether there are rows besides, whose `base` doesn't begin with
        MEMBER and which take no part; settled: the field that says whether the time after a step is known.
    """

    keys: tuple[str, ...]
    bases: int
    chained: bool
    settled: str

    def lines(self, window: Window) -> Iterator[str]:
        """Commands after which each row says whether it matches (`hit`) and, where a figure is asked for, that figure (`n`).

        Raises UnsupportedError for a look that has no form in SPL.
        """
        window = first_seen(window)
        forms = _forms(window)
        sums = [form for form in forms.values() if isinstance(form, Seen) and form.of is Of.FIGURE]
        if len(sums) > 1:
            raise UnsupportedError("it asks for more than one figure of a window, and SPL sums up one")
        yield from _sorted_once(self.nodes(window.nodes, forms))
        tests = [*self.kept(window.keep), *self.conjuncts(window.keep.test, forms)]
        shown = f", n=if(hit=1,{_shown(sums[0])},null())" if sums else ""
        yield f"eval hit=if({_every(tests)},1,0){shown}"

    def nodes(self, nodes: Sequence[Look | Mark], forms: Forms) -> Iterator[str]:
        for node in nodes:
            match node:
                case Mark(base=base, column=column):
                    cleared = f", {column}=null()" if column != AT else ""
                    yield f"eval {START}=if({self.is_base([base])},{column},null()){cleared}"
                case Look(figures=figures):
                    yield from self.look({column: forms[column] for column, _ in figures if column in forms})
                case never:
                    assert_never(never)

    def look(self, forms: Forms) -> Iterator[str]:
        for nearest, columns in groupby(forms, lambda column: _nearest(forms[column])):
            alike = [(column, forms[column]) for column in columns]
            if nearest:
                yield from self.nearest(nearest, {column: form for column, form in alike if isinstance(form, Seen)})
            else:
                yield from (line for column, form in alike for line in self.summed_up(column, form))

    def summed_up(self, column: str, form: Seen | Spoiled) -> Iterator[str]:
        return self.figure(form) if isinstance(form, Seen) else self.spoiled(column, form)

    def nearest(self, nearest: Nearest, forms: Mapping[str, Seen]) -> Iterator[str]:
        yield nearest.sort
        if nearest.strict:
            yield f"{_PLACE}{self.by(AT)}"
        sources = {column: START if form.of is Of.LAST else f"{column}_at" for column, form in forms.items()}
        marked = [f"{sources[column]}={self.time(form.bases)}" for column, form in forms.items() if form.of is Of.ANY]
        if marked:
            yield f"eval {', '.join(marked)}"
        found = ", ".join(f"{nearest.figure}({source}) as {column}" for column, source in sources.items())
        yield f"streamstats {'current=f ' if nearest.strict else ''}{found}{self.by()}"
        if nearest.strict:
            yield "eval " + ", ".join(f"{column}=if(place=1,{column},null())" for column in forms)
        yield f"eventstats {', '.join(f'max({column}) as {column}' for column in forms)}{self.by(AT)}"

    def spoiled(self, column: str, form: Spoiled) -> Iterator[str]:
        """For how many steps of some bases a window has nothing of the others before or with them.

        Such a step at s spoils the windows that end from s on, unless they still hold an opening at or before s: so from when the
        latest of these has left until s itself leaves.
        """
        yield from self.nearest(_UP_TO, {"opened": Seen(Of.ANY, Range(-form.span, 0), form.opening)})
        spoils = f"{self.is_base(form.before)} AND if(opened=at,1,0)=0"
        yield f'eval edge=if({spoils},split("in from until"," "),"in")'
        yield "mvexpand edge"
        left = f"if(opened+{form.span + 1}>at,opened+{form.span + 1},at)"
        yield f'eval when=case(edge="in",at,edge="from",{left},1=1,at+{form.span + 1})'
        yield f'eval {column}=case(edge="in",0,edge="from",1,1=1,-1)'
        yield from self.summed([column])

    def figure(self, seen: Seen) -> Iterator[str]:
        span = -(seen.range.low or 0)
        match _figure(seen):
            case Figure.EVENTS:
                if self.bases > 1:
                    yield f"eval member={self.of_member('1', '0')}"
                    yield f"streamstats count as copy{self.by('event_id', 'member')}"
                yield f"eval change={self.of_member('if(copy=1,1,0)' if self.bases > 1 else '1', '0')}"
                yield from self.slide(["change"], span)
            case Figure.DISTINCT:
                yield from self.distinct(span)
            case Figure.SUM | Figure.AVG:
                yield from self.slide(["held", "amount"], span)
            case Figure.PERCENTILE:
                yield from self.slide(["held", "below", "upto"], span)
                yield f"eval rank=max(1,ceil({seen.percentile}*held_now/100))"
            case Figure.MEDIAN:
                raise UnsupportedError(NO_MEDIAN)
            case never:
                raise unknown(never)

    def distinct(self, span: int) -> Iterator[str]:
        """A value is there from its first step until its last one has left: what comes in between changes nothing."""
        yield f"eval each={self.of_member(f'coalesce(value,{_NONE})', _NONE)}"
        yield "mvexpand each"
        yield from self.edges(span)
        yield "sort 0 +num(when), -str(edge)"
        yield f'eval one=if(each={_NONE},0,1), come=if(one=1 AND edge="in",at,null())'
        yield f"streamstats count as copy{self.by('each', 'at', 'edge')}"
        yield f"streamstats current=f max(come) as seen{self.by('each')}"
        since = f"if(seen>=at-{span},0,1)"
        yield f'eval change=case(one=0 OR copy>1,0,edge="in",{since},seen=at,-1,1=1,0)'
        yield from self.summed(["change"])

    def slide(self, changes: Sequence[str], span: int) -> Iterator[str]:
        yield from self.edges(span)
        for change in changes:
            moved = f'if(edge="out",0-{change},{change})'
            yield f"eval {change}_moved={self.of_member(moved, '0')}"
        yield from self.summed(changes, "_moved")

    def edges(self, span: int) -> Iterator[str]:
        both, alone = 'split("in out"," ")', '"in"'
        yield f"eval edge={self.of_member(both, alone)}"
        yield "mvexpand edge"
        yield f'eval when=if(edge="out",at+{span + 1},at)'

    def summed(self, changes: Sequence[str], suffix: str = "") -> Iterator[str]:
        """The running sums at each instant, of all that happens up to and at it."""
        yield f"eventstats {', '.join(f'sum({one}{suffix}) as {one}_here' for one in changes)}{self.by('when')}"
        yield "sort 0 +num(when)"
        yield f"streamstats count as place{self.by('when')}"
        yield "eval " + ", ".join(f"{one}_here=if(place=1,{one}_here,0)" for one in changes)
        yield f"streamstats {', '.join(f'sum({one}_here) as {one}_now' for one in changes)}{self.by()}"
        yield 'where edge="in"'

    def by(self, *more: str) -> str:
        listed = ", ".join([*self.keys, *more])
        return f" by {listed}" if listed else ""

    @property
    def members(self) -> str:
        return f'match(base,"^{MEMBER}")' if self.chained else ""

    def of_member(self, value: str, other: str) -> str:
        return f"if({self.members},{value},{other})" if self.chained else value

    def is_base(self, bases: Sequence[int]) -> str:
        mark = MEMBER if self.chained else BASE
        tests = [f'base="{mark}{base}"' for base in sorted(set(bases))]
        return tests[0] if len(tests) == 1 else f"({' OR '.join(tests) or '1=0'})"

    def time(self, bases: Sequence[int]) -> str:
        """The time of a step of some bases, or of any when none are named; else null."""
        return f"if({self.is_base(bases)},{AT},null())" if bases else self.of_member(AT, "null()")

    def kept(self, keep: Keep) -> list[str]:
        if set(keep.bases) != set(range(self.bases)):
            return [self.is_base(keep.bases)]
        return [self.members] if self.chained else []

    def conjuncts(self, test: Test, forms: Forms) -> list[str]:
        """What all has to hold for a test; never null."""
        match test:
            case Compares(column=column, op=op, value=value):
                return _compares(forms[column], op, value)
            case StartsWithin(span=span):
                return [f"if({AT}-{START}<={span},1,0)=1"]
            case NotBefore(column=column):
                return [f"{_holds(column, forms[column])}=0"]
            case KnownFor():
                return [f"{self.settled}=1"]
            case Holds(column=column):
                return [f"{_holds(column, forms[column])}=1"]
            case Fails(arg=Holds(column=column)):
                return [f"{_holds(column, forms[column])}=0"]
            case Fails(arg=arg):
                return [f"NOT ({_every(self.conjuncts(arg, forms))})"]
            case All(args=args):
                return [one for arg in args for one in self.conjuncts(arg, forms)]
            case Any(args=args):
                return [f"({' OR '.join(f'({_every(self.conjuncts(arg, forms))})' for arg in args) or '1=0'})"]
            case never:
                assert_never(never)


def _forms(window: Window) -> Forms:
    """What each column of a window is found by; two times that are compared are one form, by the column of the first."""
    seen = figures(window)
    pairs = {test.column: test.other for test in not_befores(window.keep.test)}
    spoiled = {column: _spoiled(seen[column], seen.get(other)) for column, other in pairs.items()}
    return {column: spoiled.get(column, one) for column, one in seen.items() if column not in pairs.values()}


def _spoiled(first: Seen, other: Seen | None) -> Spoiled:
    """The form of a first that isn't to be before another. Raises UnsupportedError for what are no two firsts of one window."""
    low = first.range.low
    if (
        other is None
        or low is None
        or first != replace(other, bases=first.bases)
        or (first.of, first.range.high) != (Of.FIRST, 0)
    ):
        raise UnsupportedError("it compares two times that SPL has no running sum for")
    return Spoiled(first.bases, other.bases, -low)


def _nearest(form: Seen | Spoiled) -> Nearest | None:
    """How a look is found by what is nearest; None where it is by a running sum. Raises UnsupportedError for a range that has neither."""
    if isinstance(form, Spoiled):
        return None
    low, high = form.range.low, form.range.high
    match form.of:
        case Of.ANY:
            if low == 1:
                return _AFTER
            if low is not None and high in (0, -1):
                return _BEFORE if high else _UP_TO
        case Of.LAST:
            if low is None and high == -1 and not form.bases:
                return _BEFORE
        case Of.FIGURE:
            if low is not None and high == 0 and not form.bases:
                return None
        case Of.FIRST:
            pass
        case never:
            assert_never(never)
    raise UnsupportedError(f"SPL has no form for {form.of} over the steps from {low} to {high} microseconds around one")


def _holds(column: str, form: Seen | Spoiled) -> str:
    """1 where there is a step in the range of a look, else 0."""
    if isinstance(form, Spoiled):
        return f"if({column}_now>0,1,0)"
    low, high = form.range.low or 0, form.range.high
    return f"if({column}<={AT}+{high},1,0)" if high > 0 else f"if({column}>={AT}-{-low},1,0)"


def _figure(form: Seen | Spoiled) -> Figure:
    if isinstance(form, Spoiled) or form.figure is None:
        raise UnsupportedError("it compares with a number what is no figure")
    return form.figure


def _compares(form: Seen | Spoiled, op: Op, value: float) -> list[str]:
    sign, count = operator(op), number(value)
    match _figure(form):
        case Figure.EVENTS | Figure.DISTINCT:
            return [f"change_now{sign}{count}"]
        case Figure.SUM:
            return ["held_now>0", f"amount_now{sign}{count}"]
        case Figure.AVG:
            return ["held_now>0", f"amount_now{sign}{count}*held_now"]
        case Figure.PERCENTILE:
            return ["held_now>0", _RANK[op]]
        case Figure.MEDIAN:
            raise UnsupportedError(NO_MEDIAN)
        case never:
            raise unknown(never)


def _shown(form: Seen) -> str:
    match _figure(form):
        case Figure.EVENTS | Figure.DISTINCT:
            return "change_now"
        case Figure.SUM:
            return "amount_now"
        case Figure.AVG:
            return "amount_now/held_now"
        case Figure.PERCENTILE:
            return "held_now"
        case Figure.MEDIAN:
            raise UnsupportedError(NO_MEDIAN)
        case never:
            raise unknown(never)


def _every(tests: Sequence[str]) -> str:
    return " AND ".join(tests) or "1=1"


def _sorted_once(lines: Iterable[str]) -> Iterator[str]:
    """Without the commands that sort, or number, rows that are sorted and numbered so."""
    standing: list[str] = []
    for line in lines:
        if line in standing:
            continue
        if line.startswith("sort "):
            standing = [line]
        elif line.startswith(_PLACE):
            standing.append(line)
        yield line
