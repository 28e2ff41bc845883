"""The search command's expressions. NOT binds tightest, then OR, then AND ("search: Boolean expressions")."""

from __future__ import annotations

from casetrail.engines.spl_model.cursor import Cursor
from casetrail.engines.spl_model.errors import SplError, UnspecifiedError
from casetrail.engines.spl_model.nodes import FieldIn, FieldIs, SearchAnd, SearchExpr, SearchNot, SearchOr, TimeBound
from casetrail.engines.spl_model.tokens import Token, TokenKind

_OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
_BOUNDS = ("earliest", "latest", "_index_earliest", "_index_latest")
_RESERVED = ("AND", "OR", "NOT", "IN", "AS", "BY", "XOR")
_UNMODELLED = (
    *("starttime", "endtime", "starttimeu", "endtimeu", "timeformat", "index_earliest", "index_latest"),
    *("eventtype", "eventtypetag", "tag", "hosttag", "savedsearch", "savedsplunk", "splunk_server", "splunk_server_group"),
)


def parse_search(tokens: list[Token], *, base: bool) -> SearchExpr:
    """base: whether it is the first command, the only one in which times bound the search."""
    cursor = Cursor(tokens)
    found = _ands(cursor)
    cursor.end()
    _place_bounds(found, base, top=True)
    return found


def _ands(cursor: Cursor) -> SearchExpr:
    args = [_ors(cursor)]
    while not cursor.done and not cursor.now.says(")"):
        cursor.take("AND")
        args.append(_ors(cursor))
    return args[0] if len(args) == 1 else SearchAnd(tuple(args))


def _ors(cursor: Cursor) -> SearchExpr:
    args = [_nots(cursor)]
    while cursor.take("OR"):
        args.append(_nots(cursor))
    return args[0] if len(args) == 1 else SearchOr(tuple(args))


def _nots(cursor: Cursor) -> SearchExpr:
    if cursor.take("NOT"):
        return SearchNot(_nots(cursor))
    if cursor.take("("):
        found = _ands(cursor)
        cursor.need(")")
        return found
    return _comparison(cursor)


def _comparison(cursor: Cursor) -> SearchExpr:
    field = cursor.now
    if field.kind is TokenKind.STRING:
        raise UnspecifiedError(f"the phrase or quoted field {field.text!r}", field.at)
    if field.kind is not TokenKind.WORD or field.says(*_RESERVED):
        raise cursor.refuse("expected a comparison")
    if field.text.lower() in ("and", "or", "not", "in"):
        raise SplError(f"{field.text!r}: operators must be in upper case", field.at)
    cursor.next()
    if cursor.take("IN", "in"):
        return FieldIn(_field(field), _values(cursor), field.at)
    if not cursor.now.says(*_OPERATORS):
        raise UnspecifiedError(f"the term {field.text!r}: a search of _raw by terms isn't modelled", field.at)
    if cursor.now.spaced or cursor.ahead(1).spaced:
        raise UnspecifiedError("white space around a comparison operator", cursor.now.at)
    op = cursor.next().text
    value = cursor.next()
    _check_value(value)
    if field.text in _BOUNDS:
        if op != "=":
            raise SplError(f"{field.text}{op}", field.at)
        return TimeBound(field.text, value.text, field.at)
    if op not in ("=", "!=") and "*" in value.text:
        raise UnspecifiedError(f"a wildcard under {op}", value.at)
    return FieldIs(_field(field), op, value.text, field.at)


def _field(token: Token) -> str:
    if token.text in _UNMODELLED or "::" in token.text:
        raise SplError(f"the search modifier {token.text!r} isn't modelled", token.at)
    if "*" in token.text:
        raise UnspecifiedError(f"the field name {token.text!r}", token.at)
    return token.text


def _values(cursor: Cursor) -> tuple[str, ...]:
    cursor.need("(")
    found = []
    while True:
        value = cursor.next()
        _check_value(value)
        found.append(value.text)
        if cursor.take(")"):
            return tuple(found)
        cursor.need(",")


def _check_value(value: Token) -> None:
    if value.kind not in (TokenKind.WORD, TokenKind.STRING):
        raise SplError(f"expected a value, found {value.text!r}", value.at)
    if value.says(*_RESERVED):
        raise SplError(f"the keyword {value.text} as a value must be in quotes", value.at)
    if value.kind is TokenKind.WORD and value.text in ("CASE", "TERM"):
        raise SplError(f"{value.text}() isn't modelled", value.at)


def _place_bounds(expr: SearchExpr, base: bool, *, top: bool) -> None:
    match expr:
        case TimeBound(kind=kind, at=at) if not (base and top):
            raise UnspecifiedError(f"{kind}= elsewhere than beside the other terms of the first search", at)
        case SearchAnd(args=args):
            for arg in args:
                _place_bounds(arg, base, top=top)
        case SearchOr(args=args):
            for arg in args:
                _place_bounds(arg, base, top=False)
        case SearchNot(arg=arg):
            _place_bounds(arg, base, top=False)
        case _:
            pass
