"""`casetrail new`: a rule and its cases, and a test that says what is still to be filled in."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from casetrail.pack.pack import Pack
from tests.cli.ways import ROOT, run, small_pack, tree

SOURCES = list(Pack.load(ROOT).contracts)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return small_pack(tmp_path / "pack")


@pytest.mark.parametrize("source", SOURCES)
def test_it_leaves_a_rule_and_cases_and_a_test_that_says_what_to_fill_in(source: str, pack: Path) -> None:
    result = run("new", "my_rule", "--source", source, "--title", 'A "quoted" title: and more', "--level", "high", pack=pack)
    assert result.exit_code == 0, result.output
    rule, cases = (Path(line.removeprefix("wrote ")) for line in result.stdout.splitlines()[:2])
    document = yaml.safe_load(rule.read_text("utf-8"))
    assert (document["name"], document["level"], document["title"]) == ("my_rule", "high", 'A "quoted" title: and more')
    assert yaml.safe_load(cases.read_text("utf-8"))["rule"] == "my_rule"
    failing = run("test", "my_rule", pack=pack)
    assert failing.exit_code in (1, 2)
    assert "FILL-IN" in failing.output
    assert str(cases) in failing.output
    check = run("check", rule, cases, pack=pack)
    assert check.exit_code == 1
    told = [line for line in check.stdout.splitlines() if "is still to be filled in" in line]
    left = sum(
        text.count("FILL") for path in (rule, cases) for text in path.read_text("utf-8").splitlines() if "#" not in text
    )
    assert len(told) == left > 10


@pytest.mark.parametrize("source", SOURCES)
def test_it_writes_beside_the_rules_and_events_of_the_same_product(source: str, pack: Path) -> None:
    run("new", "my_rule", "--source", source, pack=pack)
    (written,) = pack.glob("rules/*/my_rule.yml")
    assert (ROOT / "rules" / written.parent.name).is_dir()
    events = (ROOT / "fixtures" / "events" / written.parent.name).glob("*.yml")
    assert source in {yaml.safe_load(path.read_text("utf-8"))["source"] for path in events}


def test_once_filled_in_the_test_passes(pack: Path) -> None:
    run("new", "my_rule", "--source", "okta/okta", pack=pack)
    rule, cases = pack / "rules" / "okta" / "my_rule.yml", pack / "fixtures" / "okta" / "my_rule.yml"
    rule.write_text(rule.read_text().replace("eventType: FILL-IN", "eventType: user.session.start"))
    filled = (
        cases.read_text().replace("FILL-IN/event", "okta/user_session_start").replace("FILL-IN-TOO", "user.session.start")
    )
    cases.write_text(filled)
    failing = run("test", "my_rule", pack=pack)
    assert failing.exit_code == 1
    assert "+ b matches and shouldn't" in failing.stdout
    head, miss = filled.split("completes: []")
    cases.write_text(f"{head}completes: []{miss.replace('okta/user_session_start', 'okta/user_lifecycle_create')}")
    assert run("test", "my_rule", pack=pack).exit_code == 0


def test_it_asks_for_what_is_not_given(pack: Path) -> None:
    result = run("new", pack=pack, stdin="asked_for\nokta/okta\n")
    assert result.exit_code == 0, result.output
    assert (pack / "rules" / "okta" / "asked_for.yml").is_file()


def test_it_stops_without_a_trace_when_nobody_answers(pack: Path) -> None:
    before = tree(pack)
    assert run("new", pack=pack, stdin="").exit_code != 0
    assert tree(pack) == before


@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        ("../../evil", "okta/okta", "is no rule name"),
        ("Upper", "okta/okta", "is no rule name"),
        ("naïve", "okta/okta", "is no rule name"),
        ("", "okta/okta", None),
        ("fine", "okta/octa", "no log source definition for okta/octa"),
        ("example", "okta/okta", "already there"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(name: str, source: str, words: str | None, pack: Path) -> None:
    before = tree(pack)
    result = run("new", name, "--source", source, pack=pack, stdin="")
    assert result.exit_code != 0
    assert words is None or words in result.output
    assert tree(pack) == before


def test_a_rule_without_its_cases_is_not_left_behind(pack: Path) -> None:
    (pack / "fixtures" / "okta" / "half.yml").write_text("rule: half\ncases: []\n")
    before = tree(pack)
    assert run("new", "half", "--source", "okta/okta", pack=pack).exit_code == 2
    assert tree(pack) == before


def test_where_there_is_no_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("new", "my_rule", "--source", "okta/okta")
    assert result.exit_code == 2
    assert "is no pack" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["count", "values", "sequence", "together", "absence", "first-seen"])
def test_a_rule_on_several_events_comes_with_what_it_refers_to(kind: str, pack: Path) -> None:
    result = run("new", "my_rule", "--source", "okta/okta", "--type", kind, pack=pack)
    assert result.exit_code == 0, result.output
    for path in (pack / "rules" / "okta").glob("my_rule*.yml"):
        text = path.read_text("utf-8")
        path.write_text(
            text.replace("eventType: FILL-IN", "eventType: user.session.start").replace("field: FILL-IN", "field: actor.id")
        )
    rules = Pack.load(pack).rules
    assert rules["my_rule"].plan is not None, rules["my_rule"].problems
    assert [name for name in rules if name.startswith("my_rule_") and rules[name].alone] == []
