"""How the windows of a correlation stand: for each event that is a step of it what lies in its window, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casetrail.engines.reference import Key, Step, completes, figure_of, moments
from casetrail.logs.event import Event
from casetrail.plan.nodes import Correlation, Threshold
from casetrail.plan.words import span_words, threshold_words

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Stand:
    """How the window of an event stood: whether it matches, of which key, and what the window holds, in words."""

    event: str
    key: str
    matches: bool
    words: str


def stands(plan: Correlation, events: Sequence[Event]) -> Iterator[Stand]:
    """How each window stands that an event of a log ends, by key and in the order of time. Of two events with one id the first counts."""
    log = list({event.id: event for event in reversed(events)}.values())
    by_key: defaultdict[Key, list[Step]] = defaultdict(list)
    for step in moments(plan, log, None):
        by_key[step.key].append(step)
    for key, steps in sorted(by_key.items(), key=lambda item: str(item[0])):
        named = ", ".join(f"{part.name}={value}" for part, value in zip(plan.key, key, strict=True))
        for step in sorted(steps, key=lambda one: (one.event.time, one.event.id, one.base)):
            yield Stand(step.event.id, named, completes(plan, step, steps), _words(plan, step, steps))


def lines(plan: Correlation, events: Sequence[Event]) -> Iterator[str]:
    """The stands as lines, `+` where an event matches; a line that says why there is none."""
    last = None
    for stand in stands(plan, events):
        if stand.key != last:
            yield f"windows of {stand.key or 'all events'}"
            last = stand.key
        yield f"  {'+' if stand.matches else '-'} {stand.event}: {stand.words}"
    if last is None:
        yield "no event is one that the correlation counts, or has a value for its group-by"


def _words(plan: Correlation, step: Step, steps: Sequence[Step]) -> str:
    now = step.event.time
    window = [one for one in steps if now - plan.span <= one.event.time <= now]
    within = f"within {span_words(plan.span)}"
    if isinstance(plan.condition, Threshold):
        figure = figure_of(plan.condition, window)
        values = sorted({str(value) for one in window for value in one.values})
        shown = f": {_few(values)}" if values else ""
        return f"{figure if figure is not None else 'no value'} {within}, {threshold_words(plan.condition)} wanted{shown}"
    there = [
        f"{base.name} ({_few(sorted({one.event.id for one in window if one.base == number}))})"
        for number, base in enumerate(plan.bases)
        if any(one.base == number for one in window)
    ]
    missing = [base.name for number, base in enumerate(plan.bases) if all(one.base != number for one in window)]
    absent = f"; without {', '.join(missing)}" if missing else ""
    return f"{within}: {', '.join(there)}{absent}"


def _few(texts: Sequence[str]) -> str:
    return ", ".join(texts[:_SHOWN]) + (", …" if len(texts) > _SHOWN else "")
