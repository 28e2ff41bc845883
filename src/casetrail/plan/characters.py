"""Sets of characters as RE2 means them: its named classes, what it takes for one when it ignores case, and what a class comes to."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import assert_never

from casetrail.plan.regex import Chars, Named, Span, Unicode

LAST = chr(sys.maxunicode)
_LAST_CASED = 0x20000
"""No character from here on has a case."""
_WRITTEN = {
    "d": "09",
    "s": "\t\n\f\r  ",
    "w": "09AZaz__",
    "alnum": "09AZaz",
    "alpha": "AZaz",
    "ascii": "\x00\x7f",
    "blank": "\t\t  ",
    "cntrl": "\x00\x1f\x7f\x7f",
    "digit": "09",
    "graph": "!~",
    "lower": "az",
    "print": " ~",
    "punct": "!/:@[`{~",
    "space": "\t\r  ",
    "upper": "AZ",
    "word": "09AZaz__",
    "xdigit": "09AFaf",
}
NAMED = {name: tuple(map(Span, ends[::2], ends[1::2])) for name, ends in _WRITTEN.items()}
"""The spans of each named class, in order."""


def variants(char: str) -> str:
    """The characters that RE2 takes for one when it ignores case, itself among them."""
    return _orbits().get(char.casefold(), char)


@cache
def _orbits() -> dict[str, str]:
    found: defaultdict[str, str] = defaultdict(str)
    for char in map(chr, range(_LAST_CASED)):
        found[char.casefold()] += char
    return {folded: chars for folded, chars in found.items() if len(chars) > 1}


@lru_cache(maxsize=4096)
def widened(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The spans, and after them those of the other cases of their characters."""
    orbits = _orbits().values()
    others = {other for chars in orbits if any(_holds(spans, char) for char in chars) for other in chars}
    return spans + _merged(Span(char, char) for char in others if not _holds(spans, char))


def spans(chars: Chars) -> tuple[Span, ...] | None:
    """The characters of a class before it is negated, in order; None where Unicode's tables would be needed."""
    found: list[Span] = []
    for item in chars.items:
        match item:
            case Span():
                found += widened((item,)) if chars.any_case else (item,)
            case Named(name=name, negated=negated):
                named = widened(NAMED[name]) if chars.any_case else NAMED[name]
                found += complement(named) if negated else named
            case Unicode():
                return None
            case never:
                assert_never(never)
    return _merged(found)


def complement(of: Iterable[Span]) -> tuple[Span, ...]:
    """All characters that are in none of the spans."""
    found, after = [], 0
    for span in _merged(of):
        if ord(span.low) > after:
            found.append(Span(chr(after), chr(ord(span.low) - 1)))
        after = ord(span.high) + 1
    return (*found, Span(chr(after), LAST)) if after <= ord(LAST) else tuple(found)


def of_spans(held: tuple[Span, ...]) -> Chars:
    """The class of some characters, of few spans: one that reaches the last character is negated. Raises ValueError for none."""
    if not held:
        raise ValueError("a class without any character")
    endless = held[-1].high == LAST
    return Chars(complement(held) if endless else held, endless)


def _merged(of: Iterable[Span]) -> tuple[Span, ...]:
    found: list[Span] = []
    for span in sorted(of, key=lambda span: span.low):
        if found and ord(span.low) <= ord(found[-1].high) + 1:
            found[-1] = Span(found[-1].low, max(found[-1].high, span.high))
        else:
            found.append(span)
    return tuple(found)


def _holds(of: tuple[Span, ...], char: str) -> bool:
    return any(span.low <= char <= span.high for span in of)
