"""`casetrail list`, end to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casetrail.pack.lints import catalogue
from casetrail.pack.pack import Pack
from tests.cli.ways import ROOT, RULE, run, shell, small_pack

PACK = Pack.load(ROOT)
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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["fields"], "name the source of the fields"),
        (["rules", "okta/okta"], "name the source of the fields"),
        (["fields", "okta/octa"], "no contract for okta/octa; there are"),
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
