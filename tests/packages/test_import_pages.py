"""The import pages, followed as far as a machine without the SIEM allows: their shell lines run as they stand."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "import"


def blocks(page: str) -> list[str]:
    """The shell blocks of a page, in order."""
    return re.findall(r"^```sh\n(.*?)^```$", (PAGES / f"{page}.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)


def follow(lines: str, folder: Path, **variables: str) -> str:
    """Run lines in a folder, where `casetrail` is the one under test; stops at the first line that fails. Gives what they print."""
    tools = folder / ".tools"
    tools.mkdir(exist_ok=True)
    tool = tools / "casetrail"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m casetrail "$@"\n', "utf-8")
    tool.chmod(0o755)
    python = tools / "python3"
    if not python.exists():
        python.symlink_to(sys.executable)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PATH": f"{tools}:{os.environ['PATH']}", **variables}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{lines}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def tools_for(*names: str) -> None:
    """Skip unless the shell has what the lines call."""
    for name in ("bash", *names):
        if shutil.which(name) is None:
            pytest.skip(f"no {name}")


def test_sentinels_page_builds_what_it_deploys(tmp_path: Path) -> None:
    tools_for()
    folder = tmp_path
    for block in blocks("sentinel"):
        if not re.search(r"\baz\b", block):
            follow(block, folder)
    built = folder / "dist" / "sentinel"
    ids = (folder / "rules.txt").read_text("utf-8").split()
    assert len(ids) == len(set(ids)) == len(list((built / "analytics").iterdir()))
    lists = json.loads((built / "watchlists.json").read_bytes())["resources"]
    filled = {one["properties"]["watchlistAlias"]: one["properties"].get("rawContent") for one in lists}
    assert filled["service_accounts"] == "value\r\n005000000000EX1\r\n005000000000EX1AAM\r\n"
    page = (PAGES / "sentinel.md").read_text("utf-8")
    assert set(re.findall(r"dist/sentinel/(\S+\.json)", page)) == {path.name for path in built.glob("*.json")}
    parameters = json.loads((built / "azuredeploy.json").read_bytes())["parameters"]
    named = {name for line in re.findall(r"--parameters (.*)", page) for name in re.findall(r"(\w+)=", line)}
    assert named == set(parameters)
    assert set(parameters["tables"]["defaultValue"]) <= set(re.findall(r"`(\w+)`", page))
    assert all((built / "analytics" / f"{rule}.yaml").is_file() for rule in re.findall(r'"(okta_\w+)"', page))


def test_defenders_page_builds_what_it_puts_there(tmp_path: Path) -> None:
    tools_for()
    build, put, *rest = blocks("defender")
    assert not rest
    assert follow(build, tmp_path) != ""
    assert all((tmp_path / path).is_file() for path in re.findall(r"dist/\S+", put))
