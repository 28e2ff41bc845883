"""`casetrail schedule`, end to end."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from casetrail.build.targets import build
from casetrail.logs.contract import parse_span
from casetrail.pack.pack import Pack
from tests.cli.ways import ROOT, run

HOUR = 3600
PACK = Pack.load(ROOT)


def known(*words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("schedule", *words, "--json", pack=ROOT).stdout)
    return found


def test_the_numbers_follow_from_the_rule_its_logs_and_the_clocks() -> None:
    by_target = {one["target"]: one for one in known("okta_factors_reset_not_renewed")}
    assert set(by_target) == {"elastic", "opensearch", "sentinel", "splunk"}
    for target in ("opensearch", "sentinel", "splunk"):
        one = by_target[target]
        made_up = one["missed_runs"] == "made up"
        assert (one["window"], one["delay"], one["wait"]) == (4 * HOUR, 6 * HOUR, 4 * HOUR)
        assert one["fresh"] == 10 * HOUR + one["interval"] + (one["interval"] if made_up else one["outage"])
        assert one["lookback"] == one["fresh"] + 4 * HOUR
        assert one["alert"]["worst"] == 10 * HOUR + one["interval"] + one["lag"]
        assert one["alert"]["typical"] == 10 * HOUR + one["interval"] / 2 + one["lag"]
        assert one["reads"] == one["lookback"] / one["interval"]
        assert one["known_again"] >= one["fresh"] + one["interval"]
        assert one["outage"] >= 4 * HOUR
    assert by_target["opensearch"]["missed_runs"] == "lost"


def test_a_rule_that_waits_for_nothing_alerts_as_soon_as_its_rows_come() -> None:
    (one,) = known("okta_session_flapping", "--target", "sentinel")
    assert one["alert"] == {"typical": 60 + 150 + 300, "worst": 6 * HOUR + 300 + 300, "may_be_undone": False}
    assert one["limits"]["longest_lookback"] == 14 * 24 * HOUR


def test_the_terms_are_those_of_the_package() -> None:
    rule = "salesforce_service_account_new_network"
    terms = {one["target"]: one["terms"] for one in known(rule)}
    files = build(PACK, ["elastic", "opensearch", "sentinel", "splunk"]).files
    rules = [json.loads(line) for line in files["elastic/detection-rules.ndjson"].splitlines()]
    (kibana,) = (one for one in rules if one.get("rule_id") == str(PACK.rules[rule].sigma.id))
    assert {key: kibana[key] for key in terms["elastic"]} == terms["elastic"]
    monitor = json.loads(files[f"opensearch/monitors/{rule}.json"])
    assert monitor["schedule"] == terms["opensearch"]["schedule"]
    assert terms["opensearch"]["range"] in json.dumps(monitor)
    text = files[f"sentinel/analytics/{rule}.yaml"].decode()
    assert all(f"{key}: {terms['sentinel'][key]}" in text for key in ("queryFrequency", "queryPeriod", "lookbackDuration"))
    stanza = files["splunk/casetrail/default/savedsearches.conf"].decode().partition(f"[casetrail - {rule}]")[2]
    assert all(f"{key} = {value}" in stanza for key, value in terms["splunk"].items())
    assert parse_span(terms["sentinel"]["queryPeriod"]) >= parse_span("10d")


def test_it_says_in_words_what_the_numbers_are_of() -> None:
    told = run("schedule", "okta_factors_reset_not_renewed", "okta_signin_new_network", pack=ROOT).stdout
    first, _, second = told.partition("\n\nokta_signin_new_network\n")
    assert "a rule over 4h" in first
    assert "of which 10h to know that nothing followed" in first
    assert "unsupported: it tests a flattened field" in second
    assert "an event that arrives late can undo an alert" in second
    assert "no skipped run is made up for" in second
    assert "each skipped run is made up for with its own time" in second


def test_without_a_rule_all_are_listed() -> None:
    head, *lines = run("schedule", pack=ROOT).stdout.splitlines()
    alone = sum(rule.alone for rule in PACK.rules.values())
    assert head.split() == ["rule", "target", "every", "looks", "back", "mostly", "at", "worst", "reads"]
    rules, sums = lines[: lines.index("")], lines[lines.index("") + 2 :]
    assert len(rules) == 4 * alone
    assert [line.split()[0] for line in sums] == ["elastic", "opensearch", "sentinel", "splunk"]


def test_the_pack_reads_a_tenth_of_what_it_would_at_the_shortest_interval() -> None:
    """Sentinel itself keeps what looks back two days from running oftener than hourly."""
    reads: Counter[str] = Counter()
    often: Counter[str] = Counter()
    for one in known():
        reads[one["target"]] += one.get("reads", 0)
        often[one["target"]] += one.get("reads_at_shortest_interval", 0)
    assert {target for target in reads if often[target] >= 10 * reads[target]} == {"elastic", "opensearch", "splunk"}
    assert often["sentinel"] >= 1.8 * reads["sentinel"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing_such"], "nothing_such"),
        (["--target", "qradar"], "no target is named qradar; there are: elastic, opensearch"),
    ],
)
def test_a_stranger_is_named(words: list[str], message: str) -> None:
    result = run("schedule", *words, pack=ROOT)
    assert result.exit_code == 2
    assert message in result.stderr
