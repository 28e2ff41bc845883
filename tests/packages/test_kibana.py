"""Detection rules as Kibana imports them."""

from __future__ import annotations

import json
import subprocess
import sys
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from casetrail.build.targets import backend_of, build
from casetrail.logs.contract import parse_span
from casetrail.pack.pack import Pack
from casetrail.packages.elastic.lines import ndjson
from casetrail.packages.elastic.rules import files, threat
from casetrail.packages.formats import Packaged
from casetrail.plan.nodes import Correlation, sources
from casetrail.schedule.schedule import schedule
from tests.elastic.stores import BACKEND
from tests.engines.test_reference import ABSENT, COUNT2, ORDERED, plan
from tests.packages.schema import offences
from tests.worlds import CONTRACT

ROOT = Path(__file__).parents[2]
RISK = {"low": range(22), "medium": range(47, 48), "high": range(73, 74), "critical": range(99, 100)}


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.load(ROOT)


@pytest.fixture(scope="module")
def lines(pack: Pack) -> list[dict[str, Any]]:
    return [json.loads(line) for line in build(pack, ["elastic"]).files["elastic/detection-rules.ndjson"].splitlines()]


def test_every_line_is_what_the_import_takes(pack: Pack, lines: list[dict[str, Any]]) -> None:
    *rules, summary = lines
    found = {rule["name"]: offences("kibana", "rule", rule) for rule in rules}
    assert {name: those for name, those in found.items() if those} == {}
    assert offences("kibana", "rules_summary", summary) == []
    for rule in rules:
        assert rule["risk_score"] in RISK[rule["severity"]], rule["name"]
        assert ("alert_suppression" in rule) == ("STATS" in rule["query"]), rule["name"]
        assert "METADATA _id, _index, _version" in rule["query"] or "STATS" in rule["query"], rule["name"]
    assert len({rule["rule_id"] for rule in rules}) == len(rules) == summary["exported_rules_count"]
    assert {rule["rule_id"] for rule in rules} < {str(rule.sigma.id) for rule in pack.rules.values()}


def test_ids_are_the_same_in_every_build(pack: Pack, lines: list[dict[str, Any]]) -> None:
    again = build(pack, ["elastic"]).files["elastic/detection-rules.ndjson"]
    assert [json.loads(line) for line in again.splitlines()] == lines
    known = {rule["name"]: (rule["rule_id"], rule["id"]) for rule in lines[:-1]}
    expected = ("07d849f5-34dd-4306-8d1c-9a7936360c13", "979e00f7-62e6-5240-b79d-b9308fadefdb")
    assert known["Okta API token created"] == expected


def test_the_dashboard_is_what_saved_objects_takes(pack: Pack) -> None:
    saved, _ = map(json.loads, build(pack, ["elastic"]).files["elastic/dashboard.ndjson"].splitlines())
    assert offences("kibana", "dashboard", saved) == []
    assert offences("kibana", "panels", json.loads(saved["attributes"]["panelsJSON"])) == []
    assert saved["id"] == "473c94cf-eac3-5614-bf78-d64f616e64c0"


@pytest.mark.parametrize(
    "text", ["a\nb\r\nc", '"}\n{"rule_id": "x"}', "{{context.rule.name}}", "\N{LINE SEPARATOR}", "\\", "\N{GRINNING FACE}"]
)
def test_a_hostile_text_stays_in_its_line(pack: Pack, text: str) -> None:
    rule = pack.rules["okta_api_token_created"]
    assert rule.plan is not None
    backend = backend_of(pack, "elastic")
    sigma = copy(rule.sigma)
    sigma.title = text
    when = schedule(rule.plan, backend, pack.contracts)
    item = Packaged(replace(rule, sigma=sigma), rule.plan, text, when, pack.contracts)
    first, summary, rest = files([item], backend)["detection-rules.ndjson"].split(b"\n")
    assert json.loads(first)["name"] == json.loads(first)["query"] == text
    assert (json.loads(summary)["exported_count"], rest) == (1, b"")


def test_a_rule_reads_back_over_its_window_and_the_delay_of_its_logs(pack: Pack, lines: list[dict[str, Any]]) -> None:
    plans = {str(rule.sigma.id): rule.plan for rule in pack.rules.values()}
    for rule in lines[:-1]:
        found = plans[rule["rule_id"]]
        assert found is not None
        window = found.span if isinstance(found, Correlation) else 0
        greatest = max(pack.contracts[source].delay.greatest for source in sources(found))
        back = parse_span(rule["from"].removeprefix("now-"))
        assert back >= window + greatest + 2 * parse_span(rule["interval"]), rule["name"]


@pytest.mark.parametrize(("correlation", "windows", "waits"), [(COUNT2, 1, 0), (ORDERED, 1, 0), (ABSENT, 1, 1)])
def test_a_schedule_reaches_as_far_as_an_event_may_be_late(correlation: dict[str, Any], windows: int, waits: int) -> None:
    found = plan(correlation)
    assert isinstance(found, Correlation)
    when = schedule(found, BACKEND, {CONTRACT.key: CONTRACT})
    assert when.fresh == CONTRACT.delay.greatest + 2 * BACKEND.interval + waits * found.span
    assert when.lookback == when.fresh + windows * found.span


def test_techniques_stand_under_the_tactics_they_serve() -> None:
    found = threat(["attack.lateral-movement", "attack.t1550.004", "attack.t1539", "detection.emerging-threats"])
    shape = [
        (one["tactic"]["id"], [(each["id"], [sub["id"] for sub in each["subtechnique"]]) for each in one["technique"]])
        for one in found
    ]
    assert shape == [("TA0008", [("T1550", ["T1550.004"])]), ("TA0006", [("T1539", [])])]
    assert found[0]["technique"][0]["subtechnique"][0]["reference"] == "https://attack.mitre.org/techniques/T1550/004/"


def test_an_unknown_technique_is_left_out() -> None:
    assert threat(["attack.t9999"]) == []


def test_a_file_without_rules_is_a_summary_alone() -> None:
    assert json.loads(ndjson([]))["exported_rules_count"] == 0


def test_the_bytes_are_the_same_whatever_the_hash_seed() -> None:
    program = "from casetrail.pack.pack import Pack; from casetrail.build.targets import build;"
    program += "import sys; sys.stdout.buffer.write(build(Pack.load(), ['elastic']).files['manifest.json'])"
    seeds = ("1", "2")
    manifests = {
        subprocess.run([sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
        for seed in seeds
    }
    assert len(manifests) == 1
