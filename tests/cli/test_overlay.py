"""docs/overlay.md, followed word by word, and `casetrail init`."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from casetrail.check.check import check
from tests.cli.ways import ROOT, beside_the_pack, run, small_pack, tree

PAGE = (ROOT / "docs" / "overlay.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.M | re.S)


def matches(told: list[str], shown: list[str]) -> bool:
    """Whether what was told is what a page shows; `...` stands for any lines, or at a line's end for any rest."""
    if not shown:
        return not told
    if shown[0] == "...":
        return any(matches(told[start:], shown[1:]) for start in range(len(told) + 1))
    if not told:
        return False
    same = told[0].startswith(shown[0][:-3].rstrip()) if shown[0].endswith("...") else told[0] == shown[0]
    return same and matches(told[1:], shown[1:])


def test_the_page_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "examples" / "okta.ndjson", tmp_path)
    ran = 0
    for kind, name, text in BLOCK.findall(PAGE):
        if kind == "console":
            command, *shown = text.removesuffix("\n").split("\n")
            words = shlex.split(command.removeprefix("$ casetrail "))
            result = run(*words)
            assert result.exit_code in (0, 1), result.output
            told = beside_the_pack(result.stderr)
            assert matches([*result.stdout.splitlines(), *told], shown), f"{command}\n{result.output}"
            ran += 1
        elif kind == "json":
            listed = json.loads((tmp_path / "dist" / "manifest.json").read_bytes())["overlay"]
            assert all(json.loads(line) in listed for line in text.splitlines())
            assert sum(change["weakens"] for change in listed) == 6
        else:
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
    assert ran > 8


def test_a_fresh_folder_has_no_fault_and_only_the_lists_that_are_empty(tmp_path: Path) -> None:
    pack = small_pack(tmp_path / "pack")
    result = run("init", tmp_path / "ours", pack=pack)
    assert result.exit_code == 0
    made = tree(tmp_path / "ours")
    assert set(made) >= {"casetrail.yml", "thresholds.yml", "README.md", "watchlists/service_accounts.csv"}
    assert "watchlists/sensitive_file_patterns.csv" not in made
    assert all(content.splitlines()[-1] == b"value,note" for name, content in made.items() if name.endswith(".csv"))
    assert [finding for finding in check(pack, overlay=tmp_path / "ours") if finding.severity != "info"] == []


def test_it_writes_over_nothing(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    result = run("init", tmp_path)
    assert result.exit_code == 2
    assert "README.md: already there; choose another folder" in result.stderr
    assert tree(tmp_path) == {"README.md": b"mine"}


def test_every_commented_line_of_the_settings_is_right_when_its_mark_is_gone(tmp_path: Path) -> None:
    run("init", tmp_path / "ours")
    for name in ("casetrail.yml", "thresholds.yml"):
        path = tmp_path / "ours" / name
        path.write_text(re.sub(r"^# (?=\w+:$|  |\w+: \{)", "", path.read_text(), flags=re.M))
    listed = run("--overlay", tmp_path / "ours", "list", "rules")
    assert beside_the_pack(listed.stderr) == []
    assert "okta_signin_new_network" not in listed.stdout


def test_lists_and_an_overlay_do_not_go_together(tmp_path: Path) -> None:
    result = run("--watchlists", tmp_path, "--overlay", tmp_path, "list")
    assert result.exit_code == 2
    assert "leave --watchlists out" in result.stderr


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("init", tmp_path / "ours")
    (tmp_path / "ours" / "casetrail.yml").write_text("levels: {okta_gone: low}")
    monkeypatch.setenv("CASETRAIL_OVERLAY", str(tmp_path / "ours"))
    result = run("list", "sources")
    assert result.exit_code == 0
    assert "casetrail.yml:1: it hits nothing: levels: no rule is named okta_gone" in result.stderr


def test_lists_by_themselves_are_in_the_manifest_too(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thresholds.yml").write_text("salesforce_files_in_volume: {count: 80}")
    run("--watchlists", tmp_path / "mine", "build", "-o", tmp_path / "dist", "--target", "elastic")
    (change,) = json.loads((tmp_path / "dist" / "manifest.json").read_bytes())["overlay"]
    assert (change["rule"], change["from"], change["to"], change["weakens"]) == (
        "salesforce_files_in_volume",
        "20",
        "80",
        True,
    )
