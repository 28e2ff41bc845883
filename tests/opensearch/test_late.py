"""Late and doubled rows on a real OpenSearch: the shipped query of the monitor, run by run."""

from __future__ import annotations

import uuid

import pytest

from casetrail.engines.base import Trial
from casetrail.engines.connect import connect
from casetrail.engines.documents import TRIAL, actions
from casetrail.engines.opensearch import OpenSearchEngine, run_query
from casetrail.languages.querydsl.query import indexes
from casetrail.logs.event import Event
from casetrail.pack.backend import elsewhere
from casetrail.plan.nodes import sources
from casetrail.schedule.schedule import shipped_query
from tests.laws.late_on_nodes import RULES, hold, law, tried


def on_node(engine: OpenSearchEngine, rule: str) -> None:
    one, backend, contracts = tried(rule, "opensearch"), engine.backend, law().pack.contracts
    plan, name = one.log.plan, uuid.uuid4().hex

    def index(events: list[Event]) -> None:
        if events:
            rows = actions([(name, Trial(plan, tuple(events)))], backend.stores, contracts, engine.suffix)
            assert engine.load(rows) == {}

    def ask(now: int) -> list[str]:
        query = shipped_query(plan, backend, contracts, now)
        found = run_query(engine.cluster, indexes(plan, backend), query, {"term": {TRIAL: name}})
        return [identity.partition("~")[2] for identity in found]

    for source in sources(plan):
        engine.prepare(backend.stores[source])
    hold(one, backend, index, ask)


@pytest.mark.parametrize("rule", RULES)
def test_the_shipped_query_alerts_late_rows_run_by_run_as_simulated(opensearch_url: str, rule: str) -> None:
    backend = elsewhere(law().backends["opensearch"], f"late-{uuid.uuid4().hex}")
    engine = OpenSearchEngine(connect(opensearch_url, "OpenSearch"), backend, law().pack.contracts)
    try:
        on_node(engine, rule)
    finally:
        engine.close()
