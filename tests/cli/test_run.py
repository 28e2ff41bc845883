"""`casetrail run`, end to end."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.ways import CASES, RULE, put, run, shell, small_pack


def test_it_ends_with_what_it_did(tmp_path: Path) -> None:
    pack = small_pack(tmp_path / "pack")
    result = shell("--pack", pack, "run", "-o", tmp_path / "dist")
    assert (result.returncode, result.stderr.decode().splitlines()[0]) == (0, f"pack: {pack} (1 rule)")
    told = {line.split("  ")[0]: line.split(maxsplit=1)[1] for line in result.stdout.decode().splitlines()}
    assert told["rules"] == "1, 0 of them correlations"
    assert told["cases"] == "2 of 1 rule"
    assert told["reference"] == told["duckdb"] == "2 of 2 cases match the expected events"
    assert told["elastic"] == f"1 rule, 0 unsupported, in {tmp_path / 'dist' / 'elastic'}"
    manifest = json.loads((tmp_path / "dist" / "manifest.json").read_bytes())
    assert told["files"].startswith(f"{len(manifest['files']) + 1} in {tmp_path / 'dist'}")


def test_a_pack_without_a_rule_that_compiles_is_not_built(tmp_path: Path) -> None:
    rule = {**RULE, "detection": {"selection": {"eventTyp": "x"}, "condition": "selection"}}
    pack = small_pack(tmp_path / "pack", {"example": rule})
    result = shell("--pack", pack, "run", "-o", tmp_path / "dist")
    assert (result.returncode, result.stdout) == (2, b"")
    assert b"did you mean eventType" in result.stderr
    assert b"nothing was built: no rule is left that can be compiled" in result.stderr
    assert not (tmp_path / "dist").exists()


def test_a_failing_case_exits_1(tmp_path: Path) -> None:
    pack = small_pack(tmp_path / "pack")
    wrong = {"name": "wrong", "completes": [], "events": [{"id": "c", "from": "okta/user_session_start"}]}
    put(pack / "fixtures" / "okta" / "example.yml", {**CASES, "cases": [*CASES["cases"], wrong]})
    result = run("run", "-o", tmp_path / "dist", pack=pack)
    assert result.exit_code == 1
    assert "wrong: reference disagrees; see `casetrail test`" in result.stderr
    assert "2 of 3 cases match" in result.stdout
