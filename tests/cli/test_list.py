"""`casetrail list`, end to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casetrail.check.lints import catalogue
from casetrail.pack.pack import Pack
from casetrail.pack.rules import Rule
from tests.cli.ways import ROOT, RULE, run, shell, small_pack

PACK = Pack.load(ROOT)
OTHER = "3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b12"
KINDS = (["rules"], ["sources"], ["fields", "okta/okta"], ["watchlists"], ["lints"])


@pytest.mark.parametrize("what", KINDS, ids=lambda what: what[0])
def test_the_table_and_the_json_hold_the_same(what: list[str]) -> None:
    table, rows = run("list", *what, pack=ROOT), json.loads(run("list", *what, "--json", pack=ROOT).stdout)
    assert table.exit_code == 0
    head, *lines = table.stdout.splitlines()
    assert head.split() == list(rows[0])
    assert [line.split()[0] for line in lines] == [str(next(iter(row.values()))) for row in rows]
    assert all(line == line.rstrip() for line in lines)
    assert "\x1b" not in table.stdout


def test_it_lists_what_is_there() -> None:
    def first(*what: str) -> list[str]:
        return [next(iter(row.values())) for row in json.loads(run("list", *what, "--json", pack=ROOT).stdout)]

    assert first("rules") == first() == [rule.name for rule in PACK.rules.values() if rule.alone]
    assert first("sources") == list(PACK.contracts)
    assert first("watchlists") == list(PACK.watchlists)
    assert first("fields", "okta/okta") == [field.path for field in PACK.contracts["okta/okta"].fields.values()]
    assert first("lints") == [lint.code for lint in catalogue().values()]


def test_the_options_choose_among_the_rules() -> None:
    rows = json.loads(run("list", "--product", "okta", "--level", "high", "--json", pack=ROOT).stdout)
    assert rows
    assert {row["level"] for row in rows} == {"high"}
    assert {row["rule"].partition("_")[0] for row in rows} <= {"okta", "cross"}


def names(*options: str) -> set[str]:
    return {row["rule"] for row in json.loads(run("list", *options, "--json", pack=ROOT).stdout)}


def alone() -> list[Rule]:
    return [rule for rule in PACK.rules.values() if rule.alone]


def test_each_option_chooses_what_it_says() -> None:
    assert names("--story", "files") == {rule.name for rule in alone() if rule.own["story"] == "files"}
    assert names("--level", "critical") == {rule.name for rule in alone() if rule.level == "critical"}
    chrome = {rule.name for rule in alone() if rule.name.startswith("chrome_")}
    assert chrome <= names("--product", "google_workspace") == names("--product", "gcp")
    assert not chrome & names("--product", "salesforce")
    assert any(name.startswith("cross_") for name in names("--product", "salesforce") & names("--product", "okta"))


def test_a_tag_stands_for_its_sub_techniques_and_needs_no_prefix() -> None:
    def tagged(*tags: str) -> set[str]:
        return {rule.name for rule in alone() if {str(tag) for tag in rule.sigma.tags or []} & set(tags)}

    assert names("--tag", "attack.t1550.004") == names("--tag", "T1550.004") == tagged("attack.t1550.004")
    assert names("--tag", "t1550") == tagged("attack.t1550", "attack.t1550.001", "attack.t1550.004")
    assert names("--tag", "t15") == set()


def test_a_target_holds_what_it_does_not_refuse(tmp_path: Path) -> None:
    refused = {"kind": {"eventType": "user.session.start", "authenticationContext.rootSessionId": "x"}, "condition": "kind"}
    rules = {"held": {**RULE, "name": "held"}, "refused": {**RULE, "name": "refused", "detection": refused, "id": OTHER}}
    pack = small_pack(tmp_path / "pack", rules, cases=None)
    rows = json.loads(run("list", "--target", "sentinel", "--json", pack=pack).stdout)
    assert [row["rule"] for row in rows] == ["held"]
    assert len(json.loads(run("list", "--target", "splunk", "--json", pack=pack).stdout)) == 2


def test_options_go_together_and_none_may_be_left() -> None:
    assert names("--story", "files", "--level", "critical") == set()
    assert run("list", "--story", "files", "--level", "critical", pack=ROOT).stdout == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["sources", "--level", "high"], "the options choose among rules, not sources"),
        (["--level", "hihg"], "'hihg' is not one of"),
        (["--story", "filez"], "no rule is of the story filez; there are across, "),
        (["--product", "windows"], "no rule is of the product windows; there are "),
        (["fields"], "name the source of the fields"),
        (["rules", "okta/okta"], "name the source of the fields"),
        (["fields", "okta/octa"], "no log source definition for okta/octa; there are"),
        (["everything"], "'everything' is not one of"),
        (["--target", "elastik"], "no target is named elastik"),
    ],
)
def test_what_is_not_there_is_named(words: list[str], told: str) -> None:
    result = run("list", *words, pack=ROOT)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_a_title_cannot_steer_the_terminal(tmp_path: Path) -> None:
    pack = small_pack(tmp_path / "pack", {"example": {**RULE, "title": "A\x1b]0;owned\x07 title\r\nhigh"}})
    result = run("list", pack=pack, color=True)
    assert len(result.stdout.splitlines()) == 2
    assert "\\x1b]0;owned\\x07" in result.stdout
    assert "\x1b" not in result.stdout


def test_without_a_pack_it_lists_the_shipped_one(tmp_path: Path) -> None:
    result = shell("list", "watchlists", "--json", cwd=tmp_path)
    assert [row["watchlist"] for row in json.loads(result.stdout)] == list(PACK.watchlists)
