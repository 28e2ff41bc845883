"""RE2 as PCRE, in the text of an SPL literal: random patterns find the same in PCRE, without its option for Unicode classes."""

from __future__ import annotations

import random
import re

import pcre2
import pytest

from casetrail.engines.spl_model.errors import SplError
from casetrail.engines.spl_model.readings import Readings
from casetrail.engines.spl_model.regexes import found_in
from casetrail.languages.spl.regex import like, pcre, quoted
from casetrail.plan.nodes import Matches, Wildcard
from casetrail.plan.regex import finds as plan_finds
from casetrail.stores.unsupported import UnsupportedError
from tests.elastic.test_dialect import NASTY
from tests.plan.regexes import LETTERS, checks, text

MANY, ONE = Wildcard.MANY, Wildcard.ONE


def unescaped(literal: str) -> str:
    r"""What a literal stands for: two backslashes are one, before a quote it goes, else it stays."""
    return re.sub(r'\\([\\"])', r"\1", literal)


def finds(literal: str, text: str) -> bool:
    return pcre2.compile(unescaped(literal), pcre2.ASCII).search(text) is not None


def test_random_patterns_find_the_same() -> None:
    draw = random.Random(7)
    texts = [*LETTERS, *(text(draw) for _ in range(60))]
    said = 0
    for check in checks(draw, 1500):
        try:
            written = pcre(check)
        except UnsupportedError:
            continue
        said += 1
        compiled = pcre2.compile(unescaped(written), pcre2.ASCII)
        for value in texts:
            assert (compiled.search(value) is not None) == plan_finds(check, value), (check, written, value)
    assert said > 900


def test_the_model_finds_what_pcre_finds() -> None:
    """Where pattern and text are ASCII: beyond it the model reads the cases of letters in two ways."""
    draw = random.Random(8)
    texts = [value for value in (*LETTERS, *(text(draw) for _ in range(60))) if value.isascii()]
    said = 0
    for check in checks(draw, 1000):
        try:
            written = pcre(check)
            found = [found_in(unescaped(written), value, Readings()) for value in texts]
        except (UnsupportedError, SplError):
            continue
        if not written.isascii():
            continue
        said += 1
        assert found == [finds(written, value) for value in texts], (check, written)
    assert said > 200


@pytest.mark.parametrize("text", NASTY)
def test_a_text_matches_itself_alone(text: str) -> None:
    assert finds(f"^{quoted(text)}\\z", text)
    assert not finds(f"^{quoted(text)}\\z", f"{text}\n")
    assert not finds(f"^{quoted(text)}\\z", text[:-1])


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("a.", MANY), r"^a\."),
        ((MANY, "a"), r"a\z"),
        ((MANY, "a", MANY), "a"),
        (("a", ONE, MANY, "b"), r"(?s)^a..*b\z"),
        ((ONE,), r"(?s)^.\z"),
        ((MANY, "a", MANY, "b", MANY), "(?s)a.*b"),
    ],
)
def test_wildcards(parts: tuple[str | Wildcard, ...], expected: str) -> None:
    assert like(parts) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("^a.b$", r"^a[^\\n]b\z"),
        (r"\d\w\s\S", r"[0-9][0-9A-Za-z_][\\t\\n\\x0C\\r ][^\\t\\n\\x0C\\r ]"),
        (r"C:\\x", r"C:[\\\\]x"),
        ("(?P<n>a|b)+", "(?:a|b)+"),
        ('"`$', r"\"\\x60\z"),
        (r"\$", r"\\x24"),
    ],
)
def test_a_pattern_as_it_is_written(pattern: str, expected: str) -> None:
    assert pcre(Matches(pattern)) == expected


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(a+)+", "an endless repetition of a repetition"),
        (r"\pN", "has a class of Unicode, and Splunk doesn't say"),
        (r"\C", "has a single byte"),
    ],
)
def test_what_differs_is_refused_by_name(pattern: str, reason: str) -> None:
    with pytest.raises(UnsupportedError) as refused:
        pcre(Matches(pattern))
    assert reason in refused.value.reason
