"""OpenSearch: events stored under the mapping of the shipped templates, and the shipped query run over them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from casetrail.engines.cluster import Cluster, as_body, part, refuse_partial
from casetrail.engines.node import NodeEngine
from casetrail.languages.base import Bounds
from casetrail.languages.querydsl.mapping import mapping
from casetrail.languages.querydsl.query import indexes, query_of
from casetrail.languages.querydsl.windows import RESULT
from casetrail.plan.nodes import Plan
from casetrail.stores.store import Store
from casetrail.stores.unsupported import UnsupportedError


class OpenSearchEngine(NodeEngine):
    """A node of OpenSearch."""

    name = "opensearch"
    title = "OpenSearch"

    def mapping(self, store: Store) -> dict[str, Any]:
        return mapping(store)

    def matches(self, plan: Plan, run: Bounds, only: Mapping[str, Any]) -> list[str]:
        query = query_of(plan, self.backend, run)
        return run_query(self.cluster, indexes(plan, self.backend), query, only)


def run_query(cluster: Cluster, asked: Sequence[str], query: str, only: Mapping[str, Any]) -> list[str]:
    """The ids that a query returns over the documents that a filter (query DSL) lets through.

    Raises ClusterError, AnswerError, and UnsupportedError when there are more hits than OpenSearch gives at once.
    """
    body = json.loads(query)
    body["query"]["bool"].setdefault("filter", []).append(dict(only))
    params = {"allow_partial_search_results": "false"}
    answer = cluster.ask("POST", [",".join(asked), "_search"], params, as_body(body)).body
    part(answer, dict, "_shards")
    refuse_partial(answer)
    if "aggs" in body:
        return [part(one, str, "event_id") for one in part(answer, list, "aggregations", RESULT, "value")]
    hits, total = part(answer, list, "hits", "hits"), part(answer, int, "hits", "total", "value")
    if total > len(hits):
        raise UnsupportedError(f"{total} hits, more than the {len(hits)} that OpenSearch gives: choose a shorter time range")
    return [part(hit, str, "_id") for hit in hits]
