"""`casetrail explain`, end to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.ways import ROOT, RULE, okta, run, shell, small_pack

UNSEEN = {"\x1b", "\x07", "\r", "\x9b", "\u202e"}


def test_it_says_what_a_rule_means_in_words() -> None:
    result = shell("--pack", ROOT, "explain", "okta_session_two_networks", "--target", "elastic")
    assert (result.returncode, result.stderr.startswith(b"pack: shipped")) == (0, True)
    text = result.stdout.decode()
    assert text.startswith("Okta session")
    assert "\nfields\n" in text
    assert "query for elastic\n\nFROM logs-okta.system-*" in text


def test_the_json_says_the_same() -> None:
    told = json.loads(run("explain", "okta_session_two_networks", "--target", "elastic", "--json", pack=ROOT).stdout)
    assert (told["rule"], told["problems"]) == ("okta_session_two_networks", [])
    assert told["query"].startswith("FROM logs-okta.system-*")
    assert told["window"]
    assert {field["type"] for field in told["fields"]} <= {"text", "integer", "number", "boolean", "address", "time"}


def test_an_event_shows_which_tests_hold(tmp_path: Path) -> None:
    pack = small_pack(tmp_path / "pack")
    rows = [okta("a"), okta("b", kind="user.session.end")]
    (tmp_path / "event.json").write_text(json.dumps({"data": {"events": rows}}))
    result = run("explain", "example", "--event", tmp_path / "event.json", pack=pack)
    assert result.exit_code == 0
    assert "event a of okta/okta" in result.stdout
    assert "event b of okta/okta" in result.stdout
    whole, missed = json.loads(run("explain", "example", "--event", tmp_path / "event.json", "--json", pack=pack).stdout)[
        "events"
    ]
    assert whole[1:] != missed[1:]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["okta_session_two_network"], "did you mean okta_session_two_networks"),
        (["okta_session_two_networks", "--target", "elastik"], "no target is named elastik"),
        (["okta_session_two_networks", "--event", "/no/such/file"], "/no/such/file"),
        (["okta_session_two_networks", "--event", str(ROOT)], str(ROOT)),
        (["okta_session_two_networks", "--event", str(ROOT / "Makefile")], "Makefile"),
        (["okta_session_two_networks", "--event", str(ROOT / ".vscode")], ".vscode"),
        ([], "Missing argument 'RULE'"),
    ],
)
def test_what_cannot_be_explained_is_said_in_a_line(words: list[str], told: str) -> None:
    result = shell("--pack", ROOT, "explain", *words)
    assert (result.returncode, result.stdout) == (2, b"")
    assert told in result.stderr.decode()
    assert b"Traceback" not in result.stderr


def test_a_rule_without_meaning_says_why(tmp_path: Path) -> None:
    rule = {**RULE, "detection": {"selection": {"eventTyp": "x"}, "condition": "selection"}}
    result = run("explain", "example", pack=small_pack(tmp_path / "pack", {"example": rule}))
    assert result.exit_code == 2
    assert "can't be compiled: eventTyp is no field of okta/okta; did you mean eventType" in result.stderr


def test_neither_rule_nor_event_can_steer_the_terminal(tmp_path: Path) -> None:
    evil = "\x1b]0;x\x07\r\x9b2J\u202e"
    detection = {"selection": {"displayMessage": evil}, "condition": "selection"}
    pack = small_pack(tmp_path / "pack", {"example": {**RULE, "title": evil, "detection": detection}})
    (tmp_path / "event.json").write_text(json.dumps(okta(f"a{evil}", displayMessage=f"x{evil}")))
    words: list[str | Path] = ["explain", "example", "--event", tmp_path / "event.json"]
    result = run(*words, pack=pack, color=True)
    assert result.exit_code == 0
    assert result.stdout.count("\\x1b]0;x\\x07") >= 3
    assert not UNSEEN & set(result.stdout)
    printed = run(*words, "--json", pack=pack).stdout
    assert not UNSEEN & set(printed)
    assert json.loads(printed)["title"] == evil
    refused = run(*words, "--target", "elastic", pack=pack, color=True)
    assert (refused.exit_code, "holds a control character, which ES|QL can't write" in refused.stderr) == (2, True)
    assert not UNSEEN & set(refused.stderr)
