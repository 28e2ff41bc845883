"""KQL of Microsoft Sentinel: expressions over the columns of one table.

Strings have no null there: a missing text is the empty one. Comparing a null number or time gives null, so such tests are
coalesced; everything else is two-valued. Case-insensitive operators fold ASCII alone (Microsoft: "String operators"), so other
text goes through `tolower`. A list is looked into by `mv-expand`: its tests become columns (`any0`, …) that `Lists` collects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from casetrail.languages.base import Expressions
from casetrail.languages.kql.addresses import address, in_network, parsed_address
from casetrail.languages.kql.lists import Lists
from casetrail.languages.kql.regex import escaped, kusto
from casetrail.languages.kql.text import literal, member, name, string
from casetrail.plan.nodes import (
    And,
    Check,
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
    Listed,
    ListedPart,
    Matches,
    Not,
    OneOf,
    Op,
    Or,
    Overlap,
    Part,
    SameAs,
    Type,
    Wildcard,
    tests,
)
from casetrail.plan.regex import finds
from casetrail.stores.places import place_of
from casetrail.stores.store import Store, StoredField
from casetrail.stores.unsupported import UnsupportedError

_OPS = {Op.LT: "<", Op.LTE: "<=", Op.GT: ">", Op.GTE: ">=", Op.EQ: "==", Op.NEQ: "!="}
_OVERLAPS = {
    Overlap.EQUALS: "==",
    Overlap.STARTSWITH: "startswith_cs",
    Overlap.ENDSWITH: "endswith_cs",
    Overlap.CONTAINS: "contains_cs",
}
_PARTS = {
    Part.MINUTE: "datetime_part('minute', {})",
    Part.HOUR: "hourofday({})",
    Part.DAY: "dayofmonth({})",
    Part.WEEK: "week_of_year({})",
    Part.MONTH: "monthofyear({})",
    Part.YEAR: "getyear({})",
}
_WHOLE = string(r"^(-?[0-9]+)(?:\.0+)?$")
_NUMBER = string(r"^-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$")
_TEXTUAL = ("string", "dynamic")
_STORED_AS = {
    Type.TEXT: ("string", "dynamic", "int", "long"),
    Type.INTEGER: ("int", "long", "real", "string", "dynamic"),
    Type.NUMBER: ("int", "long", "real", "string", "dynamic"),
    Type.BOOLEAN: ("bool", "string", "dynamic"),
    Type.ADDRESS: ("string", "dynamic"),
    Type.TIME: ("datetime",),
}


def operator(op: Op) -> str:
    return _OPS[op]


@dataclass(frozen=True, slots=True)
class KqlColumn:
    """Where a field's value is: KQL of a type of KQL, `many` if it is so for each element of a list."""

    kql: str
    type: str
    many: bool

    @property
    def text(self) -> str:
        return self.kql if self.type == "string" else f"tostring({self.kql})"


