"""The same expression with less of it: nesting flattened, constants gone, equal tests gathered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from casetrail.plan.nodes import ALWAYS, NEVER, And, Equals, Expr, Field, Is, Listed, ListedPart, Not, OneOf, Or, Scalar


def simplify(expr: Expr) -> Expr:
    """An expression true of the same rows, in a form that reads well in any language.

    `And` and `Or` hold no constants, nothing twice and nothing of their own kind; `Or`'s equal tests of one field become
    one `OneOf`; `Not` holds no `Not`.
    """
    match expr:
        case Is():
            return expr
        case Not(arg=arg):
            inner = simplify(arg)
            if isinstance(inner, Not):
                return inner.arg
            return ALWAYS if inner == NEVER else NEVER if inner == ALWAYS else Not(inner)
        case And(args=args):
            flat = _flat(And, args)
            return NEVER if NEVER in flat else flat[0] if len(flat) == 1 else And(flat)
        case Or(args=args):
            flat = _gathered(_flat(Or, args))
            return ALWAYS if ALWAYS in flat else flat[0] if len(flat) == 1 else Or(flat)


def without_empty(expr: Expr) -> Expr:
    """An expression in which a look into an empty watchlist is what it comes to: never true."""
    match expr:
        case Is(check=Listed(values=()) | ListedPart(values=())):
            return NEVER
        case Not(arg=arg):
            return Not(without_empty(arg))
        case And(args=args) | Or(args=args):
            return replace(expr, args=tuple(map(without_empty, args)))
        case Is():
            return expr
        case never:
            assert_never(never)


def _flat(kind: type[And] | type[Or], args: Iterable[Expr]) -> tuple[Expr, ...]:
    found: dict[Expr, None] = {}
    for arg in map(simplify, args):
        found.update(dict.fromkeys(arg.args if isinstance(arg, kind) else (arg,)))
    return tuple(found)


def _gathered(args: tuple[Expr, ...]) -> tuple[Expr, ...]:
    values: dict[tuple[Field, bool], dict[Scalar, None]] = {}
    for arg in args:
        match arg:
            case Is(field=field, check=Equals(value=value, cased=cased)):
                values.setdefault((field, cased), {})[value] = None
            case Is(field=field, check=OneOf(values=several, cased=cased)):
                values.setdefault((field, cased), {}).update(dict.fromkeys(several))
    found: dict[Expr, None] = {}
    for arg in args:
        match arg:
            case Is(field=field, check=Equals(cased=cased) | OneOf(cased=cased)) if len(values[field, cased]) > 1:
                found[replace(arg, check=OneOf(tuple(values[field, cased]), cased))] = None
            case Is() | And() | Or() | Not():
                found[arg] = None
            case never:
                assert_never(never)
    return tuple(found)
