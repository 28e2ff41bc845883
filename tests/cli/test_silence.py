"""What can't be done is said: no rule is left out, no list unread and nothing called sound in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.ways import ROOT, RULE, run, small_pack

LOG = ROOT / "examples" / "okta.ndjson"
MISSPELT = {**RULE, "detection": {"selection": {"evntType": "user.session.start"}, "condition": "selection"}}


def test_a_hunt_names_the_rules_that_it_could_not_ask(tmp_path: Path) -> None:
    pack = small_pack(tmp_path, {"example": MISSPELT}, cases=None)
    result = run("hunt", LOG, pack=pack)
    assert result.exit_code == 2
    assert "not asked: example: evntType is no field of okta/okta; did you mean eventType" in result.stderr


def test_a_hunt_leaves_rules_on_other_logs_alone(tmp_path: Path) -> None:
    other = {**RULE, "logsource": {"product": "windows", "category": "process_creation"}}
    assert run("hunt", LOG, pack=small_pack(tmp_path, {"example": other}, cases=None)).exit_code == 0


def test_a_replay_asks_every_rule_or_stops(tmp_path: Path) -> None:
    pack = small_pack(tmp_path, {"example": MISSPELT}, cases=None)
    result = run("replay", "okta-2023", pack=pack)
    assert (result.exit_code, "evntType is no field" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("command", "told"), [("test", "no rules are there"), ("build", "no rules are there"), ("run", "no rules are there")]
)
def test_nothing_is_not_sound(command: str, told: str, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    more: list[str | Path] = [] if command == "test" else ["-o", tmp_path / "out"]
    result = run(command, *more, pack=empty)
    assert (result.exit_code, told in result.stderr) == (2, True)
    assert not (tmp_path / "out").exists()


def test_a_folder_without_logs_is_not_a_quiet_one(tmp_path: Path) -> None:
    result = run("hunt", small_pack(tmp_path / "pack") / "fixtures", pack=tmp_path / "pack")
    assert (result.exit_code, "no log files" in result.stderr) == (0, False)
    (tmp_path / "logs").mkdir()
    result = run("hunt", tmp_path / "logs", pack=tmp_path / "pack")
    assert (result.exit_code, "no log files" in result.stderr) == (2, True)


def test_what_new_left_is_not_built(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    assert run("new", "okta_at_night", "--source", "okta/okta", pack=pack).exit_code == 0
    result = run("build", "-o", tmp_path / "out", "--target", "splunk", pack=pack)
    assert (result.exit_code, "okta_at_night: fill in what `casetrail new` left" in result.stderr) == (0, True)
    assert not list((tmp_path / "out").rglob("okta_at_night*"))


def test_check_reads_the_lists_that_it_is_given(tmp_path: Path) -> None:
    pack, mine = small_pack(tmp_path / "pack"), tmp_path / "mine"
    mine.mkdir()
    (mine / "corporate_networks.csv").write_text("value,note\n10.0.0.0/33,ours\n")
    found = run("--watchlists", mine, "check", pack=pack)
    assert (found.exit_code, f"{mine / 'corporate_networks.csv'}:2:1 CT111" in found.stdout) == (1, True)
    (mine / "corporate_networks.csv").rename(mine / "corporate_netwrks.csv")
    strange = run("--watchlists", mine, "check", pack=pack)
    assert (strange.exit_code, "no watchlist of the pack is named so" in strange.stdout) == (1, True)
    assert run("--watchlists", tmp_path / "nowhere", "check", pack=pack).exit_code == 2
