"""OpenSearch: events stored under the mapping of the shipped templates, and the shipped query run over them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.helpers import bulk

from casetrail.engines.node import NodeEngine
from casetrail.languages.base import Bounds
from casetrail.languages.querydsl.mapping import mapping
from casetrail.languages.querydsl.query import indexes, query_of
from casetrail.languages.querydsl.windows import RESULT
from casetrail.logs.contract import Contract
from casetrail.plan.nodes import Plan
from casetrail.stores.store import Backend, Store
from casetrail.stores.unsupported import UnsupportedError


class OpenSearchEngine(NodeEngine):
    """A node of OpenSearch."""

    name = "opensearch"
    title = "OpenSearch"

    def __init__(self, client: OpenSearch, backend: Backend, contracts: Mapping[str, Contract]) -> None:
        super().__init__(backend, contracts)
        self.client = client

    def mapping(self, store: Store) -> dict[str, Any]:
        return mapping(store)

    def create(self, index: str, mappings: dict[str, Any], settings: dict[str, Any]) -> None:
        self.client.indices.create(index=index, body={"settings": settings, "mappings": mappings})

    def delete(self, index: str) -> None:
        self.client.indices.delete(index=index, ignore_unavailable=True)

    def load(self, documents: Iterable[dict[str, Any]]) -> None:
        bulk(self.client, documents, refresh=True)

    def matches(self, plan: Plan, run: Bounds, only: Mapping[str, Any]) -> list[str]:
        query = query_of(plan, self.backend, run)
        return run_query(self.client, indexes(plan, self.backend), query, only)


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
