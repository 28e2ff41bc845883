"""Word boundaries said by what is beside them: a pattern finds in the same texts as before."""

from __future__ import annotations

import random

import pytest

from casetrail.languages.kql.regex import kusto
from casetrail.languages.word_edges import without_edges
from casetrail.plan.nodes import Matches
from casetrail.plan.regex import Anchor, below, finds
from casetrail.plan.regex_reader import read
from tests.plan.regexes import LETTERS, checks, re2_text, text

EDGES = (Anchor.WORD_EDGE, Anchor.NO_WORD_EDGE)


def test_a_tree_without_edges_finds_the_same() -> None:
    draw = random.Random(6)
    texts = [*LETTERS, "", *(text(draw) for _ in range(60))]
    said = 0
    for check in checks(draw, 1500):
        made = read(check)
        changed = without_edges(made)
        if changed == made:
            continue
        said += not any(node in EDGES for node in below(changed))
        written = Matches(re2_text(changed))
        for value in texts:
            assert finds(written, value) == finds(check, value), (check, written, value)
    assert said > 40


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"\bfoo\b", "(?:^|[^0-9A-Za-z_])foo(?:$|[^0-9A-Za-z_])"),
        (r"\b(a|-b)", "(?:(?:^|[^0-9A-Za-z_])a|[0-9A-Za-z_]-b)"),
        (r"^\ba", "^a"),
        (r"\Ba", "[0-9A-Za-z_]a"),
        (r"\ba{2,3}", "(?:^|[^0-9A-Za-z_])aa{1,2}"),
        (r"\ba?b", "(?:(?:^|[^0-9A-Za-z_])ab|(?:^|[^0-9A-Za-z_])b)"),
        (r"(?i)\bsu", "(?:(?:^|[^0-9A-Za-z_])[Ss]|[0-9A-Za-z_][ſ])(?i:u)"),
    ],
)
def test_an_edge_is_said_by_what_is_beside_it(pattern: str, expected: str) -> None:
    assert kusto(Matches(pattern)) == expected


@pytest.mark.parametrize("pattern", [r"a\bb", r"\b", r"\b\w*", r"^\b-", r"\b^a", r"(\ba)+", r"\b\pL"])
def test_an_edge_that_cannot_be_said_otherwise_stays(pattern: str) -> None:
    assert any(node in EDGES for node in below(without_edges(read(Matches(pattern)))))
