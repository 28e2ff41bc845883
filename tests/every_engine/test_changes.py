"""Changes of a log that mean nothing change no engine's verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from casetrail.engines.base import Engine, Trial
from casetrail.engines.duckdb import Duckdb
from casetrail.engines.reference import Reference, evaluate
from casetrail.plan.values import TIME_FORMATS
from tests.every_engine.marks import marks
from tests.every_engine.subject import Subject
from tests.laws import strategies
from tests.laws.changes import broken, changed, laws
from tests.worlds import CONTRACT


def test_no_change_of_a_log_that_means_nothing_is_told(subject: Subject) -> None:
    refused = marks(subject.name, "laws")
    asked = [(name, trial) for name, trial in laws() if subject.takes(trial) and name not in refused]
    assert broken(asked, subject.verdicts) == []


@pytest.mark.parametrize("engine", [Reference(), Duckdb()], ids=lambda engine: engine.name)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(trial=strategies.trials())
def test_and_of_a_random_log(engine: Engine, trial: Trial) -> None:
    assert broken([("random", trial)], engine.verdicts) == []


def test_every_change_changes_something() -> None:
    trial = dict(laws())["distinct values"]
    assert [name for name, after in changed(trial, 1) if repr(after) == repr(trial)] == []


def _by_arrival(trial: Trial) -> Trial:
    times = sorted(one.time for one in trial.events)
    return replace(trial, events=tuple(replace(one, time=time) for one, time in zip(trial.events, times, strict=True)))


def _by_row(trial: Trial) -> Trial:
    return replace(trial, events=tuple(replace(one, id=f"{one.id}~{row}") for row, one in enumerate(trial.events)))


def _by_wall_clock(trial: Trial) -> Trial:
    texts = [one.row["at"] for one in trial.events]
    times = [TIME_FORMATS["iso8601"](text[:23].rstrip("Z")) or 0 for text in texts]
    return replace(trial, events=tuple(replace(one, time=time) for one, time in zip(trial.events, times, strict=True)))


def _of_any_log(trial: Trial) -> Trial:
    return replace(trial, events=tuple(replace(one, source=CONTRACT.key) for one in trial.events))


def _by_the_hour(trial: Trial) -> Trial:
    hour = 3_600_000_000
    return replace(trial, events=tuple(replace(one, time=one.time // hour * hour) for one in trial.events))


WRONG: list[tuple[str, Callable[[Trial], Trial]]] = [
    ("shuffled", _by_arrival),
    ("doubled", _by_row),
    ("another zone", _by_wall_clock),
    ("another log", _of_any_log),
    ("shifted", _by_the_hour),
]


@pytest.mark.parametrize(("change", "misread"), WRONG, ids=[row[0] for row in WRONG])
def test_an_engine_that_misreads_a_log_is_told(change: str, misread: Callable[[Trial], Trial]) -> None:
    def verdicts(trials: Sequence[Trial]) -> list[frozenset[str] | Exception]:
        found = [evaluate(one.plan, one.events, one.seen_until).ids for one in map(misread, trials)]
        return [frozenset(identity.partition("~")[0] for identity in ids) for ids in found]

    assert any(line.startswith(f"{change}: ") for line in broken(laws(), verdicts))
