"""Late and doubled rows, run by run: the shipped query over the shipped range alerts what the simulation says, and each once."""

from __future__ import annotations

import random
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest

from casetrail.engines.reference import evaluate
from casetrail.logs.event import Event
from casetrail.pack.backend import elsewhere
from casetrail.schedule.schedule import schedule
from tests.engines.test_reference import ABSENT, COUNT2, FIRST, ORDERED, plan
from tests.every_engine.conftest import ENGINES
from tests.every_engine.subject import CONTRACTS, Subject
from tests.laws.late_on_nodes import RULES, hold, law, tried
from tests.worlds import CONTRACT, SECOND, START, event

MINUTE = 60 * SECOND
on_no_schedule = pytest.mark.cannot("reference", "duckdb", "sqlite", raises=NotImplementedError, reason="they are no SIEM")
by_arrivals = pytest.mark.cannot(
    "kusto",
    "splunk",
    raises=NotImplementedError,
    reason="tests/kusto/test_arrivals.py has Sentinel's runs; the model keeps no log",
)


@on_no_schedule
@by_arrivals
@pytest.mark.parametrize("subject", ENGINES, indirect=True)
@pytest.mark.parametrize("rule", RULES)
def test_the_shipped_query_alerts_late_rows_run_by_run_as_simulated(subject: Subject, rule: str) -> None:
    one = tried(rule, subject.target)
    backend = elsewhere(law().backends[subject.target], f"late-{uuid4().hex}")
    with closing(subject.follower(one.log.plan, backend, law().pack.contracts)) as follower:
        hold(one, backend, follower.index, follower.ask)


def arriving(draw: random.Random) -> list[tuple[Event, int]]:
    """Events of a few hours, each with the time of its arrival, which is late by up to the greatest delay."""
    made = []
    for number in range(24):
        one = event(f"e{number}", draw.randrange(0, 3 * 3600, 60), kind=draw.choice("aabx"), user=draw.choice("uv"))
        late = draw.choice([0, CONTRACT.delay.typical, CONTRACT.delay.greatest - 1, draw.randrange(CONTRACT.delay.greatest)])
        made.append((one, one.time + late))
    return made


@on_no_schedule
@by_arrivals
@pytest.mark.parametrize("subject", ENGINES, indirect=True)
@pytest.mark.parametrize("correlation", [COUNT2, ORDERED, ABSENT, FIRST], ids=["count", "ordered", "absent", "first"])
def test_all_runs_together_find_what_the_whole_log_holds(subject: Subject, correlation: dict[str, Any]) -> None:
    """Some runs come late, and some are left out."""
    draw = random.Random(11)
    found, log = plan(correlation), sorted(arriving(draw), key=lambda one: one[1])
    completed: set[str] = set()
    with closing(subject.follower(found, subject.backend, CONTRACTS)) as follower:
        interval = schedule(found, subject.backend, CONTRACTS).interval
        now, seen, skipped = START, 0, False
        while now < START + 6 * 60 * MINUTE:
            now += interval + draw.randrange(30) * SECOND
            skipped = not skipped and draw.random() < 0.2
            if skipped:
                continue
            here = sum(arrived <= now for _, arrived in log)
            if here > seen:
                follower.index([one for one, _ in log[seen:here]])
                seen = here
            completed |= follower.ask(now)
    expected = evaluate(found, [one for one, _ in log]).ids
    assert expected
    assert expected <= completed
    # What hasn't been seen before may turn out to have been, by an event that comes late: such an alert is early, not missed.
    assert correlation == FIRST or completed == expected
