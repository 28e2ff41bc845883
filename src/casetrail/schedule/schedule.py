"""When a rule runs on a SIEM, and what each run is for. All of it follows from the rule, its logs' contracts and the SIEM's clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from casetrail.languages.base import Ago, Bounds
from casetrail.languages.languages import language_of
from casetrail.logs.contract import Contract
from casetrail.plan.horizon import reach, wait
from casetrail.plan.nodes import Compare, Op, Plan, fields, searches, sources, tests
from casetrail.stores.store import Backend, Stamp
from casetrail.stores.unsupported import UnsupportedError

LATEST = 10 * 86_400_000_000
"""How late a row may be to be found by a rule on lateness, in microseconds: Sentinel looks back 14 days at most, windows among them.

A SIEM that replaces the time of a later row makes it less.
"""

_DAY = 86_400_000_000
_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_EVEN = tuple(
    minutes * _MINUTE for minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440)
)
"""What divides an hour or a day evenly, as Splunk's cron wants it."""
_SHARE = 16
"""A search of a window runs so often at least while the window passes: a rule over a day each hour."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """In microseconds.

    interval: from run to run.
    fresh: how far back of a run a completing event may lie: as late as one may arrive, and the interval and the outage, so that a run that
        comes late or is left out loses nothing. Runs overlap, so an alert's identity is its completing event.
    lookback: how far back a run reads: `fresh` and the windows before it.
    delay: how late an event may arrive.
    wait: how long after a completing event it may take to know that nothing followed.
    outage: for how long the SIEM may run no search, and all is alerted, once, when it runs again.
    made_up: whether a run that was left out is made up for later, with its own time as its clock.
    lag: how long after its own time a run looks.
    arrivals: a run looks only at what a row takes part in that arrived since so long before it; None when it looks at all that is fresh.
    """

    interval: int
    fresh: int
    lookback: int
    delay: int
    wait: int = 0
    outage: int = 0
    made_up: bool = False
    lag: int = 0
    arrivals: int | None = None

    @property
    def quiet(self) -> int:
        """How long after its alert the same completing event may be found again, and must not be alerted.

        Who looks at what arrived finds it again only by another row of its window, which comes within the delay.
        """
        again = self.fresh if self.arrivals is None else self.delay + self.wait + 2 * self.interval
        return again + self.interval + (self.outage if self.made_up else 0)

    @property
    def worst(self) -> int:
        """From a completing event to its alert when each row comes as late as it may."""
        return self.wait + self.delay + self.interval + self.lag

    @property
    def rereads(self) -> float:
        """By how many runs a row is read."""
        return self.lookback / self.interval

    def run(self, now: int | None = None) -> Bounds:
        """What one run is for. now: its time, in microseconds since 1970 (UTC); the SIEM's own clock if not given."""
        if now is None:
            return Bounds(Ago(self.fresh), Ago(self.delay), every=self.interval)
        return Bounds(now - self.fresh, now - self.delay)


def schedule(plan: Plan, backend: Backend, contracts: Mapping[str, Contract]) -> Schedule:
    """The schedule of a plan: any event that arrives within the greatest delay of its log is looked at, or later by a rule on lateness.

    A backend's clocks `long_lookback` and `long_interval` say from where on it must run less often. Raises UnsupportedError for what the
    clocks `shortest_interval`, `longest_interval`, `longest_lookback` and `longest_quiet` don't hold, and for a lateness that the SIEM
    can't tell, since it has replaced the event's time by then.
    """
    _require_told(plan, backend, contracts)
    interval = backend.intervals.get(plan.name) or _fitting(plan, backend, contracts)
    found = _every(interval, plan, backend, contracts)
    if found.lookback >= backend.clocks.get("long_lookback", found.lookback + 1):
        found = _every(max(interval, backend.clocks["long_interval"]), plan, backend, contracts)
    _require_held(found, backend)
    return found


