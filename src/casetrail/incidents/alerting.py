"""When a rule on a schedule tells: its searches over what has arrived by each run, run after run.

A run at a moment sees the rows that have arrived by then. What completes the rule among them is told once, by the first run that sees it.
A rule that asks for what hasn't been before may tell too early, when the row that would have kept it quiet comes late: such an alert is
*taken back* by the whole log. A rule that waits for what doesn't follow tells when the log is known to be whole that far.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from operator import attrgetter
from typing import assert_never

from casetrail.engines.reference import Key, Step, completes, holds, step_keys, step_values
from casetrail.incidents.rows import Arrival
from casetrail.logs.contract import Contract
from casetrail.logs.event import Event
from casetrail.plan.dispatch import kinds
from casetrail.plan.nodes import AllOf, AnyOf, Correlation, Order, Plan, Present, Search, Threshold, Without, wanted_bases
from casetrail.plan.values import bag
from casetrail.schedule.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Alerted:
    """A completion that a run tells of.

    at: the time of that run; arrived: when the last row that it needed came; both in microseconds since 1970 (UTC).
    evidence: ids of the events that the run saw in its window, itself among them.
    taken_back: whether later rows undo it.
    """

    event: Event
    key: Key
    at: int
    arrived: int
    evidence: tuple[str, ...]
    taken_back: bool


@dataclass(frozen=True, slots=True)
class _Change:
    """From a run on, an event completes a plan, or no longer does. key: the plan's, empty for a search."""

    run: int
    event: Event
    key: Key
    holds: bool
    arrived: int = 0
    evidence: tuple[str, ...] = ()


class ArrivalLog:
    """Rows in order of arrival, and which of them a search matches."""

    def __init__(self, arrivals: Iterable[Arrival], contracts: Mapping[str, Contract]) -> None:
        first: dict[str, Arrival] = {}
        for one in arrivals:
            first.setdefault(one.event.id, one)
        self.arrivals = tuple(first.values())
        self.contracts = contracts
        self.found: dict[Search, tuple[Arrival, ...]] = {}

    @cached_property
    def by_kind(self) -> Mapping[tuple[str, str], list[Arrival]]:
        """The rows of each log, and of each event type in it; an empty type stands for all."""
        groups: defaultdict[tuple[str, str], list[Arrival]] = defaultdict(list)
        for one in self.arrivals:
            kind = self.contracts[one.event.source].event_type
            groups[one.event.source, ""].append(one)
            for text in bag(one.event.row, kind) if kind else ():
                groups[one.event.source, text].append(one)
        return groups

    def matching(self, search: Search) -> tuple[Arrival, ...]:
        """The rows that a search matches, in order of arrival."""
        if search not in self.found:
            kind = self.contracts[search.source].event_type
            chosen = kinds(search.where, kind) if kind else None
            groups = [self.by_kind.get((search.source, name), []) for name in ([""] if chosen is None else sorted(chosen))]
            rows = [one for group in groups for one in group if holds(search.where, one.event.row)]
            self.found[search] = tuple(sorted(rows, key=attrgetter("arrived")))
        return self.found[search]


def alerted(plan: Plan, log: ArrivalLog, schedule: Schedule) -> list[Alerted]:
    """All that a rule tells on a schedule, in order of the runs.

    A completion whose event is older, when its last row comes, than a run looks back is never told.
    """
    first: dict[tuple[str, Key], _Change] = {}
    last: dict[tuple[str, Key], bool] = {}
    for change in _changes(plan, log, schedule):
        name = (change.event.id, change.key)
        last[name] = change.holds
        if change.holds and change.event.time >= change.run - schedule.fresh:
            first.setdefault(name, change)
    found = [
        Alerted(each.event, each.key, each.run, each.arrived, each.evidence, not last[name]) for name, each in first.items()
    ]
    return sorted(found, key=lambda one: (one.at, one.event.time, one.event.id, str(one.key)))


