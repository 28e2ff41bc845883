"""OpenSearch's query DSL: expressions over the fields of an index.

Every query is two-valued: what has no value matches nothing, and `must_not` of it everything. A field of several values
matches when any of them does. `case_insensitive` regards the case of all letters but ASCII's, so text with others is a
regular expression that spells out its cases. The DSL can't compare two fields or read a part of a time: those tests are
scripts, the same for every rule, with parameters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Network, ip_network
from typing import Any, assert_never

from casetrail.languages.base import Checks
from casetrail.languages.folding import variants
from casetrail.languages.lucene_length import require_short, require_short_regex
from casetrail.languages.lucene_regex import lucene
from casetrail.languages.querydsl.painless import program
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
    SameAs,
    Type,
    Wildcard,
)
from casetrail.stores.places import place_of
from casetrail.stores.store import Store, StoredField
from casetrail.stores.unsupported import UnsupportedError

Query = dict[str, Any]

NOTHING: Query = {"match_none": {}}
MOST_TERMS = 65_536
"""The default of index.max_terms_count."""
MOST_CLAUSES = 256
"""A list longer than this is looked up by a script; OpenSearch takes 1,024 clauses in a whole query."""
LONGEST_REGEX = 1_000
"""The default of index.max_regex_length."""
MUSTACHE = "{{"
"""A monitor takes its query for a template of Mustache, so no query may hold this."""
STORED_AS = {
    Type.TEXT: "keyword",
    Type.INTEGER: "long",
    Type.NUMBER: "double",
    Type.BOOLEAN: "boolean",
    Type.ADDRESS: "ip",
    Type.TIME: "date",
}
_RANGES: dict[Type, tuple[float, float]] = {Type.INTEGER: (-(2**63), 2**63 - 1), Type.NUMBER: (-1.7e308, 1.7e308)}
"""Beyond these OpenSearch takes no number."""
_MAPPED = IPv6Network("::ffff:0:0/96")


def script(names: Sequence[str], params: Mapping[str, Any]) -> Query:
    """A test by a program of `painless/`."""
    return {"script": {"script": {"lang": "painless", "source": program(*names), "params": dict(params)}}}


def either(queries: Sequence[Query]) -> Query:
    if len(queries) == 1:
        return queries[0]
    return {"bool": {"should": list(queries), "minimum_should_match": 1}} if queries else NOTHING


@dataclass(frozen=True, slots=True)
class DslField:
    """A field of an index."""

    name: str
    stored: StoredField


class OpenSearchExpressions(Checks[DslField, Query]):
    """Expressions over one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def column(self, field: Field) -> DslField:
        stored = place_of(field, self.store)
        return DslField(stored.name, stored)

    def nothing(self) -> Query:
        return NOTHING

    def expression(self, expr: Expr) -> Query:
        """The expression as query DSL. Raises UnsupportedError."""
        match expr:
            case And(args=()):
                return {"match_all": {}}
            case And(args=args):
                return _all(
                    [self.expression(arg) for arg in args if not isinstance(arg, Not)],
                    [self.expression(arg.arg) for arg in args if isinstance(arg, Not)],
                )
            case Or(args=args):
                return either([self.expression(arg) for arg in args])
            case Not(arg=arg):
                return _all([], [self.expression(arg)])
            case Is():
                return self.test(expr)
            case never:
                assert_never(never)

    def test(self, test: Is) -> Query:
        stored = self.column(test.field).stored
        if stored.derive and not isinstance(test.check, Compare):
            raise UnsupportedError(
                f"{test.field.path}: OpenSearch works it out by a script, which compares it with a number and no more"
            )
        if not isinstance(test.check, IsMissing | Exists):
            require_type(test.field, stored)
        return super().test(test)

    def readable(self, field: Field, cased: bool) -> dict[str, Any]:
        """A field as the programs read it: the form in which its values compare. Raises UnsupportedError."""
        column = self.column(field)
        require_type(field, column.stored)
        if column.stored.derive:
            raise UnsupportedError(
                f"{field.path}: OpenSearch works it out by a script, and so can't group by it or count it"
            )
        if field.type is Type.TIME:
            raise UnsupportedError(f"{field.path}: OpenSearch cuts times to milliseconds, so whole times don't compare")
        folded = field.type is Type.TEXT and not (cased or field.exact)
        return {"name": column.name, "folded": folded, "skips_empty": field.empty_is_missing}

    def equals(self, column: DslField, field: Field, check: Equals) -> Query:
        return self.one_of(column, field, OneOf((check.value,), check.cased))

    def one_of(self, column: DslField, field: Field, check: OneOf) -> Query:
        values = [value for value in check.values if value != "" or not field.empty_is_missing]
        if field.type is Type.TEXT and not check.cased:
            for value in values:
                require_short(field.path, (str(value),))
            if len(values) > MOST_CLAUSES:
                params = {"field": self.readable(field, check.cased), "values": dict.fromkeys(map(str, values), True)}
                return script(["read", "one_of"], params)
            return either([_folded(column.name, "term", (str(value),)) for value in values])
        if len(values) > MOST_TERMS:
            raise UnsupportedError(f"{field.path}: OpenSearch takes {MOST_TERMS} values in a list, and this one is longer")
        if field.type is Type.TEXT and any(MUSTACHE in str(value) for value in values):
            return either([_cased(column.name, "term", (str(value),)) for value in values])
        if len(values) > 1:
            return {"terms": {column.name: values}}
        return {"term": {column.name: {"value": values[0]}}} if values else NOTHING

    def like(self, column: DslField, field: Field, check: Like) -> Query:
        _require_text(field)
        if all(part is Wildcard.MANY for part in check.parts) and check.parts:
            return self.exists(column, field)
        if not any(isinstance(part, Wildcard) for part in check.parts):
            return self.equals(column, field, Equals("".join(map(str, check.parts)), check.cased))
        require_short(field.path, check.parts)
        begins = len(check.parts) == 2 and check.parts[1] is Wildcard.MANY and isinstance(check.parts[0], str)
        kind, parts = ("prefix", check.parts[:1]) if begins else ("wildcard", check.parts)
        return _cased(column.name, kind, parts) if check.cased else _folded(column.name, kind, parts)

    def matches(self, column: DslField, field: Field, check: Matches) -> Query:
        _require_text(field)
        pattern = lucene(check)
        require_short_regex(field.path, pattern)
        found = _regexp(column.name, pattern)
        return _all([found, self.exists(column, field)], []) if field.empty_is_missing else found

    def in_network(self, column: DslField, field: Field, check: InNetwork) -> Query:
        network = ip_network(check.network)
        if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
            return NOTHING
        if isinstance(network, IPv6Network) and network.supernet_of(_MAPPED):
            # OpenSearch keeps a v4 address as the v6 address that it maps to.
            ends = ((network[0], _MAPPED[0] - 1), (_MAPPED[-1] + 1, network[-1]))
            return either([{"range": {column.name: {"gte": str(low), "lte": str(high)}}} for low, high in ends])
        return {"term": {column.name: {"value": check.network}}}

    def compare(self, column: DslField, field: Field, check: Compare) -> Query:
        if column.stored.derive:
            return _derived(column.stored.derive, check)
        low, high = _RANGES[field.type]
        if not low <= check.value <= high:
            below = check.op in (Op.LT, Op.LTE)
            return {"exists": {"field": column.name}} if below == (check.value > 0) else NOTHING
        return {"range": {column.name: {check.op.value: check.value}}}

    def in_part(self, column: DslField, field: Field, check: InPart) -> Query:
        params = {"field": column.name, "part": check.part.value, "op": check.op.value, "value": check.value}
        return script(["compare", "in_part"], params)

    def same_as(self, column: DslField, field: Field, check: SameAs) -> Query:
        if check.other.type is not field.type or (field.type is not Type.TEXT and check.overlap is not Overlap.EQUALS):
            raise UnsupportedError(f"{field.path}: it is {field.type} and {check.other.path} {check.other.type}")
        one, other = self.readable(field, check.cased), self.readable(check.other, check.cased)
        return script(["read", "same_as"], {"field": one, "other": other, "overlap": check.overlap.value})

    def is_missing(self, column: DslField, field: Field) -> Query:
        return _all([], [self.exists(column, field)])

    def exists(self, column: DslField, field: Field) -> Query:
        if column.stored.type != "keyword" and column.name != self.store.time:
            raise UnsupportedError(
                f"{field.path}: OpenSearch keeps only values that are {column.stored.type}, so none isn't missing"
            )
        return {"range": {column.name: {"gt": ""}}} if field.empty_is_missing else {"exists": {"field": column.name}}


