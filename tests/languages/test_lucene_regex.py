"""RE2's expressions as Lucene's: their text here, their meaning on a real node in tests/elastic/test_dialect.py."""

from __future__ import annotations

import pytest
import re2

from casetrail.languages.lucene_regex import lucene
from casetrail.plan.nodes import Matches
from casetrail.stores.unsupported import UnsupportedError

SAID = [
    ("a", {}, ".*a.*"),
    ("^a", {}, "a.*"),
    ("a$", {}, ".*a"),
    (r"\Aa\z", {}, "a"),
    ("^$", {}, "()"),
    ("^a|b$", {}, "(a.*|.*b)"),
    ("a.b", {}, ".*a[^\n]b.*"),
    ("a.b", {"dotall": True}, ".*a.b.*"),
    ("(?s)a.b", {}, ".*a.b.*"),
    ("a@b&c~d#e<f>g", {}, r".*a\@b\&c\~d\#e\<f\>g.*"),
    ('"', {}, r".*\".*"),
    (r"\d+\.\D?", {}, r".*[0-9]+\.[^0-9]?.*"),
    (r"\s", {}, ".*[\t\n\f\r ].*"),
    (r"[^\w-]{2,3}?", {}, r".*[^0-9A-Za-z_\-]{2,3}.*"),
    ("[]a]", {}, r".*[\]a].*"),
    ("(?:ab|)c*?", {}, ".*(ab|())c*.*"),
    ("(?P<name>a)", {}, ".*(a).*"),
    ("aB1", {"ignore_case": True}, ".*[Aa][Bb]1.*"),
    ("(?i)k[s-t]", {}, ".*[Kk\N{KELVIN SIGN}][Ss\N{LATIN SMALL LETTER LONG S}Tt].*"),
    ("(?i)é", {}, ".*[Éé].*"),
    ("(?i)ı", {}, ".*ı.*"),
]
REFUSED = [
    (r"a\b", {}, r"\b"),
    (r"\pL", {}, r"\p"),
    (r"\x41", {}, r"\x"),
    ("a^b", {}, "an anchor inside"),
    ("(^a)", {}, "an anchor inside"),
    ("^a", {"multiline": True}, "a multi-line anchor"),
    ("(?i:a)", {}, "the group (?i:"),
    ("[[:alpha:]]", {}, "a named class"),
    (r"[\D]", {}, r"\D in a class"),
    ("a{,2}", {}, "a brace that is no repetition"),
    ("(?i)[\N{LATIN SMALL LETTER A}-\N{CJK UNIFIED IDEOGRAPH-4E00}]", {}, "a range too wide"),
]


@pytest.mark.parametrize(("pattern", "flags", "expected"), SAID)
def test_it_is_said(pattern: str, flags: dict[str, bool], expected: str) -> None:
    assert lucene(Matches(pattern, **flags)) == expected


@pytest.mark.parametrize(("pattern", "flags", "reason"), REFUSED)
def test_it_is_refused_by_name(pattern: str, flags: dict[str, bool], reason: str) -> None:
    re2.compile(pattern)
    with pytest.raises(UnsupportedError) as refused:
        lucene(Matches(pattern, **flags))
    assert f"has {reason}" in refused.value.reason
