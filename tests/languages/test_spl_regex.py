r"""RE2 as PCRE, in the text of an SPL literal: random patterns find the same, and what differs is refused by name.

Python's `re` stands for PCRE: without Unicode classes the two read all that is written here alike, but for `\z`, for the dotless and
the dotted i, for `\B` in an empty text, and since Python can't ignore the case of other letters while its classes are ASCII's.
"""

from __future__ import annotations

import random
import re

import pytest
import re2

from casetrail.languages.spl.regex import like, pcre, quoted
from casetrail.plan.nodes import Matches, Wildcard
from casetrail.stores.unsupported import UnsupportedError
from tests.elastic.test_dialect import LETTERS, NASTY, is_re2, regex

MANY, ONE = Wildcard.MANY, Wildcard.ONE
WORDS = r"\b \B [\S] [\W\d] [^\D] [[:alpha:]] [^[:punct:]] (?i:a) (?-i)b (?m)^b a$ \Aa b\z (?s:.) \x41 \x{e9} [\x41-c]"
MORE = re.findall(r"\S+", WORDS)


def unescaped(literal: str) -> str:
    r"""What a literal stands for: two backslashes are one, before a quote it goes, else it stays."""
    return re.sub(r'\\([\\"])', r"\1", literal)


def finds(literal: str, text: str) -> bool:
    pattern = re.sub(r"\\(.)", lambda found: r"\Z" if found[1] == "z" else found[0], unescaped(literal), flags=re.DOTALL)
    narrow = "(?i" not in pattern or (pattern.isascii() and text.isascii())
    return re.compile(pattern, re.ASCII if narrow else 0).search(text) is not None


def comparable(literal: str, text: str) -> bool:
    if not text and "\\B" in literal:
        return False
    return "(?i" not in literal or text.isascii() or not re.search(r"\\[bBDWS]|[ıİ]", literal + text)


def test_random_patterns_find_the_same() -> None:
    draw = random.Random(7)
    values = [*LETTERS, *("".join(draw.choices(LETTERS, k=draw.randint(0, 5))) for _ in range(150))]
    patterns = [regex(draw) for _ in range(600)] + [draw.choice(MORE) + regex(draw) for _ in range(200)]
    told = 0
    for pattern in filter(is_re2, patterns):
        flags = {"ignore_case": draw.random() < 0.3, "multiline": draw.random() < 0.3, "dotall": draw.random() < 0.3}
        check = Matches(pattern, **flags)
        try:
            written = pcre(check)
        except UnsupportedError:
            continue
        told += 1
        options = re2.Options()
        options.case_sensitive = not check.ignore_case
        prefix = ("m" if check.multiline else "") + ("s" if check.dotall else "")
        compiled = re2.compile(f"(?{prefix}){pattern}" if prefix else pattern, options)
        for value in values:
            if not comparable(written, value):
                continue
            assert finds(written, value) == (compiled.search(value) is not None), (pattern, flags, written, value)
    assert told > 600


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
        (r"\d\w\s\S", r"[0-9][0-9A-Za-z_][ \\t\\n\\r\\x0C][^ \\t\\n\\r\\x0C]"),
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
        (r"\pN", r"has \p"),
        ("(?U)a+", "the flag U"),
        (r"\Qa\E", r"has \Q"),
        (r"\C", r"has \C"),
    ],
)
def test_what_differs_is_refused_by_name(pattern: str, reason: str) -> None:
    with pytest.raises(UnsupportedError) as refused:
        pcre(Matches(pattern))
    assert reason in refused.value.reason
