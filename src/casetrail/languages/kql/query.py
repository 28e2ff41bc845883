"""KQL for any plan, as Microsoft Sentinel runs it."""

from __future__ import annotations

from casetrail.languages.base import Bounds
from casetrail.languages.kql.comments import COMMENTS
from casetrail.languages.kql.expressions import KqlExpressions
from casetrail.languages.kql.steps import Setting, bounded, known_at, matching
from casetrail.languages.kql.text import name, timespan
from casetrail.languages.kql.windows import correlation_query
from casetrail.languages.language import Language
from casetrail.languages.spellings import as_stored, stored_test
from casetrail.plan.nodes import Expr, Plan, Search
from casetrail.stores.places import store_of
from casetrail.stores.store import Backend


def query_of(plan: Plan, backend: Backend, run: Bounds) -> str:
    """The query for what completes a plan: rows with the column `event_id`. Raises UnsupportedError when KQL can't say it.

    Options of the backend: `watchlists: live` looks them up at each run, `inline` writes them out; `alerts: arrivals` gives a run on
    the SIEM's clock only what a row that arrived since the run before takes part in, `overlap` all that completes in its time. With
    `arrivals` a run looks at the log as it was at its own time, so one that is late, tried again or replayed gives the same.
    """
    setting = setting_of(backend, run)
    plan = as_stored(plan, live=setting.live)
    return search_query(plan, setting) if isinstance(plan, Search) else correlation_query(plan, setting)


def setting_of(backend: Backend, run: Bounds) -> Setting:
    """What a query of a backend is written for."""
    new = run.every if backend.options.get("alerts") == "arrivals" else None
    tolerant = backend.options.get("absent") == "empty"
    return Setting(backend.stores, run, backend.options.get("watchlists") == "live", new, tolerant)


def search_query(search: Search, setting: Setting) -> str:
    """The query of a search: a row for each matching event, with all of its columns."""
    store = store_of(search, setting.stores)
    bounds = bounded(name(store.time), setting.run)
    known = known_at(store, setting)
    new = [f"where {known} > ago({timespan(setting.new)}) and {known} <= now()"] if setting.new else []
    return "\n| ".join(matching(search, setting, [*bounds, *new], whole=True))


def piece_of(part: Expr, search: Search, backend: Backend) -> str:
    """The text that one part of a search becomes. Raises UnsupportedError."""
    setting = setting_of(backend, Bounds())
    return KqlExpressions(store_of(search, backend.stores), live=setting.live).expression(stored_test(part))


KQL = Language("kql", "kql", query_of, piece_of, comments=COMMENTS)
