"""The names that a misspelt one may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache


def suggestion(name: str, known: Iterable[str]) -> str:
    """The nearest names as a hint to add to a message; empty when there are none."""
    return _hint(str(name), tuple(map(str, known)))


@lru_cache(4096)
def _hint(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(name, known, 3)
    return f"; did you mean {' or '.join(found)}?" if found else ""
