"""OpenSearch: events stored as the backend's mapping has them, and the shipped query run over them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.helpers import bulk

from casetrail.engines.base import Trial
from casetrail.engines.documents import TRIAL, actions, index_of, put
from casetrail.languages.base import Ago, Bounds
from casetrail.languages.querydsl.mapping import mapping
from casetrail.languages.querydsl.query import indexes, query_of
from casetrail.languages.querydsl.windows import RESULT
from casetrail.logs.contract import Contract
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError


class OpenSearchEngine:
    """Runs trials on a node: all their events in one index for each store, each query filtered to its trial's events.

    The indexes carry a random name that the shipped index patterns match, and `close` removes them.
    """

    name = "opensearch"

    def __init__(self, client: OpenSearch, backend: Backend, contracts: Mapping[str, Contract]) -> None:
        self.client = client
        self.backend = backend
        self.contracts = contracts
        self.suffix = f"casetrail-{uuid.uuid4().hex[:12]}"
        self.indexes: set[str] = set()
        self.count = 0

    def close(self) -> None:
        """Remove the indexes."""
        for index in self.indexes:
            self.client.indices.delete(index=index, ignore_unavailable=True)
        self.indexes.clear()

    def verdicts(self, trials: Sequence[Trial]) -> list[frozenset[str] | Exception]:
        names = [f"{self.count + number}" for number in range(len(trials))]
        self.count += len(trials)
        for source in self.backend.stores:
            self.create(source)
        loaded = actions(zip(names, trials, strict=True), self.backend.stores, self.contracts, self.suffix)
        bulk(self.client, loaded, refresh=True)
        return [self.verdict(name, trial) for name, trial in zip(names, trials, strict=True)]

    def create(self, source: str) -> None:
        store = self.backend.stores[source]
        index = index_of(store, self.suffix)
        if index not in self.indexes:
            mapped = mapping(store)
            put(mapped, f"properties.{TRIAL.replace('.', '.properties.')}", {"type": "keyword"})
            settings = {"number_of_shards": 2, "number_of_replicas": 0}
            self.client.indices.create(index=index, body={"settings": settings, "mappings": mapped})
            self.indexes.add(index)

    def verdict(self, name: str, trial: Trial) -> frozenset[str] | Exception:
        if any(event.time % 1000 for event in trial.events):
            return UnsupportedError(
                "its events are timed finer than the milliseconds of OpenSearch", trial.plan.name, self.name
            )
        run = Bounds(known=trial.seen_until if trial.seen_until is not None else Ago(0))
        try:
            query = query_of(trial.plan, self.backend, run)
            asked = indexes(trial.plan, self.backend)
        except UnsupportedError as error:
            error.rule, error.target = trial.plan.name, self.name
            return error
        ids = run_query(self.client, asked, query, {"term": {TRIAL: name}})
        return frozenset(identity.partition("~")[2] for identity in ids)


def run_query(client: OpenSearch, asked: Sequence[str], query: str, only: Mapping[str, Any]) -> list[str]:
    """The ids that a query returns over the documents that a filter (query DSL) lets through.

    Raises TransportError, and UnsupportedError when there are more hits than OpenSearch gives at once.
    """
    body = json.loads(query)
    body["query"]["bool"].setdefault("filter", []).append(dict(only))
    answer = client.search(
        index=",".join(asked), body=body, params={"allow_partial_search_results": "false", "request_timeout": 60}
    )
    if "aggs" in body:
        return [one["event_id"] for one in answer["aggregations"][RESULT]["value"]]
    hits, total = answer["hits"]["hits"], answer["hits"]["total"]["value"]
    if total > len(hits):
        raise UnsupportedError(f"{total} hits, more than the {len(hits)} that OpenSearch gives: choose a shorter time range")
    return [hit["_id"] for hit in hits]
