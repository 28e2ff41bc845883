"""From one address of the intruder the trail finds what the incident says, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from casetrail.incidents.rows import Arrival, files_of, log_of
from casetrail.incidents.story import Company, Incident, read_incident
from casetrail.plan.values import TIME_FORMATS
from casetrail.trail.files import fresh, read, write
from casetrail.trail.node import FILES, Node, Strength
from casetrail.trail.result import Asked, Result
from casetrail.trail.run import run
from casetrail.trail.walk import Trail
from tests.incidents.replays import ROOT, pack
from tests.trail.rows import stored, trail

ADDRESSES = ("203.0.113.41", "203.0.113.188", "198.51.100.77", "198.51.100.142")
FILES_CSV = ROOT / "fixtures" / "incidents" / "okta-2023" / "orvane" / "files.csv"
INCIDENT: Incident = read_incident(pack(), "okta-2023")
INTRUDER = {fact.id for fact in INCIDENT.facts if fact.by == "intruder"}


@cache
def company(name: str) -> tuple[Company, list[Arrival]]:
    found = next(each for each in INCIDENT.companies if each.name == name)
    return found, log_of(pack(), INCIDENT, found)


def written(folder: Path, arrivals: Iterable[Arrival]) -> Path:
    folder.mkdir(exist_ok=True)
    by_log: dict[str, list[str]] = {}
    for one in arrivals:
        name = f"{one.event.source.replace('/', '.')}.ndjson"
        by_log.setdefault(name, []).append(json.dumps(one.event.row))
    for name, lines in by_log.items():
        (folder / name).write_text("\n".join(lines) + "\n")
    return folder


def events(found: Trail) -> set[tuple[str, str]]:
    return {(step.event.source, step.event.id) for step in found.steps.values()}


def asked(*texts: str) -> Asked:
    return Asked(texts, (), (str(FILES_CSV),), "a test")


def column(found: Result, table: str, name: str) -> set[str]:
    return {row[name] for row in found.table(table).dicts()}


def test_each_address_leads_to_every_event_of_the_intruder_and_to_no_other(tmp_path: Path) -> None:
    _, arrivals = company("orvane")
    store = stored(written(tmp_path / "logs", arrivals))
    for address in ADDRESSES:
        found = trail(store, f"address:{address}")
        assert events(found) == {(one.event.source, one.event.id) for one in arrivals if one.fact in INTRUDER}


def test_it_names_the_account_the_sessions_the_files_and_the_customers_of_the_incident(tmp_path: Path) -> None:
    orvane, arrivals = company("orvane")
    mine = [one for one in arrivals if one.fact in INTRUDER]
    found = run(asked("203.0.113.41"), [written(tmp_path / "logs", arrivals)], pack().contracts)
    taken = {one.event.row["DOCUMENT_ID"] for one in mine if one.event.row.get("DOCUMENT_ID")}
    owners = {name[:15]: told.owner for name, told in files_of(INCIDENT, orvane).items()}
    keys = {key for text in column(found, "sessions", "session") for key in text.split("; ")}
    assert column(found, "accounts", "account") == {"casework@orvane.example"}
    assert keys == {key for one in mine for name in ("LOGIN_KEY", "SESSION_KEY") if (key := one.event.row.get(name))}
    assert column(found, "files", "file") == taken
    assert column(found, "customers", "customer") == {owners[file] for file in taken}
    assert (len(taken), len({owners[file] for file in taken}), len(found.table("sessions").rows)) == (166, 134, 13)
    assert found.ledger == (
        "casework@orvane.example: by case id 0 of 166 files, by report id 0, by session 0, by address 0, by document id 166, "
        "by version id 166, by request id 166, by account 166",
    )


def test_rows_that_came_late_are_what_a_later_run_adds(tmp_path: Path) -> None:
    _, arrivals = company("orvane")
    gap = INCIDENT.fact("V14").day.isoformat()
    early = [one for one in arrivals if one.arrived < moment(f"{gap}T12:00:00Z")]
    logs, out = written(tmp_path / "early", early), tmp_path / "trail"
    first = run(asked("203.0.113.41"), [logs], pack().contracts)
    write(first, out)
    late = written(tmp_path / "late", [one for one in arrivals if one.arrived >= moment(f"{gap}T12:00:00Z")])
    second = run(asked("203.0.113.41"), [logs, late], pack().contracts)
    added = next(each for each in fresh(read(out), second) if each.name == "files")
    wanted = {
        one.event.row["DOCUMENT_ID"]
        for one in arrivals
        if one.fact in INTRUDER and one not in early and one.event.row.get("DOCUMENT_ID")
    }
    assert {row["file"] for row in added.dicts()} == wanted
    assert wanted
    assert any("eventlogfile" in line for line in first.incomplete)
    assert second.incomplete == ()


@pytest.mark.parametrize(
    ("name", "address"), [("brindlekey", "203.0.113.41"), ("tarnaccess", "198.51.100.77"), ("quillnet", "203.0.113.188")]
)
def test_at_a_customer_the_trail_is_the_stolen_session_and_its_owners_others_stand_aside(
    name: str, address: str, tmp_path: Path
) -> None:
    _, arrivals = company(name)
    found = trail(stored(written(tmp_path / "logs", arrivals)), f"address:{address}")
    sessions = {node for step in found.steps.values() for node in step.event.of("session")}
    assert events(found) >= {(one.event.source, one.event.id) for one in arrivals if one.fact in INTRUDER}
    assert len({found.sessions.one(node) for node in sessions}) == 1
    assert all(step.strength is Strength.EXACT for step in found.steps.values())
    assert len(found.accounts) == 1
    assert [each.node for each in found.aside.values() if each.own]


def test_two_runs_are_the_same_to_the_byte(tmp_path: Path) -> None:
    _, arrivals = company("orvane")
    logs = written(tmp_path / "logs", arrivals)
    runs = [run(asked("203.0.113.41"), [logs], pack().contracts) for _ in range(2)]
    for number, one in enumerate(runs):
        write(one, tmp_path / str(number))
    names = sorted(path.name for path in (tmp_path / "0").iterdir())
    assert len(names) > 10
    assert [name for name in names if (tmp_path / "0" / name).read_bytes() != (tmp_path / "1" / name).read_bytes()] == []


def test_every_event_cites_its_line_and_the_chain_from_the_indicator(tmp_path: Path) -> None:
    _, arrivals = company("orvane")
    found = trail(stored(written(tmp_path / "logs", arrivals)), "address:203.0.113.41")
    for step in found.ordered():
        path, _, line = step.event.place.rpartition(":")
        row = json.loads(Path(path).read_text().splitlines()[int(line) - 1])
        assert step.event.of(*FILES) == () or row["DOCUMENT_ID"] in {node.value for node in step.event.nodes}
        assert found.chain(step)[0] == str(Node("address", "203.0.113.41"))


def moment(text: str) -> int:
    found = TIME_FORMATS["iso8601"](text)
    assert found is not None
    return found
