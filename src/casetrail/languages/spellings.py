"""Tests of a field whose values a vendor spells in several ways, put as tests of what a SIEM keeps: the spellings as they came."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar, assert_never

from casetrail.plan.nodes import (
    NEVER,
    And,
    Compare,
    Correlation,
    Equals,
    Exists,
    Expr,
    InNetwork,
    InPart,
    Is,
    IsMissing,
    Like,
    Listed,
    ListedPart,
    Matches,
    Not,
    OneOf,
    Or,
    Plan,
    SameAs,
    Scalar,
    Search,
)
from casetrail.plan.simplify import simplify, without_empty
from casetrail.plan.values import plain
from casetrail.stores.unsupported import UnsupportedError

PlanT = TypeVar("PlanT", Search, Correlation, Plan)


def as_stored(plan: PlanT, *, live: bool = False) -> PlanT:
    """A plan over rows as a SIEM keeps them. Raises UnsupportedError for a value that no row has once it is read.

    live: whether watchlists are looked up at each run; else what asks an empty one is left out, but for a search of which nothing is left.
    Only whole values are put so. Another test of such a field, or a key of it, stays as it is: a store has no place for it.
    """
    if isinstance(plan, Search):
        found = stored_test(plan.where)
        return replace(plan, where=found if live else _less(found))
    return replace(plan, bases=tuple(as_stored(base, live=live) for base in plan.bases))


def _less(expr: Expr) -> Expr:
    asked = without_empty(expr)
    if asked == expr:
        return expr
    less = simplify(asked)
    return expr if less == NEVER else less


def stored_test(expr: Expr) -> Expr:
    """The expression over rows as a SIEM keeps them. Raises UnsupportedError as `as_stored` does."""
    match expr:
        case And(args=args):
            return And(tuple(map(stored_test, args)))
        case Or(args=args):
            return Or(tuple(map(stored_test, args)))
        case Not(arg=arg):
            return Not(stored_test(arg))
        case Is():
            return _is(expr) if expr.field.spellings else expr
        case never:
            assert_never(never)


def _is(test: Is) -> Is:
    kept = replace(test.field, spellings=())
    match test.check:
        case Equals(value=value, cased=cased):
            return Is(kept, OneOf(_spelled(test, (value,)), cased))
        case OneOf(values=values, cased=cased):
            return Is(kept, OneOf(_spelled(test, values), cased))
        case Exists() | IsMissing():
            return Is(kept, test.check)
        case Listed() | ListedPart() | Like() | Matches() | InNetwork() | Compare() | InPart() | SameAs():
            return test
        case never:
            assert_never(never)


def _spelled(test: Is, values: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    for value in values:
        read = plain(str(value), test.field)
        if read != str(value):
            raise UnsupportedError(f"{test.field.path}: no row has {value!r}, which is read as {read!r}; write {read!r}")
    forms = ("{}", *test.field.spellings)
    return tuple(form.replace("{}", str(value)) for value in values for form in forms)
