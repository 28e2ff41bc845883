"""`casetrail test`, end to end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

import pytest

from casetrail.build.targets import query_for
from casetrail.engines.reference import evaluate
from casetrail.logs.event import Event
from casetrail.pack.pack import Pack
from casetrail.plan.values import format_time
from tests.cli.ways import CASES, RULE, put, run, shell, small_pack
from tests.worlds import START

WRONG = {
    **CASES,
    "cases": [
        *CASES["cases"],
        {"name": "missed", "completes": ["c"], "events": [{"id": "c", "from": "okta/user_lifecycle_create"}]},
        {"name": "false", "completes": [], "events": [{"id": "d", "from": "okta/user_session_start"}]},
    ],
}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return small_pack(tmp_path / "pack")


def test_cases_that_complete_exit_0_and_say_so(pack: Path) -> None:
    result = shell("--pack", pack, "test")
    assert (result.returncode, result.stderr.splitlines()[0]) == (0, f"pack: {pack} (1 rule)".encode())
    assert result.stdout.decode() == "2 cases of 1 rule on reference, duckdb: all agree\n"
    assert run("test", "example", "--engine", "duckdb", pack=pack).stdout.startswith("2 cases of 1 rule on duckdb:")


def test_cases_that_fail_exit_1_with_a_diff_and_the_reason(pack: Path) -> None:
    put(pack / "fixtures" / "okta" / "example.yml", WRONG)
    result = shell("--pack", pack, "test", "--engine", "duckdb")
    assert (result.returncode, result.stderr.splitlines()[0]) == (1, f"pack: {pack} (1 rule)".encode())
    text = result.stdout.decode()
    assert f"FAIL example · missed · duckdb  ({pack / 'fixtures' / 'okta' / 'example.yml'}:" in text
    assert "- c should match and doesn't: example: eventType is 'user.session.start' (saw 'user.lifecycle.create')" in text
    assert "+ d matches and shouldn't" in text
    assert text.endswith("4 cases of 1 rule on duckdb: 2 failed\n")


def test_json_and_junit_tell_the_same(pack: Path, tmp_path: Path) -> None:
    put(pack / "fixtures" / "okta" / "example.yml", WRONG)
    result = run("test", "--json", "--junit", tmp_path / "junit.xml", pack=pack)
    rows = json.loads(result.stdout)
    assert result.exit_code == 1
    failed = {(row["engine"], row["case"]) for row in rows if not row["passed"]}
    assert failed == {(engine, case) for engine in ("reference", "duckdb") for case in ("missed", "false")}
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    told = {(case.get("classname", ""), case.get("name", "")) for case in suite if case.find("failure") is not None}
    assert told == {(f"example.{engine}", case) for engine, case in failed}
    assert (suite.get("tests"), suite.get("failures")) == ("8", "4")


def test_mutants_that_survive_are_named(pack: Path) -> None:
    assert run("test", "--mutants", pack=pack).exit_code == 0
    cases = [{**case, "events": [{**event, "id": event["id"]} for event in case["events"]]} for case in CASES["cases"][:1]]
    put(pack / "fixtures" / "okta" / "example.yml", {**CASES, "cases": cases})
    result = run("test", "--mutants", pack=pack)
    assert result.exit_code == 1
    assert "SURVIVES example · " in result.stdout
    rows = json.loads(run("test", "--mutants", "--json", pack=pack).stdout)
    assert rows[0]["survivors"]


def test_mutants_are_not_tried_while_a_case_is_wrong_and_the_case_is_named(pack: Path) -> None:
    put(pack / "fixtures" / "okta" / "example.yml", WRONG)
    result = run("test", "--mutants", pack=pack)
    assert result.exit_code == 1
    assert "FAIL example · missed · reference" in result.stdout
    assert "FAIL example · false · reference" in result.stdout
    assert "no mutant was tried" in result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["exampel"], "no rule is named exampel; did you mean example?"),
        (["zzz"], "no rule is named zzz; `casetrail list` shows them"),
        (["--engine", "oracle"], "'oracle' is not one of"),
    ],
)
def test_what_is_not_there_is_named_with_what_is_near(words: list[str], told: str, pack: Path) -> None:
    result = shell("--pack", pack, "test", *words)
    assert (result.returncode, result.stdout) == (2, b"")
    assert told in result.stderr.decode()


def test_a_rule_without_cases_says_where_they_go(pack: Path) -> None:
    (pack / "fixtures" / "okta" / "example.yml").unlink()
    result = run("test", "example", pack=pack)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"example: no case file in {pack / 'fixtures'}" in result.stderr


HOSTILE = [
    "'",
    '"',
    "\\",
    "\\\\'",
    "''; DROP TABLE events; --",
    "a*b",
    "a?b",
    "100%_",
    "%{field}",
    "${env}",
    "{{field}}",
    '"""',
    "`id`",
    "| limit 0",
    "/* x",
    "// x",
    "-- x",
    "line\nbreak",
    "carriage\rreturn",
    "tab\tstop",
    "\x1b[2J",
    "nul\x00",
    "line\u2028separator",
    "right\u202eleft",
    "é ß İ ſ 𝒳",
    "]]>",
    "$x",
    "#x",
    "(a OR b)",
    "a:b",
]


