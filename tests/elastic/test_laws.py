"""The laws of docs/semantics.md, and random rules, on a real Elasticsearch against the reference evaluator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from casetrail.engines.base import Trial
from casetrail.engines.connect import connect
from casetrail.engines.elasticsearch import ElasticsearchEngine, run_query
from casetrail.engines.reference import evaluate
from casetrail.languages.base import Bounds
from casetrail.languages.esql.query import query_of
from casetrail.plan.nodes import Search
from casetrail.stores.unsupported import UnsupportedError
from tests.elastic.stores import BACKEND, single
from tests.engines.test_reference import FIGURES, TRUE, WINDOWS, log, plan
from tests.laws import strategies
from tests.worlds import CONTRACT, event

EXAMPLES = int(os.environ.get("CASETRAIL_FUZZ", "500"))
BATCH = 25


@pytest.fixture(scope="module")
def engine(elasticsearch_url: str) -> Iterator[ElasticsearchEngine]:
    made = ElasticsearchEngine(connect(elasticsearch_url, "Elasticsearch"), BACKEND, {CONTRACT.key: CONTRACT})
    yield made
    made.close()


def check(engine: ElasticsearchEngine, trials: list[Trial]) -> list[str]:
    """Every trial's verdict is the reference's, or refused; gives the reasons of those refused."""
    refused = []
    wrong = []
    for trial, verdict in zip(trials, engine.verdicts(trials), strict=True):
        if isinstance(verdict, UnsupportedError):
            refused.append(verdict.reason)
        elif verdict != evaluate(trial.plan, trial.events, trial.seen_until).ids:
            wrong.append((trial, verdict))
    assert not wrong, wrong[0]
    return refused


def test_expressions(engine: ElasticsearchEngine) -> None:
    trials = [Trial(Search("s", CONTRACT.key, expr), (event("p", **row),)) for expr, row, _ in TRUE]
    plain = [replace(trial, events=tuple(map(single, trial.events))) for trial in trials]
    refused = check(engine, plain)
    assert len(refused) <= 6, refused


def test_windows(engine: ElasticsearchEngine) -> None:
    trials = [Trial(plan(correlation), tuple(log(events))) for _, correlation, events, _ in WINDOWS]
    assert check(engine, trials) == []


def test_figures(engine: ElasticsearchEngine) -> None:
    events = tuple(log("p a 0 u 1, q a 1 u 2, r a 2 u 3, s a 2 v junk"))
    refused = check(engine, [Trial(plan({"rules": ["a"], **correlation}), events) for correlation, _ in FIGURES])
    assert len(refused) == 3, refused


@settings(
    max_examples=EXAMPLES // BATCH,
    deadline=None,
    phases=[Phase.generate],
    derandomize="CASETRAIL_FUZZ" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(trials=st.lists(strategies.trials(), min_size=BATCH, max_size=BATCH))
def test_random_rules(engine: ElasticsearchEngine, trials: list[Trial]) -> None:
    plain = [replace(trial, events=tuple(map(single, trial.events))) for trial in trials]
    refused = check(engine, plain)
    assert len(refused) < BATCH, refused


@pytest.mark.parametrize(("law", "correlation", "events"), [row[:3] for row in WINDOWS], ids=[row[0] for row in WINDOWS])
def test_a_run_completes_only_on_its_own_steps(
    engine: ElasticsearchEngine, law: str, correlation: dict[str, object], events: str
) -> None:
    found = plan(correlation)
    made = log(events)
    engine.verdicts([Trial(found, tuple(made))])
    for start in sorted({made_event.time for made_event in made}):
        run = Bounds(start)
        ids = run_query(engine.cluster, query_of(found, BACKEND, run), {"term": {"casetrail.trial": str(engine.count - 1)}})
        expected = {one.id for one in made if one.time >= start} & evaluate(found, made).ids
        assert {identity.partition("~")[2] for identity in ids} == expected, law
