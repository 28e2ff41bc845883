"""The law of late and doubled data, tried on random histories: all runs together alert exactly what the whole log holds, once each.

A rule that asks for what hasn't been may alert too early, when the row that would have kept it quiet comes later (`early`); no other may.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, replace
from typing import assert_never

from casetrail.engines.reference import evaluate
from casetrail.packages.formats import Recognition
from casetrail.plan.horizon import waits
from casetrail.plan.nodes import Correlation
from casetrail.proof.late.histories import History
from casetrail.proof.late.seen import NEVER, Done, RowMatcher, Verdicts, View
from casetrail.proof.late.siem import Clock, Look, Teller, clock, kept, standing, throttled
from casetrail.schedule.schedule import Schedule

_SAMPLED = 4


@dataclass(frozen=True, slots=True)
class LateOutcome:
    """What came of one history on one SIEM: ids of the whole log's completions, and those missed, alerted twice and too early.

    replaced: completions of the log that what the SIEM keeps doesn't hold, or holds twice, since it replaces the times of some events.
    """

    completions: frozenset[str]
    missed: frozenset[str]
    doubled: frozenset[str]
    early: frozenset[str]
    replaced: frozenset[str] = frozenset()


@dataclass
class Tally:
    """Outcomes added up."""

    histories: int = 0
    completions: int = 0
    missed: int = 0
    doubled: int = 0
    early: int = 0
    replaced: int = 0

    def add(self, outcome: LateOutcome) -> None:
        self.histories += 1
        self.completions += len(outcome.completions)
        self.missed += len(outcome.missed)
        self.doubled += len(outcome.doubled)
        self.early += len(outcome.early)
        self.replaced += len(outcome.replaced)

    def plus(self, other: Tally) -> None:
        self.histories += other.histories
        self.completions += other.completions
        self.missed += other.missed
        self.doubled += other.doubled
        self.early += other.early
        self.replaced += other.replaced


def teller(recognition: Recognition, when: Schedule) -> Teller:
    """What a SIEM alerts on of what its runs find, by how it knows an alert again."""
    match recognition:
        case Recognition.BY_ID:
            return kept
        case Recognition.FOR_A_WHILE:
            return throttled(when.quiet)
        case Recognition.BY_THE_STANDING_ALERT:
            return standing
        case never:
            assert_never(never)


class SeenLog:
    """A history, and what completes its plan in any part of it that can be seen."""

    def __init__(self, history: History, matches: RowMatcher) -> None:
        self.history = history
        self.plan = history.plan
        self.verdicts = Verdicts(history.plan, matches)
        self.arrivals = [one.arrived for one in history.rows]
        self.events = sorted(history.events, key=lambda event: event.time)
        self.times = [event.time for event in self.events]
        self.place = {event.id: place for place, event in enumerate(self.events)}
        self.looked: dict[tuple[int, int, int, int], list[Done]] = {}
        self.same: dict[tuple[tuple[str, ...], int], list[Done]] = {}
        self.whole = evaluate(history.plan, history.events).ids
        self.after = SeenLog(replace(history, plan=history.after, after=None), matches) if history.after else None
        self.nested = isinstance(self.plan, Correlation) and any(waits(base) for base in self.plan.bases)

    def done(self, until: int, start: int, end: int, known: int) -> list[Done]:
        """What completes among the events from `start` to `end` whose rows came until `until`."""
        came, low, high = bisect_right(self.arrivals, until), bisect_left(self.times, start), bisect_right(self.times, end)
        name = (came, low, high, known if self.nested else NEVER)
        if name not in self.looked:
            sight = self.sight(came, low, high)
            seen = (tuple(event.id for event in sight.events), name[3])
            if seen not in self.same:
                self.same[seen] = self.verdicts.of(sight, name[3])
            self.looked[name] = self.same[seen]
        return self.looked[name]

    def sight(self, came: int, low: int, high: int) -> View:
        arrived: dict[str, int] = {}
        for one in self.history.rows[:came]:
            if low <= self.place[one.event.id] < high:
                arrived.setdefault(one.event.id, max(one.arrived, one.event.time))
        return View(tuple(event for event in self.events[low:high] if event.id in arrived), arrived)

    def moments(self, when: Schedule, draw: random.Random) -> list[int]:
        """The times at which what a run sees, or is for, changes."""
        some = draw.sample(self.times, min(len(self.times), _SAMPLED))
        found = {time + when.wait + when.delay for time in self.times} if when.wait else set()
        found |= {time + span for time in (*some, self.times[0], self.times[-1]) for span in (when.fresh, when.lookback)}
        early = {one.event.time for one in self.history.rows if one.arrived < one.event.time}
        turned = {self.history.turned} if self.history.turned is not None else set()
        return sorted({*found, *self.arrivals, *early, *turned, *(some if when.lag else ())})

    def known(self) -> dict[str, int]:
        """When the newest row came that each completion of the whole log stands on, by its id."""
        found: dict[str, int] = {}
        for one in self.done(NEVER, self.times[0], self.times[-1], NEVER):
            found[one.event.id] = max(one.arrived, found.get(one.event.id, 0))
        return found


def run(log: SeenLog, when: Schedule, look: Look) -> frozenset[str]:
    """The ids that a run finds."""
    now = look.own
    until = min(now, look.wall) if when.arrivals is not None else look.wall
    known = now - when.delay
    if log.times[-1] < now - when.fresh:
        return frozenset()
    found = log.done(until, now - when.lookback, now, known)
    fresh = [one for one in found if one.event.time >= now - when.fresh and one.known <= known]
    if when.arrivals is not None:
        since = when.arrivals
        fresh = [one for one in fresh if (one.known > known - since if one.known else one.arrived > now - since)]
    return frozenset(one.event.id for one in fresh)


def outcome(log: SeenLog, when: Schedule, runs: Clock, tell: Teller, draw: random.Random) -> LateOutcome:
    """What a SIEM alerts of a history."""
    turned, after = log.history.turned, log.after
    looks = runs.near(log.moments(when, draw))
    if turned is not None and after is None:
        looks = [look for look in looks if look.own >= turned]
    found = []
    for look in looks:
        changed = after is not None and turned is not None and look.wall >= turned
        found.append((look, run(after if changed and after else log, when, look)))
    return judged(log, tell(found), when)


def judged(log: SeenLog, alerted: Counter[str], when: Schedule | None = None) -> LateOutcome:
    """What came of how often each event was alerted. when: the schedule, where a rule was turned on or a watchlist changed."""
    told = frozenset(alerted)
    doubled = frozenset(identity for identity, times in alerted.items() if times > 1)
    must, may = _asked(log) if when else (log.whole, log.whole)
    return LateOutcome(must, must - told, doubled, told - may)


def _asked(log: SeenLog) -> tuple[frozenset[str], frozenset[str]]:
    """What must be alerted, and what may be.

    A rule that is turned on must alert on what a later row takes part in. Under two watchlists one after the other, it must alert on what
    both match by the same rows.
    """
    turned, after = log.history.turned, log.after
    if turned is None:
        return log.whole, log.whole
    known = log.known()
    if after is None:
        return frozenset(name for name in log.whole if known[name] > turned), log.whole
    then = after.known()
    both = frozenset(name for name in log.whole & after.whole if known[name] == then[name])
    return both, log.whole | after.whole


def tried(log: SeenLog, when: Schedule, recognition: Recognition, draw: random.Random) -> LateOutcome:
    """What a SIEM alerts of a history while things go wrong at random."""
    runs = clock(when, log.arrivals, draw)
    return outcome(log, when, runs, teller(recognition, when), draw)
