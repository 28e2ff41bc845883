"""ES|QL of Elasticsearch 8.19: expressions over the columns of an index, and whole queries.

Null counts as false, so a bare comparison stands only where no NOT is above it; every NOT coalesces its operand. Full-text
functions may not stand inside another function: above one, NOT moves inward instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv6Network, ip_network
from typing import assert_never

from casetrail.languages.base import Expressions
from casetrail.languages.lucene_length import require_short, require_short_regex
from casetrail.languages.lucene_regex import lucene
from casetrail.plan.nodes import (
    And,
    Compare,
    Equals,
    Exists,
    Expr,
    Field,
    InNetwork,
    InPart,
    Is,
    IsMissing,
    Like,
    Matches,
    Not,
    OneOf,
    Op,
    Or,
    Overlap,
    Part,
    SameAs,
    Scalar,
    Search,
    Type,
    Wildcard,
    fields,
    tests,
)
from casetrail.stores.places import Stores, place_of, store_of
from casetrail.stores.store import Store, StoredField
from casetrail.stores.unsupported import UnsupportedError

LIMIT = 10_000
"""The most rows that ES|QL gives."""

_OPS = {Op.LT: "<", Op.LTE: "<=", Op.GT: ">", Op.GTE: ">=", Op.EQ: "==", Op.NEQ: "!="}
_CASTS = {Type.ADDRESS: "TO_IP", Type.INTEGER: "TO_LONG", Type.NUMBER: "TO_DOUBLE"}
_STORED_AS = {
    Type.TEXT: ("keyword", "flattened"),
    Type.INTEGER: ("long",),
    Type.NUMBER: ("double",),
    Type.BOOLEAN: ("boolean",),
    Type.ADDRESS: ("ip",),
    Type.TIME: ("date",),
}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_WORDS = re.compile(r"[\w .-]+")
_FORM_FEED = "\f"
_OTHER_LOWER_CASE = "σς\N{COMBINING DOT ABOVE}"
_SEPARATOR = "\N{SYMBOL FOR UNIT SEPARATOR}"


def operator(op: Op) -> str:
    return _OPS[op]


def string(text: str) -> str:
    """A text as ES|QL. Raises UnsupportedError for control characters: they have no escape there, and a query is for people.

    A form feed, which is part of a regular expression's `\\s`, stands as itself.
    """
    if any((ord(char) < 32 and char not in _ESCAPES and char != _FORM_FEED) or char == "\x7f" for char in text):
        raise UnsupportedError(f"{text!r} holds a control character, which ES|QL can't write")
    return '"' + "".join(_ESCAPES.get(char, char) for char in text) + '"'


def name(path: str) -> str:
    """A column's name as ES|QL."""
    steps = path.split(".")
    plain = all(step.replace("_", "a").replace("@", "a").isalnum() and not step[0].isdigit() for step in steps)
    return path if plain else ".".join(f"`{step.replace('`', '``')}`" for step in steps)


def literal(value: Scalar) -> str:
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case str():
            return string(value)
        case int() | float():
            return repr(value)
        case never:
            assert_never(never)


@dataclass(frozen=True, slots=True)
class EsqlColumn:
    """A column of an index: its name as ES|QL, and how Elastic stores it."""

    sql: str
    stored: StoredField


