"""Elasticsearch: events stored as Elastic stores them, and the shipped query run over them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from casetrail.engines.base import Trial
from casetrail.engines.documents import TRIAL, actions, index_of, mapping
from casetrail.languages.base import Ago, Bounds
from casetrail.languages.esql.expressions import LIMIT
from casetrail.languages.esql.query import query_of
from casetrail.languages.esql.windows import ID
from casetrail.logs.contract import Contract
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError


class ElasticsearchEngine:
    """Runs trials on a node: all their events in one index for each store, each query filtered to its trial's events.

    The indexes carry a random name that the shipped index patterns match, and `close` removes them.
    """

    name = "elasticsearch"

    def __init__(self, client: Elasticsearch, backend: Backend, contracts: Mapping[str, Contract]) -> None:
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
        for source in {event.source for trial in trials for event in trial.events} | set(self.backend.stores):
            self.create(source)
        loaded = actions(zip(names, trials, strict=True), self.backend.stores, self.contracts, self.suffix)
        bulk(self.client, loaded, refresh=True)
        return [self.verdict(name, trial) for name, trial in zip(names, trials, strict=True)]

    def create(self, source: str) -> None:
        store = self.backend.stores.get(source)
        if store is None:
            return
        index = index_of(store, self.suffix)
        if index not in self.indexes:
            self.indexes.add(index)
            self.client.indices.create(
                index=index, mappings=mapping(store), settings={"number_of_shards": 2, "number_of_replicas": 0}
            )

    def verdict(self, name: str, trial: Trial) -> frozenset[str] | Exception:
        if any(event.time % 1000 for event in trial.events):
            return UnsupportedError(
                "its events are timed finer than the milliseconds of Elastic", trial.plan.name, self.name
            )
        run = Bounds(known=trial.seen_until if trial.seen_until is not None else Ago(0))
        try:
            query = query_of(trial.plan, self.backend, run)
        except UnsupportedError as error:
            error.rule, error.target = trial.plan.name, self.name
            return error
        ids = run_query(self.client, query, {"term": {TRIAL: name}})
        return frozenset(identity.partition("~")[2] for identity in ids)


def run_query(client: Elasticsearch, query: str, only: Mapping[str, Any]) -> list[str]:
    """The ids that a query returns over the documents that a filter (query DSL) lets through.

    Raises ApiError, and UnsupportedError when there are more rows than ES|QL gives.
    """
    answer = client.esql.query(query=query, filter=dict(only), allow_partial_results=False)
    names = [column["name"] for column in answer["columns"]]
    place = names.index("_id" if "_id" in names else ID)
    rows = answer["values"]
    if len(rows) >= LIMIT:
        raise UnsupportedError(f"more than {LIMIT} rows, the most that ES|QL gives: choose a shorter time range")
    return [row[place] for row in rows]
