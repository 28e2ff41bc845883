"""Planted mistakes of our own (`mistakes.yml`): each has one finding, at its place, in our words, and the exit code that CI needs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.ways import run

RULE = """title: A help desk took a factor away
id: 0d7f4b3a-93f4-4c55-9a3e-51d9a0a6c2e1
name: factor_taken_away
status: test
description: Somebody of the help desk took a second factor away from an account.
tags:
    - attack.persistence
logsource:
    product: okta
    service: okta
detection:
    selection:
        eventType: user.mfa.factor.deactivate
    condition: selection
level: medium
"""
COUNT = """title: Many factors taken away
id: 0d7f4b3a-93f4-4c55-9a3e-51d9a0a6c2e2
name: many_factors
status: test
correlation:
    type: event_count
    rules:
        - factor_taken_away
    group-by:
        - actor.alternateId
    timespan: 1h
    condition:
        gte: 5
level: high
"""
FOREIGN_WORDS = re.compile(
    r"is not one of|is not of type|required property|token|Traceback|<class|object at 0x|Expected \{|W:\(|errno|\(char \d",
    re.I,
)
FILTER = """title: Our own help desk
id: 0d7f4b3a-93f4-4c55-9a3e-51d9a0a6c2e9
logsource:
    product: okta
    service: okta
filter:
    rules:
        - factor_taken_away
    ours:
        actor.alternateId: desk@corp.example
    condition: not ours
"""
CASES = """rule: factor_taken_away
cases:
  - name: hit
    completes: [a]
    events:
      - {id: a, at: 5m, event: {uuid: a, published: "2026-01-15T09:00:00Z", eventType: user.mfa.factor.deactivate}}
      - {id: b, event: {uuid: b, published: "2026-01-15T09:00:00Z", eventType: user.session.start}}
"""
CHANGED = {
    "rule": ("rules/a.yml", RULE),
    "correlation": ("rules/b.yml", COUNT),
    "filter": ("rules/f.yml", FILTER),
    "cases": ("fixtures/okta/factor_taken_away.yml", CASES),
}
"""By the kind of a mistake: the file in which it is written, and that file without it."""
OVERLAY = {"overlay": "ours/casetrail.yml", "thresholds": "ours/thresholds.yml", "watchlist": "ours/watchlists/{}.csv"}
"""By the kind of a mistake: the file of an overlay that it is."""
MISTAKES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "mistakes.yml").read_text("utf-8"))


def planted(mistake: dict[str, Any]) -> dict[str, str]:
    """The files of a pack with a mistake, and those of an overlay in `ours`."""
    kind = mistake["in"]
    files = {"rules/a.yml": RULE} if kind == "rule" else {"rules/a.yml": RULE, "rules/b.yml": COUNT}
    if kind in OVERLAY:
        return {**files, "ours/casetrail.yml": "# ours\n", OVERLAY[kind].format(mistake.get("list")): mistake["written"]}
    path, text = CHANGED[kind]
    assert mistake["instead of"] in text
    return {**files, path: text.replace(mistake["instead of"], mistake["written"], 1)}


def lines(folder: Path) -> tuple[list[str], int]:
    result = run("check", pack=folder)
    return result.stdout.splitlines(), result.exit_code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    return tmp_path


@pytest.mark.parametrize("mistake", MISTAKES, ids=[f"{one['in']}: {one['what']}" for one in MISTAKES])
def test_a_mistake_is_one_finding_where_it_is_in_our_words(mistake: dict[str, Any], tmp_path: Path) -> None:
    for name, text in planted(mistake).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    ours = ["--overlay", str(tmp_path / "ours")] if mistake["in"] in OVERLAY else []
    result = run("check", "--json", *ours, pack=tmp_path)
    (found,) = (row for row in json.loads(result.stdout) if row["severity"] != "info")
    place = f"{Path(found['path']).relative_to(tmp_path).as_posix()}:{found['line']}:{found['column']}"
    assert (place, found["code"], found["message"]) == (mistake["place"], mistake["code"], mistake["told"])
    assert result.exit_code == (found["severity"] == "error")
    assert not FOREIGN_WORDS.search(found["message"])


def test_without_a_mistake_nothing_is_found(folder: Path) -> None:
    (folder / "rules" / "a.yml").write_text(RULE)
    (folder / "rules" / "b.yml").write_text(COUNT)
    assert lines(folder) == ([], 0)


def test_a_finding_is_explained_by_its_code_or_name() -> None:
    by_code = run("lint", "ct109")
    assert (by_code.exit_code, "unused-detection" in by_code.stdout, "right:" in by_code.stdout) == (0, True, True)
    assert run("lint", "unused-detection").stdout == by_code.stdout
    wrong = run("lint", "CT1099")
    assert (wrong.exit_code, "did you mean" in wrong.stderr) == (2, True)


FOLLOWING = (
    ("a base of another field", RULE.replace("eventType:", "evntType:")),
    ("a base that is no YAML", RULE.replace("title: A", "title: 'A")),
)


@pytest.mark.parametrize("rule", [rule for _, rule in FOLLOWING], ids=[name for name, _ in FOLLOWING])
def test_what_follows_from_a_fault_is_the_tail_of_its_finding(rule: str, folder: Path) -> None:
    (folder / "rules" / "a.yml").write_text(rule)
    (folder / "rules" / "b.yml").write_text(COUNT)
    (folder / "rules" / "c.yml").write_text(
        COUNT.replace("many_factors", "many_more")
        .replace("a6c2e2", "a6c2e3")
        .replace("- factor_taken_away", "- many_factors")
    )
    (found,), code = lines(folder)
    assert found.startswith(f"{folder / 'rules' / 'a.yml'}:")
    assert found.endswith("(makes 2 rules unusable)")
    assert code == 1
