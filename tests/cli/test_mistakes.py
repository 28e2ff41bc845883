"""Planted mistakes of our own: each has one finding, at its place, in our words, and the exit code that CI needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
# what is written instead in the rule, the line and column, the code, and words of the message
RULES: dict[str, tuple[str, str, str, str, str]] = {
    "a tab": ("    product", "\tproduct", "9:1", "CT001", "indent by spaces"),
    "a quote that isn't closed": ("title: A", "title: 'A", "1:8", "CT001", "never closed"),
    "a key twice": ("level: medium", "level: medium\nlevel: low", "16:1", "CT001", "'level' stands here twice"),
    "no title": ("title: A help desk took a factor away\n", "", "1:1", "CT003", "title is missing"),
    "no condition": ("    condition: selection\n", "", "11:1", "CT003", "condition is missing"),
    "a misspelt selection": ("condition: selection", "condition: selektion", "14:16", "CT004", "no selection is called so"),
    "a bracket left open": ("condition: selection", "condition: selection and (", "14:16", "CT004", "ends too early"),
    "no such selections": (
        "condition: selection",
        "condition: 1 of other_*",
        "14:16",
        "CT004",
        "no selection is called like that",
    ),
    "an old aggregation": (
        "condition: selection",
        "condition: selection | count() > 5",
        "14:16",
        "CT004",
        "write a correlation",
    ),
    "a misspelt modifier": ("eventType:", "eventType|startwith:", "13:9", "CT004", "did you mean startswith"),
    "a misspelt level": ("level: medium", "level: hihg", "15:1", "CT003", "did you mean high"),
    "a misspelt status": ("status: test", "status: stabel", "4:1", "CT003", "did you mean stable"),
    "a misspelt field": ("eventType:", "evntType:", "13:9", "CT102", "did you mean eventType"),
    "a technique that isn't": ("attack.persistence", "attack.t9998", "7:7", "CT308", "is in no version of ATT&CK"),
    "a value of no kind": ("eventType:", "securityContext.asNumber:", "13:35", "CT104", "is no integer"),
    "a selection unused": (
        "    condition",
        "    other:\n        actor.type: User\n    condition",
        "14:5",
        "CT109",
        "mentions other",
    ),
    "a timeframe": ("    condition", "    timeframe: 5m\n    condition", "14:5", "CT109", "write a correlation"),
    "a bad expression": (
        "eventType: user.mfa.factor.deactivate",
        "eventType|re: 'a(b'",
        "13:23",
        "CT004",
        "'a(b' can't be read",
    ),
    "no list": (
        "eventType: user",
        "actor.alternateId|expand: '%nobody%' #",
        "13:35",
        "CT105",
        "no watchlist is named nobody",
    ),
    "anything": ("user.mfa.factor.deactivate", "'*'", "13:20", "CT107", "write |exists: true"),
    "words alone": ("        eventType: user", "        - user", "13:11", "CT103", "name the field"),
}
COUNTS: dict[str, tuple[str, str, str, str, str]] = {
    "a base that isn't": ("- factor_taken_away", "- factor_taken_awy", "8:11", "CT004", "did you mean factor_taken_away"),
    "a timespan in words": ("timespan: 1h", "timespan: 1 hour", "11:15", "CT004", "such as 90s or 2h"),
    "a kind that isn't": ("event_count", "event_cuont", "6:11", "CT004", "did you mean event_count"),
    "a key that isn't": ("- actor.alternateId", "- actor.alternatId", "10:11", "CT102", "did you mean actor.alternateId"),
    "no field to count": ("event_count", "value_count", "5:1", "CT004", "write condition: {field: NAME"),
    "no number": ("    condition:\n        gte: 5\n", "", "5:1", "CT004", "has no condition"),
    "a number in words": ("gte: 5", "gte: five", "13:14", "CT004", "'five' is no number"),
    "itself": ("- factor_taken_away", "- many_factors", "3:7", "CT004", "refers to itself"),
}


def lines(folder: Path) -> tuple[list[str], int]:
    result = run("check", pack=folder)
    return result.stdout.splitlines(), result.exit_code


def told(folder: Path, name: str, wanted: tuple[str, str, str]) -> None:
    found, code = lines(folder)
    place, lint, words = wanted
    assert code == 1
    assert len(found) == 1, found
    assert found[0].startswith(f"{folder / 'rules' / name}:{place} {lint} "), found
    assert words in found[0]
    assert not FOREIGN_WORDS.search(found[0])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    return tmp_path


@pytest.mark.parametrize("name", RULES)
def test_a_mistake_in_a_rule_is_one_finding_where_it_is(name: str, folder: Path) -> None:
    old, new, *wanted = RULES[name]
    assert old in RULE
    (folder / "rules" / "a.yml").write_text(RULE.replace(old, new, 1))
    told(folder, "a.yml", (wanted[0], wanted[1], wanted[2]))


@pytest.mark.parametrize("name", COUNTS)
def test_a_mistake_in_a_correlation_is_one_finding_where_it_is(name: str, folder: Path) -> None:
    old, new, *wanted = COUNTS[name]
    assert old in COUNT
    (folder / "rules" / "a.yml").write_text(RULE)
    (folder / "rules" / "b.yml").write_text(COUNT.replace(old, new, 1))
    told(folder, "b.yml", (wanted[0], wanted[1], wanted[2]))


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