def _fitting(plan: Plan, backend: Backend, contracts: Mapping[str, Contract]) -> int:
    """How often a search is worth its reading: not oftener than its log mostly comes, nor than a part of its window passes.

    From the clock `interval` to the clock `slow_interval`.
    """
    typical = max(contracts[source].delay.typical for source in sources(plan))
    worth = min(max(typical, reach(plan) // _SHARE), backend.clocks.get("slow_interval", backend.interval))
    return max([backend.interval, *(span for span in _EVEN if span <= worth)])


def _every(interval: int, plan: Plan, backend: Backend, contracts: Mapping[str, Contract]) -> Schedule:
    delay = max(contracts[source].delay.greatest for source in sources(plan))
    latest = max(delay, _latest(plan, backend)) if _on_lateness(plan, contracts) else delay
    after = wait(plan)
    outage = max(interval, backend.clocks.get("outage", 0))
    # Where the SIEM makes up for runs, nothing has to be kept fresh for them but the one that it may yet lose.
    fresh = latest + after + interval + (interval if backend.made_up else outage)
    arrivals = interval if backend.options.get("alerts") == "arrivals" else None
    lag = backend.clocks.get("lag", 0)
    return Schedule(interval, fresh, fresh + reach(plan), delay, after, outage, backend.made_up, lag, arrivals)


def _latest(plan: Plan, backend: Backend) -> int:
    """How late a row may be whose lateness the SIEM can tell."""
    stamps = [stamp for stamp in map(backend.stamped, sources(plan)) if stamp]
    return min([LATEST, *(stamp.oldest for stamp in stamps)])


def _require_told(plan: Plan, backend: Backend, contracts: Mapping[str, Contract]) -> None:
    for search in searches(plan):
        stamp = backend.stamped(search.source)
        for test in tests(search.where) if stamp else ():
            if stamp and test.field == contracts[search.source].lateness and isinstance(test.check, Compare):
                _require_within(stamp, test.check, backend)


def _require_within(stamp: Stamp, check: Compare, backend: Backend) -> None:
    late = check.value * _SECOND
    over = check.op in (Op.GT, Op.GTE) and late >= stamp.oldest
    under = check.op in (Op.LT, Op.LTE) and -late >= stamp.newest
    if over or under:
        bound, way = (stamp.oldest, "after") if over else (stamp.newest, "before")
        raise UnsupportedError(
            f"it asks for events that arrive {_words(int(abs(late)))} {way} their time, and {backend.title} replaces the time of one "
            f"that arrives more than {_words(bound)} {way} it by that of its arrival"
        )


def _require_held(found: Schedule, backend: Backend) -> None:
    limits = backend.clocks
    tests = (
        ("runs every", found.interval, "shortest_interval", False),
        ("runs every", found.interval, "longest_interval", True),
        ("looks back", found.lookback, "longest_lookback", True),
        ("must know an alert again for", found.quiet, "longest_quiet", True),
    )
    for words, span, clock, most in tests:
        limit = limits.get(clock, span)
        if span > limit if most else span < limit:
            bound = "at most" if most else "at least"
            raise UnsupportedError(
                f"it {words} {_words(span)} with the delay of its logs, and {backend.title} {_words(limit)} {bound}"
            )


def _words(span: int) -> str:
    return f"{span / _DAY:.1f} days" if span >= _DAY else f"{span / 60_000_000:g} minutes"


def _on_lateness(plan: Plan, contracts: Mapping[str, Contract]) -> bool:
    asked = {contracts[source].lateness for source in sources(plan)}
    return any(field in asked for field in fields(plan))


def shipped_query(plan: Plan, backend: Backend, contracts: Mapping[str, Contract], now: int | None = None) -> str:
    """The query that a SIEM runs on schedule: a correlation completes only on steps that one run is for.

    now: the time of the run; the SIEM's own clock if not given. Raises UnsupportedError when the SIEM can't say it.
    """
    return language_of(backend).query_of(plan, backend, schedule(plan, backend, contracts).run(now))