class KqlExpressions(Expressions[KqlColumn]):
    """Expressions over one store. live: whether watchlists are looked up at each run."""

    AND = " and "
    OR = " or "
    ALWAYS = "true"
    NEVER = "false"

    def __init__(self, store: Store, *, live: bool = False, lists: Lists | None = None) -> None:
        self.store = store
        self.live = live
        self.lists = lists if lists is not None else Lists()

    def column(self, field: Field, role: str = "element") -> KqlColumn:
        stored = place_of(field, self.store)
        if stored.type not in ("dynamic", "json"):
            if field.many:
                raise UnsupportedError(f"{field.path}: it is a list, and Sentinel keeps it as {stored.type}")
            return KqlColumn(held(stored), stored.type, many=False)
        root, *steps = stored.name.split(".")
        if stored.root and stored.root != root:
            raise UnsupportedError(f"{field.path}: its root {stored.root} isn't the column {root}")
        holder, taken = name(root) if stored.type == "dynamic" else f"parse_json({name(root)})", 0
        for array in field.arrays:
            end = len(steps) - (len(field.steps) - array)
            if end < taken:
                raise UnsupportedError(f"{field.path}: {stored.name} lies below the list that holds it")
            holder = self.lists.element(role, member(holder, tuple(steps[taken:end])))
            taken = end
        return KqlColumn(member(holder, tuple(steps[taken:])), "dynamic", field.many)

    def expression(self, expr: Expr) -> str:
        match expr:
            case Not(arg=arg):
                return f"not({self.expression(arg)})"
            case And(args=args) if args:
                return super().expression(And(tuple(sorted(args, key=self.cost))))
            case _:
                return super().expression(expr)

    def operand(self, expr: Expr) -> str:
        text = self.expression(expr)
        return f"({text})" if isinstance(expr, And | Or) and len(expr.args) > 1 else text

    def cost(self, expr: Expr) -> int:
        """What stands first in a conjunction: what the index answers, then what is read, then regular expressions."""
        match expr:
            case Is(field=field, check=Equals() | OneOf()) if field.exact and not field.many:
                return 0
            case Is(check=Matches() | SameAs()):
                return 2
            case Is() | And() | Or() | Not():
                return 1
            case never:
                assert_never(never)

    def test(self, test: Is) -> str:
        column = self.column(test.field)
        if isinstance(test.check, IsMissing):
            return f"not({self.any(self.exists(column, test.field), many=column.many)})"
        if isinstance(test.check, Exists):
            return self.any(self.exists(column, test.field), many=column.many)
        if column.type not in (_TEXTUAL if isinstance(test.check, Matches) else _STORED_AS[test.field.type]):
            raise UnsupportedError(
                f"{test.field.path}: Sentinel keeps it as {column.type}, where its values don't compare as {test.field.type}"
            )
        text = super().test(test)
        if test.field.type is Type.TEXT or isinstance(test.check, Matches):
            text = self.guarded(column, test.field, text) if _passes_empty(test.check) else text
        return self.any(text, many=lists_in(test))

    def any(self, condition: str, *, many: bool) -> str:
        return self.lists.any(condition) if many else condition

    def guarded(self, column: KqlColumn, field: Field, condition: str) -> str:
        """A condition that the empty text meets, which in KQL a missing value is too."""
        exists = self.exists(column, field)
        return f"({exists} and {condition})" if condition != self.ALWAYS else exists

    def exists(self, column: KqlColumn, field: Field) -> str:
        if column.type not in _TEXTUAL:
            if column.kql == name(self.store.time):
                return f"isnotnull({column.kql})"
            raise UnsupportedError(f"{field.path}: Sentinel keeps only values that are {column.type}, so none isn't missing")
        if field.empty_is_missing:
            return f"isnotempty({column.text})"
        if column.type == "string":
            raise UnsupportedError(
                f"{field.path}: Sentinel's text columns don't distinguish an empty value from a missing one"
            )
        return f"(isnotempty({column.text}) or gettype({column.kql}) == 'string')"

    def typed(self, column: KqlColumn, field: Field) -> str:
        """A field as KQL of its own type, null (or the empty text) when it doesn't read as that."""
        match field.type:
            case Type.TEXT:
                return column.text
            case Type.ADDRESS:
                return parsed_address(column.text)
            case Type.INTEGER if column.type in _TEXTUAL:
                return f"tolong(extract({_WHOLE}, 1, {column.text}))"
            case Type.NUMBER if column.type in _TEXTUAL:
                return f"toreal(extract({_NUMBER}, 0, {column.text}))"
            case Type.BOOLEAN if column.type in _TEXTUAL:
                return f"case({column.text} =~ 'true', true, {column.text} =~ 'false', false, bool(null))"
            case Type.INTEGER:
                return column.kql if column.type == "long" else f"tolong({column.kql})"
            case Type.NUMBER:
                return column.kql if column.type == "real" else f"toreal({column.kql})"
            case Type.BOOLEAN | Type.TIME:
                return column.kql
            case never:
                assert_never(never)

    def readable(self, field: Field, *, cased: bool, role: str) -> str:
        """A field as KQL in the form in which its values compare, for a key or a value. Raises UnsupportedError."""
        column = self.column(field, role)
        if place_of(field, self.store).derive:
            raise UnsupportedError(f"{field.path}: it is computed for each event, and can't be grouped by or counted")
        if column.type not in _STORED_AS[field.type]:
            raise UnsupportedError(
                f"{field.path}: Sentinel keeps it as {column.type}, where its values don't compare as {field.type}"
            )
        text = self.typed(column, field)
        return f"tolower({text})" if field.type is Type.TEXT and not cased else text

    def equals(self, column: KqlColumn, field: Field, check: Equals) -> str:
        match field.type:
            case Type.TEXT:
                value = string(str(check.value))
                if check.cased:
                    return f"{column.text} == {value}"
                return f"{column.text} =~ {value}" if value.isascii() else f"tolower({column.text}) == {value}"
            case Type.ADDRESS:
                return f"{self.typed(column, field)} == {string(address(str(check.value)))}"
            case Type.BOOLEAN if column.type in _TEXTUAL:
                return f"{column.text} =~ {string(str(check.value).lower())}"
            case Type.INTEGER if column.type == "int":
                return f"{column.kql} == {literal(check.value)}"
            case Type.INTEGER | Type.NUMBER | Type.BOOLEAN | Type.TIME:
                return f"{self.typed(column, field)} == {literal(check.value)}"
            case never:
                assert_never(never)

    def one_of(self, column: KqlColumn, field: Field, check: OneOf) -> str:
        if field.type is Type.BOOLEAN:
            return "(" + " or ".join(self.equals(column, field, Equals(value, check.cased)) for value in check.values) + ")"
        values = [string(address(str(value))) if field.type is Type.ADDRESS else literal(value) for value in check.values]
        listed = f"({', '.join(values)})"
        if field.type is not Type.TEXT or check.cased:
            return f"{self.typed(column, field)} in {listed}"
        return f"{column.text} in~ {listed}" if listed.isascii() else f"tolower({column.text}) in {listed}"

    def listed(self, column: KqlColumn, field: Field, check: Listed) -> str:
        if not self.live or field.type is not Type.TEXT or column.many:
            return super().listed(column, field, check)
        key = "tostring(SearchKey)" if check.cased else "tolower(tostring(SearchKey))"
        text = column.text if check.cased else f"tolower({column.text})"
        return f"{text} in (_GetWatchlist({string(check.watchlist)}) | project {key})"

    def like(self, column: KqlColumn, field: Field, check: Like) -> str:
        parts = check.parts
        match parts:
            case (Wildcard.MANY,):
                return self.ALWAYS
            case (Wildcard.MANY, str(inner), Wildcard.MANY):
                return self.operation(column, "contains", inner, check.cased)
            case (str(start), Wildcard.MANY):
                return self.operation(column, "startswith", start, check.cased)
            case (Wildcard.MANY, str(end)):
                return self.operation(column, "endswith", end, check.cased)
        if not any(isinstance(part, Wildcard) for part in parts):
            return self.equals(column, field, Equals("".join(map(str, parts)), check.cased))
        marks = {Wildcard.MANY: ".*", Wildcard.ONE: "."}
        pattern = "".join(marks[part] if isinstance(part, Wildcard) else escaped(part) for part in parts)
        text = column.text if check.cased else f"tolower({column.text})"
        return f"{text} matches regex {string(f'(?s)^{pattern}$')}"

    def operation(self, column: KqlColumn, operation: str, value: str, cased: bool) -> str:
        if cased or not value.isascii():
            text = column.text if cased else f"tolower({column.text})"
            return f"{text} {operation}_cs {string(value)}"
        return f"{column.text} {operation} {string(value)}"

    def matches(self, column: KqlColumn, field: Field, check: Matches) -> str:
        return f"{column.text} matches regex {string(kusto(check))}"

    def in_network(self, column: KqlColumn, field: Field, check: InNetwork) -> str:
        return in_network(self.typed(column, field), check.network)

    def compare(self, column: KqlColumn, field: Field, check: Compare) -> str:
        return f"coalesce({self.typed(column, field)} {_OPS[check.op]} {literal(check.value)}, false)"

    def in_part(self, column: KqlColumn, field: Field, check: InPart) -> str:
        text = f"{_PARTS[check.part].format(column.kql)} {_OPS[check.op]} {check.value}"
        return text if column.kql == name(self.store.time) else f"(isnotnull({column.kql}) and {text})"

    def same_as(self, column: KqlColumn, field: Field, check: SameAs) -> str:
        other = self.column(check.other, "other")
        if other.type not in _STORED_AS[check.other.type]:
            raise UnsupportedError(f"{check.other.path}: Sentinel keeps it as {other.type}")
        one, two = self.typed(column, field), self.typed(other, check.other)
        match field.type:
            case Type.TEXT:
                one, two = (one, two) if check.cased else (f"tolower({one})", f"tolower({two})")
                both = [self.exists(column, field), self.exists(other, check.other)]
                return f"({' and '.join([*both, f'{one} {_OVERLAPS[check.overlap]} {two}'])})"
            case Type.ADDRESS:
                return f"(isnotempty({one}) and {one} == {two})"
            case Type.INTEGER | Type.NUMBER | Type.BOOLEAN | Type.TIME:
                return f"coalesce({one} == {two}, false)"
            case never:
                assert_never(never)

    def is_missing(self, column: KqlColumn, field: Field) -> str:
        return f"not({self.exists(column, field)})"


def held(stored: StoredField) -> str:
    """The KQL of a column; of a text that rows may hold elsewhere too, where it is empty, what they hold there.

    Raises UnsupportedError for another type.
    """
    if stored.also and stored.type != "string":
        raise UnsupportedError(f"{stored.name}: only a text can be read from {', '.join(stored.also)} as well")
    found = name(stored.name)
    for other in stored.also:
        root, *steps = other.split(".")
        value = f"tostring({member(f'parse_json({name(root)})', tuple(steps))})" if steps else name(root)
        found = f"iff(isempty({found}), {value}, {found})"
    return found


def lists_in(expr: Expr) -> bool:
    """Whether an expression looks into a list."""
    return any(test.field.many or (isinstance(test.check, SameAs) and test.check.other.many) for test in tests(expr))


def _passes_empty(check: Check) -> bool:
    match check:
        case Equals(value=value):
            return value == ""
        case OneOf(values=values) | Listed(values=values):
            return "" in values
        case Like(parts=parts):
            return all(part is Wildcard.MANY for part in parts)
        case Matches():
            return finds(check, "")
        case ListedPart() | InNetwork() | Compare() | InPart() | IsMissing() | Exists() | SameAs():
            return False
        case never:
            assert_never(never)
