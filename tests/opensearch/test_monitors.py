"""The conditions of the shipped monitors' triggers, on the answers of a real OpenSearch to their queries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from opensearchpy import OpenSearch

from casetrail.build.targets import backend_of
from casetrail.engines.base import Trial
from casetrail.engines.cluster import Cluster
from casetrail.engines.connect import connect
from casetrail.engines.opensearch import OpenSearchEngine
from casetrail.pack.cases import Case, case_files
from casetrail.pack.pack import Pack
from casetrail.packages.formats import Packaged
from casetrail.packages.opensearch.monitors import monitor
from casetrail.plan.nodes import sources
from casetrail.proof.run import planner
from casetrail.schedule.schedule import schedule, shipped_query

PACK = Pack.load(Path(__file__).parents[2])
BACKEND = backend_of(PACK, "opensearch")


def fires(client: OpenSearch, cluster: Cluster, case: Case) -> list[bool]:
    """Whether the trigger fires in a run that is about the case's completing event, and in one long after it.

    The alerting plugin gives a trigger the answer as ctx.results[0]; here the script takes it from its parameters.
    """
    plan = planner(PACK)(case)
    when = schedule(plan, BACKEND, PACK.contracts)
    completed = max(event.time for event in case.events if event.id in case.completes)
    stores = {source: BACKEND.stores[source] for source in sources(plan)}
    engine = OpenSearchEngine(cluster, replace(BACKEND, stores=stores), PACK.contracts)
    engine.verdicts([Trial(plan, case.events)])
    said = []
    try:
        for now in (completed + when.fresh, completed + 10 * when.lookback):
            query = shipped_query(plan, BACKEND, PACK.contracts, now)
            made = monitor(Packaged(PACK.rules[case.rule], plan, query, when), BACKEND)
            search = made["inputs"][0]["search"]
            source = made["triggers"][0]["query_level_trigger"]["condition"]["script"]["source"]
            answer = client.search(index=",".join(search["indices"]), body=search["query"])
            script = {"source": f"def ctx = params.ctx; return {source};", "params": {"ctx": {"results": [answer]}}}
            said.append(client.scripts_painless_execute(body={"script": script})["result"] == "true")
    finally:
        engine.close()
    return said


def test_a_trigger_fires_when_something_completed(opensearch_url: str) -> None:
    client, cluster = OpenSearch(opensearch_url, timeout=300), connect(opensearch_url, "OpenSearch")
    cases = [next(case for case in file.cases if case.completes) for file in case_files(PACK)]
    said = {case.rule: fires(client, cluster, case) for case in cases}
    assert {rule: fired for rule, fired in said.items() if fired != [True, False]} == {}
    assert len(said) > 20
