"""Whether a rule can complete at all: one that waits for an empty watchlist sleeps."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from casetrail.plan.nodes import (
    NEVER,
    AllOf,
    And,
    AnyOf,
    Correlation,
    Expr,
    Is,
    Listed,
    ListedPart,
    Not,
    Or,
    Order,
    Plan,
    Present,
    Search,
    Threshold,
    Together,
    Without,
)
from casetrail.plan.simplify import simplify


def inactive(plan: Plan) -> bool:
    """Whether nothing can complete a plan while the watchlists are as they are."""
    match plan:
        case Search(where=where):
            return simplify(_without_empty(where)) == NEVER
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


def _without_empty(expr: Expr) -> Expr:
    match expr:
        case Is(check=Listed(values=()) | ListedPart(values=())):
            return NEVER
        case Not(arg=arg):
            return Not(_without_empty(arg))
        case And(args=args) | Or(args=args):
            return replace(expr, args=tuple(map(_without_empty, args)))
        case Is():
            return expr
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
