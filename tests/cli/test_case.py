"""`casetrail case`: real events become a case, redacted if asked, that says where the rule must match."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from casetrail.logs.redact import Redaction
from casetrail.pack.cases import read_cases
from casetrail.pack.pack import Pack
from tests.cli.ways import run

RULE = """
title: Two countries
name: two_countries
status: test
correlation:
  type: value_count
  rules: [signin]
  group-by: [actor.alternateId]
  timespan: 1h
  condition: {gte: 2, field: client.geographicalContext.country}
level: high
---
title: Sign-in
name: signin
status: test
logsource: {product: okta, service: okta}
detection:
  selection: {eventType: user.session.start, actor.alternateId|endswith: '@acme.test'}
  condition: selection
level: low
"""


def signin(number: int, who: str, country: str, **more: Any) -> dict[str, Any]:
    return {
        "uuid": f"9f8c7b6a-1111-4000-8000-00000000000{number}",
        "published": f"2026-02-01T10:0{number}:00.000Z",
        "eventType": "user.session.start",
        "actor": {"alternateId": who, "displayName": "Ana Lima", "id": "00u1a2b3c4d5e6f7g8h9"},
        "client": {"ipAddress": f"10.20.30.{number}", "geographicalContext": {"country": country}},
        **more,
    }


EVENTS = [
    signin(1, "ana@acme.test", "Norway"),
    signin(2, "ben@acme.test", "Sweden"),
    signin(3, "ana@acme.test", "Brazil"),
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "two.yml").write_text(RULE.lstrip())
    (tmp_path / "events.ndjson").write_text("\n".join(map(json.dumps, EVENTS)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_events_become_a_case_that_the_tests_run(here: Path) -> None:
    assert run("case", "two_countries", "events.ndjson", "--match", "3").stdout == "wrote fixtures/okta/two_countries.yml\n"
    assert run("check").exit_code == 0
    assert run("test", "two_countries").exit_code == 0
    assert run("case", "two_countries", "events.ndjson", "--name", "again").exit_code == 0
    document = yaml.safe_load((here / "fixtures" / "okta" / "two_countries.yml").read_text())
    assert [(case["name"], case["completes"]) for case in document["cases"]] == [
        ("from events.ndjson", ["e3"]),
        ("again", ["e3"]),
    ]


def test_a_case_that_the_rule_doesnt_hold_is_written_and_exits_1(here: Path) -> None:
    result = run("case", "two_countries", "events.ndjson", "--match", "2")
    assert (result.exit_code, "matches e3 of 3 events, and the case wants e2" in result.stderr) == (1, True)
    assert run("test", "two_countries").exit_code == 1


def test_redaction_keeps_what_the_rule_matches_and_hides_the_rest(here: Path) -> None:
    result = run("case", "two_countries", "events.ndjson", "--redact", "--stdout")
    (case,) = yaml.safe_load(result.stdout)
    assert case["completes"] == ["e3"]
    assert "kept, since the rule tests them: " in result.stderr
    for hidden in ("Ana Lima", "10.20.30.", "00u1a2b3c4d5e6f7g8h9", "9f8c7b6a"):
        assert hidden not in result.stdout
    first, second, third = (event["event"] for event in case["events"])
    assert first["actor"]["displayName"] == third["actor"]["displayName"]
    assert first["client"]["ipAddress"] != second["client"]["ipAddress"]


def test_a_pseudonym_is_stable_and_has_its_values_shape() -> None:
    row = {
        "mail": "ana@acme.test", "again": {"to": ["ANA@ACME.TEST", "ben@acme.test"]}, "ip": "10.1.2.3", "v6": "fd00::1",
        "token": "AKIA1234567890ABCD", "url": "https://git.acme.com/x?token=abc123def456ghi7", "host": "web7.acme.com",
        "arn": "arn:aws:iam::123456789012:user/ana", "time": "2026-01-01T00:00:00Z", "kind": "user.session.start", "n": 7,
    }  # fmt: skip
    found = Redaction().event(row)
    assert found == Redaction().event(row)
    assert found["mail"] == "user1@example.com"
    assert found["again"]["to"] == ["USER1@EXAMPLE.COM", "user2@example.com"]
    assert (found["ip"], found["v6"]) == ("192.0.2.1", "2001:db8::2")
    assert (len(found["token"]), found["token"].isupper()) == (len("AKIA1234567890ABCD"), True)
    assert found["url"].startswith("https://host1.example.net/x?token=")
    assert (found["time"], found["kind"], found["n"]) == (row["time"], row["kind"], 7)
    assert "123456789012" not in found["arn"]
    assert "ana" not in json.dumps(found)


def test_cases_take_an_event_as_it_is_and_one_of_a_file(here: Path) -> None:
    folder = here / "fixtures" / "okta"
    folder.mkdir(parents=True)
    (folder / "events.ndjson").write_text("\n".join(map(json.dumps, EVENTS)))
    cases = {
        "rule": "two_countries",
        "cases": [
            {
                "name": "real",
                "completes": ["third", "later"],
                "events": [
                    {"event": EVENTS[0]},
                    {"id": "third", "file": "events.ndjson#3"},
                    {"id": "later", "like": "third", "at": "0s", "set": {"client.geographicalContext.country": "Peru"}},
                ],
            }
        ],
    }
    path = folder / "two_countries.yml"
    cases["cases"][0]["completes"] = ["third"]  # type: ignore[index]
    path.write_text(yaml.safe_dump(cases))
    (case,) = read_cases(path, Pack.load(here)).cases
    assert [event.id for event in case.events] == [EVENTS[0]["uuid"], "third", "later"]
    assert run("check").exit_code == 0
    assert run("test", "two_countries").exit_code == 0


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"file": "events.ndjson#9"}, "it has no event of that number"),
        ({"file": "gone.ndjson"}, "there is no"),
        ({"event": {"a": 1}}, "it isn't an event of a log that the rule reads"),
        ({"event": {"a": 1}, "source": "okta/octa"}, "did you mean okta/okta"),
    ],
)
def test_an_event_that_cant_be_read_is_a_fault_of_the_case(here: Path, entry: dict[str, Any], why: str) -> None:
    folder = here / "fixtures" / "okta"
    folder.mkdir(parents=True)
    (folder / "events.ndjson").write_text(json.dumps(EVENTS[0]))
    case = {"name": "real", "completes": [], "events": [entry]}
    (folder / "two_countries.yml").write_text(yaml.safe_dump({"rule": "two_countries", "cases": [case]}))
    result = run("check")
    assert (result.exit_code, why in result.stdout) == (1, True), result.stdout


def test_explain_traces_a_correlation_over_ndjson_and_standard_input(here: Path) -> None:
    expected = [
        "windows of actor.alternateId=ana@acme.test",
        f"  - {EVENTS[0]['uuid']}: 1 within 1h, at least 2 wanted: norway",
        f"  + {EVENTS[2]['uuid']}: 2 within 1h, at least 2 wanted: brazil, norway",
        "windows of actor.alternateId=ben@acme.test",
        f"  - {EVENTS[1]['uuid']}: 1 within 1h, at least 2 wanted: sweden",
    ]
    for result in (
        run("explain", "two_countries", "--event", "events.ndjson"),
        run("explain", "two_countries", "--event", "-", stdin=(here / "events.ndjson").read_bytes()),
    ):
        assert result.stdout.splitlines()[-5:] == expected


def test_a_failure_says_how_the_window_stood_and_junit_says_it_with_file_line_and_time(here: Path) -> None:
    run("case", "two_countries", "events.ndjson", "--match", "2")
    result = run("test", "two_countries", "--junit", "junit.xml")
    assert (
        "- e2 should match and doesn't: 1 within 1h, at least 2 wanted: sweden (of actor.alternateId=ben@acme.test)"
        in result.stdout
    )
    assert "+ e3 matches and shouldn't: 2 within 1h, at least 2 wanted: brazil, norway" in result.stdout
    case = next(ElementTree.parse(here / "junit.xml").iter("testcase"))
    assert (case.attrib["file"], case.attrib["line"]) == ("fixtures/okta/two_countries.yml", "3")
    assert float(case.attrib["time"]) >= 0
    failure = case.find("failure")
    assert failure is not None
    assert failure.attrib["message"].startswith("- e2 should match and doesn't: 1 within 1h")


def test_a_survivor_comes_with_the_case_that_kills_it_and_write_adds_it(here: Path) -> None:
    run("case", "two_countries", "events.ndjson")
    before = run("test", "two_countries", "--mutants")
    assert before.exit_code == 1
    assert "this case kills it (--write adds it):" in before.stdout
    survived = before.stdout.count("SURVIVES")
    assert "wrote the case that kills it" in run("test", "two_countries", "--mutants", "--write").stdout
    assert run("test", "two_countries").exit_code == 0
    after = run("test", "two_countries", "--mutants")
    assert after.stdout.count("SURVIVES") < survived
    assert "this case kills it" not in after.stdout
