"""examples/gitlab-ci.yml: its script as it stands, in a folder of somebody else's rules."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.ci import foreign
from tests.cli.ways import ROOT

JOBS = yaml.safe_load((ROOT / "examples" / "gitlab-ci.yml").read_text("utf-8"))
pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="no bash, as the runner's image has")


def scripted(job: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a job's script as a runner does: all lines in one shell that stops at the first that fails."""
    command = f'casetrail() {{ "{sys.executable}" -m casetrail "$@"; }}\nset -eo pipefail\n'
    return subprocess.run(
        ["bash", "-c", command + "\n".join(JOBS[job]["script"])],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_faults_and_cases_are_reported_and_the_job_fails(tmp_path: Path) -> None:
    foreign.folder(tmp_path, foreign.WRONG)
    done = scripted("casetrail", tmp_path)
    assert done.returncode == 1, done.stderr
    reports = JOBS["casetrail"]["artifacts"]["reports"]
    (fault,) = [row for row in json.loads((tmp_path / reports["codequality"]).read_bytes()) if row["severity"] == "critical"]
    assert fault["location"]["path"] == "rules/cloud/okta/okta_nowhere.yml"
    assert ElementTree.parse(tmp_path / reports["junit"]).getroot().get("tests") == "8"


def test_whole_rules_are_built(tmp_path: Path) -> None:
    foreign.folder(tmp_path, foreign.RIGHT)
    for job in JOBS:
        done = scripted(job, tmp_path)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / JOBS["casetrail-packages"]["artifacts"]["paths"][0] / "manifest.json").is_file()
