"""Whether one plan finds all that another finds: what may be said of a change without running it."""

from __future__ import annotations

from ipaddress import ip_network
from typing import assert_never

from casetrail.plan.nodes import (
    AllOf,
    And,
    AnyOf,
    Check,
    Compare,
    Correlation,
    Equals,
    Exists,
    Expr,
    Figure,
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
    Op,
    Or,
    Order,
    Plan,
    Present,
    SameAs,
    Scalar,
    Search,
    Threshold,
    Together,
    Without,
)

_COUNTED = (Figure.EVENTS, Figure.DISTINCT)


def covers(new: Plan, old: Plan) -> bool:
    """Whether whatever completes the old plan is shown to complete the new one. False is no proof of the contrary."""
    match new, old:
        case Search(), Search():
            return new.source == old.source and implies(old.where, new.where)
        case Correlation(), Correlation():
            if len(new.bases) != len(old.bases) or new.key != old.key:
                return False
            return _condition(new, old)
    return False


def _condition(new: Correlation, old: Correlation) -> bool:
    match new.condition, old.condition:
        case Threshold(op=Op.GTE | Op.GT as op, figure=figure), Threshold() if figure in _COUNTED:
            alike = (op, figure, new.condition.value) == (old.condition.op, old.condition.figure, old.condition.value)
            wider = new.condition.count <= old.condition.count and new.span >= old.span
            return alike and wider and all(map(covers, new.bases, old.bases))
        case Threshold(), _:
            return new.condition == old.condition and new.span == old.span and all(map(_same, new.bases, old.bases))
        case Order() as order, _:
            return order == old.condition and _signed(new, old, set(order.wanted), {*order.before, *order.after})
        case together, _:
            return together == old.condition and _signed(new, old, _named(together, True), _named(together, False))


def _signed(new: Correlation, old: Correlation, wanted: set[int], unwanted: set[int]) -> bool:
    """Bases that must be there may find more, those that mustn't less; a longer timespan is both."""
    if new.span < old.span or (unwanted and new.span != old.span):
        return False
    return all(
        (number not in wanted or covers(ours, theirs)) and (number not in unwanted or covers(theirs, ours))
        for number, (ours, theirs) in enumerate(zip(new.bases, old.bases, strict=True))
    )


def _named(together: Together, positive: bool) -> set[int]:
    """The bases that a condition names an even number of times under `not`, or an odd one."""
    match together:
        case Present(base=base):
            return {base} if positive else set()
        case Without(arg=arg):
            return _named(arg, not positive)
        case AllOf(args=args) | AnyOf(args=args):
            return {base for arg in args for base in _named(arg, positive)}


def _same(new: Plan, old: Plan) -> bool:
    return covers(new, old) and covers(old, new)


def implies(narrow: Expr, wide: Expr) -> bool:
    """Whether an expression is shown to be true of every row of which another is. False is no proof of the contrary."""
    if narrow == wide:
        return True
    if isinstance(narrow, Or):
        return all(implies(arg, wide) for arg in narrow.args)
    if isinstance(wide, And):
        return all(implies(narrow, arg) for arg in wide.args)
    if isinstance(narrow, And) and any(implies(arg, wide) for arg in narrow.args):
        return True
    match narrow, wide:
        case Not(), Not():
            return implies(wide.arg, narrow.arg)
        case Is(check=Listed(values=())), _:
            return True
        case Is(), Is() if narrow.field == wide.field and _narrower(narrow.check, wide.check):
            return True
    return isinstance(wide, Or) and any(implies(narrow, arg) for arg in wide.args)


def _narrower(narrow: Check, wide: Check) -> bool:
    ours, theirs = _values(narrow), _values(wide)
    if ours is not None and theirs is not None:
        return ours <= theirs
    match narrow, wide:
        case InNetwork(), InNetwork():
            inner, outer = ip_network(narrow.network), ip_network(wide.network)
            return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]
        case Compare(op=op), Compare() if op is wide.op:
            return narrow.value >= wide.value if op in (Op.GT, Op.GTE) else narrow.value <= wide.value
    return False


def _values(check: Check) -> frozenset[tuple[Scalar, bool]] | None:
    match check:
        case Equals(value=value, cased=cased):
            return frozenset([(value, cased)])
        case OneOf(values=values, cased=cased) | Listed(values=values, cased=cased):
            return frozenset((value, cased) for value in values)
        case ListedPart() | Like() | Matches() | InNetwork() | Compare() | InPart() | IsMissing() | Exists() | SameAs():
            return None
        case never:
            assert_never(never)
