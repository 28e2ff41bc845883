"""When a rule runs on a SIEM, and what each run is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from casetrail.dialects.base import Ago, Run
from casetrail.dialects.languages import language_of
from casetrail.pack.backend import Backend
from casetrail.pack.contract import Contract
from casetrail.plan.nodes import Order, Plan, Search, fields, sources

LATEST = 10 * 86_400_000_000
"""How late a row may be to be found by a rule on lateness, in microseconds: Sentinel looks back 14 days at most, windows among them."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """In microseconds.

    interval: from run to run.
    fresh: how far back of a run a completing event may lie: as late as one may arrive, and two intervals, so that a run that
        comes late or is left out loses nothing. Runs overlap, so an alert's identity is its completing event.
    lookback: how far back a run reads: `fresh` and the windows before it.
    delay: how late an event may arrive.
    """

    interval: int
    fresh: int
    lookback: int
    delay: int

    def run(self, now: int | None = None) -> Run:
        """What one run is for. now: its time, in microseconds since 1970 (UTC); the SIEM's own clock if not given."""
        if now is None:
            return Run(Ago(self.fresh), Ago(self.delay), every=self.interval)
        return Run(now - self.fresh, now - self.delay)


def schedule(plan: Plan, backend: Backend, contracts: Mapping[str, Contract]) -> Schedule:
    """The schedule of a plan: any event that arrives within the greatest delay of its log is looked at, or later by a rule on lateness.

    A backend's clocks `long_lookback` and `long_interval` say from where on it must run less often.
    """
    found = _every(backend.interval, plan, contracts)
    if found.lookback >= backend.clocks.get("long_lookback", found.lookback + 1):
        return _every(backend.clocks["long_interval"], plan, contracts)
    return found


def _every(interval: int, plan: Plan, contracts: Mapping[str, Contract]) -> Schedule:
    delay = max(contracts[source].delay.greatest for source in sources(plan))
    latest = max(delay, LATEST) if _on_lateness(plan, contracts) else delay
    fresh = latest + 2 * interval + _wait(plan)
    return Schedule(interval, fresh, fresh + _reach(plan), delay)


def _on_lateness(plan: Plan, contracts: Mapping[str, Contract]) -> bool:
    asked = {contracts[source].lateness for source in sources(plan)}
    return any(field in asked for field in fields(plan))


def _wait(plan: Plan) -> int:
    """How long after a completing event it may take to know that nothing followed, of itself or of what it stands on."""
    if isinstance(plan, Search):
        return 0
    own = plan.span if isinstance(plan.condition, Order) and plan.condition.after else 0
    return own + max(_wait(base) for base in plan.bases)


def _reach(plan: Plan) -> int:
    if isinstance(plan, Search):
        return 0
    return plan.span + max(_reach(base) for base in plan.bases)


def shipped_query(plan: Plan, backend: Backend, contracts: Mapping[str, Contract], now: int | None = None) -> str:
    """The query that a SIEM runs on schedule: a correlation completes only on steps that one run is for.

    now: the time of the run; the SIEM's own clock if not given. Raises UnsupportedError when the SIEM can't say it.
    """
    return language_of(backend).query_of(plan, backend, schedule(plan, backend, contracts).run(now))
