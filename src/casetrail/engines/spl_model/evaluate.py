"""The value of an expression of eval or where on a row ("eval", "where").

A result is a field's value or a truth value; truth is three-valued, None standing for null in both. The functions
are in `functions`, those that look into a field's several values in `multivalue`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from casetrail.engines.spl_model.errors import SplError, UnspecifiedError
from casetrail.engines.spl_model.nodes import Binary, Call, EvalExpr, FieldRef, Literal, Unary
from casetrail.engines.spl_model.readings import Readings
from casetrail.engines.spl_model.values import (
    COMPARE,
    Number,
    Row,
    Single,
    Value,
    as_number,
    checked,
    compare,
    single,
    text_of,
)

Result = Value | bool
Function = Callable[[Call, "Scope"], Result]


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression sees: the row, the time of the search, how the documentation is read, and what calls a function of eval."""

    row: Row
    now: Fraction | None
    readings: Readings
    call: Function

    def with_field(self, name: str, value: Single) -> Scope:
        return replace(self, row={**self.row, name: value})


def evaluate(expr: EvalExpr, scope: Scope) -> Result:
    """Raises SplError for what makes no sense, UnspecifiedError for what isn't documented."""
    match expr:
        case Literal(value=Fraction() as value):
            return value if scope.readings.exact else float(value)
        case Literal(value=value):
            return value
        case FieldRef(name=name):
            return scope.row.get(name)
        case Unary(op="NOT", arg=arg, at=at):
            found = truth(arg, scope, at)
            return None if found is None else not found
        case Unary(arg=arg):
            return _arithmetic("-", 0.0 if not scope.readings.exact else Fraction(0), _operand(arg, scope, "-"), scope)
        case Binary(op="AND" | "OR" | "XOR"):
            return _logic(expr, scope)
        case Binary(op=op, left=left, right=right) if op in COMPARE:
            ours, theirs = _operand(left, scope, op), _operand(right, scope, op)
            return None if ours is None or theirs is None else compare(op, ours, theirs, scope.readings)
        case Binary(op=op, left=left, right=right):
            return _arithmetic(op, _operand(left, scope, op), _operand(right, scope, op), scope)
        case Call():
            return scope.call(expr, scope)


def truth(expr: EvalExpr, scope: Scope, at: int) -> bool | None:
    """A truth value; raises SplError for anything else ("eval: Operators that produce booleans")."""
    found = evaluate(expr, scope)
    if found is None or isinstance(found, bool):
        return found
    raise SplError("a value that is no boolean where a condition must stand", at)


def value(expr: EvalExpr, scope: Scope, what: str) -> Value:
    """A field's value; raises SplError for a boolean."""
    found = evaluate(expr, scope)
    if isinstance(found, bool):
        raise SplError(f"a boolean in {what}")
    return found


def _operand(expr: EvalExpr, scope: Scope, op: str) -> Single | None:
    return single(value(expr, scope, op), op)


def _logic(expr: Binary, scope: Scope) -> bool | None:
    """Where one side decides alone, the other may be undocumented: a guard such as `mvcount(x)=1 AND x="a"` guards."""
    sides: list[bool | None] = []
    silence: UnspecifiedError | None = None
    for side in (expr.left, expr.right):
        try:
            sides.append(truth(side, scope, expr.at))
        except UnspecifiedError as error:
            silence = error
    if silence is None:
        return _combined(expr.op, sides[0], sides[1], scope.readings)
    if scope.readings.kleene and sides and expr.op != "XOR" and sides[0] is (expr.op == "OR"):
        return sides[0]
    raise silence


def _combined(op: str, left: bool | None, right: bool | None, readings: Readings) -> bool | None:
    if left is not None and right is not None:
        return {"AND": left and right, "OR": left or right, "XOR": left != right}[op]
    if op == "XOR" or not readings.kleene:
        return None
    decisive = op == "OR"
    return decisive if decisive in (left, right) else None


def _arithmetic(op: str, left: Single | None, right: Single | None, scope: Scope) -> Value:
    if left is None or right is None:
        return None
    if op == ".":
        return text_of(left) + text_of(right)
    ours, theirs = as_number(left, scope.readings), as_number(right, scope.readings)
    if ours is None or theirs is None:
        if op == "+" and ours is None and theirs is None:
            return text_of(left) + text_of(right)
        raise UnspecifiedError(f"{text_of(left)!r} {op} {text_of(right)!r}")
    return _calculate(op, ours, theirs)


def _calculate(op: str, left: Number, right: Number) -> Number | None:
    """Exact on fractions, as processors do on doubles.

    Raises UnspecifiedError for products and quotients of two numbers with decimals, which Splunk rounds to the
    precision of the less precise one ("eval: Rounding").
    """
    if op in "*/%" and left % 1 and right % 1:
        raise UnspecifiedError(f"the precision of {float(left)!r} {op} {float(right)!r}")
    match op:
        case "+":
            return checked(left + right)
        case "-":
            return checked(left - right)
        case "*":
            return checked(left * right)
        case "/":
            return checked(left / right) if right else None
        case _:
            if left < 0 or right < 0:
                raise UnspecifiedError("the remainder of a negative number")
            return checked(left % right) if right else None
