"""A plan's meaning as a short text that is the same whenever the meaning is: whatever the words, the order in the YAML, or the machine."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, assert_never

from casetrail.plan.nodes import (
    AllOf,
    And,
    AnyOf,
    Condition,
    Is,
    KeyPart,
    Listed,
    OneOf,
    Or,
    Order,
    Plan,
    Present,
    Search,
    Threshold,
    Together,
    Without,
)

_LENGTH = 16
_HASHED_AS: dict[type, str] = {Is: "Test"}
"""Classes that had another name when the first locks were written: a name that changes must not change a hash."""
_UNREAD = "spellings"
"""How vendors spell a field's values: they are read as the same values whatever the spelling."""


def digest(plan: Plan) -> str:
    """The meaning of a plan in 16 hexadecimal digits.

    The names of rules don't count, nor the values of watchlists that are looked up as a whole, nor the order of what has none.
    """
    return short(_text(_plan(plan)))


def short(text: str) -> str:
    """16 hexadecimal digits that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def _text(canonical: object) -> str:
    return json.dumps(canonical, ensure_ascii=True, separators=(",", ":"))


def _sorted(parts: list[Any]) -> list[Any]:
    return sorted(parts, key=_text)


def _plan(plan: Plan) -> list[Any]:
    if isinstance(plan, Search):
        return ["search", plan.source, _node(plan.where)]
    parts = [*plan.key, *_value(plan.condition)]
    bases = [[_plan(base), [_node(part.fields[number]) for part in parts]] for number, base in enumerate(plan.bases)]
    order = sorted(range(len(bases)), key=lambda number: _text(bases[number]))
    place = {number: new for new, number in enumerate(order)}
    key = _sorted([_part(part, order) for part in plan.key])
    return ["correlation", [bases[number][0] for number in order], key, plan.span, _condition(plan.condition, place, order)]


def _value(condition: Condition) -> list[KeyPart]:
    return [condition.value] if isinstance(condition, Threshold) and condition.value else []


def _part(part: KeyPart, order: list[int]) -> list[Any]:
    return [part.name, [_node(part.fields[number]) for number in order], part.type.value, part.cased]


def _condition(condition: Condition, place: dict[int, int], order: list[int]) -> list[Any]:
    match condition:
        case Threshold(figure=figure, op=op, count=count, value=value, percentile=percentile):
            return ["threshold", figure.value, op.value, _node(count), _part(value, order) if value else None, percentile]
        case Order(wanted=wanted, before=before, after=after):
            absent = [sorted({place[base] for base in bases}) for bases in (before, after)]
            return ["order", [place[base] for base in wanted], *absent]
        case Present() | AllOf() | AnyOf() | Without() as together:
            return _together(together, place)
        case never:
            assert_never(never)


def _together(together: Together, place: dict[int, int]) -> list[Any]:
    match together:
        case Present(base=base):
            return ["step", place[base]]
        case Without(arg=arg):
            return ["without", _together(arg, place)]
        case AllOf(args=args) | AnyOf(args=args):
            return [type(together).__name__, *_sorted([_together(arg, place) for arg in args])]


def _node(node: object) -> Any:
    """A node as lists, texts and numbers, those in any order sorted."""
    match node:
        case And(args=args) | Or(args=args):
            return [type(node).__name__, *_sorted(list(map(_node, args)))]
        case OneOf(values=values, cased=cased):
            return ["OneOf", _sorted(list(map(_node, values))), cased]
        case Listed(watchlist=watchlist, cased=cased):
            return ["Listed", watchlist, cased]
        case Enum():
            return [type(node).__name__, node.value]
        case float() if node.is_integer():
            return int(node)
        case tuple():
            return list(map(_node, node))
    if is_dataclass(node):
        return [
            _HASHED_AS.get(type(node), type(node).__name__),
            *(_node(getattr(node, field.name)) for field in fields(node) if field.name != _UNREAD),
        ]
    return node
