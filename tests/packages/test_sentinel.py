"""Analytics rules as Microsoft Sentinel takes them."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from casetrail.build.targets import backend_of, build
from casetrail.logs.contract import parse_span
from casetrail.pack.backend import read_backend
from casetrail.pack.pack import Pack
from casetrail.packages.formats import Packaged
from casetrail.packages.sentinel.rules import analytics_rule, entities, refuse, written
from casetrail.packages.sentinel.spans import duration, span
from casetrail.plan.nodes import Correlation, Equals, Is, Search, sources
from casetrail.schedule.schedule import schedule, shipped_query
from casetrail.sigma.attack import attack
from casetrail.stores.unsupported import UnsupportedError
from tests.engines.test_reference import COUNT2, FIRST, plan
from tests.kusto.stores import BACKEND
from tests.packages.schema import offences
from tests.worlds import CONTRACT

ROOT = Path(__file__).parents[2]
HOUR = 3_600_000_000
CONTRACTS = {CONTRACT.key: CONTRACT}


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.load(ROOT)


@pytest.fixture(scope="module")
def rules(pack: Pack) -> dict[str, dict[str, Any]]:
    built = build(pack, ["sentinel"])
    known = ("the connector's transformation drops it", "Microsoft Sentinel 14.0 days at most")
    assert all(refusal.reason.endswith(known) for refusal in built.refused)
    made = {path: yaml.safe_load(content) for path, content in built.files.items() if path.startswith("sentinel/analytics/")}
    return {path.rpartition("/")[2].removesuffix(".yaml"): rule for path, rule in made.items()}


def test_every_rule_is_what_sentinel_takes(rules: dict[str, dict[str, Any]]) -> None:
    found = {name: offences("azure", "analytics", rule) for name, rule in rules.items()}
    assert {name: those for name, those in found.items() if those} == {}
    for name, rule in rules.items():
        frequency, period = parse_span(rule["queryFrequency"]), parse_span(rule["queryPeriod"])
        assert 5 * 60_000_000 <= frequency <= period <= 14 * 24 * HOUR, name
        assert period < 48 * HOUR or frequency >= HOUR, name
        assert rule["customDetails"]["EventId"] == "event_id", name
        assert rule["incidentConfiguration"]["groupingConfiguration"]["groupByCustomDetails"] == ["EventId"], name
        placeholders = re.findall(r"{{(\w+)}}", str(rule.get("alertDetailsOverride", "")))
        assert set(placeholders) <= {
            each["columnName"] for one in rule.get("entityMappings", []) for each in one["fieldMappings"]
        }, name
    assert len({rule["id"] for rule in rules.values()}) == len(rules) > 20


def test_a_tactic_stands_for_each_technique(rules: dict[str, dict[str, Any]]) -> None:
    names = {technique.id: technique.tactics for technique in attack().techniques.values()}
    # What version 19 gave up served the tactic that it parted in two.
    names |= {tag.upper(): ("DefenseEvasion",) for tag in attack().before.values()}
    served = {tactic.name.title().replace(" ", ""): name for name, tactic in attack().tactics.items()}
    for name, rule in rules.items():
        tactics = {served.get(tactic, tactic) for tactic in rule["tactics"]}
        known = [names[technique] for technique in rule["relevantTechniques"]]
        assert all(tactics & set(those) or "DefenseEvasion" in rule["tactics"] for those in known), name


def test_a_run_looks_at_what_arrived_since_the_one_before(rules: dict[str, dict[str, Any]]) -> None:
    for name, rule in rules.items():
        every = re.escape(rule["queryFrequency"])
        assert re.search(rf"(max_of\(IngestedAt, \w+\)|arrived) > ago\({every}\)|> ago\(\w+\) - {every}", rule["query"]), (
            name
        )


def test_a_rule_reads_back_over_its_windows_and_the_delay_of_its_logs(pack: Pack, rules: dict[str, dict[str, Any]]) -> None:
    for name, rule in rules.items():
        found = pack.rules[name].plan
        assert found is not None
        window = found.span if isinstance(found, Correlation) else 0
        greatest = max(pack.contracts[source].delay.greatest for source in sources(found))
        assert parse_span(rule["queryPeriod"]) >= window + greatest + 2 * parse_span(rule["queryFrequency"]), name


def test_searches_and_keys_name_accounts_and_addresses(rules: dict[str, dict[str, Any]]) -> None:
    mapped = {
        name: {one["entityType"]: one["fieldMappings"][0]["columnName"] for one in rule.get("entityMappings", [])}
        for name, rule in rules.items()
    }
    assert mapped["okta_refresh_token_reused"] == {"Account": "OriginalActorAlternateId", "IP": "SrcIpAddr"}
    assert mapped["salesforce_service_account_new_network"] == {"Account": "UserIdDerived", "IP": "SourceIp"}
    assert mapped["okta_session_two_networks"] == {}


def item(pack: Pack, correlation: dict[str, Any]) -> Packaged:
    found = plan(correlation)
    return Packaged(next(iter(pack.rules.values())), found, "Test_CL", schedule(found, BACKEND, CONTRACTS), CONTRACTS)


def titled(one: Packaged, title: str, description: str = "") -> Packaged:
    sigma = copy(one.rule.sigma)
    sigma.title, sigma.description = title, description or title
    return replace(one, rule=replace(one.rule, sigma=sigma))


def test_what_sentinel_cannot_hold_is_refused_by_name(pack: Pack) -> None:
    refuse(item(pack, FIRST), BACKEND)
    refuse(replace(item(pack, COUNT2), query="x" * 9_999), BACKEND)
    with pytest.raises(UnsupportedError, match="its query has 10001 characters"):
        refuse(replace(item(pack, COUNT2), query="x" * 10_000), BACKEND)
    with pytest.raises(UnsupportedError, match="its query has 10001 characters"):
        refuse(replace(item(pack, COUNT2), query="\N{GRINNING FACE}" * 5_000), BACKEND)
    with pytest.raises(UnsupportedError, match="its title has 257 characters"):
        refuse(titled(item(pack, COUNT2), "x" * 257), BACKEND)
    with pytest.raises(UnsupportedError, match="its description has 5001 characters"):
        refuse(titled(item(pack, COUNT2), "x", "y" * 5_001), BACKEND)


@pytest.mark.parametrize(
    ("clocks", "span", "reason"),
    [
        (
            {"longest_lookback": 14 * 24 * HOUR},
            "15d",
            r"it looks back 15\.0 days .*, and Test 14\.0 days at most",
        ),
        ({"shortest_interval": HOUR}, "1h", "it runs every 5 minutes .*, and Test 60 minutes at least"),
        (
            {"longest_interval": HOUR, "long_lookback": 0, "long_interval": 2 * HOUR},
            "1h",
            "it runs every 120 minutes",
        ),
        (
            {"longest_quiet": HOUR},
            "1h",
            "it must know an alert again for .* 60 minutes at most",
        ),
    ],
)
def test_a_span_that_a_siem_cannot_hold_is_refused_by_name(clocks: dict[str, int], span: str, reason: str) -> None:
    limited = replace(BACKEND, clocks={"interval": 300_000_000, **clocks})
    with pytest.raises(UnsupportedError, match=reason):
        schedule(plan({**FIRST, "timespan": span}), limited, CONTRACTS)
    with pytest.raises(UnsupportedError, match=reason):
        shipped_query(plan({**FIRST, "timespan": span}), limited, CONTRACTS)


def test_a_rule_of_many_keys_keeps_to_what_sentinel_maps(pack: Pack) -> None:
    counted = plan(COUNT2)
    assert isinstance(counted, Correlation)
    wide = replace(counted, key=counted.key * 30)
    one = replace(item(pack, COUNT2), plan=wide)
    contracts = {CONTRACT.key: replace(CONTRACT, pivots={"account": (counted.key[0].name,)})}
    made = analytics_rule(replace(one, contracts=contracts), BACKEND)
    assert offences("azure", "analytics", {**made, "tactics": ["Impact"]}) == []
    assert len(made["entityMappings"]) == 10
    assert len(made["customDetails"]) == 20
    columns = [each["columnName"] for mapped in made["entityMappings"] for each in mapped["fieldMappings"]]
    assert len({column.lower() for column in columns}) == 10


def test_a_column_that_sentinel_cannot_map_is_left_out(pack: Pack) -> None:
    search = Search("s", CONTRACT.key, Is(CONTRACT.fields["kind"], Equals("a", cased=True)))
    contracts = {CONTRACT.key: replace(CONTRACT, pivots={"account": ("other",), "address": ("ip",)})}
    assert [one["entityType"] for one in entities(search, BACKEND, contracts)] == ["IP"]


def test_a_rule_that_looks_back_two_days_runs_once_an_hour() -> None:
    long = replace(BACKEND, clocks={"interval": 300_000_000, "long_lookback": 48 * HOUR, "long_interval": HOUR})
    short, wide = (schedule(plan({**COUNT2, "timespan": span}), long, CONTRACTS) for span in ("1h", "47h"))
    assert (short.interval, wide.interval) == (300_000_000, HOUR)
    assert wide.fresh == CONTRACT.delay.greatest + 2 * HOUR
    assert wide.run().every == HOUR


def test_spans_are_whole_minutes_at_least_as_long() -> None:
    assert [span(micros) for micros in (300_000_000, 300_000_001, HOUR, 48 * HOUR, 370 * 60_000_000)] == [
        "5m", "6m", "1h", "2d", "370m",
    ]  # fmt: skip


def test_a_duration_is_days_hours_and_minutes() -> None:
    assert [duration(text) for text in ("5m", "1h", "14d", "1690m", "25h", "1440m")] == [
        "PT5M", "PT1H", "P14D", "P1DT4H10M", "P1DT1H", "P1D",
    ]  # fmt: skip


def test_a_query_is_written_as_it_is_and_read_back_the_same() -> None:
    rule = {"query": "T\n| where a == 'x: {y} # z'\n", "name": "a: b"}
    text = written(rule).decode()
    assert text.startswith("query: |\n  T\n  | where a == 'x: {y} # z'\n")
    assert yaml.safe_load(text) == rule


def test_the_shipped_generations_are_those_of_the_newest_connectors(pack: Pack) -> None:
    stores = read_backend(ROOT / "backends" / "sentinel", pack.contracts).stores
    assert {source: store.index for source, store in stores.items()} == {
        "okta/okta": "OktaV2_CL",
        "salesforce/eventlogfile": "SalesforceServiceCloudV3_CL",
        "salesforce/realtime": "SalesForceRealTimeEventMonitoring_CL",
        "salesforce/setupaudittrail": "SalesforceAuditTrailV2_CL",
        "salesforce/loginhistory": "SalesforceLoginHistoryV2_CL",
        "gcp/google_workspace.chrome": "GoogleWorkspaceReports",
        "gcp/google_workspace.admin": "GoogleWorkspaceReports",
    }
    assert all(store.basis and store.identity for store in stores.values())


def test_a_search_is_of_one_kind_and_a_correlation_of_another(pack: Pack, rules: dict[str, dict[str, Any]]) -> None:
    for name, rule in rules.items():
        assert ("Count" in rule["customDetails"]) == (not isinstance(pack.rules[name].plan, Search))


def test_no_technique_is_shipped_that_sentinels_version_of_attack_does_not_know() -> None:
    pack = Pack.load(Path(__file__).parents[2])
    backend = backend_of(pack, "sentinel")
    assert backend.attack == "16"
    built = build(pack, ["sentinel"]).files
    rules = [yaml.safe_load(text) for path, text in built.items() if path.startswith("sentinel/analytics/")]
    techniques = {technique for rule in rules for technique in rule["relevantTechniques"]}
    known = attack()
    assert "T1562.008" in techniques
    later = {one for one in techniques if int(known.since.get(one.lower(), "0")) > int(backend.attack)}
    assert later == set()
    assert known.known_to("16", "t1685.004") == "t1562"
    assert known.known_to("16", "t1671") is None
    assert known.known_to(known.version, "t1685.002") == "t1685.002"
