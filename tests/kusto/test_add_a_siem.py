"""A SIEM that nobody here has heard of, added by the YAML of docs/add-a-siem.md and nothing else."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from casetrail.cli.main import cli
from casetrail.engines.nodes.kusto import Checker

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "add-a-siem.md").read_text("utf-8")
RULE = "okta_admin_session_roaming"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """The pack with the page's two files."""
    for name in ("rules", "fixtures", "logsources", "watchlists", "backends"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("incidents"))
    files = re.findall(r"^`(backends/\S+\.yml)`.*?```yaml\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
    assert [name for name, _ in files] == ["backends/acme/backend.yml", "backends/acme/okta.yml"]
    for name, text in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_the_page_adds_a_siem(pack: Path, tmp_path: Path) -> None:
    run = CliRunner()
    assert run.invoke(cli, ["--pack", str(pack), "check", str(pack / "backends")]).exit_code == 0
    built = run.invoke(cli, ["--pack", str(pack), "build", "--target", "acme", "-o", str(tmp_path / "dist")])
    assert built.exit_code == 0, built.output
    query = (tmp_path / "dist" / "acme" / "queries" / f"{RULE}.kql").read_text("utf-8")
    assert "AcmeOkta" in query
    assert "Kind == 'security.session.detect_client_roaming'" in query


def test_a_rule_is_proven_there(pack: Path, checker: Checker) -> None:
    arguments = ["--pack", str(pack), "prove", RULE, "--engine", "kusto", "--target", "acme", "--json"]
    proven = CliRunner().invoke(cli, arguments)
    assert proven.exit_code == 0, proven.output
    assert f'"rule": "{RULE}"' in proven.stdout
    assert '"standing": "proven"' in proven.stdout
