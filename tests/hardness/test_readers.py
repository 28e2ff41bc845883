"""What is broken or hostile is told in words: in time, in bounded memory, and without a trace elsewhere. `make fuzz-readers` is longer."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import zstandard

import casetrail.logs.read
from casetrail.logs.faults import Faults
from casetrail.logs.read import documents
from tests.cli.ways import CASES, ROOT, RULE, beside_the_pack, okta, put, run
from tests.hardness import hostile

EXAMPLES = 12
"""Of each of three kinds, in each of two parts: about thirty seconds on two cores."""

fuzzing = pytest.mark.skipif(sys.platform == "win32", reason="the bounds are POSIX's")


@fuzzing
@pytest.mark.parametrize("seed", [1, 2])
def test_hostile_files(seed: int, tmp_path: Path) -> None:
    from tests.hardness.fuzz import KINDS, fuzz

    report = fuzz(list(KINDS), seed, EXAMPLES, 300, tmp_path)
    assert report["broken"] == []
    assert report["examples"] == EXAMPLES * len(KINDS)


@fuzzing
def test_the_fuzzer_sees_a_traceback_a_hang_a_stray_file_and_too_much_memory(tmp_path: Path) -> None:
    """What it holds against an example is seen where a command does it."""
    code = """
import sys, tests.hardness.fuzz as fuzz
from pathlib import Path
fuzz.SECONDS = 1
def bad(kind, seed, number, folder):
    if number == 0:
        raise fuzz.Broken("Traceback")
    if number == 1:
        Path(sys.argv[2]).write_text("")
    if number == 2:
        fuzz.MEMORY = 1
    if number == 3:
        while True:
            pass
fuzz.example = bad
fuzz.MEMORY = 2**40
fuzz.resource.setrlimit = lambda *a: None
fuzz.names = tuple
for first in range(4):
    try:
        fuzz.child(["logs"], 1, iter([first]), Path(sys.argv[1]), 1e12)
    finally:
        fuzz.MEMORY = 2**40
