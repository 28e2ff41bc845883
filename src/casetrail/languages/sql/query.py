"""Whole queries in SQL."""

from __future__ import annotations

from casetrail.languages.sql.steps import Log
from casetrail.languages.sql.windows import SqlWindows
from casetrail.plan.nodes import Correlation, Plan, Search
from casetrail.stores.unsupported import unknown


def query_of(plan: Plan, log: Log, seen_until: int | None = None) -> str:
    """A query for what completes a plan: rows that begin with the event's id; of a correlation each id once a key.

    seen_until: microseconds up to which the log is known; None when it is all there is. Raises UnsupportedError.
    """
    match plan:
        case Search():
            return f"SELECT id FROM {log.matches(plan)}"
        case Correlation():
            return SqlWindows(log, seen_until).query(plan)
        case never:
            raise unknown(never)
