"""Late and doubled rows on a real Elasticsearch: the shipped query over the shipped range, run by run."""

from __future__ import annotations

import uuid

import pytest

from casetrail.engines.base import Trial
from casetrail.engines.connect import connect
from casetrail.engines.documents import TRIAL, actions
from casetrail.engines.elasticsearch import ElasticsearchEngine, run_query
from casetrail.logs.event import Event
from casetrail.pack.backend import elsewhere
from casetrail.plan.nodes import sources
from casetrail.schedule.schedule import shipped_query
from tests.laws.late_on_nodes import RULES, hold, law, tried


def on_node(engine: ElasticsearchEngine, rule: str) -> None:
    one, backend, contracts = tried(rule, "elastic"), engine.backend, law().pack.contracts
    plan, name = one.log.plan, uuid.uuid4().hex

    def index(events: list[Event]) -> None:
        if events:
            rows = actions([(name, Trial(plan, tuple(events)))], backend.stores, contracts, engine.suffix)
            assert engine.load(rows) == {}

    def ask(now: int) -> list[str]:
        start, end = -(-(now - one.when.lookback) // 1000), now // 1000
        reach = {"range": {"@timestamp": {"gte": start, "lte": end, "format": "epoch_millis"}}}
        only = {"bool": {"filter": [{"term": {TRIAL: name}}, reach]}}
        query = shipped_query(plan, backend, contracts, now)
        return [identity.partition("~")[2] for identity in run_query(engine.cluster, query, only)]

    for source in sources(plan):
        engine.prepare(backend.stores[source])
    hold(one, backend, index, ask)


@pytest.mark.parametrize("rule", RULES)
def test_the_shipped_query_alerts_late_rows_run_by_run_as_simulated(elasticsearch_url: str, rule: str) -> None:
    backend = elsewhere(law().backends["elastic"], f"late-{uuid.uuid4().hex}")
    engine = ElasticsearchEngine(connect(elasticsearch_url, "Elasticsearch"), backend, law().pack.contracts)
    try:
        on_node(engine, rule)
    finally:
        engine.close()
