"""Elasticsearch: events stored under the mapping of the shipped templates, and the shipped ES|QL run over them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casetrail.engines.cluster import AnswerError, Cluster, as_body, part, refuse_partial
from casetrail.engines.node import NodeEngine
from casetrail.languages.base import Bounds
from casetrail.languages.esql.expressions import LIMIT
from casetrail.languages.esql.mapping import mapping
from casetrail.languages.esql.query import query_of
from casetrail.languages.esql.windows import ID
from casetrail.plan.nodes import Plan
from casetrail.stores.store import Store
from casetrail.stores.unsupported import UnsupportedError


class ElasticsearchEngine(NodeEngine):
    """A node of Elasticsearch."""

    name = "elasticsearch"
    title = "Elastic"

    def mapping(self, store: Store) -> dict[str, Any]:
        return mapping(store)

    def matches(self, plan: Plan, run: Bounds, only: Mapping[str, Any]) -> list[str]:
        return run_query(self.cluster, query_of(plan, self.backend, run), only)


@dataclass(frozen=True, slots=True)
class Table:
    """What an ES|QL query returns: rows by column, and what the cluster remarked."""

    rows: Sequence[Mapping[str, object]]
    remarks: tuple[str, ...]


def ask(cluster: Cluster, query: str, only: Mapping[str, Any]) -> Table:
    """The rows of a query over the documents that a filter (query DSL) lets through. Raises ClusterError and AnswerError."""
    body = as_body({"query": query, "filter": dict(only)})
    answer = cluster.ask("POST", ["_query"], {"format": "json", "allow_partial_results": "false"}, body)
    refuse_partial(answer.body)
    names = [part(column, str, "name") for column in part(answer.body, list, "columns")]
    rows = part(answer.body, list, "values")
    if len(set(names)) < len(names) or any(not isinstance(row, list) or len(row) != len(names) for row in rows):
        raise AnswerError("its answer is no table")
    remarks = [
        found for header in answer.warnings for found in re.findall(r'299 Elasticsearch-\S+ "((?:[^"\\]|\\.)*)"', header)
    ]
    return Table([dict(zip(names, row, strict=True)) for row in rows], tuple(map(cluster.told, remarks)))


def run_query(cluster: Cluster, query: str, only: Mapping[str, Any]) -> list[str]:
    """The ids that a query returns over the documents that a filter (query DSL) lets through.

    Raises ClusterError, AnswerError, and UnsupportedError when there are more rows than ES|QL gives.
    """
    rows = ask(cluster, query, only).rows
    if len(rows) >= LIMIT:
        raise UnsupportedError(f"more than {LIMIT} rows, the most that ES|QL gives: choose a shorter time range")
    return [part(row, str, "_id" if "_id" in row else ID) for row in rows]
