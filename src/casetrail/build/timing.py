"""A rule's schedule on a target, explained: how late a row may be, when the alert comes, what it costs, which limits there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from casetrail.build.targets import backend_of
from casetrail.logs.contract import Delay
from casetrail.pack.files import PackError
from casetrail.pack.pack import Pack
from casetrail.pack.rules import Rule
from casetrail.packages.registry import format_of
from casetrail.plan.horizon import may_be_undone
from casetrail.plan.nodes import Search, sources
from casetrail.schedule.schedule import Schedule, schedule, shipped_query
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError


@dataclass(frozen=True, slots=True)
class Timing:
    """Times are in microseconds.

    when: the schedule; None where the target refuses the rule, and `refused` says why.
    delays: of the rule's logs; window: the rule's timespan, 0 for a single event.
    typical: from the completing event to the alert when events arrive as they mostly do.
    often: by how many runs a row would be read if the rule ran as often as the SIEM lets it.
    early: whether a row that comes late can undo an alert.
    alerts: the most that one run gives; None where no such limit is known. terms: the schedule as the target calls it.
    """

    rule: str
    target: str
    title: str
    when: Schedule | None
    delays: Mapping[str, Delay]
    window: int
    typical: int = 0
    often: float = 0
    early: bool = False
    alerts: int | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    terms: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""


_LIMITS = (
    "shortest_interval",
    "slow_interval",
    "longest_interval",
    "longest_lookback",
    "longest_quiet",
    "long_lookback",
    "long_interval",
)


def timings(pack: Pack, rules: Iterable[Rule], targets: Iterable[str]) -> Iterator[Timing]:
    """Each rule on each target. Raises PackError for a rule without a meaning."""
    backends = {target: backend_of(pack, target) for target in targets}
    for rule in rules:
        if rule.plan is None:
            raise PackError(f"{rule.path}: {rule.name} can't be compiled: {rule.problems[0].message}")
        plan = rule.plan
        delays = {source: pack.contracts[source].delay for source in sources(plan)}
        window = 0 if isinstance(plan, Search) else plan.span
        for target, backend in backends.items():
            try:
                shipped_query(plan, backend, pack.contracts)
                when = schedule(plan, backend, pack.contracts)
            except UnsupportedError as error:
                yield Timing(rule.name, target, backend.title, None, delays, window, refused=error.reason)
                continue
            yield Timing(
                rule.name,
                target,
                backend.title,
                when,
                delays,
                window,
                _typical(when, delays),
                schedule(plan, _unslowed(backend), pack.contracts).rereads,
                may_be_undone(plan),
                backend.limits.get("alerts"),
                {name: backend.clocks[name] for name in _LIMITS if name in backend.clocks},
                format_of(backend).terms(plan, when),
            )


def _unslowed(backend: Backend) -> Backend:
    clocks = {name: span for name, span in backend.clocks.items() if name != "slow_interval"}
    return replace(backend, clocks=clocks, intervals={})


def _typical(when: Schedule, delays: Mapping[str, Delay]) -> int:
    late = when.wait + when.delay if when.wait else max(delay.typical for delay in delays.values())
    return late + when.interval // 2 + when.lag
