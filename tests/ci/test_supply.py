"""What CI, the action and an install bring in: pinned by commit, within tested majors, and no cache that unpickles."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from casetrail.build.sbom import sbom
from tests.cli.ways import ROOT, small_pack

FILES = [ROOT / "action.yml", *sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
REFUSING = """
import os, sys, diskcache
diskcache.Cache.__init__ = lambda *args, **kwargs: os._exit(99)
from casetrail.cli.main import main
sys.argv = ["casetrail", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_action_is_pinned_by_commit_and_says_its_version(file: Path) -> None:
    used = re.findall(r"uses: (.*)", file.read_text("utf-8"))
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one) for one in used), used


def test_every_dependency_has_a_lower_bound_and_those_with_majors_an_upper_one() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    bounds = {one.name: {each.operator for each in one.specifier} for one in map(Requirement, told)}
    assert {name for name, found in bounds.items() if ">=" not in found} == set()
    assert {name for name, found in bounds.items() if "<" not in found} == set()


@pytest.mark.parametrize(
    "command", [["check"], ["test"], ["build", "-o", "dist"], ["list"]], ids=lambda command: str(command[0])
)
def test_the_cache_that_pysigma_brings_is_never_opened(command: list[str], tmp_path: Path) -> None:
    """diskcache unpickles what lies in its folder."""
    pack = small_pack(tmp_path / "pack")
    run = [sys.executable, "-c", REFUSING, "--pack", str(pack), *command]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_nothing_of_ours_names_the_cache() -> None:
    named = [path for path in (ROOT / "src").rglob("*.py") if "diskcache" in path.read_text("utf-8")]
    assert named == []


def test_every_package_of_the_bill_but_a_jar_has_a_licence() -> None:
    """Maven Central's files are pinned by what they are alone."""
    parts = [part for part in json.loads(sbom())["components"] if not part["purl"].startswith("pkg:maven/")]
    assert [part["name"] for part in parts if not part.get("licenses")] == []


def test_a_release_is_summed_and_attested_before_it_is_handed_out() -> None:
    told = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8"))
    assert told["permissions"] == {}
    (job,) = told["jobs"].values()
    assert job["permissions"] == {"contents": "write", "id-token": "write", "attestations": "write"}
    steps = [step.get("run", step.get("uses", "")) for step in job["steps"]]
    marks = ["make locked", "make release", "sha256sum --check", "actions/attest-build-provenance@", "gh release create"]
    assert [mark for step in steps for mark in marks if step.startswith(mark)] == marks
    (attested,) = [step["with"]["subject-path"] for step in job["steps"] if "attest" in step.get("uses", "")]
    assert attested == "release/*"
