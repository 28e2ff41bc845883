"""Runs of a detection rule, one after another over a log that arrives late and out of order, on a real Elasticsearch."""

from __future__ import annotations

import random
from typing import Any

import pytest

from casetrail.engines.base import Trial
from casetrail.engines.connect import connect
from casetrail.engines.elasticsearch import ElasticsearchEngine, run_query
from casetrail.engines.reference import evaluate
from casetrail.logs.event import Event
from casetrail.plan.nodes import Plan
from casetrail.schedule.schedule import schedule, shipped_query
from tests.elastic.stores import BACKEND
from tests.engines.test_reference import ABSENT, COUNT2, FIRST, ORDERED, plan
from tests.worlds import CONTRACT, SECOND, START, event

CONTRACTS = {CONTRACT.key: CONTRACT}
MINUTE = 60 * SECOND
EXACT = [COUNT2, ORDERED, ABSENT]


def arriving(draw: random.Random) -> list[tuple[Event, int]]:
    """Events of a few hours, each with the time of its arrival, which is late by up to the greatest delay."""
    made = []
    for number in range(24):
        one = event(f"e{number}", draw.randrange(0, 3 * 3600, 60), kind=draw.choice("aabx"), user=draw.choice("uv"))
        late = draw.choice([0, CONTRACT.delay.typical, CONTRACT.delay.greatest - 1, draw.randrange(CONTRACT.delay.greatest)])
        made.append((one, one.time + late))
    return made


def runs(engine: ElasticsearchEngine, found: Plan, log: list[tuple[Event, int]], draw: random.Random) -> set[str]:
    """The ids of all runs together, each over what had arrived by then; some come late, and some are left out."""
    engine.verdicts([Trial(found, tuple(one for one, _ in log))])
    trial = str(engine.count - 1)
    when = schedule(found, BACKEND, CONTRACTS)
    completed: set[str] = set()
    now, skipped = START, False
    while now < START + 6 * 60 * MINUTE:
        now += when.interval + draw.randrange(30) * SECOND
        skipped = not skipped and draw.random() < 0.2
        if skipped:
            continue
        here = [f"{trial}~{one.id}" for one, arrived in log if arrived <= now]
        reach = {
            "range": {"@timestamp": {"gte": (now - when.lookback) // 1000, "lte": now // 1000, "format": "epoch_millis"}}
        }
        only = {"bool": {"filter": [{"ids": {"values": here}}, reach]}}
        query = shipped_query(found, BACKEND, CONTRACTS, now)
        completed |= {identity.partition("~")[2] for identity in run_query(engine.cluster, query, only)}
    return completed


@pytest.mark.parametrize("correlation", [*EXACT, FIRST], ids=["count", "ordered", "absent", "first"])
def test_all_runs_together_find_what_the_whole_log_holds(elasticsearch_url: str, correlation: dict[str, Any]) -> None:
    engine = ElasticsearchEngine(connect(elasticsearch_url, "Elasticsearch"), BACKEND, CONTRACTS)
    draw = random.Random(11)
    found, log = plan(correlation), arriving(draw)
    try:
        completed = runs(engine, found, log, draw)
    finally:
        engine.close()
    expected = evaluate(found, [one for one, _ in log]).ids
    assert expected
    assert expected <= completed
    # What hasn't been seen before may turn out to have been, by an event that comes late: such an alert is early, not missed.
    assert correlation == FIRST or completed == expected
