"""Elasticsearch: events stored under the mapping of the shipped templates, and the shipped ES|QL run over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from casetrail.engines.node import NodeEngine
from casetrail.languages.base import Bounds
from casetrail.languages.esql.expressions import LIMIT
from casetrail.languages.esql.mapping import mapping
from casetrail.languages.esql.query import query_of
from casetrail.languages.esql.windows import ID
from casetrail.logs.contract import Contract
from casetrail.plan.nodes import Plan
from casetrail.stores.shape import Shape
from casetrail.stores.store import Backend, Store
from casetrail.stores.unsupported import UnsupportedError


class ElasticsearchEngine(NodeEngine):
    """A node of Elasticsearch."""

    name = "elasticsearch"
    title = "Elastic"

    def __init__(
        self,
        client: Elasticsearch,
        backend: Backend,
        contracts: Mapping[str, Contract],
        shapes: Mapping[str, Shape] | None = None,
    ) -> None:
        super().__init__(backend, contracts, shapes)
        self.client = client

    def mapping(self, store: Store) -> dict[str, Any]:
        return mapping(store)

    def create(self, index: str, mappings: dict[str, Any], settings: dict[str, Any]) -> None:
        self.client.indices.create(index=index, mappings=mappings, settings=settings)

    def delete(self, index: str) -> None:
        self.client.indices.delete(index=index, ignore_unavailable=True)

    def load(self, documents: Iterable[dict[str, Any]]) -> None:
        bulk(self.client, documents, refresh=True)

    def matches(self, plan: Plan, run: Bounds, only: Mapping[str, Any]) -> list[str]:
        return run_query(self.client, query_of(plan, self.backend, run), only)


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
