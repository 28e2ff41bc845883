"""A Kibana dashboard of log health: whether each log still comes, how late, with what gaps, and what came twice.

Kibana: "Saved objects" (import and export), "Lens" (tables from ES|QL). The panels' form is that of an export of 8.19.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from casetrail.languages.esql.expressions import name, string
from casetrail.logs.contract import Contract
from casetrail.stores.store import Backend, Store

TITLE = "casetrail: log health"
_MINUTE = 60_000_000
_WIDTH, _HEIGHT = 48, 11
_TYPES = {"long": "number", "double": "number", "date": "date", "keyword": "string"}
_INTRODUCTION = """Whether events arrive, in time, and once: the rules need all three. **allowed** is the delay, in minutes, that the rules
allow for; an event that arrives later is found by `casetrail hunt --since-arrival`. Lateness is the time from an event to `event.ingested`,
which Fleet's pipelines set. A log that isn't in a table has no events in the chosen time."""


@dataclass(frozen=True, slots=True)
class TablePanel:
    """A panel: a query, and the columns that it returns with their types in Elasticsearch."""

    title: str
    query: str
    columns: Mapping[str, str]


def files(backend: Backend, contracts: Mapping[str, Contract]) -> dict[str, bytes]:
    """The dashboard over all logs that the backend keeps and the contracts know; nothing where there are none."""
    found = tables(backend, contracts)
    if not found:
        return {}
    summary = {
        "excludedObjects": [],
        "excludedObjectsCount": 0,
        "exportedCount": 1,
        "missingRefCount": 0,
        "missingReferences": [],
    }
    lines = [orjson.dumps(line, option=orjson.OPT_SORT_KEYS) for line in (dashboard(found, backend.name), summary)]
    return {"dashboard.ndjson": b"\n".join(lines) + b"\n"}


def tables(backend: Backend, contracts: Mapping[str, Contract]) -> list[TablePanel]:
    """The panels of the dashboard."""
    logs = [(store, contracts[source]) for source, store in backend.stores.items() if source in contracts]
    if not logs:
        return []
    stores = [store for store, _ in logs]
    return [
        TablePanel(
            "Every log",
            _query(
                stores,
                "STATS rows = COUNT(*), newest_event = MAX(@timestamp) BY log",
                'EVAL minutes_since = DATE_DIFF("minutes", newest_event, NOW())',
                "KEEP log, rows, newest_event, minutes_since",
                "SORT log",
            ),
            {"log": "keyword", "rows": "long", "newest_event": "date", "minutes_since": "integer"},
        ),
        TablePanel(
            "Lateness, in minutes",
            _query(
                stores,
                f"EVAL allowed = {_case([(store, contract.delay.greatest // _MINUTE) for store, contract in logs])}",
                'EVAL late = DATE_DIFF("milliseconds", @timestamp, event.ingested) / 60000.0',
                "STATS newest_arrival = MAX(event.ingested), late_p50 = PERCENTILE(late, 50), late_p95 = PERCENTILE(late, 95), "
                "late_p99 = PERCENTILE(late, 99), late_max = MAX(late), allowed = MAX(allowed), "
                "too_late = COUNT(*) WHERE late > allowed BY log",
                "KEEP log, newest_arrival, late_p50, late_p95, late_p99, late_max, allowed, too_late",
                "SORT log",
            ),
            {
                "log": "keyword",
                "newest_arrival": "date",
                **dict.fromkeys(("late_p50", "late_p95", "late_p99", "late_max"), "double"),
                "allowed": "integer",
                "too_late": "long",
            },
        ),
        TablePanel(
            "Hours without events",
            _query(
                stores,
                "EVAL hour = DATE_TRUNC(1 hour, @timestamp)",
                "STATS rows = COUNT(*) BY log, hour",
                "STATS hours = COUNT(*), from_hour = MIN(hour), to_hour = MAX(hour) BY log",
                'EVAL silent = DATE_DIFF("hours", from_hour, to_hour) + 1 - hours',
                "KEEP log, from_hour, to_hour, hours, silent",
                "SORT silent DESC, log",
            ),
            {"log": "keyword", "from_hour": "date", "to_hour": "date", "hours": "long", "silent": "long"},
        ),
        TablePanel(
            "Events that arrived twice",
            _query(
                stores,
                "STATS copies = COUNT(*) BY log, event = _id",
                "WHERE copies > 1",
                "STATS events = COUNT(*), rows_too_many = SUM(copies - 1) BY log",
                "KEEP log, events, rows_too_many",
                "SORT rows_too_many DESC, log",
            ),
            {"log": "keyword", "events": "long", "rows_too_many": "long"},
        ),
    ]


def _query(stores: Sequence[Store], *lines: str) -> str:
    indexes = ", ".join(dict.fromkeys(store.index for store in stores))
    told = [f"EVAL log = {_case([(store, store.source) for store in stores])}", "WHERE log IS NOT NULL"]
    return "\n| ".join([f"FROM {indexes} METADATA _id, _index", *told, *lines, "LIMIT 100"])


def _case(facts: Sequence[tuple[Store, str | int]]) -> str:
    """What is said of each log, told by what only its rows have, else by the name of its index."""
    told = []
    for store, fact in facts:
        only = [f"{name(column)} == {string(value)}" for column, value in store.only.items()]
        whose = " AND ".join(only) or f"_index LIKE {string('*' + store.index)}"
        told.append(f"{whose}, {string(fact) if isinstance(fact, str) else fact}")
    return f"CASE({', '.join(told)})"


def dashboard(found: Sequence[TablePanel], backend: str) -> dict[str, Any]:
    """The dashboard as a saved object."""
    panels = [_text("introduction", _INTRODUCTION, 0), *(_table(table, number) for number, table in enumerate(found))]
    source = {"filter": [], "query": {"language": "kuery", "query": ""}}
    options = {"hidePanelTitles": False, "syncColors": False, "syncCursor": True, "syncTooltips": False, "useMargins": True}
    return {
        "attributes": {
            "description": "Whether each log that the rules read still arrives, how late, with what gaps, and which events arrived twice.",
            "kibanaSavedObjectMeta": {"searchSourceJSON": _json(source)},
            "optionsJSON": _json(options),
            "panelsJSON": _json(panels),
            "timeFrom": "now-7d",
            "timeRestore": True,
            "timeTo": "now",
            "title": TITLE,
            "version": 1,
        },
        "coreMigrationVersion": "8.8.0",
        "id": _identity(f"{backend}:log health"),
        "managed": False,
        "references": [],
        "type": "dashboard",
        "typeMigrationVersion": "10.2.0",
    }


def _identity(what: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"casetrail:dashboard:{what}"))


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _panel(what: str, kind: str, row: int, height: int, config: Mapping[str, Any]) -> dict[str, Any]:
    identity = _identity(what)
    return {
        "embeddableConfig": {"enhancements": {"dynamicActions": {"events": []}}, **config},
        "gridData": {"h": height, "i": identity, "w": _WIDTH, "x": 0, "y": row},
        "panelIndex": identity,
        "type": kind,
    }


def _text(what: str, text: str, row: int) -> dict[str, Any]:
    search = {"filter": [], "query": {"language": "kuery", "query": ""}}
    shown = {
        "data": {"aggs": [], "searchSource": search},
        "description": "",
        "id": "",
        "params": {"fontSize": 12, "markdown": text, "openLinksInNewTab": False},
        "title": "",
        "type": "markdown",
        "uiState": {},
    }
    return _panel(what, "visualization", row, _HEIGHT // 2, {"savedVis": shown})


def _table(table: TablePanel, number: int) -> dict[str, Any]:
    layer = _identity(f"{table.title}:layer")
    query = {"esql": table.query}
    columns, shown = [], []
    for column, kind in table.columns.items():
        figure = _TYPES.get(kind, "number") == "number"
        identity = _identity(f"{table.title}:{column}")
        meta = {"esType": kind, "type": _TYPES.get(kind, "number")}
        columns.append(
            {"columnId": identity, "fieldName": column, "meta": meta} | ({"inMetricDimension": True} if figure else {})
        )
        shown.append({"columnId": identity, "isMetric": figure, "isTransposed": False})
    layers = {layer: {"allColumns": columns, "columns": columns, "query": query, "timeField": "@timestamp"}}
    state = {
        "adHocDataViews": {},
        "datasourceStates": {"textBased": {"layers": layers}},
        "filters": [],
        "internalReferences": [],
        "query": query,
        "visualization": {"columns": shown, "layerId": layer, "layerType": "data"},
    }
    attributes = {
        "references": [],
        "state": state,
        "title": table.title,
        "type": "lens",
        "visualizationType": "lnsDatatable",
    }
    return _panel(table.title, "lens", _HEIGHT // 2 + number * _HEIGHT, _HEIGHT, {"attributes": attributes})
