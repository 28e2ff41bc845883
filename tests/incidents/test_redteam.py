"""The evasions: what must alert on each does, in time, and what nothing sees is written down."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from click.testing import CliRunner

from casetrail.cli.main import cli
from casetrail.incidents.redteam import Attempt, attempts, evasions
from tests.incidents.replays import ROOT, pack

OF_THE_INCIDENT = ("session-replay", "files", "service-account")


@pytest.fixture(scope="module")
def tried() -> list[Attempt]:
    return attempts(pack(), evasions(pack()))


def test_what_must_alert_on_an_evasion_does_at_its_level_and_in_time(tried: list[Attempt]) -> None:
    assert {one.evasion.name: (one.rule, one.level, one.after) for one in tried if not one.kept} == {}


def test_each_family_has_four_evasions_or_more() -> None:
    families = Counter(one.family for one in evasions(pack()))
    assert set(families) == {*OF_THE_INCIDENT, "campaigns"}
    assert min(families.values()) >= 4


def test_at_most_one_in_six_is_a_known_miss_and_none_of_the_incidents_own_families() -> None:
    found = evasions(pack())
    misses = [one for one in found if one.miss]
    assert len(misses) * 6 <= len(found)
    assert not [one.name for one in misses if one.family in OF_THE_INCIDENT]


def test_every_known_miss_is_written_down_and_no_other() -> None:
    page = (ROOT / "fixtures" / "redteam" / "known-misses.md").read_text("utf-8")
    named = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert named == {one.name for one in evasions(pack()) if one.miss}


def test_an_evasion_has_honest_days_before_it() -> None:
    for one in evasions(pack()):
        begun = min(event.time for event in one.events if event.id in one.attack)
        assert begun - min(event.time for event in one.events) >= 9 * 86_400_000_000, one.name


def test_the_command_prints_the_table_and_its_help_has_an_example() -> None:
    result = CliRunner().invoke(cli, ["--pack", str(ROOT), "redteam", "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    assert len(json.loads(result.stdout)) == len(evasions(pack()))
    assert "Example: casetrail redteam --json" in CliRunner().invoke(cli, ["redteam", "--help"]).output
