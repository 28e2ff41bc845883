"""How far around its event a match of a plan looks, and whether a later event can undo it. Spans are in microseconds."""

from __future__ import annotations

from typing import assert_never

from casetrail.plan.nodes import (
    AllOf,
    AnyOf,
    Correlation,
    Figure,
    Op,
    Order,
    Plan,
    Present,
    Search,
    Threshold,
    Together,
    Without,
)


def waits(plan: Plan) -> bool:
    """Whether a plan, or what it stands on, waits to see that something doesn't follow."""
    return wait(plan) > 0


def wait(plan: Plan) -> int:
    """How long after a match it may take to know that nothing followed, of itself or of what it stands on."""
    if isinstance(plan, Search):
        return 0
    return (plan.span if plan.absent else 0) + max(map(wait, plan.bases))


def reach(plan: Plan) -> int:
    """How far back of a match lie the events that it may need."""
    return 0 if isinstance(plan, Search) else plan.span + max(map(reach, plan.bases))


def may_be_undone(plan: Plan) -> bool:
    """Whether an event of the past can keep a plan from matching: then an alert may turn out to have been too early.

    What waits to see that nothing follows is known when it matches.
    """
    if isinstance(plan, Search):
        return False
    return any(map(may_be_undone, plan.bases)) or _undone(plan)


def _undone(plan: Correlation) -> bool:
    match plan.condition:
        case Threshold(figure=figure, op=op):
            return not only_grows(figure, op)
        case Order(before=before):
            return bool(before)
        case Present() | AllOf() | AnyOf() | Without() as together:
            return negates(together)
        case never:
            assert_never(never)


def only_grows(figure: Figure, op: Op) -> bool:
    """Whether more steps never undo that a threshold is passed, and fewer never bring it about."""
    return figure in (Figure.EVENTS, Figure.DISTINCT) and op in (Op.GT, Op.GTE)


def negates(together: Together) -> bool:
    """Whether something must be absent."""
    match together:
        case Present():
            return False
        case Without():
            return True
        case AllOf(args=args) | AnyOf(args=args):
            return any(map(negates, args))
        case never:
            assert_never(never)