def _derived(expression: str, check: Compare) -> Query:
    """A test of what a Painless expression gives, of rows that hold each field that it reads."""
    read = dict.fromkeys(re.findall(r"doc\['([^']+)'\]", expression))
    params = {"needs": list(read), "op": check.op.value, "value": check.value}
    text = program("compare", "derived").replace("DERIVED", expression)
    return {"script": {"script": {"lang": "painless", "source": text, "params": params}}}


def require_type(field: Field, stored: StoredField) -> None:
    """Raises UnsupportedError for a field whose values don't compare where they are stored."""
    if stored.type != STORED_AS[field.type]:
        raise UnsupportedError(
            f"{field.path}: OpenSearch keeps it as {stored.type}, where its values don't compare as {field.type}"
        )


def _require_text(field: Field) -> None:
    if field.type is not Type.TEXT:
        raise UnsupportedError(f"{field.path}: it is {field.type}, and OpenSearch looks for patterns only in text")


def _all(queries: Sequence[Query], but: Sequence[Query]) -> Query:
    if len(queries) == 1 and not but:
        return queries[0]
    return {"bool": {name: list(found) for name, found in (("filter", queries), ("must_not", but)) if found}}


def _cased(name: str, kind: str, parts: Sequence[str | Wildcard]) -> Query:
    kind, text = _plain(kind, parts)
    return {kind: {name: {"value": text}}}


