"""The real nodes, whose indexes have the mapping that ships."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from casetrail.engines import elasticsearch, opensearch
from casetrail.engines.base import Trial
from casetrail.engines.connect import connect
from casetrail.engines.documents import TRIAL, actions
from casetrail.engines.elasticsearch import ElasticsearchEngine
from casetrail.engines.node import NodeEngine
from casetrail.engines.opensearch import OpenSearchEngine
from casetrail.languages.base import Bounds
from casetrail.languages.esql.query import ESQL
from casetrail.languages.language import Language
from casetrail.languages.querydsl.query import QUERY_DSL, indexes
from casetrail.logs.contract import Contract
from casetrail.logs.event import Event
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import Plan, sources
from casetrail.proof.provers import ProofSetup
from casetrail.schedule.schedule import schedule, shipped_query
from casetrail.stores.store import Backend
from tests.elastic import stores as elastic
from tests.every_engine.subject import CONTRACTS, Change, Follower, Subject, Verdict, written
from tests.opensearch import stores as opensearch_stores


class NodeSubject(Subject):
    """A real node, shared by all workers. module: the engine's, whose queries a mistake changes."""

    module: ModuleType
    language: Language
    target: str
    backend: Backend

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = self.engine_of(self.backend, CONTRACTS)

    @abstractmethod
    def engine_of(self, backend: Backend, contracts: Mapping[str, Contract]) -> NodeEngine: ...

    @abstractmethod
    def found(self, plan: Plan, backend: Backend, query: str, only: Mapping[str, Any]) -> list[str]:
        """The ids of documents that a query returns, over those that a filter (query DSL) lets through."""

    def reach(self, now: int, lookback: int) -> list[dict[str, Any]]:
        """The filters that the SIEM itself puts on what a rule reads when it runs it at a time and looks so far back."""
        return []

    def ids(self, name: str, plan: Plan, backend: Backend, query: str, *only: Mapping[str, Any]) -> frozenset[str]:
        """The ids of the events under a name that a query returns."""
        wanted = {"bool": {"filter": [{"term": {TRIAL: name}}, *only]}}
        return frozenset(one.partition("~")[2] for one in self.found(plan, backend, query, wanted))

    def close(self) -> None:
        self.engine.close()

    def proof(self, pack: Pack) -> ProofSetup:
        return ProofSetup(pack, url=self.url)

    def verdicts(self, wanted: Sequence[Trial]) -> Sequence[Verdict]:
        return self.engine.verdicts(wanted)

    def query(self, trial: Trial) -> str:
        return written(self.language.query_of, trial, self.backend)

    def changed(self, wanted: Sequence[Trial], change: Change) -> Sequence[Verdict]:
        with patch.object(self.module, "query_of", lambda *asked: change(self.language.query_of(*asked))):
            return self.engine.verdicts(wanted)

    def looks(self, trial: Trial, runs: Sequence[Bounds]) -> list[frozenset[str]]:
        name = uuid4().hex
        index(self.engine, name, trial)
        queries = [self.language.query_of(trial.plan, self.backend, bounds) for bounds in runs]
        return [self.ids(name, trial.plan, self.backend, query) for query in queries]

    def follower(self, plan: Plan, backend: Backend, contracts: Mapping[str, Contract]) -> Follower:
        return NodeFollower(self, plan, backend, contracts)


def index(engine: NodeEngine, name: str, trial: Trial) -> None:
    """Index a trial's events under a name that nothing else on the node has."""
    for source in sources(trial.plan):
        engine.prepare(engine.backend.stores[source])
    assert engine.load(actions([(name, trial)], engine.backend.stores, engine.contracts, engine.suffix)) == {}


class NodeFollower(Follower):
    """Rows are indexed when they arrive."""

    def __init__(self, subject: NodeSubject, plan: Plan, backend: Backend, contracts: Mapping[str, Contract]) -> None:
        stores = {source: backend.stores[source] for source in sources(plan)}
        self.subject = subject
        self.engine = subject.engine_of(replace(backend, stores=stores), contracts)
        self.plan = plan
        self.name = uuid4().hex
        self.lookback = schedule(plan, backend, contracts).lookback
        self.index(())

    def index(self, events: Sequence[Event]) -> None:
        index(self.engine, self.name, Trial(self.plan, tuple(events)))

    def ask(self, now: int) -> frozenset[str]:
        query = shipped_query(self.plan, self.engine.backend, self.engine.contracts, now)
        reach = self.subject.reach(now, self.lookback)
        return self.subject.ids(self.name, self.plan, self.engine.backend, query, *reach)

    def close(self) -> None:
        self.engine.close()


class ElasticsearchSubject(NodeSubject):
    name, target = "elasticsearch", "elastic"
    module, language = elasticsearch, ESQL
    backend = elastic.BACKEND

    def __init__(self, url: str) -> None:
        self.cluster = connect(url, "Elasticsearch")
        super().__init__(url)

    def engine_of(self, backend: Backend, contracts: Mapping[str, Contract]) -> NodeEngine:
        return ElasticsearchEngine(self.cluster, backend, contracts)

    def fitted(self, trial: Trial) -> Trial:
        return replace(trial, events=tuple(map(elastic.single, trial.events)))

    def found(self, plan: Plan, backend: Backend, query: str, only: Mapping[str, Any]) -> list[str]:
        return elasticsearch.run_query(self.cluster, query, only)

    def reach(self, now: int, lookback: int) -> list[dict[str, Any]]:
        """Kibana puts a range of time on what a detection rule reads."""
        times = {"gte": -(-(now - lookback) // 1000), "lte": now // 1000, "format": "epoch_millis"}
        return [{"range": {"@timestamp": times}}]


class OpenSearchSubject(NodeSubject):
    name = target = "opensearch"
    module, language = opensearch, QUERY_DSL
    backend = opensearch_stores.BACKEND

    def __init__(self, url: str) -> None:
        self.cluster = connect(url, "OpenSearch")
        super().__init__(url)

    def engine_of(self, backend: Backend, contracts: Mapping[str, Contract]) -> NodeEngine:
        return OpenSearchEngine(self.cluster, backend, contracts)

    def found(self, plan: Plan, backend: Backend, query: str, only: Mapping[str, Any]) -> list[str]:
        return opensearch.run_query(self.cluster, indexes(plan, backend), query, only)
