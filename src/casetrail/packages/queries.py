"""No import format: a SIEM without one of its own gets the bare queries, which every build writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from casetrail.packages.formats import Packaged
from casetrail.plan.nodes import Plan
from casetrail.schedule.schedule import Schedule
from casetrail.stores.store import Backend


def files(items: Sequence[Packaged], backend: Backend) -> dict[str, bytes]:
    """Nothing besides the queries."""
    return {}


def terms(plan: Plan, when: Schedule) -> Mapping[str, Any]:
    """No terms of its own."""
    return {}
