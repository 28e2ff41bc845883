"""Files of several documents, of parts that `action` joins, of merge keys and of nothing: each rule is whole, or a fault is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from casetrail.check.check import check
from casetrail.pack.pack import Pack
from casetrail.pack.rules import Rule
from casetrail.plan.words import plan_lines

HEAD = "logsource: {product: okta, service: okta}\n"
SHARED = f"""\
action: global
title: Shared
author: Somebody Else
id: 6b1f6d1e-0a52-4f9e-9d5a-2f1f0f3f5c01
{HEAD}level: high
detection:
  selection: {{eventType: user.session.start}}
  condition: selection and more
"""
FIRST = "detection:\n  more: {actor.id: a}\n"
SECOND = "id: 6b1f6d1e-0a52-4f9e-9d5a-2f1f0f3f5c02\ntitle: Second\ndetection:\n  more: {actor.id: b}\n"
PLAIN = f"title: Plain\nid: 6b1f6d1e-0a52-4f9e-9d5a-2f1f0f3f5c03\n{HEAD}detection: {{s: {{eventType: x}}, condition: s}}\n"


def laid(folder: Path, *documents: str, name: str = "a.yml") -> Path:
    """A folder with one file of these documents."""
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / name).write_text("---\n".join(documents), "utf-8")
    return folder


def told(folder: Path) -> list[str]:
    """The findings of a folder: line, code and message."""
    return [f"{one.line} {one.code} {one.message}" for one in check(folder) if one.severity != "info"]


def in_words(rule: Rule) -> str:
    assert rule.plan is not None
    return "\n".join(plan_lines(rule.plan))


def meanings(folder: Path) -> list[str]:
    return [in_words(rule) for rule in Pack.load(folder).rules.values()]


def test_a_shared_document_is_a_part_of_each_search_after_it(tmp_path: Path) -> None:
    folder = laid(tmp_path, SHARED, FIRST, SECOND, "action: reset\n", PLAIN)
    assert told(folder) == []
    pack = Pack.load(folder)
    assert [(rule.sigma.title, rule.level, str(rule.sigma.id)[-2:]) for rule in pack.rules.values()] == [
        ("Shared", "high", "01"),
        ("Second", "high", "02"),
        ("Plain", "informational", "03"),
    ]
    assert [rule.meta.get("author") for rule in pack.rules.values()] == ["Somebody Else", "Somebody Else", None]
    both = meanings(folder)
    assert all("eventType is 'user.session.start'" in words for words in both[:2])
    assert ["actor.id is 'b'" in words for words in both] == [False, True, False]


def test_a_repeated_search_is_the_one_before_it_with_what_is_said_anew(tmp_path: Path) -> None:
    again = "action: repeat\nid: 6b1f6d1e-0a52-4f9e-9d5a-2f1f0f3f5c04\ntitle: Again\ndetection: {s: {eventType: y}}\n"
    folder = laid(tmp_path, PLAIN, again)
    assert told(folder) == []
    assert [words.count("eventType is 'y'") for words in meanings(folder)] == [0, 1]


@pytest.mark.parametrize(
    ("documents", "found"),
    [
        ([SHARED], "1 CT003 no rule follows that this document is a part of"),
        ([SHARED, "action: reset\n", PLAIN], "1 CT003 no rule follows that this document is a part of"),
        ([SHARED, "level: low\n" + FIRST], "11 CT003 level is said otherwise in line 6, for all rules of the file"),
        (
            [SHARED, FIRST.replace("more:", "selection:"), SECOND],
            "12 CT003 detection.selection.eventType",
        ),
        (["action: repeat\n" + FIRST, PLAIN], "1 CT003 no rule is before it that it could repeat"),
        (["action: globl\n" + FIRST, PLAIN], "1 CT003 action: globl isn't possible; did you mean global?"),
        ([SHARED.replace("eventType", "eventTyp"), FIRST], "8 CT102 eventTyp is no field of okta/okta"),
        ([SHARED, FIRST, FIRST], "14 CT008 6b1f6d1e-0a52-4f9e-9d5a-2f1f0f3f5c01 is the id of the rule in"),
    ],
    ids=["alone", "before a reset", "otherwise", "of a search", "repeats nothing", "misspelt", "field", "one id"],
)
def test_a_part_that_fits_nowhere_is_told_where_it_stands(tmp_path: Path, documents: list[str], found: str) -> None:
    if "selection.eventType" in found:
        documents = [SHARED, "detection:\n  selection: {eventType: other}\n  more: {actor.id: a}\n", SECOND]
    (one,) = told(laid(tmp_path, *documents))
    assert one.startswith(found)


@pytest.mark.parametrize("last", ["---\n", "---\n# later\n", "---\n...\n", "---\n---\n"])
def test_a_document_that_holds_nothing_is_no_rule_and_no_fault(tmp_path: Path, last: str) -> None:
    folder = laid(tmp_path, PLAIN)
    (folder / "rules" / "a.yml").write_text(PLAIN + last, "utf-8")
    assert told(folder) == []
    assert len(Pack.load(folder).rules) == 1


@pytest.mark.parametrize("content", ["", "# later\n", "---\n"])
def test_a_file_that_holds_nothing_is_told(tmp_path: Path, content: str) -> None:
    laid(tmp_path, PLAIN)
    (tmp_path / "rules" / "b.yml").write_text(content, "utf-8")
    assert told(tmp_path) == ["1 CT001 it holds nothing: write what it is for, or take it away"]


MERGED = f"""\
title: Merged
id: 6b1f6d1e-0a52-4f9e-9d5a-2f1f0f3f5c05
{HEAD}detection:
  first: &first
    eventType: user.session.start
    outcome.result: SUCCESS
  second:
    <<: *first
    outcome.result: FAILURE
  condition: first or second
