"""How long a pattern may be for Lucene, on which Elastic and OpenSearch stand: a longer one fails at each run."""

from __future__ import annotations

from collections.abc import Sequence

from casetrail.plan.nodes import Wildcard
from casetrail.stores.unsupported import UnsupportedError

LONGEST_PATTERN = 900
"""Bytes. Lucene's `Operations.MAX_RECURSION_LEVEL` is 1,000 (github.com/elastic/elasticsearch/issues/91594)."""
LONGEST_INSIDE = 250
"""Bytes of a text that may begin anywhere.

Lucene's work on a pattern ends at ten times 10,000 states (`Operations.DEFAULT_DETERMINIZE_WORK_LIMIT`), and a text of one character again
and again takes about the square of its length.
"""
MOST_SINGLE = 10
"""The most `?` after a `*`: each may double that work."""


def require_short(path: str, parts: Sequence[str | Wildcard]) -> None:
    """Raises UnsupportedError for a pattern of texts and wildcards that Lucene doesn't take."""
    size = sum(1 if isinstance(part, Wildcard) else len(part.encode("utf-8", "surrogatepass")) for part in parts)
    inside = Wildcard.MANY in parts[:-1]
    most = LONGEST_INSIDE if inside else LONGEST_PATTERN
    single = sum(part is Wildcard.ONE for part in parts)
    if inside and single > MOST_SINGLE:
        raise UnsupportedError(f"{path}: a text has {single} ? beside a *, and Lucene takes {MOST_SINGLE}")
    if size > most:
        raise UnsupportedError(f"{path}: a text is {size} bytes long, and Lucene takes {most} of one that is compared so")


def require_short_regex(path: str, pattern: str) -> None:
    """Raises UnsupportedError for an expression that Lucene doesn't take."""
    size = len(pattern.encode("utf-8", "surrogatepass"))
    most = LONGEST_INSIDE if pattern.startswith(".*") else LONGEST_PATTERN
    if size > most:
        raise UnsupportedError(
            f"{path}: a regular expression is {size} bytes long as Lucene's, which takes {most} of such a one"
        )
