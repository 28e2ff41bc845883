"""A workbook of log health for Microsoft Sentinel: whether each log still comes, how late, with what gaps, and what came twice.

Microsoft: "Workbook programmatically" and the template reference of `Microsoft.Insights/workbooks`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from casetrail.languages.kql.steps import ID, identity
from casetrail.languages.kql.text import name, string, timespan
from casetrail.logs.contract import Contract
from casetrail.packages.sentinel.arm import WORKSPACE, Formula, template
from casetrail.stores.store import Backend, Store

API = "2023-06-01"
TITLE = "casetrail: log health"
SHORTEST_GAP = 30 * 60_000_000
"""A pause from which on a log without rows is shown; a quiet log has such pauses every night."""
_DAYS = (1, 3, 7, 14, 30)
_DAY_MS = 86_400_000
_INTRODUCTION = """## Log health

Whether events arrive, in time, and once: the rules need all three. *Allowed* is the delay that the rules allow for; an event that arrives
later is found by `casetrail hunt --since-arrival`. A table that doesn't exist is left out."""


def files(backend: Backend, contracts: Mapping[str, Contract]) -> dict[str, bytes]:
    """The template of the workbook, over all logs that the backend keeps and the contracts know."""
    found = queries(backend, contracts)
    return {"workbook.json": template(_parameters(), [resource(found)])} if found else {}


def queries(backend: Backend, contracts: Mapping[str, Contract]) -> dict[str, str]:
    """The workbook's queries by title."""
    logs = [(store, contracts[source]) for source, store in backend.stores.items() if source in contracts]
    if not logs:
        return {}
    named = [(store, contract) for store, contract in logs if store.identity]
    parts = {
        "Every log": (logs, _overview, "order by Log asc"),
        "Lateness by hour (95th percentile, in minutes)": (logs, _lateness, "render timechart"),
        "Pauses of half an hour and more": (logs, _gaps, "order by Pause desc"),
        "Events that arrived twice": (named, _doubled, "order by RowsTooMany desc"),
    }
    return {
        title: _union([lines(store, contract) for store, contract in those], last)
        for title, (those, lines, last) in parts.items()
        if those
    }


def _union(parts: list[Iterator[str]], last: str) -> str:
    bodies = ["(" + "\n    | ".join(part) + ")" for part in parts]
    return "union isfuzzy=true\n    " + ",\n    ".join(bodies) + f"\n| {last}"


def _rows(store: Store) -> Iterator[str]:
    yield "(union isfuzzy=true " + ", ".join(map(name, store.tables)) + ")" if store.more else name(store.index)
    yield from (f"where {name(column)} == {string(value)}" for column, value in store.only.items())
    yield f"extend At = {name(store.time)}, Arrived = ingestion_time()"


def _overview(store: Store, contract: Contract) -> Iterator[str]:
    yield from _rows(store)
    yield "extend Late = Arrived - At"
    figures = ["Rows = count()", "NewestEvent = max(At)", "NewestArrival = max(Arrived)"]
    figures += [f"Late{share} = percentile(Late, {share})" for share in (50, 95, 99)]
    figures += ["Latest = max(Late)", f"TooLate = countif(Late > {timespan(contract.delay.greatest)})"]
    yield f"summarize {', '.join(figures)}"
    yield f"extend Log = {string(store.source)}, Allowed = {timespan(contract.delay.greatest)}"
    yield "project Log, Rows, NewestEvent, NewestArrival, Late50, Late95, Late99, Latest, Allowed, TooLate"


def _lateness(store: Store, contract: Contract) -> Iterator[str]:
    yield from _rows(store)
    yield "summarize Minutes = percentile((Arrived - At) / 1m, 95) by Hour = bin(At, 1h)"
    yield f"project Hour, Minutes, Log = {string(store.source)}"


def _gaps(store: Store, contract: Contract) -> Iterator[str]:
    yield from _rows(store)
    yield "summarize Arrived = max(Arrived) by At = bin(At, 1m)"
    yield "order by At asc"
    yield "extend Pause = At - prev(At)"
    yield f"where Pause >= {timespan(SHORTEST_GAP)}"
    yield "top 10 by Pause desc"
    yield f"project Log = {string(store.source)}, From = At - Pause, Until = At, Pause"


def _doubled(store: Store, contract: Contract) -> Iterator[str]:
    yield from _rows(store)
    yield f"summarize Copies = count(), Last = max(Arrived) by {ID} = {identity(store)}"
    yield "where Copies > 1"
    yield "summarize Events = count(), RowsTooMany = sum(Copies - 1), Last = max(Last)"
    yield f"project Log = {string(store.source)}, Events, RowsTooMany, Last"


def resource(found: Mapping[str, str]) -> dict[str, Any]:
    """The workbook as a resource beside the workspace, one for each workspace."""
    workspace = "resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspace'))"
    return {
        "type": "Microsoft.Insights/workbooks",
        "apiVersion": API,
        "name": Formula(f"guid({workspace}, 'casetrail log health')"),
        "location": Formula("parameters('location')"),
        "kind": "shared",
        "properties": {
            "displayName": TITLE,
            "serializedData": json.dumps(notebook(found), ensure_ascii=False),
            "version": "1.0",
            "category": "sentinel",
            "sourceId": Formula(workspace),
        },
    }


def notebook(found: Mapping[str, str]) -> dict[str, Any]:
    """The workbook's own document."""
    shared = {"queryType": 0, "resourceType": "microsoft.operationalinsights/workspaces"}
    period = {
        "id": "2f1d6a0e-5a44-4c3e-9d3b-7a1f0c0e6b11",
        "version": "KqlParameterItem/1.0",
        "name": "TimeRange",
        "label": "Time range",
        "type": 4,
        "isRequired": True,
        "typeSettings": {"selectableValues": [{"durationMs": days * _DAY_MS} for days in _DAYS], "allowCustom": True},
        "value": {"durationMs": 7 * _DAY_MS},
    }
    items: list[dict[str, Any]] = [
        {"type": 1, "content": {"json": _INTRODUCTION}, "name": "introduction"},
        {
            "type": 9,
            "content": {"version": "KqlParameterItem/1.0", "parameters": [period], "style": "pills", **shared},
            "name": "period",
        },
    ]
    for number, (title, query) in enumerate(found.items()):
        shown = {
            "version": "KqlItem/1.0",
            "query": query,
            "size": 0,
            "title": title,
            "timeContextFromParameter": "TimeRange",
        }
        items.append({"type": 3, "content": {**shown, "showExportToExcel": True, **shared}, "name": f"query {number}"})
    return {"version": "Notebook/1.0", "items": items, "isLocked": False, "fallbackResourceIds": []}


def _parameters() -> dict[str, Any]:
    return {
        **WORKSPACE,
        "location": {
            "type": "string",
            "defaultValue": Formula("resourceGroup().location"),
            "metadata": {"description": "Where Azure keeps the workbook."},
        },
    }
