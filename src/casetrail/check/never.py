"""What of a rule can never be true, or always is, and what is written in it without effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, assert_never

from casetrail.plan.nodes import (
    And,
    Correlation,
    Equals,
    Expr,
    Field,
    Figure,
    Is,
    Not,
    OneOf,
    Op,
    Or,
    Plan,
    Search,
    Threshold,
)

Told = tuple[str, tuple[str, ...]]
"""What is wrong, and texts of the rule at the first of which it is told."""
_ENCODED = frozenset({"base64", "base64offset"})
_WIDE = frozenset({"wide", "utf16", "utf16le", "utf16be"})


def never_true(plan: Plan, data: Mapping[str, Any]) -> Iterator[Told]:
    """What of a rule's meaning no event can be. data: the rule as written."""
    match plan:
        case Search():
            yield from _tests(plan.where)
        case Correlation(condition=Threshold() as threshold):
            yield from _count(threshold)
        case Correlation():
            pass
        case never:
            assert_never(never)
    yield from _modifiers(data.get("detection"))


def _tests(expr: Expr) -> Iterator[Told]:
    match expr:
        case Is(field=field, check=Equals(value="")) if field.empty_is_missing:
            yield f"an empty {field.path} is a missing one, which no value equals: write {field.path}: null", (field.path,)
        case Is(field=field, check=OneOf(values=values)) if field.empty_is_missing and "" in values:
            yield f"an empty {field.path} is a missing one, which no value equals: write null instead of ''", (field.path,)
        case Is():
            pass
        case Not(arg=arg):
            yield from _tests(arg)
        case And(args=args):
            yield from _at_once(args)
            for arg in args:
                yield from _tests(arg)
        case Or(args=args):
            for arg in args:
                yield from _tests(arg)
        case never:
            assert_never(never)


def _at_once(args: tuple[Expr, ...]) -> Iterator[Told]:
    """Two values that one field is asked to have at once though it has one."""
    values: dict[Field, list[Equals]] = {}
    for arg in args:
        if isinstance(arg, Is) and isinstance(arg.check, Equals) and not arg.field.many:
            values.setdefault(arg.field, []).append(arg.check)
    for field, checks in values.items():
        for one, other in combinations(checks, 2):
            if one.value != other.value and one.cased == other.cased:
                yield (
                    f"{field.path} has one value and is never {one.value!r} and {other.value!r} at once",
                    (field.path,),
                )
                break


def _count(threshold: Threshold) -> Iterator[Told]:
    match threshold.figure:
        case Figure.EVENTS | Figure.DISTINCT:
            where = (threshold.op.value, "condition")
            told = f"{threshold.op.value}: {threshold.count}"
            counts = [_holds(threshold, number) for number in range(1, int(max(threshold.count, 0)) + 3)]
            if not any(counts):
                yield f"{told} is never true: only what has an event is counted", where
            elif threshold.count <= 0 and all(counts):
                yield f"{told} is always true: every event completes the rule", where
        case Figure.SUM | Figure.AVG | Figure.MEDIAN | Figure.PERCENTILE:
            pass
        case never:
            assert_never(never)


def _holds(threshold: Threshold, count: int) -> bool:
    match threshold.op:
        case Op.GT:
            return count > threshold.count
        case Op.GTE:
            return count >= threshold.count
        case Op.LT:
            return count < threshold.count
        case Op.LTE:
            return count <= threshold.count
        case Op.EQ:
            return count == threshold.count
        case Op.NEQ:
            return count != threshold.count
        case never:
            assert_never(never)


def _modifiers(value: object) -> Iterator[Told]:
    match value:
        case Mapping():
            for key, inner in value.items():
                used = set(str(key).split("|")[1:])
                if used & _WIDE and not used & _ENCODED:
                    name = min(used & _WIDE)
                    yield (
                        f"|{name} alone asks for zero bytes, which no text holds: write |{name}|base64offset|contains",
                        (str(key),),
                    )
                yield from _modifiers(inner)
        case list():
            for inner in value:
                yield from _modifiers(inner)
        case _:
            return