def written(value: str) -> str:
    """The value as a Sigma rule writes it: as it stands, no wildcard in it."""
    return "".join(f"\\{char}" if char in "*?\\" else char for char in value)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack with a rule for each value, one for each as an element of a list, and one for all in a watchlist."""
    rules: dict[str, Any] = {}
    for number, value in enumerate(HOSTILE):
        for form, modifier in (("equal", ""), ("part", "|contains"), ("cased", "|cased")):
            name = f"value_{number}_{form}"
            tests = {f"displayMessage{modifier}": written(value)}
            rules[name] = {
                **RULE,
                "name": name,
                "id": f"3f6f2b0e-6c1b-4a77-9f0e-{number:06d}{len(modifier):06d}",
                "title": f"Value {value} {form}",
                "description": f"Somebody wrote {value} and it matters.",
                "falsepositives": [value],
                "detection": {"selection": tests, "condition": "selection"},
            }
    listed = {"selection": {"displayMessage|expand": "%service_accounts%"}, "condition": "selection"}
    rules["watched"] = {**RULE, "name": "watched", "detection": listed}
    pack = small_pack(tmp_path_factory.mktemp("hostile") / "pack", rules, None)
    (pack / "watchlists" / "service_accounts.csv").write_text(watchlist(HOSTILE), "utf-8", newline="")
    return pack


def watchlist(values: Sequence[str]) -> str:
    quoted = ('"' + value.replace('"', '""') + '"' for value in values if value not in SKIPPED)
    return "\n".join(["value", *quoted, ""])


SKIPPED = {"#x", "line\nbreak", "carriage\rreturn"}
"""A line that begins so is a comment, and a value of a watchlist stands on one line."""


UNSAYABLE = {
    number
    for number, value in enumerate(HOSTILE)
    if any((char < " " and char not in "\t\n\r") or char == "İ" for char in value)
}
"""What ES|QL can't say: control characters, and the letter whose lower case isn't i there."""
"""Those with a control character that ES|QL has no escape for."""


def event(identity: str, value: str) -> Event:
    row = {"uuid": identity, "published": format_time(START, "iso8601"), "eventType": "x", "displayMessage": value}
    return Event(identity, START, "okta/okta", row)


def test_no_value_breaks_out_of_the_query_it_is_put_in(hostile: Path) -> None:
    from casetrail.engines.base import Trial
    from casetrail.engines.duckdb import Duckdb

    pack = Pack.load(hostile)
    events = tuple(event(f"e{number}", value) for number, value in enumerate(HOSTILE))
    engine = Duckdb()
    for number in range(len(HOSTILE)):
        for form in ("equal", "part", "cased"):
            plan = pack.rules[f"value_{number}_{form}"].plan
            assert plan is not None
            expected = evaluate(plan, events).ids
            assert f"e{number}" in expected
            assert form == "part" or expected == {f"e{number}"}
            assert engine.verdict(Trial(plan, events)) == expected
    plan = pack.rules["watched"].plan
    assert plan is not None
    expected = evaluate(plan, events).ids
    assert expected == {
        f"e{number}" for number, value in enumerate(HOSTILE) if value not in SKIPPED and value == value.strip()
    }
    assert engine.verdict(Trial(plan, events)) == expected


@pytest.mark.parametrize("target", ["elastic"])
def test_no_value_breaks_out_of_what_is_built(target: str, hostile: Path, tmp_path: Path) -> None:
    pack = Pack.load(hostile)
    result = run("build", "-o", tmp_path / "dist", "--target", target, pack=hostile)
    assert result.exit_code == 0, result.output
    rows = [
        json.loads(line) for line in (tmp_path / "dist" / "elastic" / "detection-rules.ndjson").read_bytes().splitlines()
    ]
    queries = {row["name"]: uncommented(row["query"]) for row in rows if "query" in row}
    rules = {"ascii": plain("ascii", "harmless"), "other": plain("other", "håŕmless")}
    harmless = Pack.load(small_pack(tmp_path / "harmless", rules, None))
    shapes = [skeleton(query_for(harmless, rule, target)) for rule in harmless.rules.values()]
    refused = {refusal["rule"] for refusal in json.loads((tmp_path / "dist" / "manifest.json").read_bytes())["refused"]}
    for number, value in enumerate(HOSTILE):
        name = f"value_{number}_equal"
        if name not in refused:
            query = query_for(pack, pack.rules.named(name), target)
            assert skeleton(query) == shapes[not value.isascii()], value
            assert query in queries.values()
    assert {name for name in refused if name.endswith("equal")} == {f"value_{number}_equal" for number in UNSAYABLE}
    harmless_list = [f"håŕmless {number}" for number in range(len(HOSTILE) - len(SKIPPED) - len(UNSAYABLE))]
    sayable = [value for number, value in enumerate(HOSTILE) if number not in UNSAYABLE]
    queries_of_lists = []
    for values in (harmless_list, sayable):
        (hostile / "watchlists" / "service_accounts.csv").write_text(watchlist(values), "utf-8", newline="")
        watched = Pack.load(hostile)
        queries_of_lists.append(query_for(watched, watched.rules.named("watched"), target))
    assert skeleton(queries_of_lists[0]) == skeleton(queries_of_lists[1])


def plain(name: str, value: str) -> dict[str, Any]:
    detection = {"selection": {"displayMessage": value}, "condition": "selection"}
    return {**RULE, "name": name, "id": str(uuid5(NAMESPACE_URL, name)), "detection": detection}


def uncommented(query: str) -> str:
    return "\n".join(line for line in query.split("\n") if not line.startswith("// "))


def skeleton(query: str) -> str:
    """An ES|QL query with each string literal emptied, by the rules of its grammar: three quotes end at three, one at an unescaped one."""
    out, at = [], 0
    while at < len(query):
        if query.startswith('"""', at):
            at = query.index('"""', at + 3) + 3
            out.append('""')
        elif query[at] == '"':
            at += 1
            while query[at] != '"':
                at += 2 if query[at] == "\\" else 1
            at += 1
            out.append('""')
        else:
            out.append(query[at])
            at += 1
    return "".join(out)


def test_an_unfinished_case_file_of_another_rule_does_not_matter(pack: Path) -> None:
    assert run("new", "unfinished", "--source", "okta/okta", pack=pack).exit_code == 0
    assert run("test", "example", pack=pack).exit_code == 0
    assert run("test", pack=pack).exit_code == 2


def test_a_misspelt_event_of_a_case_gives_the_right_name(pack: Path) -> None:
    cases = [{**CASES["cases"][0], "events": [{"id": "a", "from": "okta/user_sesion_start"}]}]
    put(pack / "fixtures" / "okta" / "example.yml", {**CASES, "cases": cases})
    assert "did you mean okta/user_session_start" in run("test", pack=pack).stderr
