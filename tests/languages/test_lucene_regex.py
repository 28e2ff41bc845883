"""RE2's expressions as Lucene's: their text here, their meaning on a real node in tests/elastic/test_dialect.py."""

from __future__ import annotations

import pytest

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
    ("(?i)k[s-t]", {}, ".*[Kk\N{KELVIN SIGN}][stST\N{LATIN SMALL LETTER LONG S}].*"),
    ("(?i)é", {}, ".*[Éé].*"),
    ("(?i)ı", {}, ".*ı.*"),
    ("(?i:a)b", {}, ".*([Aa])b.*"),
    ("[[:alpha:]]", {}, ".*[A-Za-z].*"),
    (r"[\D_]", {}, ".*[^0-9].*"),
    ("(?m)^a$", {}, "(.*\n)?a(\n.*)?"),
    ("(^a|b$)", {}, "(a.*|.*b)"),
    ("(^|[^a])b(c|$)", {}, "(()|.*[^a])b(c.*|())"),
]
REFUSED = [
    (r"a\bc", "a word boundary"),
    ("a^b", "an anchor inside"),
    ("(^a)+", "an anchor inside"),
    ("(a$|b)c", "an anchor inside"),
    ("$a", "an anchor inside"),
    (r"\pL", "a class of Unicode"),
]


@pytest.mark.parametrize(("pattern", "flags", "expected"), SAID)
def test_it_is_said(pattern: str, flags: dict[str, bool], expected: str) -> None:
    assert lucene(Matches(pattern, **flags)) == expected


@pytest.mark.parametrize(("pattern", "reason"), REFUSED)
def test_it_is_refused_by_name(pattern: str, reason: str) -> None:
    with pytest.raises(UnsupportedError) as refused:
        lucene(Matches(pattern))
    assert f"has {reason}" in refused.value.reason
