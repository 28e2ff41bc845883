"""Whether a rule can complete at all: one that waits for an empty watchlist sleeps."""

from __future__ import annotations

from typing import assert_never

from casetrail.plan.nodes import (
    NEVER,
    AllOf,
    AnyOf,
    Correlation,
    Order,
    Plan,
    Present,
    Search,
    Threshold,
    Together,
    Without,
)
from casetrail.plan.simplify import simplify, without_empty


def inactive(plan: Plan) -> bool:
    """Whether nothing can complete a plan while the watchlists are as they are."""
    match plan:
        case Search(where=where):
            return simplify(without_empty(where)) == NEVER
        case Correlation(bases=bases, condition=condition):
            sleeping = [inactive(base) for base in bases]
            match condition:
                case Threshold():
                    return all(sleeping)
                case Order(wanted=wanted):
                    return any(sleeping[base] for base in wanted)
                case Present() | AllOf() | AnyOf() | Without() as together:
                    return not _possible(together, sleeping)
                case never:
                    assert_never(never)


def _possible(together: Together, sleeping: list[bool]) -> bool:
    match together:
        case Present(base=base):
            return not sleeping[base]
        case Without():
            return True
        case AllOf(args=args):
            return all(_possible(arg, sleeping) for arg in args)
        case AnyOf(args=args):
            return any(_possible(arg, sleeping) for arg in args)
