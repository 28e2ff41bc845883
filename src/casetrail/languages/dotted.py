"""İ, which folds to i by semantics.md and not in every store."""

from __future__ import annotations

from casetrail.plan.nodes import Plan, searches
from casetrail.stores.unsupported import UnsupportedError


def refuse_dotted(plan: Plan, store: str) -> None:
    """Raises UnsupportedError for a plan that was asked for İ in either letter case, since a store doesn't take that for i."""
    if any(search.dotted for search in searches(plan)):
        raise UnsupportedError(f"a text holds İ, whose lower case isn't i in {store}: write it |cased")
