"""The names that a misspelt one may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def suggestion(name: str, known: Iterable[str]) -> str:
    """The nearest names as a hint to add to a message; empty when there are none."""
    from difflib import get_close_matches

    found = get_close_matches(str(name), map(str, known), 3)
    return f"; did you mean {' or '.join(found)}?" if found else ""
