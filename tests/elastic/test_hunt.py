"""`casetrail hunt --engine elasticsearch`, on a real node."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from casetrail.build.targets import backend_of
from casetrail.cli.main import cli
from casetrail.cli.show.cluster import instant
from casetrail.engines.base import Trial
from casetrail.engines.connect import connect
from casetrail.engines.elasticsearch import ElasticsearchEngine
from casetrail.engines.reference import evaluate
from casetrail.pack.cases import case_files
from casetrail.pack.pack import Pack
from tests.worlds import SECOND, START

ROOT = Path(__file__).parents[2]
RULE = "okta_admin_session_roaming"


def copied(folder: Path, index: str) -> Pack:
    """The pack with another index for Okta's log."""
    for name in ("rules", "fixtures", "logsources", "watchlists", "backends"):
        shutil.copytree(ROOT / name, folder / name)
    names = folder / "backends" / "elastic" / "okta.yml"
    names.write_text(names.read_text("utf-8").replace("logs-okta.system-*", index), "utf-8")
    return Pack.load(folder)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return copied(tmp_path_factory.mktemp("pack"), "logs-hunt_cli.system-*")


@pytest.fixture(scope="module")
def expected(pack: Pack, elasticsearch_url: str) -> Iterator[set[str]]:
    """The ids that complete the rule on the events of all its cases."""
    plan = pack.rules[RULE].plan
    assert plan is not None
    (file,) = (file for file in case_files(pack) if file.rule == RULE)
    events = tuple(event for case in file.cases[:1] for event in case.events)
    engine = ElasticsearchEngine(connect(elasticsearch_url, "Elasticsearch"), backend_of(pack, "elastic"), pack.contracts)
    engine.verdicts([Trial(plan, events)])
    yield {f"0~{identity}" for identity in evaluate(plan, events).ids}
    engine.close()


def hunt(pack: Pack, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--pack", str(pack.folder), "hunt", "--engine", "elasticsearch", *arguments])


def test_it_prints_what_the_reference_finds(pack: Pack, elasticsearch_url: str, expected: set[str]) -> None:
    where = ["--url", elasticsearch_url, "--rule", RULE, "--from", "2025-12-01", "--to", "2026-03-01"]
    found = hunt(pack, *where, "--json", "--exit-code")
    assert found.exit_code == 1, found.output
    assert {json.loads(line)["id"] for line in found.stdout.splitlines()} == expected
    assert f"1 of 1 rule run: {len(expected)} match" in found.stderr
    assert hunt(pack, *where).exit_code == 0
    assert hunt(pack, "--url", elasticsearch_url, "--rule", RULE, "--from", "2024-01-01", "--to", "2024-01-02").stdout == ""


def test_a_rule_that_cannot_be_run_is_named_and_is_an_error(tmp_path: Path, elasticsearch_url: str) -> None:
    found = hunt(copied(tmp_path, "logs-nowhere-*"), "--url", elasticsearch_url, "--rule", RULE)
    assert found.exit_code == 2
    assert f"not run: {RULE}: no index matches logs-nowhere-*" in found.stderr


@pytest.mark.parametrize(
    "arguments", [["--url", "http://127.0.0.1:1", "log.ndjson"], [], ["--url", "http://127.0.0.1:1", "--from", "yesterday"]]
)
def test_what_was_not_meant_is_a_usage_error(pack: Pack, arguments: list[str]) -> None:
    assert hunt(pack, *arguments).exit_code == 2


@pytest.mark.parametrize(
    ("text", "expected_time"),
    [
        ("2026-01-15T09:00:00Z", START),
        ("2026-01-15", START - 9 * 3600 * SECOND),
        ("24h", START - 24 * 3600 * SECOND),
        ("0s", START),
    ],
)
def test_a_time_is_a_moment_or_how_long_ago(text: str, expected_time: int) -> None:
    assert instant(text, START) == expected_time


def test_a_time_that_is_none() -> None:
    with pytest.raises(click.UsageError, match="is no time"):
        instant("yesterday", START)
