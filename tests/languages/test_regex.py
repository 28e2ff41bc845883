"""What the dialects of regular expressions say of RE2's patterns, and what they refuse."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from casetrail.languages.kql.regex import kusto
from casetrail.languages.lucene_regex import lucene
from casetrail.languages.regex import REFUSALS, Dialect, Refusal
from casetrail.languages.spl.regex import pcre
from casetrail.plan.nodes import Matches
from casetrail.plan.regex import finds
from casetrail.stores.unsupported import UnsupportedError
from tests.plan.regexes import LETTERS, checks, text

PRINTED: dict[Dialect, Callable[[Matches], str]] = {Dialect.LUCENE: lucene, Dialect.PCRE: pcre, Dialect.KUSTO: kusto}
SAID = [
    r"\x41\x{42}\103",
    r"\Qa.b\E",
    "(?U)a+?",
    "(?i)a(?-i:b)",
    "a{,2}",
    "[[:alpha:][:^punct:]]",
    r"[\D\W]",
    r"[^\S_]",
    r"[\s\S]",
    "(?P<n>a)|(?<n>b)",
    "(?m)^a$",
    "(^|x)a(y|$)",
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.what)
def test_what_is_listed_is_refused_where_it_is_said_to_be_and_nowhere_else(refusal: Refusal) -> None:
    for dialect, printed in PRINTED.items():
        if dialect in refusal.why:
            with pytest.raises(UnsupportedError) as refused:
                printed(Matches(refusal.example))
            assert refused.value.reason.endswith(f"has {refusal.what}, and {refusal.why[dialect]}")
        else:
            assert printed(Matches(refusal.example))


@pytest.mark.parametrize("pattern", SAID)
@pytest.mark.parametrize("dialect", Dialect)
def test_every_dialect_says(dialect: Dialect, pattern: str) -> None:
    assert PRINTED[dialect](Matches(pattern))


def test_what_is_written_for_kusto_means_the_same_in_re2() -> None:
    draw = random.Random(5)
    texts = [*LETTERS, *(text(draw) for _ in range(60))]
    said = 0
    for check in checks(draw, 1500):
        try:
            written = Matches(kusto(check))
        except UnsupportedError:
            continue
        said += 1
        for value in texts:
            assert finds(written, value) == finds(check, value), (check, written, value)
    assert said > 700
