"""Custom detections as Microsoft Defender takes them, and the program that puts them there, against a server that speaks Graph's protocol.

No tenant was asked.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from casetrail.build.targets import build
from casetrail.engines.nodes.kusto import Checker
from casetrail.logs.contract import parse_span
from casetrail.pack.backend import backend_of
from casetrail.pack.pack import Pack
from casetrail.packages.sentinel import put_detections
from casetrail.packages.sentinel.defender import lacks
from tests.hardness.hostile_server import Request, http, serving
from tests.kusto.checks import declared
from tests.packages.schema import offences

ROOT = Path(__file__).parents[2]
FOLDER = "sentinel/defender/"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {
        path: content for path, content in build(Pack.load(ROOT), ["sentinel"]).files.items() if path.startswith("sentinel/")
    }


@pytest.fixture(scope="module")
def rules(files: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    return {Path(path).stem: json.loads(content) for path, content in files.items() if path.startswith(f"{FOLDER}rules/")}


def test_every_detection_is_what_graph_takes(rules: dict[str, dict[str, Any]]) -> None:
    found = {name: offences("graph", "detectionRule", rule) for name, rule in rules.items()}
    assert {name: those for name, those in found.items() if those} == {}
    assert len({rule["id"] for rule in rules.values()}) == len(rules) > 50
    for name, rule in rules.items():
        frequency, lookback = (_micros(rule["schedule"][key]) for key in ("frequency", "lookback"))
        assert 5 * 60_000_000 <= frequency <= lookback, name


def _micros(text: str) -> int:
    days, _, clock = text.removeprefix("P").partition("T")
    parts = [days, *(clock.replace("H", "H ").split())]
    return sum(parse_span(part.lower()) for part in parts if part)


def test_a_query_gives_the_columns_that_its_detection_names(
    rules: dict[str, dict[str, Any]], kusto_checker: Checker
) -> None:
    tables = declared(backend_of(Pack.load(ROOT), "sentinel"))
    for name, rule in rules.items():
        query, template = rule["queryCondition"]["queryText"], rule["detectionAction"]["alertTemplate"]
        columns = kusto_checker.check(query, tables).columns
        named = {column for those in template["entityMappings"].values() for each in those for column in each.values()}
        assert {*named, *template["customDetails"].values(), "TimeGenerated"} <= set(columns), name


def test_every_rule_is_a_detection_or_left_out_with_a_reason(
    files: dict[str, bytes], rules: dict[str, dict[str, Any]]
) -> None:
    whole = {Path(path).stem for path in files if path.startswith("sentinel/analytics/")}
    left_out = dict(line.split(": ", 1) for line in files[f"{FOLDER}left-out.txt"].decode().splitlines())
    assert set(left_out) | set(rules) == whole
    assert not set(left_out) & set(rules)
    assert all(left_out.values())


def test_a_watchlist_that_is_looked_up_is_no_custom_detections() -> None:
    rule = {"entityMappings": [{}], "query": "T | where x in (_GetWatchlist('a') | project SearchKey)"}
    assert "watchlist" in lacks(rule)
    assert lacks({**rule, "query": "T"}) == ""
    assert "neither an account nor an address" in lacks({"query": "T"})


Answers = Callable[[Request], bytes]
RULE = {"id": "rule-a", "displayName": "A", "status": "disabled", "queryCondition": {"queryText": "T"}}


def run(
    folder: Path, answers: Answers, *, rule: object = RULE, token: str = "t0ken", graph: str = ""
) -> tuple[int, str, list[Request]]:
    """Its exit code, what it said, and what the server was asked."""
    (folder / "a.json").write_text(json.dumps(rule))
    with serving(answers) as (address, asked):
        done = subprocess.run(
            [sys.executable, "-I", put_detections.__file__, str(folder / "a.json"), "--graph", graph or f"{address}/beta"],
            env={**os.environ, "GRAPH_TOKEN": token},
            capture_output=True,
            text=True,
            check=False,
        )
    assert token not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr, asked


def test_a_new_rule_is_made_disabled(tmp_path: Path) -> None:
    code, said, asked = run(tmp_path, lambda request: http({}, 404 if request.method == "GET" else 201))
    assert (code, said) == (0, "a: made, disabled\n")
    assert [(one.method, one.path) for one in asked] == [
        ("GET", "/beta/security/rules/detectionRules/rule-a"),
        ("POST", "/beta/security/rules/detectionRules"),
    ]
    assert json.loads(asked[1].body) == RULE
    assert "Authorization: Bearer t0ken" in asked[1].head


def test_of_a_rule_that_is_there_the_status_stays(tmp_path: Path) -> None:
    code, said, asked = run(tmp_path, lambda request: http({}))
    assert (code, said) == (0, "a: replaced\n")
    assert [one.method for one in asked] == ["GET", "PATCH"]
    assert json.loads(asked[1].body) == {key: value for key, value in RULE.items() if key not in ("id", "status")}


def test_a_refusal_is_told_in_the_services_words(tmp_path: Path) -> None:
    refusal = {"error": {"code": "BadRequest", "message": "Entity mapping for 'User'\nis invalid."}}
    code, said, _ = run(tmp_path, lambda request: http(refusal, 404 if request.method == "GET" else 400))
    assert (code, said) == (1, "a: refused (400): Entity mapping for 'User' is invalid.\n")


def test_a_busy_service_is_asked_again(tmp_path: Path) -> None:
    busy = iter([http({}, 429, "Retry-After: 0"), http({}, 503, "Retry-After: 0")])
    code, said, asked = run(tmp_path, lambda request: next(busy, http({})))
    assert (code, said, len(asked)) == (0, "a: replaced\n", 4)


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n{", b"hello\r\n\r\n", http(b"no json")]
)
def test_an_answer_that_is_none_ends_in_one_line(answer: bytes, tmp_path: Path) -> None:
    code, said, _ = run(tmp_path, lambda request: answer)
    assert (code, len(said.splitlines())) in {(0, 1), (1, 1)}


def test_the_token_goes_nowhere_else(tmp_path: Path) -> None:
    with serving(lambda request: http({})) as (elsewhere, stolen):
        code, said, _ = run(tmp_path, lambda request: http({}, 302, f"Location: {elsewhere}/x"))
    assert (code, stolen) == (1, [])
    assert said.startswith("a: refused (302)")
    code, said, _ = run(tmp_path, lambda request: http({}), graph="http://graph.example.com/beta")
    assert (code, "https://" in said) == (2, True)


@pytest.mark.parametrize("rule", [[], {}, "x", {"id": 5}])
def test_what_is_no_rule_is_told(rule: object, tmp_path: Path) -> None:
    code, said, _ = run(tmp_path, lambda request: http({}), rule=rule)
    assert (code, said.startswith("a: not put:")) == (1, True)
