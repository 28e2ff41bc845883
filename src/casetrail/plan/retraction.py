"""Whether what completes a plan can be undone by an event that becomes known later."""

from __future__ import annotations

from casetrail.plan.nodes import AllOf, AnyOf, Figure, Op, Order, Plan, Search, Threshold, Together, Without


def may_be_undone(plan: Plan) -> bool:
    """Whether an event of the past can keep a plan from completing: then an alert may turn out to have been too early.

    What waits to see that nothing follows is known when it completes.
    """
    if isinstance(plan, Search):
        return False
    if any(may_be_undone(base) for base in plan.bases):
        return True
    match plan.condition:
        case Threshold(figure=Figure.EVENTS | Figure.DISTINCT, op=Op.GT | Op.GTE):
            return False
        case Threshold():
            return True
        case Order(before=before):
            return bool(before)
        case together:
            return _negates(together)


def _negates(together: Together) -> bool:
    match together:
        case Without():
            return True
        case AllOf(args=args) | AnyOf(args=args):
            return any(map(_negates, args))
        case _:
            return False
