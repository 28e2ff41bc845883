"""ES|QL for any plan."""

from __future__ import annotations

from casetrail.dialects.base import Run
from casetrail.dialects.esql import EsqlExpressions, search_query
from casetrail.dialects.esql_windows import correlation_query
from casetrail.dialects.stores import store_of
from casetrail.pack.backend import Backend
from casetrail.plan.nodes import Expr, Plan, Search


def query_of(plan: Plan, backend: Backend, run: Run) -> str:
    """The query for what completes a plan: `_id`s for a search, else `event_id`s. Raises UnsupportedError when ES|QL can't say it."""
    if isinstance(plan, Search):
        return search_query(plan, backend.stores)
    return correlation_query(plan, backend.stores, run)


def piece_of(part: Expr, search: Search, backend: Backend) -> str:
    """The text that one part of a search becomes. Raises UnsupportedError."""
    return EsqlExpressions(store_of(search, backend.stores)).expression(part)