def _run_at(moment: int, schedule: Schedule) -> int:
    """The first run that sees what is there at a moment."""
    return -(-moment // schedule.interval) * schedule.interval


def _changes(plan: Plan, log: ArrivalLog, schedule: Schedule) -> list[_Change]:
    """In order of the runs."""
    if isinstance(plan, Search):
        return [
            _Change(_run_at(one.arrived, schedule), one.event, (), True, one.arrived, (one.event.id,))
            for one in log.matching(plan)
        ]
    by_key: defaultdict[Key, list[tuple[_Change, Step]]] = defaultdict(list)
    value = plan.value
    for number, base in enumerate(plan.bases):
        names = [part.name for part in base.key] if isinstance(base, Correlation) else []
        for change in _changes(base, log, schedule):
            given = dict(zip(names, change.key, strict=True)) if names else {}
            values = step_values(value, number, change.event, given) if value else []
            for key in step_keys(plan.key, number, change.event, given):
                by_key[key].append((change, Step(number, change.event, key, tuple(values))))
    found = [change for key, incoming in by_key.items() for change in _Steps(plan, key, schedule).changes(incoming)]
    return sorted(found, key=lambda change: (change.run, change.event.time, change.event.id))


def _finishing(plan: Correlation) -> set[int]:
    """The bases whose steps can complete a correlation."""
    match plan.condition:
        case Threshold():
            return set(range(len(plan.bases)))
        case Order(wanted=wanted):
            return {wanted[-1]}
        case Present() | AllOf() | AnyOf() | Without() as together:
            return wanted_bases(together)
        case never:
            assert_never(never)


def _time(step: Step) -> int:
    return step.event.time


class _Steps:
    """The steps of one key, as they come."""

    def __init__(self, plan: Correlation, key: Key, schedule: Schedule) -> None:
        self.plan = plan
        self.key = key
        self.schedule = schedule
        self.finishing = _finishing(plan)
        self.waits = bool(plan.absent)
        self.steps: list[Step] = []
        self.came: dict[tuple[int, str], _Change] = {}
        self.complete: dict[str, set[int]] = defaultdict(set)
        self.timers: list[int] = []
        self.waiting: defaultdict[int, list[Step]] = defaultdict(list)

    def changes(self, incoming: Sequence[tuple[_Change, Step]]) -> Iterator[_Change]:
        by_run: defaultdict[int, list[tuple[_Change, Step]]] = defaultdict(list)
        for change, step in incoming:
            by_run[change.run].append((change, step))
        for run in by_run:
            heappush(self.timers, run)
        while self.timers:
            run = heappop(self.timers)
            while self.timers and self.timers[0] == run:
                heappop(self.timers)
            yield from self.at(run, by_run.get(run, []))

    def at(self, run: int, incoming: Sequence[tuple[_Change, Step]]) -> Iterator[_Change]:
        """What a run sees otherwise than the one before it."""
        asked = {(step.base, step.event.id): step for step in self.waiting.pop(run, [])}
        for change, step in incoming:
            name = (step.base, step.event.id)
            if change.holds and name not in self.came:
                insort(self.steps, step, key=_time)
                self.came[name] = change
            elif not change.holds and name in self.came:
                del self.came[name]
                self.steps.remove(step)
                asked[name] = step
        for _, step in incoming:
            begin = step.event.time - (self.plan.span if self.waits else 0)
            for other in self.between(begin, step.event.time + self.plan.span):
                if other.base in self.finishing:
                    asked[other.base, other.event.id] = other
        before = {step.event.id: bool(self.complete[step.event.id]) for step in asked.values()}
        for step in asked.values():
            self.ask(step, run)
        for step in {step.event.id: step for step in asked.values()}.values():
            now = bool(self.complete[step.event.id])
            if now != before[step.event.id]:
                yield self.changed(step, run, now)

    def between(self, start: int, end: int) -> list[Step]:
        return self.steps[bisect_left(self.steps, start, key=_time) : bisect_right(self.steps, end, key=_time)]

    def ask(self, step: Step, run: int) -> None:
        done = self.complete[step.event.id]
        time, span = step.event.time, self.plan.span
        holds_now = (step.base, step.event.id) in self.came and completes(
            self.plan, step, self.between(time - span, time + (span if self.waits else 0))
        )
        known = _run_at(time + span + self.schedule.delay, self.schedule) if self.waits else run
        if holds_now and known > run:
            self.waiting[known].append(step)
            heappush(self.timers, known)
        if holds_now and known <= run:
            done.add(step.base)
        else:
            done.discard(step.base)

    def changed(self, step: Step, run: int, now: bool) -> _Change:
        if not now:
            return _Change(run, step.event, self.key, False)
        window = self.between(step.event.time - self.plan.span, step.event.time)
        bases = [self.came[other.base, other.event.id] for other in window]
        evidence = dict.fromkeys(identity for base in bases for identity in base.evidence)
        return _Change(run, step.event, self.key, True, self.arrived(step, bases, run), tuple(evidence))

    def arrived(self, step: Step, window: Sequence[_Change], run: int) -> int:
        """When the row came that this run was the first to see: the completing one's own, unless an earlier one came after it."""
        own = self.came[step.base, step.event.id] if (step.base, step.event.id) in self.came else window[-1]
        fresh = [base.arrived for base in window if base.run == run]
        return own.arrived if own.run == run else max(fresh, default=own.arrived)
