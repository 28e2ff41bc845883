"""What of a log completes a plan when only some of its rows are seen: the reference's verdict, kept for what was seen before.

`Sight` is what a run sees. The meaning is the reference's: which rows match (`holds`), what their keys are (`step_keys`) and whether a step
completes among others (`completes`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from casetrail.engines.reference import Key, Step, completes, holds, step_keys, step_values
from casetrail.logs.event import Event
from casetrail.plan.nodes import Correlation, Order, Plan, Search

NEVER = 1 << 62


class Done(NamedTuple):
    """A completion.

    known: from when on the log must be known to be whole for it to count; none for what waits for nothing.
    arrived: when the newest of the rows came that it stands on.
    """

    event: Event
    key: Key
    known: int
    arrived: int


@dataclass(frozen=True, slots=True)
class View:
    """Rows that are seen: their events, and when the first row of each came."""

    events: tuple[Event, ...]
    arrived: Mapping[str, int]


class RowMatcher:
    """Which rows match a search, each row tested once however often it is moved in time."""

    def __init__(self) -> None:
        self.found: dict[tuple[int, int], tuple[Search, Mapping[str, object], bool]] = {}

    def __call__(self, search: Search, event: Event) -> bool:
        name = (id(search), id(event.row))
        if name not in self.found:
            self.found[name] = (search, event.row, event.source == search.source and holds(search.where, event.row))
        return self.found[name][2]


class Verdicts:
    """The verdicts of one plan on parts of one log."""

    def __init__(self, plan: Plan, matches: RowMatcher) -> None:
        self.plan = plan
        self.matches = matches
        self.moments: dict[tuple[int, int, str, Key], list[Step]] = {}
        self.complete: dict[tuple[int, Key, tuple[tuple[int, str], ...]], list[Step]] = {}

    def of(self, sight: View, known: int = NEVER) -> list[Done]:
        """What completes the plan among what is seen. known: until when the log is whole, to what the plan stands on."""
        return self.done(self.plan, sight, known)

    def done(self, plan: Plan, sight: View, known: int) -> list[Done]:
        if isinstance(plan, Search):
            return [Done(event, (), 0, sight.arrived[event.id]) for event in sight.events if self.matches(plan, event)]
        by_key: defaultdict[Key, list[tuple[Step, int]]] = defaultdict(list)
        for number, base in enumerate(plan.bases):
            for one in self.done(base, sight, known):
                if one.known <= known:
                    for moment in self.steps(plan, number, base, one):
                        by_key[moment.key].append((moment, one.arrived))
        return [one for key, steps in by_key.items() for one in self.completed(plan, key, steps)]

    def steps(self, plan: Correlation, number: int, base: Plan, one: Done) -> list[Step]:
        name = (id(plan), number, one.event.id, one.key)
        if name not in self.moments:
            names = [part.name for part in base.key] if isinstance(base, Correlation) else []
            given = dict(zip(names, one.key, strict=True)) if names else {}
            value = plan.value
            values = tuple(step_values(value, number, one.event, given)) if value else ()
            keys = step_keys(plan.key, number, one.event, given)
            self.moments[name] = [Step(number, one.event, key, values) for key in keys]
        return self.moments[name]

    def completed(self, plan: Correlation, key: Key, steps: Sequence[tuple[Step, int]]) -> Iterator[Done]:
        moments = [moment for moment, _ in steps]
        name = (id(plan), key, tuple(sorted((moment.base, moment.event.id) for moment in moments)))
        if name not in self.complete:
            found = {moment.event.id: moment for moment in moments if completes(plan, moment, moments)}
            self.complete[name] = list(found.values())
        order = plan.condition if isinstance(plan.condition, Order) else None
        for moment in self.complete[name]:
            time = moment.event.time
            window = [
                came
                for other, came in steps
                if time - plan.span <= other.event.time <= time
                and (order is None or len(order.wanted) > 1 or order.after or other.event.id == moment.event.id)
            ]
            yield Done(moment.event, key, time + plan.span if order and order.after else 0, max(window))
