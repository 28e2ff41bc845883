"""Whether an engine says what the reference evaluator says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from casetrail.engines.base import Trial
from casetrail.engines.reference import evaluate
from casetrail.stores.unsupported import UnsupportedError

Verdicts = Callable[[Sequence[Trial]], Sequence["frozenset[str] | Exception"]]


def refusals(verdicts: Verdicts, trials: Sequence[Trial]) -> list[str]:
    """The reasons of the trials that are refused; all others must have the reference's verdict."""
    refused, wrong = [], []
    for trial, verdict in zip(trials, verdicts(trials), strict=True):
        if isinstance(verdict, UnsupportedError):
            refused.append(verdict.reason)
        elif verdict != evaluate(trial.plan, trial.events, trial.seen_until).ids:
            wrong.append((trial, verdict))
    assert not wrong, wrong[0]
    return refused