"""


def test_a_merge_key_brings_in_what_a_mapping_lacks(tmp_path: Path) -> None:
    folder = laid(tmp_path, MERGED)
    assert told(folder) == []
    (words,) = meanings(folder)
    assert words.count("outcome.result is 'FAILURE'") == words.count("outcome.result is 'SUCCESS'") == 1
    assert words.count("eventType is 'user.session.start'") == 2


def test_a_fault_in_what_is_merged_is_told_where_it_is_written(tmp_path: Path) -> None:
    assert told(laid(tmp_path, MERGED.replace("eventType", "eventTyp")))[0].startswith("6 CT102 eventTyp is no field")


def test_a_key_that_stands_twice_is_told_at_the_second_place(tmp_path: Path) -> None:
    folder = laid(tmp_path, MERGED.replace("    outcome.result: FAILURE\n", "    eventType: a\n    eventType: b\n"))
    assert told(folder) == ["11 CT001 the key 'eventType' stands here twice: take one of them away"]


def test_an_alias_stands_for_what_its_anchor_names(tmp_path: Path) -> None:
    text = PLAIN.replace(
        "{s: {eventType: x}, condition: s}", "{s: {eventType: &names [x, y]}, t: {actor.id: *names}, condition: s and t}"
    )
    (words,) = meanings(laid(tmp_path, text))
    assert words.count("'x'") == 2
    assert words.count("'y'") == 2


def test_of_two_rules_of_one_id_or_name_the_second_is_named_and_left_out(tmp_path: Path) -> None:
    one = PLAIN.replace("title: Plain", "title: One\nname: one")
    two = one.replace("One", "Two").replace("5c03", "5c06").replace("eventType: x", "eventType: y")
    three = PLAIN.replace("Plain", "Three").replace("eventType: x", "eventType: z")
    base = (
        "title: Many\nid: 6b1f6d1e-0a52-4f9e-9d5a-2f1f0f3f5c07\ncorrelation:\n  type: event_count\n"
        "  rules: [6b1f6d1e-0a52-4f9e-9d5a-2f1f0f3f5c03]\n  group-by: [actor.id]\n  timespan: 1h\n  condition: {gte: 3}\n"
    )
    for number, text in enumerate((one, two, three, base)):
        laid(tmp_path, text, name=f"{number}.yaml")
    named = [message.split(" as well")[0] for message in told(tmp_path)]
    assert named == [
        f"2 CT008 one is the name of the rule in {tmp_path}/rules/0.yaml:2",
        f"2 CT008 6b1f6d1e-0a52-4f9e-9d5a-2f1f0f3f5c03 is the id of the rule in {tmp_path}/rules/0.yaml:3",
    ]
    pack = Pack.load(tmp_path)
    assert [one.rule for one in pack.left_out()] == ["Three", "Two"]
    assert [rule.name for rule in pack.rules.values() if rule.alone] == ["3"]
    assert "eventType is 'x'" in in_words(pack.rules["3"])
