"""KQL for any plan, as Microsoft Sentinel runs it."""

from __future__ import annotations

from casetrail.dialects.base import Run
from casetrail.dialects.kql import KqlExpressions
from casetrail.dialects.kql_steps import Setting, bounded, matching
from casetrail.dialects.kql_text import name, timespan
from casetrail.dialects.kql_windows import correlation_query
from casetrail.dialects.stores import store_of
from casetrail.pack.backend import Backend
from casetrail.plan.nodes import Expr, Plan, Search


def query_of(plan: Plan, backend: Backend, run: Run) -> str:
    """The query for what completes a plan: rows with the column `event_id`. Raises UnsupportedError when KQL can't say it.

    Options of the backend: `watchlists: live` looks them up at each run, `inline` writes them out; `alerts: arrivals` gives a run on
    the SIEM's clock only what a row that arrived since the run before takes part in, `overlap` all that completes in its time. With
    `arrivals` a run looks at the log as it was at its own time, so one that is late, tried again or replayed gives the same.
    """
    setting = setting_of(backend, run)
    return search_query(plan, setting) if isinstance(plan, Search) else correlation_query(plan, setting)


def setting_of(backend: Backend, run: Run) -> Setting:
    """What a query of a backend is written for."""
    new = run.every if backend.options.get("alerts") == "arrivals" else None
    return Setting(backend.stores, run, backend.options.get("watchlists") == "live", new)


def search_query(search: Search, setting: Setting) -> str:
    """The query of a search: a row for each matching event, with all of its columns."""
    bounds = bounded(name(store_of(search, setting.stores).time), setting.run)
    arrived = f"where ingestion_time() > ago({timespan(setting.new)}) and ingestion_time() <= now()" if setting.new else ""
    new = [arrived] if arrived else []
    return "\n| ".join(matching(search, setting, [*bounds, *new], whole=True))


def piece_of(part: Expr, search: Search, backend: Backend) -> str:
    """The text that one part of a search becomes. Raises UnsupportedError."""
    setting = setting_of(backend, Run())
    return KqlExpressions(store_of(search, backend.stores), live=setting.live).expression(part)
