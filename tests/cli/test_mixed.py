"""A repository of mixed rules: what can be compiled is, and the rest is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.ways import okta, put, run

ID = "6b1f6d1e-0a52-4f9e-9d5a-2f1f0f3f5c{:02d}"


def rule(number: int, title: str, **more: Any) -> dict[str, Any]:
    """A rule as public ones are: an id, no name."""
    plain = {
        "title": title,
        "id": ID.format(number),
        "status": "test",
        "author": "Somebody Else",
        "license": "DRL-1.1",
        "tags": ["attack.persistence", "attack.defense-evasion", "attack.t1098", "attack.g0016"],
        "logsource": {"product": "okta", "service": "okta"},
        "detection": {"selection": {"eventType": "user.session.start"}, "condition": "selection"},
        "level": "medium",
    }
    return {**plain, **more}


def counting(of: str) -> dict[str, Any]:
    return {
        "type": "event_count",
        "rules": [of],
        "group-by": ["actor.alternateId"],
        "timespan": "1h",
        "condition": {"gte": 2},
    }


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A rule that is right, one of a log that nobody knows, one that is broken, one given up, and a correlation by id."""
    rules = tmp_path / "acme" / "rules"
    rules.mkdir(parents=True)
    put(
        rules / "signed_in.yml",
        rule(1, "Somebody signed in", detection={"s": {"eventType": "user.session.start"}, "condition": "s"}),
    )
    put(rules / "trail.yml", rule(2, "A trail was stopped", logsource={"product": "aws", "service": "cloudtrail"}))
    put(
        rules / "broken.yml",
        rule(3, "Broken", detection={"selection": {"eventType|contain": "x"}, "condition": "selection"}),
    )
    put(rules / "old.yml", rule(4, "Given up", status="deprecated"))
    put(
        rules / "token.yml",
        rule(5, "A token was made", detection={"s": {"eventType": "system.api_token.create"}, "condition": "s"}),
    )
    many = rule(6, "Many sign-ins", correlation=counting(ID.format(1)))
    put(rules / "many.yaml", {key: value for key, value in many.items() if key not in ("logsource", "detection")})
    monkeypatch.chdir(tmp_path / "acme")
    return tmp_path / "acme"


def test_the_rest_is_built_and_what_is_left_out_is_named(repo: Path) -> None:
    built = run("build", "-o", "dist")
    assert built.exit_code == 0, built.output
    assert "left out: rules/broken.yml:" in built.stderr
    assert "index assumed for 1 log: aws/cloudtrail" in built.stderr
    assert "old: its status is deprecated" in built.stderr
    manifest = json.loads((repo / "dist" / "manifest.json").read_bytes())
    assert {row["rule"] for row in manifest["left_out"]} == {"broken", "old"}
    assert {row["rule"] for row in manifest["rules"]} == {"many", "token", "trail"}
    strict = run("build", "--strict", "-o", "other")
    assert (strict.exit_code, (repo / "other").exists()) == (2, False)


def test_a_siem_shows_titles_and_the_rule_s_own_licence_and_author(repo: Path) -> None:
    assert run("build", "-o", "dist").exit_code == 0
    lines = (repo / "dist" / "elastic" / "detection-rules.ndjson").read_text().splitlines()
    rules = {one["name"]: one for one in map(json.loads, lines) if "rule_id" in one}
    assert set(rules) == {"Many sign-ins", "A token was made", "A trail was stopped"}
    token = rules["A token was made"]
    assert (token["license"], token["author"], token["rule_id"]) == ("DRL-1.1", ["Somebody Else"], ID.format(5))
    assert "acme" in token["tags"]
    assert "casetrail" not in token["tags"]
    assert {one["tactic"]["name"] for one in token["threat"]} == {"Persistence", "Stealth", "Defense Impairment"}
    saved = (repo / "dist" / "splunk" / "acme" / "default" / "savedsearches.conf").read_text()
    assert "[acme - A token was made (token)]" in saved
    assert "Author: Somebody Else. Licence: DRL-1.1." in saved
    monitor = json.loads((repo / "dist" / "opensearch" / "monitors" / "token.json").read_bytes())
    assert monitor["ui_metadata"]["casetrail"] == {
        "description": "A token was made",
        "author": "Somebody Else",
        "license": "DRL-1.1",
    }


def test_the_settings_name_the_package(repo: Path) -> None:
    told = {"id": "acme_rules", "name": "Acme rules", "author": "Acme", "version": "1.4.0", "license": "MIT", "tag": "blue"}
    put(repo / "casetrail.yml", {"package": told, "targets": ["splunk", "elastic"]})
    assert run("build", "-o", "dist").exit_code == 0
    assert {path.name for path in (repo / "dist").iterdir()} == {"splunk", "elastic", "manifest.json"}
    conf = (repo / "dist" / "splunk" / "acme_rules" / "default" / "app.conf").read_text()
    assert "version = 1.4.0" in conf
    assert "label = Acme rules" in conf
    assert (repo / "dist" / "splunk" / "acme_rules-1.4.0.tgz").is_file()


def test_run_goes_on_and_exits_1(repo: Path) -> None:
    result = run("run", "-o", "dist")
    assert result.exit_code == 1
    assert (repo / "dist" / "manifest.json").is_file()
    (repo / "rules" / "broken.yml").unlink()
    assert run("run", "-o", "dist").exit_code == 0


def test_a_hunt_goes_on_and_names_what_it_did_not_ask(repo: Path) -> None:
    rows = [okta("a", 0), okta("b", 1), okta("c", 2, "system.api_token.create")]
    (repo / "log.ndjson").write_text("".join(json.dumps({**row, "actor": {"alternateId": "u"}}) + "\n" for row in rows))
    result = run("hunt", "log.ndjson", "--json")
    assert result.exit_code == 0, result.output
    assert {json.loads(line)["rule"] for line in result.stdout.splitlines()} == {"many", "token", "old"}
    assert "not asked: broken" in result.stderr


def test_a_rule_is_known_by_its_file_its_title_its_id_and_its_path(repo: Path) -> None:
    told = run("explain", "token").stdout
    for name in ("A token was made", ID.format(5), "rules/token.yml", "token.yml"):
        assert run("explain", name).stdout == told, name
    wrong = run("explain", "tokn")
    assert (wrong.exit_code, "did you mean token" in wrong.stderr) == (2, True)


def test_two_rules_of_one_id_or_name_are_an_error_that_names_both(repo: Path) -> None:
    put(repo / "rules" / "twin.yml", rule(5, "A twin"))
    result = run("check")
    assert "rules/twin.yml:2:1 CT008" in result.stdout
    assert "the rule in rules/token.yml:2 as well" in result.stdout


def test_a_repository_without_cases_passes_its_test_with_a_word(repo: Path) -> None:
    result = run("test")
    assert (result.exit_code, "no cases are there to run" in result.stderr) == (0, True)
    assert run("test", "--require-cases", "1").exit_code == 2
    assert run("prove", "--engine", "duckdb").exit_code == 0
