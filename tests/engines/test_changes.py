"""Changes of a log that mean nothing change no verdict of the embedded engines, and no hit of a hunt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import orjson
import pytest
from hypothesis import HealthCheck, given, settings

from bench.rows import write
from casetrail.engines.base import Engine, Trial
from casetrail.engines.duckdb import Duckdb
from casetrail.engines.event import event_of
from casetrail.engines.hunt import hunt
from casetrail.engines.reference import evaluate
from casetrail.engines.sqlite import Sqlite
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import sources
from tests.laws import strategies
from tests.laws.changes import backwards, broken, changed, laws, zoned

ROOT = Path(__file__).parents[2]


class Reference:
    """The reference evaluator, as an engine."""

    name = "reference"

    def verdicts(self, trials: Sequence[Trial]) -> list[frozenset[str] | Exception]:
        return [evaluate(trial.plan, trial.events, trial.seen_until).ids for trial in trials]


@pytest.fixture(scope="module", params=[Reference, Duckdb, Sqlite])
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


def test_a_hunt_over_files_in_disorder_finds_the_same(tmp_path: Path) -> None:
    pack = Pack.load(ROOT)
    plans = {name: plan for name, plan in pack.plans().items() if sources(plan) == ("okta/okta",)}
    contract = pack.contracts["okta/okta"]
    random = Random(7)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    write(whole / "rows.ndjson", 600)
    rows = [orjson.loads(line) for line in (whole / "rows.ndjson").read_bytes().splitlines()]
    disordered = []
    for row in random.sample([*rows, *rows[::2]], k=len(rows) + len(rows[::2])):
        event = event_of(row, contract)
        assert event is not None
        disordered.append(orjson.dumps(backwards({**row, "published": zoned(event.time, random)})))
    for number, name in enumerate(["a.ndjson", "b.ndjson", "c.json", "deeper/d.ndjson"]):
        mine = disordered[number::4]
        (parts / name).parent.mkdir(exist_ok=True)
        (parts / name).write_bytes(b"[" + b",".join(mine) + b"]" if name.endswith("json") and "nd" not in name else b"\n".join(mine))
    before, after = (hunt(plans, pack.contracts, [path]) for path in (whole, parts))
    assert after.faults.counts == before.faults.counts == {}
    hits = [{(hit.rule, hit.id, hit.time, tuple(hit.evidence)) for hit in report.hits} for report in (before, after)]
    assert hits[0] == hits[1]
    assert len(hits[0]) > 20
    assert len(after.hits) == len(before.hits)
