"""A plan over the logs that there are: without the bases whose log isn't one of them, where it says the same without them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import assert_never

from casetrail.plan.horizon import negates, only_grows
from casetrail.plan.nodes import (
    AllOf,
    AnyOf,
    Condition,
    Correlation,
    KeyPart,
    Order,
    Plan,
    Present,
    Search,
    Threshold,
    Together,
    Without,
)


def narrowed(plan: Plan, have: Collection[str]) -> Plan | None:
    """The plan for those logs alone: each of its matches is one of the whole plan. None where there is no such plan."""
    match plan:
        case Search(source=source):
            return plan if source in have else None
        case Correlation(bases=bases):
            found = [narrowed(base, have) for base in bases]
            kept = [number for number, base in enumerate(found) if base is not None]
            condition = _condition(plan.condition, kept, whole=list(bases) == found)
            if not kept or condition is None:
                return None
            held = tuple(base for base in found if base is not None)
            return replace(plan, bases=held, key=tuple(_part(part, kept) for part in plan.key), condition=condition)


def _part(part: KeyPart, kept: Sequence[int]) -> KeyPart:
    return replace(part, fields=tuple(part.fields[number] for number in kept))


def _condition(condition: Condition, kept: Sequence[int], *, whole: bool) -> Condition | None:
    """The condition on the bases that are kept, by their new numbers. whole: whether none is gone or narrower."""
    places = {number: place for place, number in enumerate(kept)}
    match condition:
        case Threshold(figure=figure, op=op, value=value):
            stays = whole or only_grows(figure, op)
            return replace(condition, value=_part(value, kept) if value else None) if stays else None
        case Order(wanted=wanted, before=before, after=after):
            guards = (*before, *after)
            if not all(number in places for number in (*wanted, *guards)) or (guards and not whole):
                return None
            return Order(*(tuple(places[number] for number in each) for each in (wanted, before, after)))
        case Present() | AllOf() | AnyOf() | Without() as together:
            return None if not whole and negates(together) else _together(together, places)
        case never:
            assert_never(never)


def _together(condition: Together, places: dict[int, int]) -> Together | None:
    match condition:
        case Present(base=base):
            return Present(places[base]) if base in places else None
        case Without(arg=arg):
            inner = _together(arg, places)
            return None if inner is None else Without(inner)
        case AllOf(args=args):
            found = [_together(arg, places) for arg in args]
            each = tuple(one for one in found if one is not None)
            return AllOf(each) if len(each) == len(args) else None
        case AnyOf(args=args):
            some = tuple(one for one in (_together(arg, places) for arg in args) if one is not None)
            return None if not some else some[0] if len(some) == 1 else AnyOf(some)
        case never:
            assert_never(never)
