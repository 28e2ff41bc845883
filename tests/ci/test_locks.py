"""locks/: what CI, the action and a release install, pinned by version and hash."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.cli.ways import ROOT

TOLD = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT, GROUPS = TOLD["project"], TOLD["dependency-groups"]
EXTRAS = [each for told in PROJECT["optional-dependencies"].values() for each in told]
WANTED = {
    "run.txt": [*PROJECT["dependencies"], *GROUPS["build"]],
    "all.txt": [*PROJECT["dependencies"], *EXTRAS, *(each for told in GROUPS.values() for each in told)],
}
LOCKS = pytest.mark.parametrize("name", WANTED)


def lock(name: str) -> dict[str, tuple[str, list[str]]]:
    """The packages of a lock: version and hashes of each."""
    text = (ROOT / "locks" / name).read_text("utf-8").replace("\\\n", " ")
    pins: dict[str, tuple[str, list[str]]] = {}
    for line in text.splitlines():
        pinned = re.fullmatch(r"([\w.-]+)==([\w.!+]+)(?: ; [^\\]*?)?((?:\s+--hash=sha256:[0-9a-f]{64})+)", line)
        assert pinned, line
        pins[canonicalize_name(pinned[1])] = pinned[2], re.findall("[0-9a-f]{64}", pinned[3])
    return pins


@LOCKS
def test_every_line_of_a_lock_is_a_version_with_hashes_and_names_no_host(name: str) -> None:
    assert lock(name)
    text = (ROOT / "locks" / name).read_text("utf-8")
    assert [mark for mark in ("://", "--index", "--extra-index", "--find-links", "@") if mark in text] == []


@LOCKS
def test_every_requirement_is_in_the_lock_within_its_bounds(name: str) -> None:
    pins = lock(name)
    for wanted in map(Requirement, WANTED[name]):
        version, _ = pins[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version, prereleases=True), (wanted, version)


def test_the_action_and_ci_install_the_same_versions() -> None:
    everything = lock("all.txt")
    assert {name: pin for name, pin in lock("run.txt").items() if everything.get(name) != pin} == {}


def test_the_group_that_builds_has_all_that_the_build_asks_for() -> None:
    assert set(TOLD["build-system"]["requires"]) <= set(GROUPS["build"])


def shell_lines(told: Any) -> list[str]:
    if isinstance(told, dict):
        return [line for key, value in told.items() for line in ([value] if key == "run" else shell_lines(value))]
    return [line for value in told for line in shell_lines(value)] if isinstance(told, list) else []


@pytest.mark.parametrize("file", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda file: file.name)
def test_a_workflow_installs_by_hash_or_without_dependencies(file: Path) -> None:
    lines = [line for text in shell_lines(yaml.safe_load(file.read_text("utf-8"))) for line in text.splitlines()]
    assert [
        line for line in lines if "pip install" in line and "--require-hashes" not in line and "--no-deps" not in line
    ] == []
    assert [line for line in lines if "pip install" in line or line == "make locked"]


def test_the_actions_own_version_is_installed_by_hash() -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]
    (script,) = [step["run"] for step in steps if step.get("name") == "Install"]
    own = script.partition("else")[2].partition("fi")[0].strip().splitlines()
    assert [line.strip() for line in own] == [
        '"${pip[@]}" --require-hashes -r "$GITHUB_ACTION_PATH/locks/run.txt"',
        '"${pip[@]}" --no-deps --no-build-isolation "$GITHUB_ACTION_PATH"',
    ]
