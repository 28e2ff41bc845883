"""What a workspace hasn't is as if it were empty: a query finds what the other tables and columns hold, and fails on none that is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from casetrail.engines.kusto import Kusto
from casetrail.engines.nodes.kusto import Checker
from casetrail.languages.base import Bounds
from casetrail.languages.kql.query import query_of
from casetrail.logs.event import Event
from casetrail.pack.backend import read_backend
from casetrail.pack.cases import case_files
from casetrail.pack.pack import Pack
from casetrail.stores.unsupported import UnsupportedError
from tests.kusto.checks import declared

ROOT = Path(__file__).parents[2]
PACK = Pack.load(ROOT)
BACKEND = read_backend(ROOT / "backends" / "sentinel", PACK.contracts)
FUZZY = "KS205 Warning"
"""What Microsoft's binder says of a table that isn't there and needn't be."""
EACH = 3


def asked(tables: Mapping[str, Mapping[str, str]], query: str, events: tuple[Event, ...]) -> frozenset[str]:
    """The ids that a query finds in a workspace that has these tables with these columns."""
    engine = Kusto(BACKEND, PACK.contracts)
    engine.load(events)
    for table, columns in engine.tables.items():
        gone = set(columns) - set(tables.get(table, ()))
        if table not in tables:
            engine.connection.execute(f'DROP TABLE "{table}"')
        else:
            for column in sorted(gone):
                engine.connection.execute(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')
    engine.tables = {table: dict(columns) for table, columns in tables.items()}
    engine.look_up({})
    return frozenset(engine.ids(query))


def hit(rule: str) -> tuple[str, tuple[Event, ...], frozenset[str]]:
    """A rule's query, and the events of its first case that completes, with the ids of what completes."""
    (file,) = [file for file in case_files(PACK) if file.rule == rule]
    case = next(case for case in file.cases if case.completes)
    plan = PACK.rules.plans([rule])[rule]
    return (
        query_of(plan, replace(BACKEND, options={**BACKEND.options, "watchlists": "inline"}), Bounds()),
        case.events,
        case.completes,
    )


def without(*gone: str) -> dict[str, dict[str, str]]:
    return {table: columns for table, columns in declared(BACKEND).items() if table not in gone}


def test_events_of_one_log_are_found_in_whichever_table_holds_them() -> None:
    query, events, ids = hit("okta_api_token_created")
    assert "OktaV2_CL" in query
    assert "OktaSystemLogs" in query
    assert asked(without(), query, events) == ids


@pytest.mark.parametrize("rule", ["okta_api_token_created", "okta_session_two_networks"])
def test_a_query_finds_nothing_where_no_table_of_its_log_is(rule: str) -> None:
    query, events, _ = hit(rule)
    assert asked(without("OktaV2_CL", "OktaSystemLogs"), query, events) == frozenset()


def test_a_rule_of_two_logs_runs_where_one_of_them_is() -> None:
    query, events, _ = hit("cross_session_moved_then_files")
    for gone in (("OktaV2_CL", "OktaSystemLogs"), ("SalesForceRealTimeEventMonitoring_CL",)):
        asked(without(*gone), query, events)


def test_a_column_that_is_not_there_is_empty() -> None:
    query, events, ids = hit("okta_api_token_created")
    tables = without()
    fewer = {
        table: {column: kind for column, kind in columns.items() if column != "OriginalOutcomeResult"}
        for table, columns in tables.items()
    }
    assert asked(tables, query, events) == ids
    assert asked(fewer, query, events) == frozenset()


def test_the_vendor_takes_a_query_on_a_workspace_without_its_tables_and_columns(checker: Checker) -> None:
    query, _, _ = hit("okta_api_token_created")
    some = {
        "Other_CL": {"TimeGenerated": "datetime"},
        "OktaV2_CL": {"TimeGenerated": "datetime", "EventOriginalType": "string"},
    }
    told = checker.check(query, some).problems
    assert [problem for problem in told if not problem.startswith(FUZZY)] == []
    assert len(told) == 1


def test_queries_run_on_a_workspace_that_has_none_of_the_tables() -> None:
    engine = Kusto(BACKEND, PACK.contracts)
    engine.load(())
    for table in engine.tables:
        engine.connection.execute(f'DROP TABLE "{table}"')
    engine.tables = {}
    engine.look_up({})
    ran = 0
    for plan in list(PACK.rules.plans().values())[::EACH]:
        try:
            query = query_of(plan, BACKEND, Bounds())
        except UnsupportedError:
            continue
        assert engine.ids(query) == []
        ran += 1
    assert ran > 100 / EACH