class EsqlExpressions(Expressions[EsqlColumn]):
    """Expressions over one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def column(self, field: Field) -> EsqlColumn:
        stored = place_of(field, self.store)
        return EsqlColumn(f"({stored.derive})" if stored.derive else name(stored.name), stored)

    def expression(self, expr: Expr) -> str:
        match expr:
            case Not(arg=And(args=args)) if self.full_text(expr):
                return self.expression(Or(tuple(map(Not, args))))
            case Not(arg=Or(args=args)) if self.full_text(expr):
                return self.expression(And(tuple(map(Not, args))))
            case Not(arg=Not(arg=arg)):
                return self.expression(arg)
            case Not(arg=Is(field=field, check=Exists())):
                return self.expression(Is(field, IsMissing()))
            case Not(arg=Is(field=field, check=IsMissing())):
                return self.expression(Is(field, Exists()))
            case Not(arg=arg) if not self.full_text(expr):
                return f"NOT COALESCE({self.expression(arg)}, FALSE)"
            case And(args=args) if args:
                return super().expression(And(tuple(sorted(args, key=self.is_costly))))
            case And() | Or() | Not() | Is():
                return super().expression(expr)
            case never:
                assert_never(never)

    def is_costly(self, expr: Expr) -> bool:
        """Whether it is more than a look into the index: the narrow part of a conjunction comes first."""
        match expr:
            case Is(field=field, check=Equals() | OneOf()):
                return not field.exact
            case Is() | And() | Or() | Not():
                return True
            case never:
                assert_never(never)

    def test(self, test: Is) -> str:
        column = self.column(test.field)
        if not isinstance(test.check, IsMissing | Exists):
            _require_type(test.field, column.stored)
        return self.in_a_part(column, test) if column.stored.taken_apart else super().test(test)

    def in_a_part(self, column: EsqlColumn, test: Is) -> str:
        """A test of a text that is kept in parts: what one of them contains."""
        match test.check:
            case Like(parts=(Wildcard.MANY, str() as text, Wildcard.MANY), cased=cased) if _WORDS.fullmatch(text):
                stored, part = column.stored, f"*{_escaped_query(text)}*"
                if stored.type != "flattened":
                    return self.like(column, replace(test.field, arrays=(1,)), test.check)
                _require_cased(test.field, stored, cased)
                key = stored.name.removeprefix(f"{stored.root}.")
                # A pattern runs over the key and the value, or over the keys below and the value where that is parsed.
                return _query_string(
                    [(stored.name, f"{_escaped_query(key)}?{part}"), *((other, part) for other in stored.also)]
                )
        raise UnsupportedError(f"{test.field.path}: Elastic keeps its parts, so only |contains of words can be asked for")

    def full_text(self, expr: Expr) -> bool:
        """Whether the expression needs the index's own query language."""
        return any(self.column(test.field).stored.type == "flattened" for test in tests(expr))

    def equals(self, column: EsqlColumn, field: Field, check: Equals) -> str:
        return self.one_of(column, field, OneOf((check.value,), check.cased))

    def one_of(self, column: EsqlColumn, field: Field, check: OneOf) -> str:
        if column.stored.type == "flattened":
            return self.full_text_any(column, field, check.cased, [_phrase(str(value)) for value in check.values])
        _require_fold(check.cased or field.type is not Type.TEXT, check.values)
        if field.type is Type.TEXT and not check.cased:
            for value in check.values:
                require_short(field.path, (str(value),))
        values = [self.value(field, value) for value in check.values]
        text = self.text(column, field, check.cased)
        if field.many:
            held = [f"MV_COUNT(MV_DEDUPE(MV_APPEND({text}, {value}))) == MV_COUNT(MV_DEDUPE({text}))" for value in values]
            return held[0] if len(held) == 1 else f"({' OR '.join(held)})"
        if text != column.sql and not "".join(values).isascii():
            # Elasticsearch turns TO_LOWER(x) == "…" into a term query that ignores the case of ASCII letters alone.
            text = f'CONCAT({text}, "")'
        return f"{text} == {values[0]}" if len(values) == 1 else f"{text} IN ({', '.join(values)})"

    def value(self, field: Field, value: Scalar) -> str:
        cast = _CASTS.get(field.type)
        return f"{cast}({literal(value)})" if cast else literal(value)

    def text(self, column: EsqlColumn, field: Field, cased: bool) -> str:
        return column.sql if cased or field.type is not Type.TEXT else f"TO_LOWER({column.sql})"

    def readable(self, field: Field, cased: bool) -> str:
        """A field as an expression in the form in which its values compare. Raises UnsupportedError."""
        column = self.column(field)
        _require_type(field, column.stored)
        if column.stored.type == "flattened" and not column.stored.column_since:
            raise UnsupportedError(f"{field.path}: ES|QL can't read a field of the flattened {column.stored.root}")
        return self.text(column, field, cased)

    def full_text_any(self, column: EsqlColumn, field: Field, cased: bool, patterns: list[str]) -> str:
        _require_cased(field, column.stored, cased)
        return _query_string([(held, pattern) for pattern in patterns for held in column.stored.names])

    def like(self, column: EsqlColumn, field: Field, check: Like) -> str:
        literals = [part for part in check.parts if isinstance(part, str)]
        if len(literals) == len(check.parts):
            return self.equals(column, field, Equals("".join(literals), check.cased))
        require_short(field.path, check.parts)
        if column.stored.type == "flattened":
            return self.full_text_any(column, field, check.cased, [_prefix_query(column, field, check.parts)])
        _require_fold(check.cased, literals)
        text = self.text(column, field, check.cased)
        if field.many:
            if any(_SEPARATOR in part for part in literals):
                raise UnsupportedError(
                    f"{field.path}: its values are joined by {_SEPARATOR} in ES|QL, so no pattern can hold one"
                )
            return f"{_joined(text)} RLIKE {string(_any_element(_like_regex(check.parts)))}"
        marks = {Wildcard.MANY: "*", Wildcard.ONE: "?"}
        parts = [marks[part] if isinstance(part, Wildcard) else _escaped_like(part) for part in check.parts]
        return f"{text} LIKE {string(''.join(parts))}"

    def matches(self, column: EsqlColumn, field: Field, check: Matches) -> str:
        if column.stored.type == "flattened" or field.many:
            what = "flattened" if column.stored.type == "flattened" else "a list"
            raise UnsupportedError(f"{field.path}: it is {what} in Elastic, where a regular expression can't be tested")
        pattern = lucene(check)
        require_short_regex(field.path, pattern)
        return f"{column.sql} RLIKE {string(pattern)}"

    def in_network(self, column: EsqlColumn, field: Field, check: InNetwork) -> str:
        if field.many:
            raise UnsupportedError(f"{field.path}: a network can't be tested on a list of addresses in ES|QL")
        inside = f"CIDR_MATCH({column.sql}, {string(check.network)})"
        network = ip_network(check.network)
        if isinstance(network, IPv6Network) and network.supernet_of(IPv6Network("::ffff:0:0/96")):
            # Elasticsearch keeps a v4 address as the v6 address that it maps to.
            return f'({inside} AND NOT CIDR_MATCH({column.sql}, "0.0.0.0/0"))'
        return inside

    def compare(self, column: EsqlColumn, field: Field, check: Compare) -> str:
        text = column.sql
        if field.many:
            text = f"{_outermost(check.op)}({text})"
        return f"{text} {_OPS[check.op]} {literal(check.value)}"

    def in_part(self, column: EsqlColumn, field: Field, check: InPart) -> str:
        return f'DATE_EXTRACT("{_part(check.part, field)}", {column.sql}) {_OPS[check.op]} {check.value}'

    def same_as(self, column: EsqlColumn, field: Field, check: SameAs) -> str:
        one, two = self.readable(field, check.cased), self.readable(check.other, check.cased)
        if field.many or check.other.many:
            raise UnsupportedError(f"{field.path}: ES|QL can't compare it with {check.other.path}, since one holds a list")
        match check.overlap:
            case Overlap.EQUALS:
                return f"{one} == {two}"
            case Overlap.STARTSWITH:
                return f"STARTS_WITH({one}, {two})"
            case Overlap.ENDSWITH:
                return f"ENDS_WITH({one}, {two})"
            case Overlap.CONTAINS:
                return f"LOCATE({one}, {two}) > 0"

    def is_missing(self, column: EsqlColumn, field: Field) -> str:
        if column.stored.type == "flattened":
            return f"NOT {self.exists(column, field)}"
        # Beside `x IS NULL` in a conjunction Elasticsearch takes whatever reads x for null, even through COALESCE.
        return f"COALESCE(MV_COUNT({self.held(column, field)}), 0) == 0"

    def exists(self, column: EsqlColumn, field: Field) -> str:
        if column.stored.type == "flattened":
            return _query_string([("_exists_", _query_name(held)) for held in column.stored.names])
        return f"{self.held(column, field)} IS NOT NULL"

    def held(self, column: EsqlColumn, field: Field) -> str:
        if column.stored.type != "keyword" and column.stored.name != self.store.time:
            raise UnsupportedError(
                f"{field.path}: Elastic keeps only values that are {column.stored.type}, so none isn't missing"
            )
        return column.sql


