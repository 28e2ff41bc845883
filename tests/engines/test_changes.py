"""Changes of a log that mean nothing change no verdict of the embedded engines, and no hit of a hunt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import orjson
import pytest
from hypothesis import HealthCheck, given, settings

from bench.rows import write
from casetrail.engines.base import Engine, Trial
from casetrail.engines.duckdb import Duckdb
from casetrail.engines.reference import evaluate
from casetrail.hunt.hunt import hunt
from casetrail.logs.event import event_of
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import sources
from casetrail.plan.values import TIME_FORMATS
from tests.laws import strategies
from tests.laws.changes import backwards, broken, changed, laws, zoned
from tests.worlds import CONTRACT

ROOT = Path(__file__).parents[2]


class Reference:
    """The reference evaluator, as an engine."""

    name = "reference"

    def verdicts(self, trials: Sequence[Trial]) -> list[frozenset[str] | Exception]:
        return [evaluate(trial.plan, trial.events, trial.seen_until).ids for trial in trials]


@pytest.fixture(scope="module", params=[Reference, Duckdb])
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.param()
    return made


def test_windows(engine: Engine) -> None:
    assert broken(laws(), engine.verdicts) == []


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(trial=strategies.trials())
def test_random_rules(engine: Engine, trial: Trial) -> None:
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


def test_a_hunt_over_files_in_disorder_finds_the_same(tmp_path: Path) -> None:
    pack = Pack.load(ROOT)
    plans = {name: plan for name, plan in pack.rules.plans().items() if sources(plan) == ("okta/okta",)}
    contract = pack.contracts["okta/okta"]
    random = Random(7)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    write(whole / "rows.ndjson", 600)
    rows = [orjson.loads(line) for line in (whole / "rows.ndjson").read_bytes().splitlines()]
    disordered = []
    for row in random.sample([*rows, *rows[::2]], k=len(rows) + len(rows[::2])):
        event = event_of(row, contract)
        assert event is not None
        disordered.append(orjson.dumps(backwards({**row, "published": zoned(event.time, random)})))
    (parts / "deeper").mkdir(parents=True)
    (parts / "a.ndjson").write_bytes(b"\n".join(disordered[::4]))
    (parts / "b.ndjson").write_bytes(b"\n".join(disordered[1::4]))
    (parts / "c.json").write_bytes(b"[" + b",".join(disordered[2::4]) + b"]")
    (parts / "deeper" / "d.ndjson").write_bytes(b"\n".join(disordered[3::4]))
    before, after = (hunt(plans, pack.contracts, [path]) for path in (whole, parts))
    assert after.faults.counts == before.faults.counts == {}
    hits = [{(hit.rule, hit.id, hit.time, tuple(hit.evidence)) for hit in report.hits} for report in (before, after)]
    assert hits[0] == hits[1]
    assert len(hits[0]) > 20
    assert len(after.hits) == len(before.hits)
