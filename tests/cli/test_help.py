"""Help is there for every command, with an example, and costs nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from casetrail import __version__
from casetrail.cli.main import cli
from casetrail.cli.show.page import page
from tests.cli.ways import ROOT, beside_the_pack, run, shell

COMMANDS = cli.list_commands(click.Context(cli))
HEAVY = ("duckdb", "sigma", "jsonschema", "yaml", "rich", "jinja2", "orjson", "elasticsearch")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example_that_begins_with_it(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    example = result.stdout[result.stdout.index("Example: ") :]
    assert example.startswith("Example: casetrail ")
    assert f" {name} " in f"{' '.join(example.split())} "
    assert run(name, "-h").stdout == result.stdout


def test_help_lists_every_command() -> None:
    listed = run("--help").stdout
    assert all(f"\n  {name} " in listed for name in COMMANDS)
    assert run("--version").stdout == f"casetrail, version {__version__}\n"


@pytest.mark.parametrize("name", [[], *([name] for name in COMMANDS)], ids=lambda words: " ".join(words) or "casetrail")
def test_help_imports_nothing_heavy(name: list[str]) -> None:
    code = (
        "import sys; from click.testing import CliRunner; from casetrail.cli.main import cli; "
        f"assert CliRunner().invoke(cli, {[*name, '--help']!r}).exit_code == 0; print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.split()
    assert not set(HEAVY) & set(loaded)


def test_the_page_is_current_and_does_not_depend_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert shown.split() == page().split(), "run `make docs`"
    once = page()
    monkeypatch.setenv("COLUMNS", "43")
    monkeypatch.setenv("TERM", "dumb")
    assert page() == once


def test_what_is_no_command_is_a_usage_error() -> None:
    result = shell("hnut")
    assert result.returncode == 2
    assert b"no command is named hnut; did you mean hunt?" in result.stderr
    assert result.stdout == b""


def test_a_pack_that_is_not_there() -> None:
    result = shell("--pack", "/no/such/pack", "list")
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr == b"casetrail: /no/such/pack: no such folder\n"


def test_the_readme_shows_what_a_hunt_prints() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    result = (
        run("hunt", "examples/okta.ndjson", pack=ROOT)
        if Path.cwd() == ROOT
        else run("hunt", ROOT / "examples" / "okta.ndjson", pack=ROOT)
    )
    for line in [*result.stdout.splitlines(), beside_the_pack(result.stderr)[0]]:
        assert f"    {line}\n" in readme


def test_the_readme_links_to_the_page() -> None:
    assert "(docs/cli.md)" in (ROOT / "README.md").read_text("utf-8")
