"""Random plans on random logs: the reference evaluator and DuckDB say the same."""

from __future__ import annotations

import pytest
from hypothesis import given

from casetrail.engines.base import Trial
from casetrail.engines.duckdb import Duckdb
from casetrail.engines.event import Event
from casetrail.engines.reference import evaluate
from casetrail.plan.nodes import Correlation, Search
from tests.laws import strategies
from tests.laws.fuzz import share

SETTINGS = share(16)


@pytest.fixture(scope="module")
def duckdb_engine() -> Duckdb:
    return Duckdb()


def agree(engine: Duckdb, trial: Trial) -> None:
    expected = evaluate(trial.plan, trial.events, trial.seen_until).ids
    assert engine.verdict(trial) == expected


@SETTINGS
@given(trial=strategies.trials())
def test_any_plan(duckdb_engine: Duckdb, trial: Trial) -> None:
    agree(duckdb_engine, trial)


@SETTINGS
@given(search=strategies.searches("s"), log=strategies.logs(most=12))
def test_searches(duckdb_engine: Duckdb, search: Search, log: tuple[Event, ...]) -> None:
    agree(duckdb_engine, Trial(search, log))


@SETTINGS
@given(plan=strategies.correlations(depth=0), log=strategies.logs(most=12))
def test_correlations(duckdb_engine: Duckdb, plan: Correlation, log: tuple[Event, ...]) -> None:
    agree(duckdb_engine, Trial(plan, log))


@SETTINGS
@given(plan=strategies.correlations(depth=1), log=strategies.logs(most=12))
def test_chains(duckdb_engine: Duckdb, plan: Correlation, log: tuple[Event, ...]) -> None:
    agree(duckdb_engine, Trial(plan, log))
