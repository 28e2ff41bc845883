"""The expressions of eval and where. NOT binds tighter than AND, AND than OR, OR than XOR ("where: Boolean expressions").

The precedence of the other operators isn't documented: usual arithmetic, with `.` refused beside + and - in one
operand without parentheses, and comparisons that don't chain.
"""

from __future__ import annotations

from fractions import Fraction

from casetrail.engines.spl_model.cursor import Cursor
from casetrail.engines.spl_model.errors import SplError, UnspecifiedError
from casetrail.engines.spl_model.functions import check
from casetrail.engines.spl_model.nodes import Binary, Call, EvalExpr, FieldRef, Literal, Unary
from casetrail.engines.spl_model.tokens import Token, TokenKind

_COMPARISONS = ("=", "==", "!=", "<", "<=", ">", ">=")
_OPERATORS = ("AND", "OR", "NOT", "XOR", "LIKE", "IN")


def parse_where(tokens: list[Token]) -> EvalExpr:
    cursor = Cursor(tokens)
    found = parse_expression(cursor)
    cursor.end()
    return found


def parse_assignments(tokens: list[Token]) -> tuple[tuple[str, EvalExpr], ...]:
    """field=expression, by commas ("eval: Syntax")."""
    cursor = Cursor(tokens)
    found = []
    while True:
        field = cursor.next()
        if field.kind not in (TokenKind.WORD, TokenKind.FIELD, TokenKind.STRING) or not field.text.strip():
            raise SplError(f"expected a field to assign to, found {field.text!r}", field.at)
        cursor.need("=")
        found.append((field.text, parse_expression(cursor)))
        if cursor.done:
            return tuple(found)
        cursor.need(",")


def parse_expression(cursor: Cursor) -> EvalExpr:
    return _chain(cursor, ("XOR", "OR", "AND"))


def _chain(cursor: Cursor, ops: tuple[str, ...]) -> EvalExpr:
    if not ops:
        return _not(cursor)
    found = _chain(cursor, ops[1:])
    while cursor.now.says(ops[0]):
        at = cursor.next().at
        found = Binary(ops[0], found, _chain(cursor, ops[1:]), at)
    return found


def _not(cursor: Cursor) -> EvalExpr:
    at = cursor.now.at
    if cursor.take("NOT"):
        return Unary("NOT", _not(cursor), at)
    if cursor.now.says("!"):
        return _bang(cursor)
    return _comparison(cursor)


def _bang(cursor: Cursor) -> EvalExpr:
    """`!` before a call, as in `mvfilter(!isnull(x))` ("Multivalue eval functions")."""
    at = cursor.next().at
    if cursor.now.kind is not TokenKind.WORD or not cursor.ahead(1).says("("):
        raise UnspecifiedError("! before anything but a function", at)
    return Unary("NOT", _atom(cursor), at)


def _comparison(cursor: Cursor) -> EvalExpr:
    left = _sum(cursor)
    token = cursor.now
    if cursor.take(*_COMPARISONS):
        found: EvalExpr = Binary(token.text, left, _sum(cursor), token.at)
    elif cursor.keyword("LIKE"):
        found = Call("like", (left, _sum(cursor)), token.at)
    elif cursor.keyword("IN"):
        cursor.need("(")
        found = Call("in", (left, *_args(cursor)), token.at)
    else:
        return left
    if cursor.now.says(*_COMPARISONS, "LIKE", "like", "IN", "in"):
        raise UnspecifiedError("comparisons in a chain", cursor.now.at)
    return found


def _sum(cursor: Cursor) -> EvalExpr:
    found, seen = _product(cursor), set[bool]()
    while cursor.now.says("+", "-", "."):
        token = cursor.next()
        seen.add(token.text == ".")
        if len(seen) > 1:
            raise UnspecifiedError("whether . or + and - bind tighter", token.at)
        found = Binary(token.text, found, _product(cursor), token.at)
    return found


def _product(cursor: Cursor) -> EvalExpr:
    found = _signed(cursor)
    while cursor.now.says("*", "/", "%"):
        token = cursor.next()
        found = Binary(token.text, found, _signed(cursor), token.at)
        if cursor.now.says("."):
            raise UnspecifiedError("whether . binds tighter", cursor.now.at)
    return found


def _signed(cursor: Cursor) -> EvalExpr:
    at = cursor.now.at
    if cursor.take("-"):
        return Unary("-", _signed(cursor), at)
    return _atom(cursor)


def _atom(cursor: Cursor) -> EvalExpr:
    token = cursor.next()
    match token.kind:
        case TokenKind.STRING:
            return Literal(token.text)
        case TokenKind.NUMBER:
            return Literal(Fraction(token.text))
        case TokenKind.FIELD:
            return FieldRef(token.text)
        case TokenKind.WORD if cursor.now.says("("):
            if token.text.upper() in _OPERATORS and token.text not in ("in", "like"):
                raise SplError(f"unexpected {token.text}", token.at)
            cursor.next()
            call = Call(token.text, _args(cursor), token.at)
            check(call)
            return call
        case TokenKind.WORD:
            if token.text.upper() in _OPERATORS:
                raise SplError(f"unexpected {token.text} (operators must be in upper case)", token.at)
            if token.text.lower() in ("true", "false", "null"):
                raise UnspecifiedError(f"{token.text} without parentheses", token.at)
            return FieldRef(token.text)
        case TokenKind.MARK if token.text == "(":
            found = parse_expression(cursor)
            cursor.need(")")
            return found
        case _:
            raise SplError(f"expected a value, found {token.text or 'the end of the command'!r}", token.at)


def _args(cursor: Cursor) -> tuple[EvalExpr, ...]:
    if cursor.take(")"):
        return ()
    found = [parse_expression(cursor)]
    while cursor.take(","):
        found.append(parse_expression(cursor))
    cursor.need(")")
    return tuple(found)
