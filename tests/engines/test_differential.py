"""Random plans on random logs: the reference evaluator and DuckDB say the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casetrail.engines.base import Trial
from casetrail.engines.duckdb import Duckdb
from casetrail.engines.reference import evaluate
from casetrail.logs.event import Event
from casetrail.plan.nodes import Correlation, Equals, Expr, Figure, InNetwork, Is, KeyPart, Op, Search, Threshold, Type
from tests.laws import seeded, strategies
from tests.laws.fuzz import share
from tests.worlds import CONTRACT, event

F = CONTRACT.fields
SETTINGS = share(16)
LOGS = st.one_of(strategies.logs(most=12), seeded.logs(4, 12, seeded.crowded_row))


@pytest.fixture(scope="module")
def duckdb_engine() -> Duckdb:
    return Duckdb()


def agree(engine: Duckdb, trial: Trial) -> None:
    expected = evaluate(trial.plan, trial.events, trial.seen_until).ids
    assert engine.verdict(trial) == expected


FOUND = [
    (Is(F["ip"], InNetwork("::fffe:0:0/95")), {"ip": "::fffe:0:1"}, True),
    (Is(F["ip"], InNetwork("::fffe:0:0/95")), {"ip": "::ffff:192.0.2.1"}, False),
]


@pytest.mark.parametrize(("where", "row", "expected"), FOUND)
def test_disagreements_of_the_past(duckdb_engine: Duckdb, where: Expr, row: dict[str, Any], expected: bool) -> None:
    trial = Trial(Search("s", CONTRACT.key, where), (event("p", **row),))
    agree(duckdb_engine, trial)
    assert bool(evaluate(trial.plan, trial.events).ids) is expected


def test_two_spellings_of_one_key_in_a_list_are_one_step(duckdb_engine: Duckdb) -> None:
    kind = Search("a", CONTRACT.key, Is(F["kind"], Equals("a", cased=True)))
    figure = Threshold(Figure.SUM, Op.GTE, 2, KeyPart("n", (F["n"],), Type.INTEGER, False))
    plan = Correlation("c", (kind,), (KeyPart("tags", (F["tags"],), Type.TEXT, False),), 60_000_000, figure)
    trial = Trial(plan, (event("p", kind="a", n=1, tags=["A", "a"]), event("q", 1, kind="a", n=1, tags="a")))
    agree(duckdb_engine, trial)
    assert evaluate(trial.plan, trial.events).ids == {"q"}


@SETTINGS
@given(trial=strategies.trials())
def test_any_plan(duckdb_engine: Duckdb, trial: Trial) -> None:
    agree(duckdb_engine, trial)


@SETTINGS
@given(search=strategies.searches("s"), log=st.one_of(strategies.logs(most=12), seeded.logs(10, 20, seeded.row)))
def test_searches(duckdb_engine: Duckdb, search: Search, log: tuple[Event, ...]) -> None:
    agree(duckdb_engine, Trial(search, log))


@SETTINGS
@given(plan=strategies.correlations(depth=0), log=LOGS)
def test_correlations(duckdb_engine: Duckdb, plan: Correlation, log: tuple[Event, ...]) -> None:
    agree(duckdb_engine, Trial(plan, log))


@SETTINGS
@given(plan=strategies.correlations(depth=1), log=LOGS)
def test_chains(duckdb_engine: Duckdb, plan: Correlation, log: tuple[Event, ...]) -> None:
    agree(duckdb_engine, Trial(plan, log))
