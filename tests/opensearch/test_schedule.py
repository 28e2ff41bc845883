"""Runs of a monitor, one after another over a log that arrives late and out of order, on a real OpenSearch."""

from __future__ import annotations

import random
from typing import Any

import pytest

from casetrail.engines.base import Trial
from casetrail.engines.connect import connect
from casetrail.engines.opensearch import OpenSearchEngine, run_query
from casetrail.engines.reference import evaluate
from casetrail.logs.event import Event
from casetrail.plan.nodes import Plan
from casetrail.schedule.schedule import schedule, shipped_query
from tests.elastic.test_schedule import CONTRACTS, EXACT, MINUTE, arriving
from tests.engines.test_reference import FIRST, plan
from tests.opensearch.stores import BACKEND, STORE
from tests.worlds import SECOND, START


def runs(engine: OpenSearchEngine, found: Plan, log: list[tuple[Event, int]], draw: random.Random) -> set[str]:
    """The ids of all runs together, each over what had arrived by then; some come late, and some are left out."""
    engine.verdicts([Trial(found, tuple(one for one, _ in log))])
    trial = str(engine.count - 1)
    completed: set[str] = set()
    now, skipped = START, False
    while now < START + 6 * 60 * MINUTE:
        now += schedule(found, BACKEND, CONTRACTS).interval + draw.randrange(30) * SECOND
        skipped = not skipped and draw.random() < 0.2
        if skipped:
            continue
        only = {"ids": {"values": [f"{trial}~{one.id}" for one, arrived in log if arrived <= now]}}
        query = shipped_query(found, BACKEND, CONTRACTS, now)
        completed |= {identity.partition("~")[2] for identity in run_query(engine.cluster, [STORE.index], query, only)}
    return completed


@pytest.mark.parametrize("correlation", [*EXACT, FIRST], ids=["count", "ordered", "absent", "first"])
def test_all_runs_together_find_what_the_whole_log_holds(opensearch_url: str, correlation: dict[str, Any]) -> None:
    engine = OpenSearchEngine(connect(opensearch_url, "OpenSearch"), BACKEND, CONTRACTS)
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
