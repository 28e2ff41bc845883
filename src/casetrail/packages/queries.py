"""No import format: a SIEM without one of its own gets the bare queries, which every build writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from casetrail.pack.backend import Backend
from casetrail.packages.formats import Packaged
from casetrail.packages.schedule import Schedule
from casetrail.plan.nodes import Plan


def files(items: Sequence[Packaged], backend: Backend) -> dict[str, bytes]:
    """Nothing besides the queries."""
    return {}


def terms(plan: Plan, when: Schedule) -> Mapping[str, Any]:
    """No terms of its own."""
    return {}