def _outermost(op: Op) -> str:
    """Which of a list's values passes a comparison if any does."""
    match op:
        case Op.GT | Op.GTE:
            return "MV_MAX"
        case Op.LT | Op.LTE:
            return "MV_MIN"
        case Op.EQ | Op.NEQ:
            raise UnsupportedError(f"ES|QL doesn't compare a list with a number by {op}")
        case never:
            assert_never(never)


def _part(part: Part, field: Field) -> str:
    match part:
        case Part.MINUTE:
            return "minute_of_hour"
        case Part.HOUR:
            return "hour_of_day"
        case Part.DAY:
            return "day_of_month"
        case Part.WEEK:
            raise UnsupportedError(f"{field.path}: ES|QL has no week of ISO 8601")
        case Part.MONTH:
            return "month_of_year"
        case Part.YEAR:
            return "year"
        case never:
            assert_never(never)


def _require_type(field: Field, stored: StoredField) -> None:
    if stored.type not in _STORED_AS[field.type]:
        where = f"in the flattened {stored.root}" if stored.root else f"as {stored.type}"
        raise UnsupportedError(f"{field.path}: Elastic keeps it {where}, where its values don't compare as {field.type}")


def _require_cased(field: Field, stored: StoredField, cased: bool) -> None:
    if not cased:
        raise UnsupportedError(f"{field.path}: {stored.root} is flattened in Elastic, which compares it only |cased")


