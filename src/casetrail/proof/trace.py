"""Why an event does or doesn't match: each test of a rule on it, with the values it saw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from casetrail.engines.reference import holds
from casetrail.logs.event import Event
from casetrail.plan.nodes import And, Correlation, Expr, Is, Not, Or, Plan, searches
from casetrail.plan.values import bag
from casetrail.plan.words import test_words
from casetrail.proof.windows import stands

_SHOWN = 60


def trace(plan: Plan, event: Event) -> Iterator[str]:
    """For each search of the plan whether it matches the event, and which of its tests hold: `+` holds, `-` doesn't."""
    for search in searches(plan):
        if search.source != event.source:
            yield f"- {search.name}: the event is of {event.source}, the rule reads {search.source}"
            continue
        yield f"{_mark(holds(search.where, event.row))} {search.name}"
        yield from _lines(search.where, event.row, 1)


def failing(plan: Plan, event: Event) -> str:
    """The searches of the plan that don't match the event, each with the first test that fails it, on one line."""
    found = []
    for search in searches(plan):
        if search.source == event.source and not holds(search.where, event.row):
            reasons = [line.strip()[2:] for line in _lines(search.where, event.row, 0) if line.lstrip().startswith("- ")]
            found.append(f"{search.name}: {reasons[-1] if reasons else 'no test holds'}")
    return "; ".join(found)


def differences(plan: Plan, events: Sequence[Event], missing: Iterable[str], extra: Iterable[str]) -> Iterator[str]:
    """A line for each id that should complete the plan and doesn't (`-`, with the reason), or does and shouldn't (`+`)."""
    known = {event.id: event for event in events}
    stood: dict[str, list[str]] = {}
    for stand in stands(plan, events) if isinstance(plan, Correlation) else ():
        stood.setdefault(stand.event, []).append(f"{stand.words}{f' (of {stand.key})' if stand.key else ''}")
    for identity in missing:
        reason = failing(plan, known[identity]) if identity in known else "no event of this case has this id"
        reason = "; ".join(stood.get(identity, [])) or reason
        yield f"- {identity} should match and doesn't{f': {reason}' if reason else ''}"
    for identity in extra:
        reason = "; ".join(stood.get(identity, []))
        yield f"+ {identity} matches and shouldn't{f': {reason}' if reason else ''}"


def _lines(expr: Expr, row: Mapping[str, Any], indent: int) -> Iterator[str]:
    pad = f"{'  ' * indent}{_mark(holds(expr, row))} "
    match expr:
        case Is():
            yield f"{pad}{test_words(expr)} (saw {_seen(expr, row)})"
        case Not(arg=arg):
            yield f"{pad}not:"
            yield from _lines(arg, row, indent + 1)
        case And(args=args) | Or(args=args):
            yield pad + ("all of:" if isinstance(expr, And) else "any of:")
            for arg in args:
                yield from _lines(arg, row, indent + 1)


def _mark(true: bool) -> str:
    return "+" if true else "-"


def _seen(test: Is, row: Mapping[str, Any]) -> str:
    values = bag(row, test.field)
    shown = ", ".join(repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…") for text in values[:5])
    return shown or "nothing"
