"""Histories of shipped rules on a real node: each row indexed when it came, the shipped query asked at each run, with the shipped range."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from casetrail.logs.event import Event
from casetrail.pack.pack import Pack
from casetrail.packages.registry import format_of
from casetrail.proof.late.histories import history
from casetrail.proof.late.late import SeenLog, judged, run, teller
from casetrail.proof.late.law import Law
from casetrail.proof.late.seen import RowMatcher
from casetrail.proof.late.siem import Clock, Look, clock
from casetrail.schedule.schedule import Schedule, schedule
from casetrail.stores.store import Backend

RULES = (
    "salesforce_secret_file_by_service_account",
    "okta_session_two_countries",
    "salesforce_file_bytes_in_volume",
    "cross_session_moved_then_files",
    "salesforce_service_account_new_network",
    "okta_challenges_unanswered",
)
"""A single event, a count of values, a sum, an order that stands on a count, a first seen, and an absence that stands on a count."""
_MOST_ROWS = 24
_OTHERS = 2


@dataclass(frozen=True, slots=True)
class Tried:
    """A history of a rule, and the runs that are to be made of it."""

    log: SeenLog
    when: Schedule
    looks: tuple[Look, ...]


@cache
def law() -> Law:
    return Law(Pack.load(Path(__file__).parents[2]), ["elastic", "opensearch"])


def tried(rule: str, target: str) -> Tried:
    """A short history of a rule in which some row came twice, with what may go wrong with runs."""
    made, matches = law().material(law().files[rule]), RowMatcher()
    for number in range(500):
        draw = random.Random(f"{rule}{number}")
        log = SeenLog(history(made, draw), matches)
        doubled = len(log.history.rows) > len(log.events)
        if doubled and log.history.turned is None and len(log.history.rows) <= _MOST_ROWS and len(log.whole) > 1:
            when = schedule(log.plan, law().backends[target], law().pack.contracts)
            return Tried(log, when, tuple(chosen(log, when, clock(when, log.arrivals, draw), draw)))
    raise AssertionError(f"{rule}: no such history")


def chosen(log: SeenLog, when: Schedule, runs: Clock, draw: random.Random) -> list[Look]:
    """The first run after each moment at which something new may be seen, those made twice, and a few others."""
    seen = [max(row.arrived, row.event.time) for row in log.history.rows]
    moments = [*seen, *({time + when.wait + when.delay for time in log.times} if when.wait else ())]
    looks = runs.near(log.moments(when, draw))
    first = {next(look for look in looks if look.wall >= moment) for moment in moments}
    first |= {look for look in looks if any(0 < look.wall - other.wall < 2_000_000 for other in looks)}
    return sorted(first | set(draw.sample(looks, _OTHERS)))


def hold(one: Tried, backend: Backend, index: Callable[[list[Event]], None], ask: Callable[[int], Iterable[str]]) -> None:
    """See that a node says at each run what the simulation does, and that all of it together is the law.

    index: takes the rows that came; ask: gives the ids that the shipped query finds at a time.
    """
    log, seen, found = one.log, 0, []
    for look in one.looks:
        came = sum(arrived <= look.wall for arrived in log.arrivals)
        index([row.event for row in log.history.rows[seen:came]])
        seen = came
        ids = frozenset(ask(look.own))
        assert ids == run(log, one.when, look), look
        found.append((look, ids))
    outcome = judged(log, teller(format_of(backend).recognises(log.plan), one.when)(found))
    assert (outcome.missed, outcome.doubled) == (frozenset(), frozenset())
    assert outcome.completions
