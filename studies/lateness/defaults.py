"""The schedules and windows that public converters write when nobody sets them otherwise, over the same histories.

What a converter refuses is left out, and where its window is a bucket of a grid it is counted as alerting all that completes in a bucket
that alerts. So what is missed here is missed because of the schedule and the grid alone.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from casetrail.plan.nodes import AllOf, Correlation, Figure, Plan, Present, Search, Threshold
from casetrail.proof.late.late import LateOutcome, SeenLog, judged
from casetrail.proof.late.late import run as exact
from casetrail.proof.late.siem import Clock, Look, kept, throttled
from casetrail.schedule.schedule import Schedule

_MINUTE = 60_000_000
_HOUR = 60 * _MINUTE


@dataclass(frozen=True, slots=True)
class Default:
    """A way to write a schedule.

    lookback: by the plan's timespan, 0 for a single event; grid: whether a window is a bucket of the timespan; says: which plans it has a
    query for; remembers: whether an event that was alerted is known again.
    """

    name: str
    basis: str
    interval: int
    lookback: Callable[[int], int]
    grid: bool
    says: Callable[[Plan], bool]
    remembers: bool
    lag: int = 0


def _single(plan: Plan) -> bool:
    return isinstance(plan, Search)


def _plain(plan: Plan) -> bool:
    """Single events, and the correlations that pySigma's Elasticsearch and Splunk backends write: counts, and all of several rules."""
    if isinstance(plan, Search):
        return True
    if not all(isinstance(base, Search) for base in plan.bases):
        return False
    match plan.condition:
        case Threshold(figure=figure):
            return figure in (Figure.EVENTS, Figure.DISTINCT)
        case AllOf(args=args):
            return {arg.base for arg in args if isinstance(arg, Present)} == set(range(len(plan.bases)))
        case _:
            return False


def _windowed(plan: Plan) -> bool:
    return isinstance(plan, Correlation) and _plain(plan)


DEFAULTS = (
    Default(
        "Kibana, as converted",
        "pySigma-backend-elasticsearch 2.1.1: `interval: 5m`, `from: now-5m`, a correlation's window a bucket",
        5 * _MINUTE,
        lambda span: 5 * _MINUTE,
        grid=True,
        says=_plain,
        remembers=True,
    ),
    Default(
        "the same, were its windows exact",
        "the same schedule over a query whose windows slide",
        5 * _MINUTE,
        lambda span: 5 * _MINUTE,
        grid=False,
        says=_windowed,
        remembers=True,
    ),
    Default(
        "look-back set to the timespan",
        "`schedule_interval` left at 5m and `from` set by hand to the rule's timespan, windows as converted",
        5 * _MINUTE,
        lambda span: max(5 * _MINUTE, span),
        grid=True,
        says=_windowed,
        remembers=True,
    ),
    Default(
        "Splunk, as converted",
        "pySigma-backend-splunk 2.1.0, `savedsearches`: `dispatch.earliest_time = -30d`, no cron and no throttle; run hourly here",
        _HOUR,
        lambda span: 30 * 24 * _HOUR,
        grid=True,
        says=_plain,
        remembers=False,
    ),
    Default(
        "Sentinel, as its wizard begins",
        "pySigma-backend-kusto 1.0.1 writes a query alone, and no correlation; the wizard's rule runs every 5 hours over 5 hours",
        5 * _HOUR,
        lambda span: 5 * _HOUR,
        grid=False,
        says=_single,
        remembers=False,
        lag=5 * _MINUTE,
    ),
)


def tried(log: SeenLog, default: Default, draw: random.Random) -> LateOutcome:
    """What a default alerts of a history, every run on time."""
    span = log.plan.span if isinstance(log.plan, Correlation) else 0
    lookback = default.lookback(span)
    when = Schedule(default.interval, lookback, lookback, 0, lag=default.lag, made_up=bool(default.lag))
    runs = Clock(when, draw.randrange(default.interval // 1_000_000) * 1_000_000)
    ends = {time + more for time in log.times for more in (0, lookback)}
    bucketed = default.grid and span
    found = [
        (look, _bucketed(log, when, look, span) if bucketed else exact(log, when, look))
        for look in runs.near({*ends, *log.arrivals})
    ]
    return judged(log, (kept if default.remembers else throttled(0))(found) if found else Counter())


def _bucketed(log: SeenLog, when: Schedule, look: Look, span: int) -> frozenset[str]:
    return frozenset(identity for bucket in _buckets(log, when, look, span) for identity in bucket)


def _buckets(log: SeenLog, when: Schedule, look: Look, span: int) -> Iterator[frozenset[str]]:
    start = look.own - when.lookback
    for place in sorted({time // span for time in log.times if start <= time <= look.own}):
        low, high = max(start, place * span), min(look.own, (place + 1) * span - 1)
        if log.done(look.wall, low, high, look.own):
            yield log.whole & {event.id for event in log.events if low <= event.time <= high}