def _require_fold(cased: bool, texts: Iterable[Scalar]) -> None:
    if not cased and any(char in _OTHER_LOWER_CASE for text in texts for char in str(text)):
        raise UnsupportedError(f"{texts!r}: Elasticsearch's lower case of σ, ς and İ isn't Unicode's simple one")


def _escaped_like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")


def _query_string(pairs: Iterable[tuple[str, str]]) -> str:
    """A full-text test: any of some names has the pattern beside it."""
    return f"QSTR({string(' OR '.join(f'{_query_name(held)}:{pattern}' for held, pattern in pairs))})"


def _query_name(path: str) -> str:
    return path.replace(" ", "\\ ").replace(":", "\\:")


def _phrase(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _prefix_query(column: EsqlColumn, field: Field, parts: tuple[str | Wildcard, ...]) -> str:
    match parts:
        case (str() as start, Wildcard.MANY):
            return f"{_escaped_query(start)}*"
        case _:
            # Any other wildcard runs over the names of all keys of the object as well, and so finds nothing or too much.
            raise UnsupportedError(
                f"{field.path}: in the flattened {column.stored.root} Elastic takes a wildcard only at the end of a value"
            )


def _escaped_query(text: str) -> str:
    return "".join(char if char.isalnum() or not char.isascii() else f"\\{char}" for char in text)


def _like_regex(parts: tuple[str | Wildcard, ...]) -> str:
    each = f"[^{_SEPARATOR}]"
    marks = {Wildcard.MANY: f"{each}*", Wildcard.ONE: each}
    return "".join(marks[part] if isinstance(part, Wildcard) else _escaped_query(part) for part in parts)


def _joined(text: str) -> str:
    separator = string(_SEPARATOR)
    return f"CONCAT({separator}, MV_CONCAT({text}, {separator}), {separator})"


def _any_element(regex: str) -> str:
    return f".*{_SEPARATOR}{regex}{_SEPARATOR}.*"


def search_query(search: Search, stores: Stores) -> str:
    """The query of a search: a row for each matching event, with `_id`, its time and the columns that the search tests.

    Raises UnsupportedError when Elastic can't say it.
    """
    store = store_of(search, stores)
    expressions = EsqlExpressions(store)
    where = expressions.expression(search.where)
    columns = [expressions.column(field) for field in fields(search)]
    made = {name(column.stored.name): column.stored.derive for column in columns if column.stored.derive}
    shown = [name(store.time), *(name(column.stored.name) for column in columns if column.stored.type != "flattened")]
    kept = ", ".join(dict.fromkeys(["_id", "_index", "_version", *shown]))
    return "\n| ".join(
        [
            f"FROM {store.index} METADATA _id, _index, _version",
            f"WHERE {where}",
            *(f"EVAL {column} = {derive}" for column, derive in made.items()),
            f"KEEP {kept}",
            f"LIMIT {LIMIT}",
        ]
    )
