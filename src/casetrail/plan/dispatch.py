"""Which kinds of event a search can match at all, so that a row meets only the rules that could be about it."""

from __future__ import annotations

from typing import assert_never

from casetrail.plan.nodes import And, Equals, Expr, Field, Is, Not, OneOf, Or


def kinds(expr: Expr, event_type: Field) -> frozenset[str] | None:
    """The values of the event type that an expression can be true for; None when it can be for any.

    Only a single-valued field that compares as it is written is looked at.
    """
    if event_type.many or not event_type.exact:
        return None
    match expr:
        case Is(field=field, check=Equals(value=value)) if field == event_type:
            return frozenset([str(value)])
        case Is(field=field, check=OneOf(values=values)) if field == event_type:
            return frozenset(map(str, values))
        case And(args=args):
            known = [found for arg in args if (found := kinds(arg, event_type)) is not None]
            return frozenset.intersection(*known) if known else None
        case Or(args=args):
            each = [kinds(arg, event_type) for arg in args]
            return None if None in each else frozenset(kind for found in each if found is not None for kind in found)
        case Is() | Not():
            return None
        case never:
            assert_never(never)