def _plain(kind: str, parts: Sequence[str | Wildcard]) -> tuple[str, str]:
    """The kind of a query for text, and its text; `{{` would begin a template in a monitor, so it is escaped in a wildcard."""
    text = "".join(part for part in parts if not isinstance(part, Wildcard))
    if kind != "wildcard" and MUSTACHE not in text:
        return kind, text
    shown = "".join(part.value if isinstance(part, Wildcard) else _escaped(part) for part in parts)
    return "wildcard", shown + ("*" if kind == "prefix" else "")


def _folded(name: str, kind: str, parts: Sequence[str | Wildcard]) -> Query:
    if all(char.isascii() or variants(char) == char for part in parts if not isinstance(part, Wildcard) for char in part):
        kind, text = _plain(kind, parts)
        return {kind: {name: {"value": text, "case_insensitive": True}}}
    rest = ".*" if kind == "prefix" else ""
    return _regexp(name, "".join(map(_spelt_out, parts)) + rest)


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
    return escaped.replace("{", "\\{") if MUSTACHE in text else escaped


def _spelt_out(part: str | Wildcard) -> str:
    match part:
        case Wildcard.MANY:
            return ".*"
        case Wildcard.ONE:
            return "."
        case str() as text:
            return "".join(_one_character(variants(char)) for char in text)
        case never:
            assert_never(never)


def _one_character(chars: str) -> str:
    quoted = [char if char.isalnum() or not char.isascii() else f"\\{char}" for char in chars]
    return quoted[0] if len(quoted) == 1 else f"[{''.join(quoted)}]"


def _regexp(name: str, pattern: str) -> Query:
    pattern = pattern.replace("\\{{", "[\\{]{")
    if len(pattern) > LONGEST_REGEX:
        raise UnsupportedError(
            f"a regular expression is {len(pattern)} characters long as Lucene's, and OpenSearch takes {LONGEST_REGEX}"
        )
    return {"regexp": {name: {"value": pattern, "flags": "NONE"}}}
