"""The measure of late data, and what of public defaults it says."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from casetrail.plan.nodes import Equals, Is, Search
from casetrail.proof.late.histories import History, Row
from casetrail.proof.late.late import SeenLog
from casetrail.proof.late.seen import RowMatcher
from studies.lateness.defaults import DEFAULTS, tried
from tests.engines.test_reference import COUNT2, plan
from tests.worlds import CONTRACT, START, event

_ROOT = Path(__file__).parents[2]
MINUTE = 60_000_000
BY_NAME = {default.name: default for default in DEFAULTS}
KIBANA, BY_SPAN = BY_NAME["Kibana, as converted"], BY_NAME["look-back set to the timespan"]
SEARCH = Search("s", CONTRACT.key, Is(CONTRACT.fields["kind"], Equals("a", cased=True)))


def log(found: object, *came: tuple[float, float]) -> SeenLog:
    """Events of so many minutes after START, and when each came."""
    rows = [
        Row(event(f"e{number}", minutes * 60, kind="a", user="u"), START + round(arrived * MINUTE))
        for number, (minutes, arrived) in enumerate(came)
    ]
    return SeenLog(History(found, tuple(sorted(rows, key=lambda row: row.arrived))), RowMatcher())  # type: ignore[arg-type]


class OnTheHour(random.Random):
    def randrange(self, *_: object) -> int:
        return 0


def missed(default: object, one: SeenLog) -> set[str]:
    return set(tried(one, default, OnTheHour()).missed)  # type: ignore[arg-type]


def test_a_look_back_of_an_interval_misses_what_comes_after_the_next_run() -> None:
    assert START % (5 * MINUTE) == 0
    assert missed(KIBANA, log(SEARCH, (1, 4))) == set()
    assert missed(KIBANA, log(SEARCH, (1, 5))) == set()
    assert missed(KIBANA, log(SEARCH, (1, 5.1))) == {"e0"}


def test_a_bucket_parts_what_belongs_together() -> None:
    within, across = log(plan(COUNT2), (61, 61), (62, 62)), log(plan(COUNT2), (59, 59), (61, 61))
    assert len(within.whole) == len(across.whole) == 1
    exact = replace(BY_SPAN, grid=False)
    assert (missed(BY_SPAN, within), missed(BY_SPAN, across)) == (set(), {"e1"})
    assert (missed(exact, within), missed(exact, across)) == (set(), set())


def test_what_is_not_remembered_is_alerted_again() -> None:
    one = log(SEARCH, (1, 2))
    splunk = tried(one, BY_NAME["Splunk, as converted"], OnTheHour())
    assert (set(splunk.missed), set(splunk.doubled)) == (set(), {"e0"})


def test_the_command_measures_and_writes_the_page(tmp_path: Path) -> None:
    command = [sys.executable, "studies/late.py", "--histories", "3", "--defaults", "2", "--jobs", "1", "--json"]
    command += ["--rule", "okta_account_two_countries", "--rule", "salesforce_secret_file_by_service_account"]
    command += ["--markdown", str(tmp_path / "late.md")]
    result = subprocess.run(command, capture_output=True, check=True, cwd=_ROOT)
    found = json.loads(result.stdout)
    assert set(found["rules"]) == {"okta_account_two_countries", "salesforce_secret_file_by_service_account"}
    for rule in found["rules"].values():
        assert set(rule["targets"]) == {"elastic", "opensearch", "sentinel", "splunk"}
        assert all(tally["histories"] == 3 and tally["completions"] >= 3 for tally in rule["targets"].values())
        assert all(tally["missed"] == tally["doubled"] == 0 for tally in rule["targets"].values())
        assert rule["broken"] == []
    assert {one["default"] for one in found["defaults"]} == set(BY_NAME)
    page = (tmp_path / "late.md").read_text("utf-8")
    assert "| splunk | 2 | 6 |" in page
    assert "| Kibana, as converted | Okta, correlations | 1 |" in page
    assert b"2 of 2 rules" in result.stderr


def test_the_page_is_kept_with_what_the_repository_says() -> None:
    page = (_ROOT / "docs" / "late-data.md").read_text("utf-8")
    law = page.partition("## The law")[2].partition("*Too early*")[0]
    rows = [line.split("|")[1:-1] for line in law.splitlines() if line.startswith("| ") and "target" not in line]
    assert [row[0].strip() for row in rows] == ["elastic", "opensearch", "sentinel", "splunk"]
    assert all([row[4].strip(), row[5].strip()] == ["0", "0"] for row in rows)
