"""No import format: a SIEM without one of its own gets the bare queries, which every build writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from casetrail.packages.formats import NOTHING, Format, Packaged, Recognition, Withdrawn
from casetrail.plan.nodes import Plan
from casetrail.schedule.schedule import Schedule
from casetrail.stores.store import Backend


def files(items: Sequence[Packaged], backend: Backend, gone: Withdrawn = NOTHING) -> dict[str, bytes]:
    """Nothing besides the queries."""
    return {}


def terms(plan: Plan, when: Schedule) -> Mapping[str, Any]:
    """No terms of its own."""
    return {}


def _recognises(plan: Plan) -> Recognition:
    return Recognition.FOR_A_WHILE


FORMAT = Format("queries", files, terms, _recognises)
