"""The laws of docs/semantics.md, and random rules, in KQL against the reference evaluator; every query is the vendor's too."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from casetrail.engines.base import Trial
from casetrail.engines.kusto import Kusto
from casetrail.engines.nodes.kusto import Checker
from casetrail.engines.reference import evaluate
from casetrail.languages.base import Ago, Bounds
from casetrail.languages.kql.query import query_of
from casetrail.plan.nodes import Search
from casetrail.stores.store import Backend
from tests.engines.test_reference import FIGURES, TRUE, WINDOWS, log, plan
from tests.kusto.checks import check, problems
from tests.kusto.stores import BACKEND, RAW_BACKEND, TEXT_BACKEND
from tests.laws import strategies
from tests.worlds import CONTRACT, event

EXAMPLES = int(os.environ.get("CASETRAIL_FUZZ", "500"))
BATCH = 25
BACKENDS = {"columns": BACKEND, "text": TEXT_BACKEND, "dynamic": RAW_BACKEND}
REFUSED = {"columns": 0.3, "text": 0.25, "dynamic": 0.05}
"""The share of random rules that may be refused: those that tell an empty text, or a value that doesn't parse, from none."""


@pytest.fixture(scope="module", params=BACKENDS)
def engine(request: pytest.FixtureRequest) -> Kusto:
    return Kusto(BACKENDS[request.param], {CONTRACT.key: CONTRACT})


def test_expressions(engine: Kusto, checker: Checker) -> None:
    trials = [Trial(Search("s", CONTRACT.key, expr), (event("p", **row),)) for expr, row, _ in TRUE]
    refused = check(engine, checker, trials)
    inside = engine.backend is RAW_BACKEND
    assert len(refused) == (0 if inside else 7), refused


def test_windows(engine: Kusto, checker: Checker) -> None:
    trials = [Trial(plan(correlation), tuple(log(events))) for _, correlation, events, _ in WINDOWS]
    assert check(engine, checker, trials) == []


def test_figures(engine: Kusto, checker: Checker) -> None:
    events = tuple(log("p a 0 u 1, q a 1 u 2, r a 2 u 3, s a 2 v junk"))
    trials = [Trial(plan({"rules": ["a"], **correlation}), events) for correlation, _ in FIGURES]
    assert check(engine, checker, trials) == []


@pytest.mark.parametrize("kind", BACKENDS)
def test_random_rules(kind: str, checker: Checker) -> None:
    engine = Kusto(BACKENDS[kind], {CONTRACT.key: CONTRACT})
    refused: list[str] = []
    count = 0

    @settings(
        max_examples=EXAMPLES // BATCH // len(BACKENDS) + 1,
        deadline=None,
        phases=[Phase.generate],
        derandomize="CASETRAIL_FUZZ" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    @given(trials=st.lists(strategies.trials(), min_size=BATCH, max_size=BATCH))
    def run(trials: list[Trial]) -> None:
        nonlocal count
        count += len(trials)
        refused.extend(check(engine, checker, trials))

    run()
    assert len(refused) < REFUSED[kind] * count, refused


@pytest.mark.parametrize(("law", "correlation", "events"), [row[:3] for row in WINDOWS], ids=[row[0] for row in WINDOWS])
def test_a_run_completes_only_on_its_own_steps(
    law: str, correlation: dict[str, object], events: str, checker: Checker
) -> None:
    found, made = plan(correlation), log(events)
    engine = Kusto(BACKEND, {CONTRACT.key: CONTRACT})
    engine.load(made)
    for start in sorted({one.time for one in made}):
        query = query_of(found, BACKEND, Bounds(start))
        expected = {one.id for one in made if one.time >= start} & evaluate(found, made).ids
        assert set(engine.ids(query)) == expected, law
        assert problems(checker, query, BACKEND) == (), law


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
def test_a_query_on_the_clock_of_the_workspace_is_the_vendors(backend: Backend, checker: Checker) -> None:
    run = Bounds(Ago(90_000_000), Ago(60_000_000), every=300_000_000)
    made = replace(backend, options={"watchlists": "live", "alerts": "arrivals"})
    for _, correlation, _, _ in WINDOWS:
        query = query_of(plan(correlation), made, run)
        assert problems(checker, query, made) == (), query
