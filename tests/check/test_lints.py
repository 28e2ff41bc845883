"""Every lint of the catalogue is raised by its own wrong example and not by its right one."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from casetrail.check.check import check
from casetrail.check.lints import catalogue, page
from casetrail.pack.files import documents
from tests.cli.ways import run

ROOT = Path(__file__).parents[2]
PLAIN: dict[str, Any] = {
    "title": "Example",
    "id": "3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b11",
    "name": "example",
    "status": "experimental",
    "description": "Somebody signed in, and it matters since nobody should.",
    "references": ["https://example.com/a"],
    "logsource": {"product": "okta", "service": "okta"},
    "detection": {"selection": {"eventType": "user.session.start"}, "condition": "selection"},
    "falsepositives": ["A help desk."],
    "level": "low",
    "casetrail": {"version": 1, "story": "session-replay", "next_steps": ["Call.", "Revoke.", "Search."]},
}
TODAY = date(2026, 1, 15)
CASES = """
rule: example
cases:
  - name: hit
    completes: [a]
    events: [{id: a, from: okta/user_session_start}]
  - name: miss
    completes: []
    events: [{id: b, from: okta/user_lifecycle_create}]
"""

COUNTED = """
correlation:
  type: event_count
  rules: [base_one]
  group-by: [actor.id]
  timespan: 5m
  condition: {gte: 5}
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of one plain rule with its cases, and nothing wrong."""
    for name in ("logsources", "watchlists", "backends"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "fixtures" / "events", tmp_path / "fixtures" / "events")
    shutil.copy(ROOT / "casetrail.yml", tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "fixtures" / "rules").mkdir()
    write(tmp_path, "rules/example.yml", PLAIN)
    (tmp_path / "fixtures" / "rules" / "example.yml").write_text(CASES)
    return tmp_path


def write(pack: Path, name: str, document: dict[str, Any] | str) -> None:
    text = document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False)
    (pack / name).write_text(text, "utf-8")


def put(pack: Path, where: str, example: str) -> None:
    """Put an example into the pack in the way that the catalogue says."""
    match where:
        case "file":
            write(pack, "rules/other.yml", example)
        case "rule":
            rest = {name: value for name, value in PLAIN.items() if f"\n{name}:" not in f"\n{example}"}
            write(pack, "rules/example.yml", yaml.safe_dump(rest, sort_keys=False) + example)
        case "watchlist":
            write(pack, "watchlists/corporate_networks.csv", example)
        case "watchlist-index":
            kept = yaml.safe_load((ROOT / "watchlists" / "watchlists.yml").read_text("utf-8"))
            write(pack, "watchlists/watchlists.yml", {**kept, **yaml.safe_load(example)})
            write(pack, "watchlists/corporate_networks.csv", "value\n192.0.2.0/24\n")
        case "cases":
            file = pack / "fixtures" / "rules" / "example.yml"
            file.unlink(missing_ok=True)
            if example.strip():
                file.write_text(example if example.startswith("rule:") else f"rule: example\n{example}")
        case "lock":
            if not (pack / "rules.lock").is_file():
                assert run("lock", pack=pack).exit_code == 0
            put(pack, "rule", example)
        case "unread":
            if example.strip():
                write(pack, "rules/other.json", example)
            else:
                (pack / "rules" / "other.json").unlink()
        case "settings":
            write(pack, "casetrail.yml", example)
        case "overlay":
            overlaid(pack, example, "{}\n")
        case "threshold":
            put(pack, "correlation", COUNTED)
            overlaid(pack, "", example)
        case "correlation" | "filter":
            for number, name in enumerate(("base_one", "base_two", "base_broken")):
                field = "no.such.field" if name == "base_broken" else "eventType"
                detection = {"selection": {field: "user.session.start"}, "condition": "selection"}
                write(
                    pack,
                    f"rules/{name}.yml",
                    {**PLAIN, "name": name, "id": f"3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b2{number}", "detection": detection},
                )
            holder = {name: value for name, value in PLAIN.items() if name not in ("logsource", "detection")}
            if where == "filter":
                holder = {"title": "F", "id": "3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b33", "logsource": PLAIN["logsource"]}
            write(pack, "rules/example.yml", yaml.safe_dump(holder, sort_keys=False) + example)


def overlaid(pack: Path, settings: str, thresholds: str) -> None:
    folder = pack / "overlay"
    folder.mkdir(exist_ok=True)
    (folder / "casetrail.yml").write_text(settings)
    (folder / "thresholds.yml").write_text(thresholds)


def examples() -> list[Any]:
    document = yaml.safe_load((ROOT / "src" / "casetrail" / "check" / "lints.yml").read_text("utf-8"))
    return [pytest.param(code, facts, id=facts["name"]) for code, facts in document.items()]


def codes(pack: Path) -> set[str]:
    overlay = pack / "overlay"
    return {finding.code for finding in check(pack, TODAY, overlay=overlay if overlay.is_dir() else None)}


def test_a_plain_pack_has_no_fault(pack: Path) -> None:
    assert check(pack) == []


@pytest.mark.parametrize(("code", "facts"), examples())
def test_the_wrong_example_has_the_lint_and_the_right_one_has_not(pack: Path, code: str, facts: dict[str, str]) -> None:
    where = facts["where"]
    if "rule" in facts:
        put(pack, where, facts["rule"])
        where, facts = "cases", {name: f"cases:\n{facts[name]}" for name in ("wrong", "right")}
    put(pack, where, facts["wrong"])
    assert code in codes(pack)
    put(pack, where, facts["right"])
    assert code not in codes(pack)


def ending(pack: Path, ends: object, values: str = "192.0.2.0/24\n", today: date | None = TODAY) -> list[tuple[str, str]]:
    """What is found of a watchlist that expires on a day, with the name of the file that it is found in."""
    index = yaml.safe_load((ROOT / "watchlists" / "watchlists.yml").read_text("utf-8"))
    index["corporate_networks"]["expires"] = ends
    write(pack, "watchlists/watchlists.yml", index)
    write(pack, "watchlists/corporate_networks.csv", f"value\n{values}")
    return [(finding.code, finding.path.name) for finding in check(pack, today=today)]


def test_a_watchlist_expires_after_its_last_day_if_it_holds_anything(pack: Path) -> None:
    assert ending(pack, "2026-01-15") == []
    assert ending(pack, "2026-01-14") == [("CT112", "watchlists.yml")]
    assert ending(pack, date(2026, 1, 14)) == [("CT112", "watchlists.yml")]
    assert ending(pack, "2026-01-14", values="") == []
    assert ending(pack, "2026-01-14", today=None) == []
    assert ending(pack, "2026-02-30") == [("CT111", "watchlists.yml")]
    assert ending(pack, "next year") == [("CT003", "watchlists.yml")]


def test_the_addresses_of_2023_expire(pack: Path) -> None:
    (index,) = documents(pack / "watchlists" / "watchlists.yml")
    ends = date.fromisoformat(str(index["incident_2023_addresses"]["expires"]))
    assert [finding.code for finding in check(pack, today=ends)] == []
    (finding,) = check(pack, today=ends + timedelta(days=1))
    assert (finding.code, finding.severity) == ("CT112", "warning")
    assert "incident_2023_addresses has expired on" in finding.message


def test_the_page_is_current() -> None:
    assert (ROOT / "docs" / "lints.md").read_text("utf-8") == page(), "run `make docs`"


def test_codes_and_names_are_unique() -> None:
    lints = list(catalogue().values())
    assert len({lint.code for lint in lints}) == len(lints)


def test_a_misspelt_field_gives_line_and_right_name(pack: Path) -> None:
    put(
        pack,
        "rule",
        "detection:\n  selection:\n    eventType: user.session.start\n    actor.alternatId: a\n  condition: selection\n",
    )
    (finding,) = [finding for finding in check(pack) if finding.code == "CT102"]
    lines = (pack / "rules" / "example.yml").read_text().split("\n")
    assert lines[finding.line - 1].strip() == "actor.alternatId: a"
    assert "did you mean actor.alternateId" in finding.message


NASTY = {
    "bomb.yml": "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
    "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
    "list.yml": "- a\n- b\n",
    "scalar.yml": "just text\n",
    "empty.yml": "",
    "tab.yml": "title:\n\t- x\n",
    "self.yml": "title: &x [*x]\n",
    "object.yml": "title: !!python/object/apply:os.system ['true']\n",
    "keys.yml": "? [a, b]\n: c\n",
}


@pytest.mark.parametrize("name", list(NASTY))
def test_a_foreign_folder_gives_findings_and_no_traceback(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.yml").mkdir()
    (tmp_path / "latin.yml").write_bytes(b"title: caf\xe9\n")
    write(tmp_path, name, NASTY[name])
    rule = {name: value for name, value in PLAIN.items() if name in ("title", "detection", "level")}
    write(tmp_path, "windows.yml", {**rule, "logsource": {"product": "windows", "category": "process_creation"}})
    found = {(finding.path.name, finding.code) for finding in check(tmp_path)}
    assert ("latin.yml", "CT001") in found
    assert ("folder.yml", "CT001") in found
    assert any(path == name for path, _ in found), found
    if name not in ("list.yml", "scalar.yml"):
        assert ("windows.yml", "CT101") in found
