"""action.yml: its steps as they stand, run as GitHub's runner runs them, in a folder of somebody else's rules."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from casetrail.cli.main import cli
from tests.ci import foreign
from tests.cli.ways import ROOT, put

ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
EVEN_AFTER_A_FAILURE = ("always()", "!cancelled()")
pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="no bash, which the action's steps are written in")


@dataclass
class Run:
    """How the steps ended, by name, what they printed, and what they told the runner."""

    codes: dict[str, int] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""


def filled(text: str, inputs: Mapping[str, str]) -> str:
    """The text with `${{ inputs.x }}` filled in; no other expression may stand in it."""
    done = re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], text)
    assert "${{" not in done, text
    return done


def act(workspace: Path, python: Path | None = None, **given: str) -> Run:
    """Run the action's shell lines as a runner does: a file for each step, `bash -eo pipefail`, and the files that they tell it in.

    python: that of an environment in which casetrail is installed; this one, with the checkout's, if not given.
    """
    inputs = {name: str(facts.get("default", "")) for name, facts in ACTION["inputs"].items()}
    inputs |= {name.replace("_", "-"): value for name, value in given.items()}
    runner = workspace.parent / "runner"
    (runner / "bin").mkdir(parents=True, exist_ok=True)
    command = runner / "bin" / "casetrail"
    command.write_text(f'#!/bin/sh\nexec "{python or sys.executable}" -m casetrail "$@"\n')
    command.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(command.parent), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": "" if python else str(ROOT / "src"),
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(workspace),
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_OUTPUT": str(runner / "output"),
        "GITHUB_STEP_SUMMARY": str(runner / "summary"),
    }
    run, failed = Run(), False
    for number, step in enumerate(STEPS):
        if "run" not in step or (failed and not any(mark in step.get("if", "") for mark in EVEN_AFTER_A_FAILURE)):
            continue
        (runner / "output").write_text("")
        (runner / "summary").write_text("")
        script = runner / f"{number}.sh"
        script.write_text(step["run"])
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=workspace,
            env={**environment, **{name: filled(value, inputs) for name, value in step.get("env", {}).items()}},
            capture_output=True,
            text=True,
            check=False,
        )
        name = step["name"]
        run.codes[name], run.told[name], run.errors[name] = done.returncode, done.stdout, done.stderr
        run.outputs |= dict(line.split("=", 1) for line in (runner / "output").read_text().splitlines())
        run.summary += (runner / "summary").read_text()
        failed = failed or done.returncode != 0
    return run


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "work" / "their rules"


def test_a_broken_rule_fails_with_its_annotation(workspace: Path) -> None:
    foreign.folder(workspace, foreign.WRONG)
    run = act(workspace, casetrail="installed")
    assert run.codes == {"Install": 0, "Check": 1, "Test": 0}, run.errors
    path = "rules/cloud/okta/okta_nowhere.yml"
    line = (workspace / path).read_text().splitlines().index("    eventTyp: user.session.start") + 1
    (annotation,) = [told for told in run.told["Check"].splitlines() if told.startswith("::error ")]
    assert annotation == (
        f"::error file={path},line={line},col=5,title=CT102::eventTyp is no field of okta/okta; "
        "did you mean eventType or legacyEventType or severity?"
    )
    sarif = json.loads((workspace / "casetrail-output" / "casetrail.sarif").read_bytes())
    (result,) = [each for each in sarif["runs"][0]["results"] if each["level"] == "error"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (path, line)
    suite = ElementTree.parse(workspace / "casetrail-output" / "cases.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("8", "0")


def test_whole_rules_are_tested_proven_and_built(workspace: Path) -> None:
    foreign.folder(workspace / "sigma", foreign.RIGHT)
    run = act(workspace, casetrail="installed", pack="sigma", targets="elastic splunk", output="out", strict="true")
    assert set(run.codes) == {step["name"] for step in STEPS if "run" in step}
    assert set(run.codes.values()) == {0}, run.errors
    out = workspace / run.outputs["folder"]
    assert "::error" not in run.told["Check"]
    manifest = json.loads((out / "packages" / "manifest.json").read_bytes())
    assert {file["target"] for file in manifest["files"]} == {"elastic", "splunk"}
    assert manifest["refused"] == []
    for output in ("sarif", "junit", "proof", "packages"):
        place = ACTION["outputs"][output]["value"].replace("${{ steps.start.outputs.folder }}", str(out))
        assert Path(place).exists(), output
    assert not (out / "comment.md").exists()
    assert "duckdb" in run.summary


def test_a_failing_case_fails(workspace: Path) -> None:
    foreign.folder(workspace, foreign.RIGHT)
    path = workspace / "fixtures" / "okta" / "okta_mfa_reset.yml"
    path.write_text(path.read_text().replace("completes: []", "completes: [a]"))
    run = act(workspace, casetrail="installed", artifact="", engines="")
    assert run.codes == {"Install": 0, "Check": 0, "Test": 1}, run.errors
    assert "- a should match and doesn't" in run.told["Test"]


def test_a_change_is_told_for_a_comment(workspace: Path) -> None:
    if "diff" not in cli.list_commands(None):  # type: ignore[arg-type]
        pytest.skip("this version has no command `casetrail diff`")
    foreign.folder(workspace, foreign.RIGHT)
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", *words], cwd=workspace, check=True)
    more = foreign.rule(1, "Okta API Token Created", {"eventType|startswith": "system.api_token"})
    put(workspace / "rules" / "cloud" / "okta" / "okta_api_token_created.yml", more)
    run = act(workspace, casetrail="installed", diff="main", engines="", targets="elastic")
    assert set(run.codes.values()) == {0}, run.errors
    comment = (workspace / "casetrail-output" / "comment.md").read_text()
    assert comment.strip()
    assert comment in run.summary


def test_no_input_gets_into_a_shell_line_but_by_a_variable() -> None:
    assert [step["name"] for step in STEPS if "${{" in step.get("run", "")] == []
    assert all(step["shell"] == "bash" for step in STEPS if "run" in step)


def test_the_page_explains_every_input_and_output() -> None:
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")
    assert [name for name in ACTION["inputs"] if f"{name}:" not in page] == []
    assert [name for name in ACTION["outputs"] if f"`{name}`" not in page] == []
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (job,) = yaml.safe_load(blocks[0])["jobs"].values()
    given = next(step["with"] for step in job["steps"] if step.get("id") == "casetrail")
    assert set(given) <= set(ACTION["inputs"])
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    named = yaml.safe_load(blocks[1])["repos"][0]["hooks"]
    assert [hook["id"] for hook in named] == [hook["id"] for hook in hooks]


def test_an_input_stays_a_value(workspace: Path) -> None:
    foreign.folder(workspace, foreign.RIGHT)
    hostile = """'"; touch owned; $(touch owned) `touch owned` $'"""
    run = act(workspace, casetrail="installed", pack=hostile, output="a b;touch owned")
    assert run.codes["Check"] == 2, run.errors
    assert run.errors["Test"].endswith("no such folder\n")
    assert sorted(path.name for path in workspace.iterdir()) == ["a b;touch owned", "fixtures", "rules"]
