"""SPL for correlations, in exact sliding windows and without joins: what a window holds is a running sum.

A step adds to its window when it comes and takes away again a microsecond after the timespan, so each step is two rows, in order
of time, and `streamstats` sums them. What all steps of one instant add is summed first and counted at the instant's first row,
so the order of rows with one time is nothing. A chain carries the start of its latest part along in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casetrail.languages.spl.expressions import number, operator
from casetrail.languages.spl.source import BASE
from casetrail.plan.nodes import AllOf, AnyOf, Figure, Op, Order, Present, Threshold, Together, Without, wanted_bases

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
MEMBER = "b"
"""Begins the `base` of a correlation's own steps, before the number of the base, where there are others too."""


@dataclass(frozen=True, slots=True)
class Window:
    """The window of one correlation over rows of steps.

    keys: the fields that group; span: in microseconds; bases: how many there are; chained: whether there are rows besides, whose
        `base` doesn't begin with MEMBER and which take no part.
    """

    keys: tuple[str, ...]
    span: int
    bases: int
    chained: bool

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

    def at_base(self, column: str, bases: Sequence[int], value: str = "at") -> str:
        return f"{column}=if({self.is_base(bases)},{value},null())"

    def threshold(self, threshold: Threshold) -> Iterator[str]:
        op, count = operator(threshold.op), number(threshold.count)
        tests = [self.members] if self.chained else []
        match threshold.figure:
            case Figure.EVENTS:
                if self.bases > 1:
                    yield f"eval member={self.of_member('1', '0')}"
                    yield f"streamstats count as copy{self.by('event_id', 'member')}"
                yield f"eval change={self.of_member('if(copy=1,1,0)' if self.bases > 1 else '1', '0')}"
                yield from self.slide(["change"])
                figure, tests = "change_now", [*tests, f"change_now{op}{count}"]
            case Figure.DISTINCT:
                yield from self.distinct()
                figure, tests = "change_now", [*tests, f"change_now{op}{count}"]
            case Figure.SUM | Figure.AVG:
                yield from self.slide(["held", "amount"])
                average = threshold.figure is Figure.AVG
                figure = "amount_now/held_now" if average else "amount_now"
                tests += ["held_now>0", f"amount_now{op}{f'{count}*held_now' if average else count}"]
            case _:
                yield from self.slide(["held", "below", "upto"])
                yield f"eval rank=max(1,ceil({threshold.percentile or 0}*held_now/100))"
                figure, tests = "held_now", [*tests, "held_now>0", _RANK[threshold.op]]
        yield f"eval hit=if({' AND '.join(tests)},1,0), n=if(hit=1,{figure},null())"

    def distinct(self) -> Iterator[str]:
        """A value is there from its first step until its last one has left: what comes in between changes nothing."""
        yield f"eval each={self.of_member(f'coalesce(value,{_NONE})', _NONE)}"
        yield "mvexpand each"
        yield from self.edges()
        yield "sort 0 +num(when), -str(edge)"
        yield f'eval one=if(each={_NONE},0,1), come=if(one=1 AND edge="in",at,null())'
        yield f"streamstats count as copy{self.by('each', 'at', 'edge')}"
        yield f"streamstats current=f max(come) as seen{self.by('each')}"
        since = f"if(seen>=at-{self.span},0,1)"
        yield f'eval change=case(one=0 OR copy>1,0,edge="in",{since},seen=at,-1,1=1,0)'
        yield from self.summed(["change"])

    def slide(self, changes: Sequence[str]) -> Iterator[str]:
        yield from self.edges()
        for change in changes:
            moved = f'if(edge="out",0-{change},{change})'
            yield f"eval {change}_moved={self.of_member(moved, '0')}"
        yield from self.summed(changes, "_moved")

    def edges(self) -> Iterator[str]:
        both, alone = 'split("in out"," ")', '"in"'
        yield f"eval edge={self.of_member(both, alone)}"
        yield "mvexpand edge"
        yield f'eval when=if(edge="out",at+{self.span + 1},at)'

    def summed(self, changes: Sequence[str], suffix: str = "") -> Iterator[str]:
        """The running sums at each instant, of all that happens up to and at it."""
        yield f"eventstats {', '.join(f'sum({one}{suffix}) as {one}_here' for one in changes)}{self.by('when')}"
        yield "sort 0 +num(when)"
        yield f"streamstats count as place{self.by('when')}"
        yield "eval " + ", ".join(f"{one}_here=if(place=1,{one}_here,0)" for one in changes)
        yield f"streamstats {', '.join(f'sum({one}_here) as {one}_now' for one in changes)}{self.by()}"
        yield 'where edge="in"'

    def together(self, together: Together) -> Iterator[str]:
        """A base has a step in the window when its latest one up to this instant isn't older than the timespan."""
        used = sorted(_bases(together))
        yield "sort 0 +num(at)"
        yield "eval " + ", ".join(self.at_base(f"at{base}", [base]) for base in used)
        yield f"streamstats {', '.join(f'max(at{base}) as last{base}' for base in used)}{self.by()}"
        yield f"eventstats {', '.join(f'max(last{base}) as last{base}' for base in used)}{self.by('at')}"
        wanted = self.is_base(sorted(wanted_bases(together)))
        yield f"eval hit=if({wanted} AND {self.present(together)},1,0)"

    def present(self, together: Together) -> str:
        match together:
            case Present(base=base):
                return f"if(last{base}>=at-{self.span},1,0)=1"
            case Without(arg=arg):
                return f"NOT ({self.present(arg)})"
            case AllOf(args=args):
                return "(" + " AND ".join(map(self.present, args)) + ")"
            case AnyOf(args=args):
                return "(" + " OR ".join(map(self.present, args)) + ")"

    def order(self, order: Order) -> Iterator[str]:
        first, *later = order.wanted
        tests = [self.is_base([order.wanted[-1]])]
        yield "sort 0 +num(at)"
        yield f"streamstats count as place{self.by('at')}"
        yield f"eval {self.at_base('start', [first])}"
        start = "start"
        for place, base in enumerate(later):
            yield from self.strictly(start, "max")
            before, start = f"{start}_other", f"start{place}"
            yield f"eval {self.at_base(start, [base], before)}"
        if later:
            tests.append(f"if(at-{start}<={self.span},1,0)=1")
        if order.before and not later:
            yield f"eval {self.at_base('seen', order.before)}"
            yield from self.strictly("seen", "max")
            tests.append(f"if(seen_other>=at-{self.span},1,0)=0")
        if order.before and later:
            yield f"eval {self.at_base('opening', [first])}"
            yield f"streamstats max(opening) as opened{self.by()}"
            yield f"eventstats max(opened) as opened{self.by('at')}"
        if order.after:
            yield "sort 0 -num(at)"
            yield f"streamstats count as place{self.by('at')}"
            yield f"eval {self.at_base('next', order.after)}"
            yield from self.strictly("next", "min")
            tests.append(f"if(next_other<=at+{self.span},1,0)=0")
        if order.before and later:
            yield from self.preceded(order.before)
            tests.append("preceded_now=0")
        yield f"eval hit=if({' AND '.join(tests)},1,0)"

    def strictly(self, column: str, figure: str) -> Iterator[str]:
        """A figure of a field over the rows of other instants before this one, as they are sorted."""
        yield f"streamstats current=f {figure}({column}) as {column}_other{self.by()}"
        yield f"eval {column}_other=if(place=1,{column}_other,null())"
        yield f"eventstats max({column}_other) as {column}_other{self.by('at')}"

    def preceded(self, before: Sequence[int]) -> Iterator[str]:
        """For how many steps of `before` a window has nothing that begins the chain before or with them.

        Such a step at s spoils the windows that end from s on, unless they still hold an opening at or before s: so from when the
        latest of these has left until s itself leaves.
        """
        spoils = f"{self.is_base(before)} AND if(opened=at,1,0)=0"
        yield f'eval edge=if({spoils},split("in from until"," "),"in")'
        yield "mvexpand edge"
        left = f"if(opened+{self.span + 1}>at,opened+{self.span + 1},at)"
        yield f'eval when=case(edge="in",at,edge="from",{left},1=1,at+{self.span + 1})'
        yield 'eval preceded=case(edge="in",0,edge="from",1,1=1,-1)'
        yield from self.summed(["preceded"])


def _bases(together: Together) -> set[int]:
    match together:
        case Present(base=base):
            return {base}
        case Without(arg=arg):
            return _bases(arg)
        case AllOf(args=args) | AnyOf(args=args):
            return {base for arg in args for base in _bases(arg)}
