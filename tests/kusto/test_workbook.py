"""The queries of the workbook of log health: the vendor's parser and binder takes them, and an engine gives the right figures."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb_kql
import pytest

from casetrail.build.targets import backend_of
from casetrail.engines.kusto import ARRIVED, Kusto
from casetrail.engines.nodes.kusto import Checker
from casetrail.pack.pack import Pack
from casetrail.packages.sentinel.workbook import files, queries
from tests.kusto.checks import declared
from tests.kusto.stores import BACKEND
from tests.worlds import CONTRACT, SECOND, START, event

PACK = Pack.load(Path(__file__).parents[2])
SHIPPED = backend_of(PACK, "sentinel")
CONTRACTS = {CONTRACT.key: CONTRACT}
OVERVIEW, LATENESS, GAPS, DOUBLED = queries(BACKEND, CONTRACTS).values()
COLUMNS = {
    "Every log": [
        "Log",
        "Rows",
        "NewestEvent",
        "NewestArrival",
        "Late50",
        "Late95",
        "Late99",
        "Latest",
        "Allowed",
        "TooLate",
    ],
    "Lateness by hour (95th percentile, in minutes)": ["Hour", "Minutes", "Log"],
    "Pauses of half an hour and more": ["Log", "From", "Until", "Pause"],
    "Events that arrived twice": ["Log", "Events", "RowsTooMany", "Last"],
}


def test_the_vendor_takes_every_query_of_the_workbook(checker: Checker) -> None:
    tables = declared(SHIPPED)
    found = {title: checker.check(query, tables) for title, query in queries(SHIPPED, PACK.contracts).items()}
    assert {title: checked.problems for title, checked in found.items() if checked.problems} == {}
    assert {title: list(checked.columns) for title, checked in found.items()} == COLUMNS


def test_the_workbook_shows_those_queries_over_all_logs() -> None:
    (made,) = json.loads(files(SHIPPED, PACK.contracts)["workbook.json"])["resources"]
    items = json.loads(made["properties"]["serializedData"])["items"]
    shown = {item["content"]["title"]: item["content"]["query"] for item in items if item["type"] == 3}
    assert shown == queries(SHIPPED, PACK.contracts)
    assert all(query.count(f"'{source}'") == 1 for query in shown.values() for source in SHIPPED.stores)
    assert all(item["content"]["timeContextFromParameter"] == "TimeRange" for item in items if item["type"] == 3)
    assert [one["name"] for item in items if item["type"] == 9 for one in item["content"]["parameters"]] == ["TimeRange"]
    names = [item["name"] for item in items]
    assert len(set(names)) == len(names)


def at(seconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=START + seconds * SECOND)


@pytest.fixture(scope="module")
def engine() -> Kusto:
    """A row a minute for an hour, one of them two hours late; an hour's pause; a row that is too late and comes twice more."""
    engine = Kusto(BACKEND, CONTRACTS)
    rows = [event(f"e{minute}", minute * 60) for minute in range(60)] + [event("last", 7200)]
    late = dict.fromkeys((one.id for one in rows), 10) | {"e5": 7200, "last": CONTRACT.delay.greatest // SECOND + 1}
    arrived = {one.id: at((one.time - START) // SECOND + late[one.id]).replace(tzinfo=None) for one in rows}
    engine.load(rows, arrived)
    engine.connection.execute("""INSERT INTO "Test_CL" SELECT t.* FROM "Test_CL" t, range(2) WHERE t."Uid" = 'last'""")
    return engine


def answer(engine: Kusto, query: str) -> list[tuple[Any, ...]]:
    text = query.replace("ingestion_time()", ARRIVED).replace(" isfuzzy=true", "").replace("\n| render timechart", "")
    rows: list[tuple[Any, ...]] = duckdb_kql.query(engine.connection, text, query_now="2100-01-01T00:00:00Z").fetchall()
    return rows


def test_the_overview_counts_rows_and_tells_their_lateness(engine: Kusto) -> None:
    ((log, rows, newest, arrival, half, most, nearly_all, latest, allowed, late),) = answer(engine, OVERVIEW)
    greatest = timedelta(microseconds=CONTRACT.delay.greatest)
    assert (log, rows, late) == (CONTRACT.key, 63, 4)
    assert newest.replace(tzinfo=UTC) == at(7200)
    assert arrival.replace(tzinfo=UTC) == at(7200) + greatest + timedelta(seconds=1)
    assert (half, latest, allowed) == (timedelta(seconds=10), timedelta(hours=2), greatest)
    assert half < most <= nearly_all <= latest


def test_lateness_is_told_by_the_hour(engine: Kusto) -> None:
    assert {row[0].replace(tzinfo=UTC): round(row[1], 2) for row in answer(engine, LATENESS)} == {
        at(0): 0.17,
        at(7200): 60.02,
    }


def test_rows_that_came_twice_are_counted(engine: Kusto) -> None:
    ((log, events, too_many, _),) = answer(engine, DOUBLED)
    assert (log, events, too_many) == (CONTRACT.key, 1, 2)


def test_a_log_without_rows_is_shown_as_such() -> None:
    empty = Kusto(BACKEND, CONTRACTS)
    empty.load([])
    assert [row[:3] for row in answer(empty, OVERVIEW)] == [(CONTRACT.key, 0, None)]
    assert answer(empty, DOUBLED) == [(CONTRACT.key, 0, 0, None)]


def test_pauses_are_measured_between_minutes_with_rows(checker: Checker) -> None:
    """`prev` is one of the functions that duckdb-kql refuses: its line is only the vendor's to check."""
    assert "extend Pause = At - prev(At)" in GAPS
    assert checker.check(GAPS, declared(BACKEND)).problems == ()


def test_a_log_whose_events_have_no_name_there_is_left_out_of_what_came_twice() -> None:
    store = replace(BACKEND.stores[CONTRACT.key], identity=())
    nameless = replace(BACKEND, stores={CONTRACT.key: store})
    assert list(queries(nameless, CONTRACTS)) == list(COLUMNS)[:3]
    assert queries(BACKEND, {}) == {}
    assert files(BACKEND, {}) == {}
