"""ES|QL for any plan."""

from __future__ import annotations

from casetrail.languages.base import Bounds
from casetrail.languages.dotted import refuse_dotted
from casetrail.languages.esql.comments import COMMENTS
from casetrail.languages.esql.expressions import EsqlExpressions, search_query
from casetrail.languages.esql.windows import correlation_query
from casetrail.languages.language import Language
from casetrail.languages.spellings import as_stored, stored_test
from casetrail.plan.nodes import Expr, Plan, Search
from casetrail.stores.places import store_of
from casetrail.stores.store import Backend


def query_of(plan: Plan, backend: Backend, run: Bounds) -> str:
    """The query for what completes a plan: `_id`s for a search, else `event_id`s. Raises UnsupportedError when ES|QL can't say it."""
    refuse_dotted(plan, "Elastic")
    plan = as_stored(plan)
    if isinstance(plan, Search):
        return search_query(plan, backend.stores)
    return correlation_query(plan, backend.stores, run)


def piece_of(part: Expr, search: Search, backend: Backend) -> str:
    """The text that one part of a search becomes. Raises UnsupportedError."""
    return EsqlExpressions(store_of(search, backend.stores)).expression(stored_test(part))


ESQL = Language("esql", "esql", query_of, piece_of, comments=COMMENTS)
