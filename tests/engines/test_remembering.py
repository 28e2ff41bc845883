"""What DuckDB was asked before it isn't asked again; whatever could change an answer is asked anew."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from casetrail.engines.base import Trial
from casetrail.engines.duckdb import Duckdb
from casetrail.engines.remembering import remembering
from casetrail.pack.cases import case_files
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import Correlation
from casetrail.proof.run import planner
from tests.cli.ways import ROOT, run, small_pack

RULE = "okta_session_two_networks"
PLANTED = frozenset({"planted"})


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CASETRAIL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "answers"


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    pack = Pack.load(ROOT)
    plan = planner(pack)
    (file,) = case_files(pack, [RULE])
    return [Trial(plan(case), case.events, case.seen_until) for case in file.cases]


def asked(trials: list[Trial], pack: Path) -> list[frozenset[str] | Exception]:
    with remembering(pack) as engine:
        return engine.verdicts(trials)


def plant(cache: Path) -> None:
    """Put another answer in place of each that is kept, by which it is known when it is taken."""
    for path in cache.iterdir():
        path.write_text(json.dumps(dict.fromkeys(json.loads(path.read_bytes()), sorted(PLANTED))))


def test_an_answer_is_taken_again_and_is_that_of_duckdb(trials: list[Trial], tmp_path: Path, cache: Path) -> None:
    assert asked(trials, tmp_path) == asked(trials, tmp_path) == Duckdb().verdicts(trials)
    plant(cache)
    assert set(asked(trials, tmp_path)) == {PLANTED}
    assert PLANTED not in asked(trials, tmp_path / "another")


def test_other_events_another_plan_and_another_duckdb_are_asked_anew(
    trials: list[Trial], tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(trials, tmp_path)
    plant(cache)
    first = max(trials, key=lambda trial: len(trial.events))
    later = tuple(replace(event, time=event.time + 1) for event in first.events)
    fewer = first.events[:-1]
    renamed = (replace(first.events[0], id="another"), *first.events[1:])
    for events in (later, fewer, renamed):
        assert PLANTED not in asked([replace(first, events=events)], tmp_path)
    assert isinstance(first.plan, Correlation)
    assert PLANTED not in asked([replace(first, plan=replace(first.plan, span=first.plan.span + 1))], tmp_path)
    monkeypatch.setattr(duckdb, "__version__", "0")
    assert PLANTED not in asked(trials, tmp_path)


@pytest.mark.parametrize("content", [b"[", b"[]", b'{"a": 1}', b'{"a": [1]}', b"\x80\x04", b"[" * 100_000])
def test_what_is_no_memory_is_none(trials: list[Trial], tmp_path: Path, cache: Path, content: bytes) -> None:
    right = asked(trials, tmp_path)
    for path in cache.iterdir():
        path.write_bytes(content)
    assert asked(trials, tmp_path) == right


def test_without_a_cache_every_case_is_asked(tmp_path: Path, cache: Path) -> None:
    pack = small_pack(tmp_path / "pack")
    assert run("test", "--no-cache", pack=pack).exit_code == 0
    assert not cache.exists()
    assert run("test", pack=pack).exit_code == 0
    plant(cache)
    assert run("test", pack=pack).exit_code == 1
    assert run("test", "--no-cache", pack=pack).exit_code == 0
