"""The laws of docs/semantics.md, and random rules, on a real OpenSearch against the reference evaluator."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from casetrail.engines.base import Trial
from casetrail.engines.connect import connect
from casetrail.engines.opensearch import OpenSearchEngine, run_query
from casetrail.engines.reference import evaluate
from casetrail.languages.base import Bounds
from casetrail.languages.querydsl.query import query_of
from casetrail.plan.nodes import Search
from casetrail.stores.unsupported import UnsupportedError
from tests.engines.test_reference import FIGURES, TRUE, WINDOWS, log, plan
from tests.laws import strategies
from tests.opensearch.stores import BACKEND, STORE
from tests.worlds import CONTRACT, event

EXAMPLES = int(os.environ.get("CASETRAIL_FUZZ", "500"))
BATCH = 25


@pytest.fixture(scope="module")
def engine(opensearch_url: str) -> Iterator[OpenSearchEngine]:
    made = OpenSearchEngine(connect(opensearch_url, "OpenSearch"), BACKEND, {CONTRACT.key: CONTRACT})
    yield made
    made.close()


def check(engine: OpenSearchEngine, trials: list[Trial]) -> list[str]:
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


def test_expressions(engine: OpenSearchEngine) -> None:
    trials = [Trial(Search("s", CONTRACT.key, expr), (event("p", **row),)) for expr, row, _ in TRUE]
    refused = check(engine, trials)
    assert refused == ["n: OpenSearch keeps only values that are long, so none isn't missing"]


def test_windows(engine: OpenSearchEngine) -> None:
    trials = [Trial(plan(correlation), tuple(log(events))) for _, correlation, events, _ in WINDOWS]
    assert check(engine, trials) == []


def test_figures(engine: OpenSearchEngine) -> None:
    events = tuple(log("p a 0 u 1, q a 1 u 2, r a 2 u 3, s a 2 v junk"))
    assert check(engine, [Trial(plan({"rules": ["a"], **correlation}), events) for correlation, _ in FIGURES]) == []


@settings(
    max_examples=EXAMPLES // BATCH,
    deadline=None,
    phases=[Phase.generate],
    derandomize="CASETRAIL_FUZZ" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(trials=st.lists(strategies.trials(), min_size=BATCH, max_size=BATCH))
def test_random_rules(engine: OpenSearchEngine, trials: list[Trial]) -> None:
    refused = check(engine, trials)
    assert len(refused) < BATCH // 2, refused


@pytest.mark.parametrize(("law", "correlation", "events"), [row[:3] for row in WINDOWS], ids=[row[0] for row in WINDOWS])
def test_a_run_completes_only_on_its_own_steps(
    engine: OpenSearchEngine, law: str, correlation: dict[str, object], events: str
) -> None:
    found = plan(correlation)
    made = log(events)
    engine.verdicts([Trial(found, tuple(made))])
    only = {"term": {"casetrail.trial": str(engine.count - 1)}}
    times = sorted({one.time for one in made})
    for start, end in [(start, end) for start in times for end in times if start <= end]:
        ids = run_query(engine.cluster, [STORE.index], query_of(found, BACKEND, Bounds(start, end=end)), only)
        expected = {one.id for one in made if start <= one.time <= end} & evaluate(found, made).ids
        assert {identity.partition("~")[2] for identity in ids} == expected, law
