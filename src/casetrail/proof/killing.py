"""The case that would kill a mutant: an event of the rule's cases, changed a little, on which the rule and the mutant differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from casetrail.engines.reference import evaluate
from casetrail.logs.event import Event
from casetrail.pack.cases import Case, patched
from casetrail.plan.nodes import (
    Compare,
    Correlation,
    Equals,
    Field,
    InNetwork,
    Is,
    Like,
    Listed,
    OneOf,
    Plan,
    Wildcard,
    searches,
    tests,
)
from casetrail.plan.values import bag

_TRIED = 4_000
_FACTORS = (0.5, 1.5, 2.5)


@dataclass(frozen=True, slots=True)
class Killing:
    """A log on which a rule and its mutant differ, and the ids of the events that the rule matches on it."""

    events: tuple[Event, ...]
    completes: frozenset[str]


def killing(plan: Plan, mutant: Plan, cases: Sequence[Case]) -> Killing | None:
    """The first of some thousand small changes of the cases' logs that tells a mutant from its rule; None when none does."""
    for events in islice(_changed(plan, mutant, cases), _TRIED):
        right = evaluate(plan, events).ids
        if evaluate(mutant, events).ids != right:
            return Killing(events, right)
    return None


def _changed(plan: Plan, mutant: Plan, cases: Sequence[Case]) -> Iterator[tuple[Event, ...]]:
    logs = [case.events for case in sorted(cases, key=lambda case: (not case.completes, len(case.events)))]
    values = _values(plan, mutant, [event for events in logs for event in events])
    for events in logs:
        for place, event in enumerate(events):
            for field, texts in values.items():
                for text in (None, *texts):
                    row = _with(event, field, text)
                    if row is not None:
                        yield (*events[:place], replace(event, row=row), *events[place + 1 :])
    for events in logs:
        first = min((event.time for event in events), default=0)
        for factor in _FACTORS if isinstance(plan, Correlation) else ():
            yield tuple(replace(event, time=first + int((event.time - first) * factor)) for event in events)
        yield events[:-1]
        yield tuple(reversed([replace(event, time=2 * first - event.time) for event in events]))


def _with(event: Event, field: Field, text: str | None) -> Mapping[str, Any] | None:
    """The row with another value in a field, or without it; None where the field lies in a list or nothing changes."""
    if field.many or bag(event.row, field) == ([] if text is None else [text]):
        return None
    try:
        return patched(event.row, {"set": {field.path: text}})
    except ValueError:
        return None


def _values(plan: Plan, mutant: Plan, events: Sequence[Event]) -> dict[Field, list[str]]:
    """For each field that the rule or the mutant tests: the values that cases have, and those that the tests are about, and near them."""
    found: dict[Field, dict[str, None]] = {}
    for test in (test for one in (mutant, plan) for search in searches(one) for test in tests(search.where)):
        near = found.setdefault(test.field, {})
        for text in _about(test):
            near.update(dict.fromkeys((text, f"{text}x", f"x{text}", text.upper())))
    for field, near in found.items():
        near.update(dict.fromkeys(text for event in events for text in bag(event.row, field)))
    return {field: list(near) for field, near in found.items()}


def _about(test: Is) -> Iterator[str]:
    check = test.check
    if isinstance(check, Equals | Compare):
        yield str(check.value)
        if not isinstance(check.value, str | bool):
            yield from (str(check.value + 1), str(check.value - 1))
    elif isinstance(check, OneOf | Listed):
        yield from map(str, check.values)
    elif isinstance(check, Like):
        yield "".join("a" if isinstance(part, Wildcard) else part for part in check.parts)
        yield "".join("" if isinstance(part, Wildcard) else part for part in check.parts)
    elif isinstance(check, InNetwork):
        yield check.network.partition("/")[0]
