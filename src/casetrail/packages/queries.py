"""No import format: a SIEM without one of its own gets the bare queries, which every build writes."""

from __future__ import annotations

from collections.abc import Sequence

from casetrail.pack.backend import Backend
from casetrail.packages.formats import Packaged


def files(items: Sequence[Packaged], backend: Backend) -> dict[str, bytes]:
    """Nothing besides the queries."""
    return {}