"""
    (tmp_path / "work").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "work"), str(tmp_path / "stray")],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "TMPDIR": str(tmp_path / "work"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    why = [each["broken"] for each in told if "broken" in each]
    assert "Traceback" in why[0]
    assert "stray" in why[1]
    assert "GiB" in why[2]
    assert len(why) == 3
    assert done.returncode < 0
    assert "Current thread" in done.stderr or "most recent call first" in done.stderr


def smallest(folder: Path) -> Path:
    """The pack that the fuzzer spoils."""
    from tests.hardness.fuzz import small

    for path, content in small().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def test_what_is_spoilt_was_whole(tmp_path: Path) -> None:
    """Else the fuzzer would only ever see the first fault."""
    from tests.hardness.fuzz import own

    pack, overlay = smallest(tmp_path / "pack"), tmp_path / "overlay"
    for path, content in own().items():
        (overlay / path).parent.mkdir(parents=True, exist_ok=True)
        (overlay / path).write_bytes(content)
    for about in ([], ["--overlay", str(overlay)]):
        found = json.loads(run(*about, "check", "--json", pack=pack).stdout)
        assert [row for row in found if row["severity"] == "error"] == []
        tested = run(*about, "test", pack=pack)
        assert tested.exit_code == 0, tested.output
        built = run(*about, "build", "-o", tmp_path / "dist", pack=pack)
        assert built.exit_code == 0, built.output


def read(path: Path, content: bytes) -> tuple[list[object], Faults]:
    path.write_bytes(content)
    faults = Faults()
    return [document for _, document in documents(path, faults)], faults


def test_a_small_file_that_unpacks_to_very_much_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(casetrail.logs.read, "_LINE", 1000)
    monkeypatch.setattr(casetrail.logs.read, "_WHOLE", 4000)
    monkeypatch.setattr(casetrail.logs.read, "_ITEM", 4000)
    row = json.dumps(okta("a")).encode()
    long = b'{"a": "' + b"x" * 20_000
    for pack, end in ((gzip.compress, "gz"), (zstandard.compress, "zst")):
        found, faults = read(tmp_path / f"x.ndjson.{end}", pack(row + b"\n" + long + b"\n" + row + b"\n"))
        assert found == [okta("a")] * 2
        assert list(faults.counts.values()) == [1]
        found, faults = read(tmp_path / f"y.ndjson.{end}", pack(b"x" * 20_000 + b"\n" + row + b"\n"))
        assert found == [okta("a")]
        found, faults = read(tmp_path / f"x.json.{end}", pack(long))
        assert (found, faults.lost) == ([], 1)
        found, faults = read(tmp_path / f"x.csv.{end}", pack(b"uuid\nb\n" + b"x" * 20_000 + b"\n"))
        assert (found, len(faults.fatal)) == ([{"uuid": "b"}], 1)
        found, faults = read(tmp_path / f"x.yml.{end}", pack(b"- x\n" * 5_000))
        assert (found, len(faults.fatal)) == ([], 1)


def test_an_array_on_one_long_line_is_read_item_by_item(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(casetrail.logs.read, "_LINE", 1000)
    rows = [okta(f"e{number}") for number in range(100)]
    found, faults = read(tmp_path / "x.json", json.dumps(rows).encode())
    assert found == rows
    assert not faults.fatal


def test_an_object_on_one_long_line_is_a_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(casetrail.logs.read, "_LINE", 1000)
    rows = {"events": [okta(f"e{number}") for number in range(100)]}
    found, faults = read(tmp_path / "x.json", json.dumps(rows).encode() + b"\n" + json.dumps(okta("b")).encode())
    assert found == [rows, okta("b")]
    assert not faults.fatal


@pytest.mark.parametrize("many", [1, 3000])
def test_frames_of_nothing_do_not_take_long(many: int, tmp_path: Path) -> None:
    empty = zstandard.compress(b"")
    found, faults = read(tmp_path / "x.ndjson.zst", empty * many + zstandard.compress(json.dumps(okta("a")).encode()))
    assert (found, faults.fatal) == ([okta("a")], [])


@pytest.mark.parametrize("number", range(10))
def test_yaml_that_unfolds_or_holds_itself_is_refused(number: int, tmp_path: Path) -> None:
    class Chosen(hostile.Chance):
        def choice(self, seq):  # type: ignore[no-untyped-def]
            return seq[number]

    content = hostile.laughing(Chosen())
    pack = smallest(tmp_path / "pack")
    (pack / "rules" / "okta" / "example.yml").write_bytes(content)
    (tmp_path / "x.yml").write_bytes(content)
    assert run("check", pack=pack).exit_code == 1
    built = run("build", "-o", tmp_path / "dist", pack=pack)
    assert built.exit_code in (0, 2)
    assert "example.yml" in built.stderr
    assert len(beside_the_pack(built.stderr)) <= 2
    hunted = run("hunt", tmp_path / "x.yml", pack=smallest(tmp_path / "whole"))
    assert hunted.exit_code in (0, 2)
    assert hunted.stdout == ""


def test_a_time_of_yaml_is_the_text_that_stands_there(tmp_path: Path) -> None:
    found, _ = read(tmp_path / "x.yml", b"published: 2026-01-15T09:00:00.000Z\nday: 2026-01-15\n")
    assert found == [{"published": "2026-01-15T09:00:00.000Z", "day": "2026-01-15"}]


def test_rows_nested_too_deeply_are_noted(tmp_path: Path) -> None:
    deep = okta("a", actor=json.loads("[" * 900 + "]" * 900))
    lines = [b'{"a":' * 1000 + b"1" + b"}" * 1000, json.dumps(deep).encode(), b"[" * 990 + b"]" * 990]
    (tmp_path / "x.ndjson").write_bytes(b"\n".join([*lines, json.dumps(okta("b")).encode()]))
    result = run("hunt", tmp_path / "x.ndjson", "--source", "okta/okta", pack=smallest(tmp_path / "pack"))
    assert result.exit_code == 2, result.output
    assert "nested too deeply" in result.stderr or "malformed line" in result.stderr
    assert "of okta/okta" in result.stderr


def rule_with(**parts: object) -> dict[str, object]:
    return {**RULE, **parts}


MISSHAPEN: dict[str, list[dict[str, Any]]] = {
    "rules/okta/example.yml": [
        rule_with(references=5),
        rule_with(tags={"a": 1}),
        rule_with(detection=None),
        rule_with(detection={"selection": {"eventType|re": 5}, "condition": "selection"}),
        rule_with(casetrail={"version": 1, "next_steps": 7}),
        rule_with(logsource=[]),
        rule_with(level=[{}], name=None),
    ],
    "backends/elastic/okta.yml": [
        {"product": "okta", "sources": [{"service": "okta", "fields": {"uuid": None}}]},
        {"sources": 5},
    ],
    "backends/elastic/backend.yml": [{"name": "elastic", "clocks": "2026-01-15"}, {"name": None}],
    "fixtures/okta/example.yml": [
        {"rule": "example", "cases": [{"name": "x", "completes": [], "events": [7]}]},
        {"rule": "example", "cases": 5},
        {"rule": ["example"], "cases": [CASES["cases"][0]]},
    ],
    "logsources/okta.yml": [
        {"product": "okta", "sources": [{"service": "okta", "fields": 7}]},
        {"product": None, "sources": None},
    ],
}


@pytest.mark.parametrize(
    ("path", "number"), [(path, number) for path, some in MISSHAPEN.items() for number in range(len(some))]
)
def test_a_file_of_another_shape_is_a_finding_and_one_line(path: str, number: int, tmp_path: Path) -> None:
    pack = smallest(tmp_path / "pack")
    put(pack / path, MISSHAPEN[path][number])
    checked = run("check", pack=pack)
    assert checked.exit_code == 1
    assert f"{path}:" in checked.stdout
    for words in (["build", "-o", tmp_path / "dist", "--target", "elastic"], ["test", "--engine", "reference"]):
        result = run(*words, pack=pack)
        assert result.exit_code in (0, 1, 2)
        assert result.exit_code != 2 or len(beside_the_pack(result.stderr)) == 1


OWN_MISSHAPEN = {
    "casetrail.yml": ["disabled: {true: because}\n", "targets: {true: {}}\n", "levels: [5]\n"],
    "rules/okta/own.yml": ["author: [\n", "level: [nothing]\n", "level: x\n"],
}


@pytest.mark.parametrize(("path", "number"), [(path, number) for path in OWN_MISSHAPEN for number in range(3)])
def test_an_overlay_of_another_shape_is_a_finding_and_one_line(path: str, number: int, tmp_path: Path) -> None:
    from tests.hardness.fuzz import own

    pack, overlay = smallest(tmp_path / "pack"), tmp_path / "overlay"
    for each, content in own().items():
        (overlay / each).parent.mkdir(parents=True, exist_ok=True)
        (overlay / each).write_bytes(content)
    head = "" if path == "casetrail.yml" else own()[path].decode().replace("level: high\n", "")
    (overlay / path).write_text(head + OWN_MISSHAPEN[path][number])
    checked = run("--overlay", overlay, "check", pack=pack)
    assert checked.exit_code in (1, 2)
    assert path in checked.output
    for words in (["list", "rules"], ["build", "-o", tmp_path / "dist", "--target", "elastic"]):
        result = run("--overlay", overlay, *words, pack=pack)
        assert result.exit_code in (0, 2)
        assert result.exit_code != 2 or len(beside_the_pack(result.stderr)) == 1
