"""The incidents' logs: made by the script, whole, invented, and each row with a fact or ordinary."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from casetrail.build.targets import backend_of
from casetrail.hunt.hunt import hunt
from casetrail.incidents.alerting import ArrivalLog, alerted
from casetrail.incidents.replay import known_lists
from casetrail.incidents.rows import Arrival, log_of, watchlists_of
from casetrail.incidents.story import Company, Incident, incidents, read_incident
from casetrail.logs.rows import detects
from casetrail.pack.files import PackError
from casetrail.pack.pack import Pack
from casetrail.pack.watchlist import faults
from casetrail.plan.nodes import Correlation, Plan
from casetrail.schedule.schedule import schedule
from makers.incidents.make import STORIES, made
from tests.incidents.replays import NAMES, ROOT, pack

DOCUMENTATION = [ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
DOMAINS = re.compile(r"[\w.+*-]+@([\w-]+\.)*(example|example\.com)", re.ASCII)
LIMIT = 1_500_000


def logs() -> Iterator[tuple[Incident, Company, list[Arrival]]]:
    for name in NAMES:
        incident = read_incident(pack(), name)
        for company in incident.companies:
            yield incident, company, log_of(pack(), incident, company)


def test_there_are_the_three_incidents() -> None:
    assert tuple(incidents(pack())) == NAMES == tuple(STORIES)


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_what_the_script_makes(name: str) -> None:
    wanted = made(name)
    folder = ROOT / "fixtures" / "incidents" / name
    there = {path for path in folder.rglob("*") if path.is_file() and path.name != "incident.yml"}
    assert there == set(wanted)
    assert [path for path in sorted(wanted) if path.read_bytes() != wanted[path]] == []


def test_they_stay_small_enough_to_review() -> None:
    files = (ROOT / "fixtures" / "incidents").rglob("*")
    assert sum(path.stat().st_size for path in files if path.is_file()) < LIMIT


def test_every_row_is_of_its_log_and_dated_within_the_incident() -> None:
    for incident, _, arrivals in logs():
        for one in arrivals:
            assert detects(one.event.row, pack().contracts[one.event.source])
            assert one.arrived >= one.event.time
        days = sorted(one.event.time // 86_400_000_000 for one in arrivals)
        assert (incident.last - incident.first).days - 3 <= days[-1] - days[0] <= (incident.last - incident.first).days + 1


def test_names_addresses_and_domains_are_those_kept_for_documentation() -> None:
    addresses, mails = set(), set()
    for _, _, arrivals in logs():
        for one in arrivals:
            text = json.dumps(one.event.row)
            addresses |= set(re.findall(r"\"(\d+\.\d+\.\d+\.\d+)\"", text))
            mails |= set(re.findall(r"\"[\w.+*-]+@[^\"@ ]+\"", text))
    assert addresses
    assert mails
    assert [text for text in sorted(addresses) if not any(ip_address(text) in network for network in DOCUMENTATION)] == []
    assert [text for text in sorted(mails) if not DOMAINS.fullmatch(text.strip('"'))] == []


def test_every_fact_of_the_intruder_has_rows_and_every_row_a_known_fact() -> None:
    rows: dict[tuple[str, str], set[str]] = {}
    for incident, company, arrivals in logs():
        rows[incident.name, company.name] = {one.fact for one in arrivals if one.fact}
        theirs = {fact.id for fact in incident.facts if fact.company == company.name}
        assert rows[incident.name, company.name] <= theirs
        assert {fact.id for fact in incident.facts if fact.company == company.name and fact.by == "intruder"} <= rows[
            incident.name, company.name
        ]


def test_the_log_of_2023_has_no_field_that_came_later() -> None:
    incident = read_incident(pack(), "okta-2023")
    for company in incident.companies:
        for one in log_of(pack(), incident, company):
            assert "rootSessionId" not in one.event.row.get("authenticationContext", {})


def test_the_gap_and_the_late_files() -> None:
    """The last hours of 17 October come on the 18th, and some files on the 19th, all within what the contract grants."""
    incident = read_incident(pack(), "okta-2023")
    last = [one for one in log_of(pack(), incident, incident.companies[0]) if one.fact == "V12"]
    greatest = pack().contracts["salesforce/eventlogfile"].delay.greatest
    days = [(one.arrived // 86_400_000_000) - (one.event.time // 86_400_000_000) for one in last]
    assert {0, 1, 2} == set(days)
    assert max(one.arrived - one.event.time for one in last) < greatest


def test_one_hourly_file_comes_twice() -> None:
    incident = read_incident(pack(), "okta-2023")
    arrivals = log_of(pack(), incident, incident.companies[0])
    assert 0 < len(arrivals) - len({one.event.id for one in arrivals}) < 10


@pytest.mark.parametrize("name", NAMES)
def test_watchlists_are_as_the_pack_wants_them(name: str) -> None:
    incident = read_incident(pack(), name)
    holds = {"service_accounts": "account", "corporate_domains": "domain", "corporate_networks": "network"}
    holds |= {"known_proxies": "asn", "integration_clients": "text"}
    for company in incident.companies:
        lists = watchlists_of(incident, company)
        assert lists
        assert known_lists(pack(), lists) == lists
        for path in (incident.folder / "watchlists" / company.name).glob("*.csv"):
            assert list(faults(path.read_text("utf-8").splitlines(), holds[path.stem])) == []


def waits(plan: Plan) -> bool:
    own = isinstance(plan, Correlation) and bool(plan.absent)
    return own or (isinstance(plan, Correlation) and any(map(waits, plan.bases)))


@pytest.mark.parametrize("name", NAMES)
def test_a_hunt_in_the_whole_rows_finds_what_is_told(name: str, tmp_path: Path) -> None:
    """The runs of a schedule and one look at the whole log say the same, but for rules that still wait when the log ends."""
    incident = read_incident(pack(), name)
    backend = backend_of(pack(), "elastic")
    for company in incident.companies[:2]:
        theirs = pack().with_watchlists(known_lists(pack(), watchlists_of(incident, company)))
        log = log_of(theirs, incident, company)
        rows = tmp_path / f"{company.name}.ndjson"
        rows.write_text("".join(json.dumps(one.event.row) + "\n" for one in log))
        plans = {rule: plan for rule, plan in theirs.rules.plans().items() if not waits(plan)}
        found = {(hit.rule, hit.id) for hit in hunt(plans, theirs.contracts, [rows]).hits}
        arrived = ArrivalLog(log, theirs.contracts)
        standing = {
            (rule, one.event.id)
            for rule, plan in plans.items()
            for one in alerted(plan, arrived, schedule(plan, backend, theirs.contracts))
            if not one.taken_back
        }
        assert standing == found
        assert found


def test_a_line_without_a_meaning_is_named(tmp_path: Path) -> None:
    incident = read_incident(pack(), "unc6040-2025")
    folder = tmp_path / "fixtures" / "incidents" / incident.name
    (folder / "lindqvist").mkdir(parents=True)
    (folder.parent / "events.yml").write_text("{}")
    (folder / "incident.yml").write_bytes((incident.folder / "incident.yml").read_bytes())
    (folder / "lindqvist" / "parts.json").write_text("{}")
    (folder / "lindqvist" / "okta.okta.ndjson").write_text('{"at": "2025-06-01", "like": ["user_session_start"]}\n')
    (tmp_path / "rules").mkdir()
    own = Pack.load(tmp_path)
    with pytest.raises(PackError, match=r"okta\.okta\.ndjson:1"):
        log_of(own, read_incident(own, incident.name), incident.companies[0])


def test_a_log_source_definition_without_ids_of_the_vendor_is_named() -> None:
    incident = read_incident(pack(), "unc6040-2025")
    bare = {source: replace(contract, vendor_ids=()) for source, contract in pack().contracts.items()}
    with pytest.raises(PackError, match=r"ndjson:1: the log source definition of \S+ names no vendor_ids"):
        log_of(replace(pack(), defined=bare), incident, incident.companies[0])


def test_an_unknown_incident_is_refused_with_those_known() -> None:
    with pytest.raises(PackError, match="there are: okta-2023, salesloft-drift-2025, unc6040-2025"):
        read_incident(pack(), "okta-2022")
