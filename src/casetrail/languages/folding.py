"""Text without regard to case, for languages that know less of case than Unicode does."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from casetrail.plan.values import fold

_LAST_CASED = 0x20000
"""No character from here on has a case."""


def variants(char: str) -> str:
    """All characters that are one with a folded one where case is not regarded, itself among them."""
    return _classes().get(char, char)


@cache
def _classes() -> dict[str, str]:
    found: defaultdict[str, str] = defaultdict(str)
    for char in map(chr, range(_LAST_CASED)):
        found[fold(char)] += char
    return {folded: chars for folded, chars in found.items() if len(chars) > 1}
