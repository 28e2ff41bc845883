"""The hooks for pre-commit: valid to pre-commit itself, and their entries as they stand."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci import foreign
from tests.cli.ways import ROOT

MANIFEST = ROOT / ".pre-commit-hooks.yaml"
HOOKS: dict[str, dict[str, Any]] = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text("utf-8"))}


def test_pre_commit_takes_the_manifest() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("hook", "third", "code"), [
    ("casetrail-check", foreign.RIGHT, 0),
    ("casetrail-check", foreign.WRONG, 1),
    ("casetrail-test", foreign.RIGHT, 0),
])  # fmt: skip
def test_the_entry_as_it_stands(hook: str, third: dict[str, Any], code: int, tmp_path: Path) -> None:
    foreign.folder(tmp_path, third)
    command, *words = shlex.split(HOOKS[hook]["entry"])
    assert command == "casetrail"
    assert HOOKS[hook]["pass_filenames"] is False
    done = subprocess.run(
        [sys.executable, "-m", "casetrail", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
