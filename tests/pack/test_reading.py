"""A pack is read once, and its reading says what is wrong and where."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from casetrail.check.check import check
from casetrail.pack.files import Files
from casetrail.pack.pack import Pack
from casetrail.pack.reading import read_pack
from casetrail.reading.yaml import read
from casetrail.sigma.lower import lower_rule
from tests.cli.ways import ROOT, RULE, put, small_pack

CORRELATION = {name: value for name, value in RULE.items() if name not in ("logsource", "detection")} | {
    "name": "many",
    "id": "3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b13",
    "correlation": {
        "type": "event_count",
        "rules": ["example"],
        "group-by": ["actor.alternateId"],
        "timespan": "5m",
        "condition": {"gte": 2},
    },
}
FILTER = {
    "title": "Quiet",
    "logsource": RULE["logsource"],
    "filter": {"rules": ["example"], "selection": {"actor.alternateId": "a"}, "condition": "not selection"},
}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return small_pack(tmp_path / "pack")


def rules(pack: Path) -> Path:
    return pack / "rules" / "okta"


def test_a_check_reads_each_file_once(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = Counter[Path]()

    def counted(path: Path) -> Any:
        counts[path] += 1
        return read(path)

    monkeypatch.setattr("casetrail.pack.files.read", counted)
    check(pack)
    assert set(counts) >= set((pack / "rules").rglob("*.yml")) | set((pack / "fixtures").rglob("*.yml"))
    assert set(counts.values()) == {1}


def test_a_rule_is_lowered_once_for_itself_and_all_that_are_built_on_it(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(rules(pack) / "many.yml", CORRELATION)
    counts = Counter[str]()

    def counted(rule: Any, world: Any) -> Any:
        counts[rule.name] += 1
        return lower_rule(rule, world)

    monkeypatch.setattr("casetrail.sigma.correlate.lower_rule", counted)
    loaded = Pack.load(pack)
    assert len(loaded.rules.plans()) == 1
    loaded.require_meaning()
    assert counts["example"] == 1


def test_other_watchlists_need_no_new_reading_of_the_rules() -> None:
    pack = Pack.load(ROOT)
    other = pack.with_watchlists({"service_accounts": ("a",)})
    assert all(one is same for one, same in zip(pack.sources.written, other.sources.written, strict=True))


@pytest.mark.parametrize(
    ("name", "text", "line"), [("rules/okta/example.yml", "title: [a\n", 2), ("watchlists/service_accounts.csv", "a\n", 1)]
)
def test_a_fault_is_told_once_and_where_it_is(pack: Path, name: str, text: str, line: int) -> None:
    (pack / name).write_text(text)
    (finding,) = (one for one in check(pack) if one.severity == "error")
    assert (finding.path, finding.line) == (pack / name, line)


def test_all_faults_are_in_the_reading_and_the_pack_is_what_is_left(pack: Path) -> None:
    (rules(pack) / "a.yml").write_text("- a\n")
    (rules(pack) / "b.yml").write_text("title: [a\n")
    reading = read_pack(pack, Files())
    assert [(fault.path.name, fault.lint) for fault in reading.faults] == [("a.yml", "schema"), ("b.yml", "yaml")]
    assert rules(pack) / "example.yml" in reading.sources
    loaded = Pack.load(pack)
    assert [fault.path.name for fault in loaded.unread] == ["a.yml", "b.yml"]
    assert "example" in loaded.rules


def test_each_correlation_whose_base_is_nowhere_is_told_at_the_name(pack: Path) -> None:
    for number, name in enumerate(("one", "two")):
        document = {**CORRELATION, "name": name, "id": f"3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b2{number}"}
        put(rules(pack) / f"{name}.yml", {**document, "correlation": {**document["correlation"], "rules": ["gone"]}})
    found = [one for one in check(pack) if one.code == "CT004"]
    assert [one.path.stem for one in found] == ["one", "two"]
    for one in found:
        assert one.path.read_text().split("\n")[one.line - 1].strip() == "- gone"


def test_a_filter_changes_the_rule_and_not_its_document(pack: Path) -> None:
    detection = {**RULE["detection"], "condition": ["selection", "selection"]}
    put(rules(pack) / "example.yml", {**RULE, "detection": detection})
    before = Pack.load(pack)
    bare = before.rules["example"].plan
    put(rules(pack) / "quiet.yml", FILTER)
    after = Pack.load(pack)
    assert after.rules["example"].plan != bare
    assert after.rules["example"].meta == before.rules["example"].meta
