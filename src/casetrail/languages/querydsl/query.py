"""The body of OpenSearch's `_search` for any plan."""

from __future__ import annotations

import json
from typing import Any

from casetrail.languages.base import Bounds
from casetrail.languages.dotted import refuse_dotted
from casetrail.languages.language import Language
from casetrail.languages.querydsl.expressions import MUSTACHE, DslField, OpenSearchExpressions
from casetrail.languages.querydsl.windows import correlation_body, time_filter
from casetrail.languages.spellings import as_stored, stored_test
from casetrail.plan.nodes import Expr, Plan, Search, fields, searches
from casetrail.stores.places import store_of
from casetrail.stores.store import Backend, Store
from casetrail.stores.unsupported import UnsupportedError

LIMIT = 10_000
"""The most hits that OpenSearch gives at once, by the default of index.max_result_window."""


def query_of(plan: Plan, backend: Backend, run: Bounds) -> str:
    """The body of `_search`, as JSON, for what completes a plan.

    A search's completions are its hits, a correlation's the list `aggregations.completions.value`. Both are to be asked of
    the indexes of `indexes`. Raises UnsupportedError when OpenSearch can't say it.
    """
    refuse_dotted(plan, "OpenSearch")
    plan = as_stored(plan)
    body = _search_body(plan, backend, run) if isinstance(plan, Search) else correlation_body(plan, backend.stores, run)
    text = json.dumps(body, ensure_ascii=False, indent=2)
    if MUSTACHE in text:
        raise UnsupportedError(f"it holds {MUSTACHE}, by which a monitor's query would become a template")
    return text


def indexes(plan: Plan, backend: Backend) -> list[str]:
    """The index patterns that a plan's query is asked of. Raises UnsupportedError for a log source without one."""
    return list(dict.fromkeys(store_of(search, backend.stores).index for search in searches(plan)))


def _search_body(search: Search, backend: Backend, run: Bounds) -> dict[str, Any]:
    store = store_of(search, backend.stores)
    expressions = OpenSearchExpressions(store)
    where = expressions.expression(search.where)
    bounds = time_filter([store.time], run.start, run.end)
    return {
        "size": LIMIT,
        "track_total_hits": True,
        "query": {"bool": {"filter": [*bounds, where]}},
        "sort": [{store.time: {"order": "asc", "unmapped_type": "date"}}],
        "_source": list(dict.fromkeys([store.time, *(_read(expressions.column(field), store) for field in fields(search))])),
    }


def _read(column: DslField, store: Store) -> str:
    return store.arrival if column.stored.derive else column.name


def piece_of(part: Expr, search: Search, backend: Backend) -> str:
    """The text that one part of a search becomes. Raises UnsupportedError."""
    return json.dumps(
        OpenSearchExpressions(store_of(search, backend.stores)).expression(stored_test(part)), ensure_ascii=False
    )


QUERY_DSL = Language("opensearch", "json", query_of, piece_of)
