"""The reference evaluator: `docs/semantics.md` as code, plain and slow, the one a reader trusts.

Nothing here is indexed, cached or pushed down. Every step looks at every other step of its key.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from math import ceil
from operator import eq, ge, gt, le, lt, ne
from typing import Any, assert_never, cast

from casetrail.engines.base import Trial
from casetrail.logs.event import Event
from casetrail.plan import nodes
from casetrail.plan.nodes import (
    AllOf,
    And,
    AnyOf,
    Compare,
    Correlation,
    Equals,
    Exists,
    Expr,
    Field,
    Figure,
    InNetwork,
    InPart,
    Is,
    IsMissing,
    KeyPart,
    Like,
    Listed,
    Matches,
    Not,
    OneOf,
    Op,
    Or,
    Order,
    Overlap,
    Part,
    Plan,
    Present,
    SameAs,
    Search,
    Threshold,
    Together,
    Type,
    Wildcard,
    Without,
    wanted_bases,
)
from casetrail.plan.regex import finds
from casetrail.plan.values import bag, fold, parse

_COMPARE: Mapping[Op, Callable[[Any, Any], bool]] = {
    Op.LT: lt,
    Op.LTE: le,
    Op.GT: gt,
    Op.GTE: ge,
    Op.EQ: eq,
    Op.NEQ: ne,
}
_OVERLAP: Mapping[Overlap, Callable[[Any, Any], bool]] = {
    Overlap.EQUALS: eq,
    Overlap.STARTSWITH: str.startswith,
    Overlap.ENDSWITH: str.endswith,
    Overlap.CONTAINS: str.__contains__,
}
_PART: Mapping[Part, Callable[[datetime], int]] = {
    Part.MINUTE: lambda moment: moment.minute,
    Part.HOUR: lambda moment: moment.hour,
    Part.DAY: lambda moment: moment.day,
    Part.WEEK: lambda moment: moment.isocalendar().week,
    Part.MONTH: lambda moment: moment.month,
    Part.YEAR: lambda moment: moment.year,
}


def holds(expr: Expr, row: Mapping[str, Any]) -> bool:
    """Whether an expression is true of a row."""
    match expr:
        case And(args=args):
            return all(holds(arg, row) for arg in args)
        case Or(args=args):
            return any(holds(arg, row) for arg in args)
        case Not(arg=arg):
            return not holds(arg, row)
        case Is(field=field, check=IsMissing()):
            return not bag(row, field)
        case Is(field=field, check=Exists()):
            return bool(bag(row, field))
        case Is(field=field, check=SameAs() as check):
            ours = _parsed(row, field, check.cased)
            theirs = _parsed(row, check.other, check.cased)
            return any(_OVERLAP[check.overlap](one, other) for one in ours for other in theirs)
        case Is(field=field, check=check):
            return any(_passes(text, field, check) for text in bag(row, field))


def _parsed(row: Mapping[str, Any], field: Field, cased: bool) -> list[Any]:
    values = [parse(text, field, cased=cased) for text in bag(row, field)]
    return [value for value in values if value is not None]


def _passes(text: str, field: Field, check: nodes.Check) -> bool:
    if isinstance(check, Matches):
        return finds(check, text)
    value = parse(text, field, cased=getattr(check, "cased", True))
    return value is not None and _equal(value, check)


def _equal(value: Any, check: nodes.Check) -> bool:
    match check:
        case Equals(value=wanted):
            return bool(value == wanted)
        case OneOf(values=wanted_any) | Listed(values=wanted_any):
            return value in wanted_any
        case Like(parts=parts):
            return _like(str(value), parts)
        case InNetwork(network=network):
            return ip_address(str(value)) in ip_network(network)
        case Compare(op=op, value=bound):
            return _COMPARE[op](value, bound)
        case InPart(part=part, op=op, value=number):
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
            return _COMPARE[op](_PART[part](moment), number)
        case nodes.ListedPart() | Matches() | IsMissing() | Exists() | SameAs():
            raise TypeError(f"{check!r} isn't about one value")
        case never:
            assert_never(never)


def _like(text: str, parts: tuple[str | Wildcard, ...]) -> bool:
    if not parts:
        return not text
    match parts[0]:
        case Wildcard.MANY:
            return any(_like(text[start:], parts[1:]) for start in range(len(text) + 1))
        case Wildcard.ONE:
            return bool(text) and _like(text[1:], parts[1:])
        case literal:
            return text.startswith(literal) and _like(text[len(literal) :], parts[1:])


Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step: the base (by index) has an event of this key at this time."""

    base: int
    event: Event
    key: Key
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The ids of the events that complete a plan.

    completions: (event id, key) pairs; the key is empty for a search.
    pending: ids of events that would complete it if the log were known to go on long enough without contradiction.
    """

    completions: frozenset[tuple[str, Key]]
    pending: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(identity for identity, _ in self.completions)


def evaluate(plan: Plan, events: Iterable[Event], seen_until: int | None = None) -> Verdict:
    """The verdict of a plan on a log.

    events: in any order; of two with one id the first counts.
    seen_until: the time (microseconds, UTC) up to which the log is known to be whole; None when it is all there is.
    """
    log = list({event.id: event for event in reversed(list(events))}.values())
    return _evaluate(plan, log, seen_until)


def _evaluate(plan: Plan, log: Sequence[Event], seen_until: int | None) -> Verdict:
    match plan:
        case Search(source=source, where=where):
            return Verdict(frozenset((e.id, ()) for e in log if e.source == source and holds(where, e.row)))
        case Correlation():
            return _correlate(plan, log, seen_until)


def _correlate(plan: Correlation, log: Sequence[Event], seen_until: int | None) -> Verdict:
    by_key: defaultdict[Key, list[Step]] = defaultdict(list)
    for step in moments(plan, log, seen_until):
        by_key[step.key].append(step)
    done: set[tuple[str, Key]] = set()
    pending: set[str] = set()
    for key, steps in by_key.items():
        for step in steps:
            if not completes(plan, step, steps):
                continue
            if _known(plan, step, seen_until):
                done.add((step.event.id, key))
            else:
                pending.add(step.event.id)
    return Verdict(frozenset(done), frozenset(pending))


def moments(plan: Correlation, log: Sequence[Event], seen_until: int | None) -> Iterable[Step]:
    """The steps of a correlation in a log that holds no id twice."""
    value = plan.value
    events = {event.id: event for event in log}
    for number, base in enumerate(plan.bases):
        for identity, inner in _evaluate(base, log, seen_until).completions:
            event = events[identity]
            names = [part.name for part in base.key] if isinstance(base, Correlation) else []
            given = dict(zip(names, inner, strict=True))
            values = step_values(value, number, event, given) if value else []
            for key in step_keys(plan.key, number, event, given):
                yield Step(number, event, key, tuple(values))


def step_values(part: KeyPart, base: int, event: Event, given: Mapping[str, Any]) -> list[Any]:
    """The values of a part of an event that is a step of a base. given: the key of the base's completion, by name."""
    field = part.fields[base]
    if field is not None:
        return _parsed(event.row, field, part.cased)
    value = given[part.name]
    return [fold(value) if part.type is Type.TEXT and not part.cased else value]


