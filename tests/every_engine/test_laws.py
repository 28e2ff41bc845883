"""The laws of docs/semantics.md and random rules: every engine says what the reference evaluator says, or says why it can't."""

from __future__ import annotations

import os
from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from casetrail.engines.base import Trial
from casetrail.engines.reference import evaluate
from casetrail.languages.base import Bounds
from casetrail.stores.unsupported import UnsupportedError
from tests.engines.test_reference import FIGURES, TRUE, WINDOWS, log, plan
from tests.every_engine.conftest import ENGINES
from tests.every_engine.marks import marks, most_refused, untrue
from tests.every_engine.subject import Subject
from tests.laws import strategies
from tests.laws.agree import refusals
from tests.laws.torture import figure_name, trials
from tests.worlds import SECOND

EXAMPLES = int(os.environ.get("CASETRAIL_FUZZ", "500"))
BATCH = 25
RANDOM = settings(
    deadline=None,
    phases=[Phase.generate],
    derandomize="CASETRAIL_FUZZ" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
WORKED_OUT = {
    **{name: frozenset("p" if true else "") for (name, _), (*_, true) in zip(trials(), TRUE, strict=False)},
    **{law: frozenset(ids.split()) for law, _, _, ids in WINDOWS},
    **{figure_name(condition): frozenset(ids.split()) for condition, ids in FIGURES},
}
"""The laws whose verdict is known without the reference; the torture set begins with those of `TRUE`."""


def expected(name: str, trial: Trial, asked: Trial) -> frozenset[str]:
    """The verdict worked out by hand; the reference's where there is none, or where the engine's store can't hold the events."""
    by_hand = WORKED_OUT.get(name) if asked == trial else None
    return by_hand if by_hand is not None else evaluate(asked.plan, asked.events, asked.seen_until).ids


def test_the_laws_hold(subject: Subject) -> None:
    """All of the torture set; what another variant of an engine shares with the first is asked of the first alone."""
    named = [
        (name, trial, subject.fitted(trial))
        for name, trial in trials()
        if subject.takes(trial) and (subject.variant == 0 or name in WORKED_OUT)
    ]
    got = subject.verdicts([asked for *_, asked in named])
    refused, wrong = {}, []
    for (name, trial, asked), verdict in zip(named, got, strict=True):
        if isinstance(verdict, UnsupportedError):
            refused[name] = verdict.reason
        elif verdict != expected(name, trial, asked):
            wrong.append((name, verdict))
    assert wrong == []
    assert untrue(marks(subject.name, "laws"), refused) == []


def test_every_law_has_a_name_of_its_own() -> None:
    names = [name for name, _ in trials()]
    assert len(names) == len(set(names))


RANDOM_TRIALS = {"rules": (strategies.trials, EXAMPLES), "side by side": (strategies.siblings, EXAMPLES // 5)}


@cache
def at_random(what: str) -> list[Trial]:
    """Random trials, made once for all engines."""
    strategy, count = RANDOM_TRIALS[what]
    made: list[Trial] = []

    @settings(RANDOM, max_examples=count // BATCH)
    @given(some=st.lists(strategy(), min_size=BATCH, max_size=BATCH))
    def collect(some: list[Trial]) -> None:
        made.extend(some)

    collect()
    return made


def agree_at_random(subject: Subject, what: str) -> None:
    """An engine agrees on all random trials, or on its variant's share of them, and refuses no more than it may."""
    some = at_random(what)[subject.variant :: subject.variants]
    refused = refusals(subject.verdicts, list(map(subject.fitted, some)))
    most = most_refused(subject.name, what)
    assert len(refused) <= most * len(some), (len(refused) / len(some), refused)


takes_rules = pytest.mark.cannot(
    "sqlite", raises=NotImplementedError, reason="it reads Sigma rules: tests/oracle has random ones of these"
)


@takes_rules
def test_random_rules(subject: Subject) -> None:
    agree_at_random(subject, "rules")


@takes_rules
def test_random_correlations_side_by_side(subject: Subject) -> None:
    agree_at_random(subject, "side by side")


@pytest.mark.cannot(
    "reference", "duckdb", "sqlite", raises=NotImplementedError, reason="they are asked of a whole log, and know no runs"
)
@pytest.mark.parametrize("subject", ENGINES, indirect=True)
def test_a_run_completes_only_on_its_own_steps(subject: Subject) -> None:
    wrong = []
    for law, correlation, events, _ in WINDOWS:
        trial = Trial(plan(correlation), tuple(log(events)))
        times = sorted({one.time for one in trial.events})
        known = times[-1] + 86_400 * SECOND
        pairs = [(start, end) for start in times for end in times if start <= end]
        got = subject.looks(trial, [Bounds(start, known, end) for start, end in pairs])
        whole = evaluate(trial.plan, trial.events).ids
        for (start, end), ids in zip(pairs, got, strict=True):
            inside = {one.id for one in trial.events if start <= one.time <= end}
            wrong += [(law, start, end, ids)] if ids != whole & inside else []
    assert wrong == []
