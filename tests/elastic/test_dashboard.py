"""The dashboard of log health: a real Elasticsearch runs its queries, and answers with the columns that the panels show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from casetrail.build.targets import backend_of
from casetrail.engines.documents import index_of, put
from casetrail.languages.esql.mapping import mapping
from casetrail.pack.backend import elsewhere
from casetrail.pack.pack import Pack
from casetrail.packages.elastic.dashboard import TablePanel, files, tables
from casetrail.stores.store import Backend
from tests.elastic.stores import WORKER

PACK = Pack.load(Path(__file__).parents[2])
BACKEND = elsewhere(backend_of(PACK, "elastic"), f"health-{WORKER}")
MINUTE = 60_000
START = 1_768_467_600_000
SOURCE = "okta/okta"
ALLOWED = PACK.contracts[SOURCE].delay.greatest // 60_000_000


@pytest.fixture(scope="module")
def client(elasticsearch_url: str) -> Iterator[Elasticsearch]:
    """A row a minute for an hour, one of them late; two hours' pause; a row that is too late and is there in two indexes."""
    client = Elasticsearch(elasticsearch_url, request_timeout=300)
    store = BACKEND.stores[SOURCE]
    shape = mapping(store)
    indexes = [index_of(store, suffix) for suffix in ("one", "two")]
    for index in indexes:
        client.indices.create(index=index, mappings=shape, settings={"number_of_replicas": 0})
    late = dict.fromkeys(range(60), 1) | {5: 90, 200: ALLOWED + 1}
    rows = [(indexes[0], minute) for minute in late] + [(indexes[1], 200)]
    actions = [
        {"_index": index, "_id": str(minute), "_source": document(store.only, minute, late[minute])}
        for index, minute in rows
    ]
    bulk(client, actions, refresh=True)
    yield client
    for index in indexes:
        client.indices.delete(index=index)


def document(only: Any, minute: int, late: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for column, value in only.items():
        put(made, column, value)
    put(made, "@timestamp", START + minute * MINUTE)
    put(made, "event.ingested", START + (minute + late) * MINUTE)
    return made


def answer(client: Elasticsearch, table: TablePanel) -> list[dict[str, Any]]:
    found = client.esql.query(query=table.query, allow_partial_results=False)
    assert {column["name"]: column["type"] for column in found["columns"]} == table.columns
    return [dict(zip(table.columns, row, strict=True)) for row in found["values"]]


def test_the_node_runs_every_query_of_the_dashboard(client: Elasticsearch) -> None:
    every, lateness, gaps, doubled = [answer(client, table) for table in tables(BACKEND, PACK.contracts)]
    assert [{key: row[key] for key in ("log", "rows", "newest_event")} for row in every] == [
        {"log": SOURCE, "rows": 62, "newest_event": "2026-01-15T12:20:00.000Z"}
    ]
    (late,) = lateness
    assert (late["late_p50"], late["late_max"], late["allowed"], late["too_late"]) == (1.0, ALLOWED + 1.0, ALLOWED, 2)
    assert late["late_p50"] <= late["late_p95"] <= late["late_p99"] <= late["late_max"]
    assert [(row["log"], row["hours"], row["silent"]) for row in gaps] == [(SOURCE, 2, 2)]
    assert doubled == [{"log": SOURCE, "events": 1, "rows_too_many": 1}]


def test_the_node_takes_hostile_names(client: Elasticsearch) -> None:
    for source in ('a"b', "a\\", "{{x}}", "a\n| DROP log", "%"):
        store = BACKEND.stores[SOURCE]
        backend = Backend(
            "x",
            "x",
            "esql",
            "kibana",
            {},
            {source: type(store)(source, store.index, "@timestamp", "", store.fields, store.only)},
        )
        contracts = {source: PACK.contracts[SOURCE]}
        assert [answer(client, table)[0]["log"] for table in tables(backend, contracts)] == [source] * 4


def test_the_panels_show_those_queries_and_columns() -> None:
    saved, summary = map(json.loads, files(BACKEND, PACK.contracts)["dashboard.ndjson"].splitlines())
    panels = json.loads(saved["attributes"]["panelsJSON"])
    lenses = [panel["embeddableConfig"]["attributes"] for panel in panels if panel["type"] == "lens"]
    expected = tables(BACKEND, PACK.contracts)
    assert [lens["title"] for lens in lenses] == [table.title for table in expected]
    for lens, table in zip(lenses, expected, strict=True):
        ((identity, layer),) = lens["state"]["datasourceStates"]["textBased"]["layers"].items()
        assert layer["query"] == lens["state"]["query"] == {"esql": table.query}
        assert {column["fieldName"]: column["meta"]["esType"] for column in layer["columns"]} == table.columns
        shown = lens["state"]["visualization"]
        assert [column["columnId"] for column in shown["columns"]] == [column["columnId"] for column in layer["columns"]]
        assert shown["layerId"] == identity
    places = [(panel["gridData"]["y"], panel["gridData"]["y"] + panel["gridData"]["h"]) for panel in panels]
    assert all(end == start for (_, end), (start, _) in pairwise(places))
    assert len({panel["panelIndex"] for panel in panels}) == len(panels)
    assert summary["exportedCount"] == 1