def step_keys(parts: Sequence[KeyPart], base: int, event: Event, given: Mapping[str, Any]) -> set[Key]:
    """The keys of the steps that an event of a base gives, none where a part has no value."""
    keys: set[Key] = {()}
    for part in parts:
        keys = {(*key, value) for key in keys for value in step_values(part, base, event, given)}
    return keys


def completes(plan: Correlation, step: Step, steps: Sequence[Step]) -> bool:
    """Whether a step completes a correlation among the steps of its key, if these are all there will be."""
    now = step.event.time
    window = [other for other in steps if now - plan.span <= other.event.time <= now]
    match plan.condition:
        case Threshold() as threshold:
            figure = figure_of(threshold, window)
            return figure is not None and _COMPARE[threshold.op](figure, threshold.count)
        case Order() as order:
            return step.base == order.wanted[-1] and _in_order(order, step, steps, window, plan.span)
        case Present() | AllOf() | AnyOf() | Without() as together:
            return step.base in wanted_bases(together) and _present(together, {other.base for other in window})


def figure_of(threshold: Threshold, window: Sequence[Step]) -> int | float | None:
    """What a threshold is compared with: the figure of the steps of a window; None where there is no value."""
    if threshold.figure is Figure.EVENTS:
        return len({step.event.id for step in window})
    values = [value for step in window for value in step.values]
    if threshold.figure is Figure.DISTINCT:
        return len(set(values))
    if not values:
        return None
    match threshold.figure:
        case Figure.SUM:
            return cast(float, sum(values))
        case Figure.AVG:
            return statistics.fmean(values)
        case Figure.MEDIAN:
            return cast(float, statistics.median(values))
        case Figure.PERCENTILE:
            rank = ceil((threshold.percentile or 0) / 100 * len(values))
            return cast(float, sorted(values)[max(rank, 1) - 1])
        case never:
            assert_never(never)


def _present(together: Together, bases: set[int]) -> bool:
    match together:
        case Present(base=base):
            return base in bases
        case Without(arg=arg):
            return not _present(arg, bases)
        case AllOf(args=args):
            return all(_present(arg, bases) for arg in args)
        case AnyOf(args=args):
            return any(_present(arg, bases) for arg in args)


def _in_order(order: Order, last: Step, steps: Sequence[Step], window: Sequence[Step], span: int) -> bool:
    now = last.event.time
    if any(other.base in order.after and now < other.event.time <= now + span for other in steps):
        return False
    chains = [last.event.time]
    for base in reversed(order.wanted[:-1]):
        here = [other.event.time for other in window if other.base == base]
        chains = [time for time in here if any(time < later for later in chains)]
    earlier = [other.event.time for other in window if other.base in order.before]
    return any(not any(time < first for time in earlier) for first in chains)


def _known(plan: Correlation, step: Step, seen_until: int | None) -> bool:
    absent = plan.absent
    return not absent or seen_until is None or step.event.time + plan.span <= seen_until


class Reference:
    """The reference evaluator as an engine."""

    name = "reference"

    def verdicts(self, trials: Sequence[Trial]) -> list[frozenset[str] | Exception]:
        return [evaluate(trial.plan, trial.events, trial.seen_until).ids for trial in trials]
