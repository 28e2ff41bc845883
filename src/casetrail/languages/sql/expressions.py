"""SQL expressions over columns that hold the texts of scalars, in the words of an engine's sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network

from casetrail.languages.base import Expressions
from casetrail.languages.sql.sheet import Sheet, operator
from casetrail.plan.nodes import (
    Compare,
    Equals,
    Field,
    InNetwork,
    InPart,
    Like,
    Matches,
    OneOf,
    Overlap,
    SameAs,
    Scalar,
    Type,
    Wildcard,
)
from casetrail.stores.unsupported import unknown


@dataclass(frozen=True, slots=True)
class SqlColumn:
    """Where a field's texts are: SQL of a text, or of a list of texts where there may be many; either may be null."""

    sql: str
    many: bool


class SqlExpressions(Expressions[SqlColumn]):
    """Expressions over the columns that `columns` finds for fields."""

    def __init__(self, sheet: Sheet, columns: Callable[[Field], SqlColumn]) -> None:
        self.sheet = sheet
        self.columns = columns

    def column(self, field: Field) -> SqlColumn:
        return self.columns(field)

    def any(self, column: SqlColumn, condition: Callable[[str], str], name: str = "x") -> str:
        """SQL, never null, for whether any text of the column meets a condition."""
        test = f"coalesce({condition(name if column.many else column.sql)}, false)"
        return self.sheet.lists.any_element.format(list=column.sql, name=name, test=test) if column.many else test

    def value(self, field: Field, value: Scalar) -> str:
        return self.sheet.literal(_address_bounds(str(value))[0] if field.type is Type.ADDRESS else value)

    def equals(self, column: SqlColumn, field: Field, check: Equals) -> str:
        return self.any(
            column, lambda text: f"{self.sheet.parsed(text, field, cased=check.cased)} = {self.value(field, check.value)}"
        )

    def one_of(self, column: SqlColumn, field: Field, check: OneOf) -> str:
        values = ", ".join(self.value(field, value) for value in check.values)
        return self.any(column, lambda text: f"{self.sheet.parsed(text, field, cased=check.cased)} IN ({values})")

    def like(self, column: SqlColumn, field: Field, check: Like) -> str:
        return self.any(column, lambda text: self.pattern(self.sheet.parsed(text, field, cased=check.cased), check.parts))

    def matches(self, column: SqlColumn, field: Field, check: Matches) -> str:
        marks = (("i", check.ignore_case), ("m", check.multiline), ("s", check.dotall))
        flags = "".join(mark for mark, present in marks if present)
        pattern = self.sheet.literal(f"(?{flags}){check.pattern}" if flags else check.pattern)
        return self.any(column, lambda text: self.sheet.texts.regex.format(text=text, pattern=pattern))

    def in_network(self, column: SqlColumn, field: Field, check: InNetwork) -> str:
        low, high = map(self.sheet.literal, _address_bounds(check.network))
        return self.any(column, lambda text: f"{self.sheet.parsed(text, field, cased=True)} BETWEEN {low} AND {high}")

    def compare(self, column: SqlColumn, field: Field, check: Compare) -> str:
        bound = f"{operator(check.op)} {self.sheet.literal(check.value)}"
        return self.any(column, lambda text: f"{self.sheet.parsed(text, field, cased=True)} {bound}")

    def in_part(self, column: SqlColumn, field: Field, check: InPart) -> str:
        def condition(text: str) -> str:
            part = self.sheet.part(check.part, self.sheet.parsed(text, field, cased=True))
            return f"{part} {operator(check.op)} {check.value}"

        return self.any(column, condition)

    def same_as(self, column: SqlColumn, field: Field, check: SameAs) -> str:
        other = self.column(check.other)

        def ours(one: str) -> str:
            def theirs(two: str) -> str:
                text, part = (
                    self.sheet.parsed(x, each, cased=check.cased) for x, each in ((one, field), (two, check.other))
                )
                return self.sheet.overlap(check.overlap, text, part)

            return self.any(other, theirs, "y")

        return self.any(column, ours)

    def is_missing(self, column: SqlColumn, field: Field) -> str:
        return f"{self.size(column)} = 0" if column.many else f"{column.sql} IS NULL"

    def exists(self, column: SqlColumn, field: Field) -> str:
        return f"{self.size(column)} > 0" if column.many else f"{column.sql} IS NOT NULL"

    def size(self, column: SqlColumn) -> str:
        return self.sheet.lists.size.format(list=column.sql)

    def pattern(self, text: str, parts: tuple[str | Wildcard, ...]) -> str:
        match parts:
            case (Wildcard.MANY, str(inner), Wildcard.MANY):
                return self.sheet.overlap(Overlap.CONTAINS, text, self.sheet.literal(inner))
            case (str(start), Wildcard.MANY):
                return self.sheet.overlap(Overlap.STARTSWITH, text, self.sheet.literal(start))
            case (Wildcard.MANY, str(end)):
                return self.sheet.overlap(Overlap.ENDSWITH, text, self.sheet.literal(end))
        return self.sheet.texts.like.format(text=text, pattern=self.sheet.literal("".join(map(_marked, parts))))


def _marked(part: str | Wildcard) -> str:
    match part:
        case Wildcard.MANY:
            return "%"
        case Wildcard.ONE:
            return "_"
        case str():
            return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        case never:
            raise unknown(never)


def _address_bounds(text: str) -> tuple[str, str]:
    """The lowest and the highest key of an address or network."""
    network = ip_network(text)
    return _address_key(int(network[0]), network.version), _address_key(int(network[-1]), network.version)


def _address_key(number: int, version: int) -> str:
    return f"4{number:08x}" if version == 4 else f"6{number:032x}"
