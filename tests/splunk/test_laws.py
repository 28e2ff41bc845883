"""The laws of docs/semantics.md, and random rules, on a model of Splunk against the reference evaluator."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from casetrail.engines.base import Trial
from casetrail.engines.reference import evaluate
from casetrail.engines.splunk_model import SplunkModel
from casetrail.languages.base import Bounds
from casetrail.languages.spl.query import query_of
from casetrail.plan.nodes import AllOf, Correlation, Order, Present, Search
from casetrail.stores.unsupported import UnsupportedError
from tests.engines.test_reference import FIGURES, TRUE, WINDOWS, log, plan
from tests.laws import strategies
from tests.splunk.stores import BACKEND, single
from tests.worlds import CONTRACT, event

EXAMPLES = int(os.environ.get("CASETRAIL_FUZZ", "500"))
RANDOM = settings(
    deadline=None,
    phases=[Phase.generate],
    derandomize="CASETRAIL_FUZZ" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
ENGINE = SplunkModel(BACKEND, {CONTRACT.key: CONTRACT})


def check(trial: Trial) -> str:
    """The trial's verdict is the reference's, or refused; gives the reason of a refusal."""
    verdict = ENGINE.verdict(trial)
    if isinstance(verdict, UnsupportedError):
        return verdict.reason
    assert verdict == evaluate(trial.plan, trial.events, trial.seen_until).ids, query_of(trial.plan, BACKEND, Bounds())
    return ""


def refusals(trials: list[Trial]) -> list[str]:
    return [reason for reason in map(check, trials) if reason]


def test_expressions() -> None:
    trials = [Trial(Search("s", CONTRACT.key, expr), (single(event("p", **row)),)) for expr, row, _ in TRUE]
    assert refusals(trials) == []


def test_windows() -> None:
    assert refusals([Trial(plan(correlation), tuple(log(events))) for _, correlation, events, _ in WINDOWS]) == []


def test_figures() -> None:
    events = tuple(log("p a 0 u 1, q a 1 u 2, r a 2 u 3, s a 2 v junk"))
    refused = refusals([Trial(plan({"rules": ["a"], **correlation}), events) for correlation, _ in FIGURES])
    assert len(refused) == 1, refused
    assert "value_median" in refused[0]


@settings(parent=RANDOM, max_examples=EXAMPLES)
@given(trial=strategies.trials())
def test_random_rules(trial: Trial) -> None:
    check(replace(trial, events=tuple(map(single, trial.events))))


@st.composite
def siblings(draw: st.DrawFn) -> Trial:
    """A correlation over two others, whose steps pass through each other's windows."""
    inner = [draw(strategies.correlations(depth=0, name=f"c{number}")) for number in range(2)]
    shared = {part.name for part in inner[0].key} & {part.name for part in inner[1].key}
    key = tuple(strategies.part(name, [*inner]) for name in sorted(shared))
    conditions: list[Order | AllOf] = [Order((0, 1)), Order((1,), before=(0,)), AllOf((Present(0), Present(1)))]
    condition = draw(st.sampled_from(conditions))
    return Trial(Correlation("c", tuple(inner), key, strategies.SPAN, condition), draw(strategies.logs(most=10)))


@settings(parent=RANDOM, max_examples=EXAMPLES // 5)
@given(trial=siblings())
def test_correlations_side_by_side(trial: Trial) -> None:
    check(replace(trial, events=tuple(map(single, trial.events))))


@pytest.mark.parametrize(("law", "correlation", "events"), [row[:3] for row in WINDOWS], ids=[row[0] for row in WINDOWS])
def test_a_run_completes_only_on_its_own_steps(law: str, correlation: dict[str, object], events: str) -> None:
    found = plan(correlation)
    trial = Trial(found, tuple(log(events)))
    known = max(one.time for one in trial.events) + 86_400_000_000
    for start in sorted({one.time for one in trial.events}):
        ids = ENGINE.ids(query_of(found, BACKEND, Bounds(start, known)), trial)
        expected = {one.id for one in trial.events if one.time >= start} & evaluate(found, trial.events).ids
        assert ids == expected, law
