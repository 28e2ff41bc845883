"""DuckDB's SQL: expressions over columns that hold the texts of scalars.

A single column is VARCHAR, a column of many values VARCHAR[]; either may be null. `MACROS` must have been run on the connection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network

from casetrail.languages.base import Expressions
from casetrail.plan.nodes import (
    Compare,
    Equals,
    Field,
    InNetwork,
    InPart,
    Like,
    Matches,
    OneOf,
    Op,
    Overlap,
    SameAs,
    Scalar,
    Type,
    Wildcard,
)

_V4_PART = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_V4 = f"({_V4_PART}\\.){{3}}{_V4_PART}"
_V6_GROUPS = "([0-9a-f]{1,4}(:[0-9a-f]{1,4})*)?"
_HOUR, _SIXTY = "([01][0-9]|2[0-3])", "([0-5][0-9])"
_FRACTION = "(?:\\.([0-9]{1,9}))?"
_ZONE = "([-+])([0-9]{2})(?::?([0-9]{2}))?"
_ISO = (
    f"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})[T ]{_HOUR}:{_SIXTY}:{_SIXTY}{_FRACTION}(?:Z|[-+][0-9]{{2}}(?::?[0-9]{{2}})?)?"
)
_USUAL = "[12][0-9]{3}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z"
_COMPACT = f"([0-9]{{4}})([0-9]{{2}})([0-9]{{2}}){_HOUR}{_SIXTY}{_SIXTY}{_FRACTION}"
_TIME_PARTS = "['year', 'month', 'day', 'hour', 'minute', 'second', 'fraction']"
_NUMBER = "-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?"

MACROS = f"""
CREATE OR REPLACE TEMP MACRO as_integer(x) AS
  CASE WHEN regexp_full_match(x, '-?[0-9]+(\\.0+)?') THEN try_cast(split_part(x, '.', 1) AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO as_number(x) AS
  CASE WHEN regexp_full_match(x, '{_NUMBER}') AND isfinite(try_cast(x AS DOUBLE)) THEN try_cast(x AS DOUBLE) END;
CREATE OR REPLACE TEMP MACRO as_boolean(x) AS
  CASE lower(x) WHEN 'true' THEN true WHEN 'false' THEN false END;
CREATE OR REPLACE TEMP MACRO given(value, body) AS list_transform([value], body)[1];
CREATE OR REPLACE TEMP MACRO v4_hex(x) AS
  given(string_split(x, '.'), lambda p: printf('%02x%02x%02x%02x', p[1]::INT, p[2]::INT, p[3]::INT, p[4]::INT));
CREATE OR REPLACE TEMP MACRO v6_plain(x) AS
  CASE WHEN regexp_full_match(x, '.*:{_V4}') THEN given(v4_hex(regexp_extract(x, '[^:]+$')), lambda tail:
    regexp_extract(x, '^(.*:)[^:]+$', 1) || tail[1:4] || ':' || tail[5:8]) ELSE x END;
CREATE OR REPLACE TEMP MACRO v6_half(x) AS CASE WHEN x = '' THEN '' WHEN regexp_full_match(x, '{_V6_GROUPS}')
  THEN array_to_string(list_transform(string_split(x, ':'), lambda part: lpad(part, 4, '0')), '') END;
CREATE OR REPLACE TEMP MACRO v6_hex(x) AS given(list_transform(string_split(x, '::'), lambda half: v6_half(half)), lambda halves:
  CASE WHEN len(halves) = 1 AND len(halves[1]) = 32 THEN halves[1]
    WHEN len(halves) = 2 AND len(halves[1]) + len(halves[2]) <= 28
    THEN halves[1] || repeat('0', 32 - len(halves[1]) - len(halves[2])) || halves[2] END);
CREATE OR REPLACE TEMP MACRO as_address(x) AS
  CASE WHEN regexp_full_match(x, '{_V4}') THEN '4' || v4_hex(x)
    WHEN contains(x, ':') AND regexp_full_match(x, '[0-9a-fA-F:.]+') THEN given(v6_hex(v6_plain(lower(x))), lambda hex:
      CASE WHEN starts_with(hex, '00000000000000000000ffff') THEN '4' || hex[25:32] ELSE '6' || hex END) END;
CREATE OR REPLACE TEMP MACRO instant(parts) AS given(parts, lambda p: CASE WHEN p.year <> '0000'
  THEN epoch_us(try_cast(p.year || '-' || p.month || '-' || p.day || ' ' || p.hour || ':' || p.minute || ':' || p.second
    AS TIMESTAMP)) + rpad(p.fraction, 6, '0')[1:6]::BIGINT END);
CREATE OR REPLACE TEMP MACRO zone_micros(x) AS
  given(regexp_extract(x, '{_ZONE}$', ['sign', 'hours', 'minutes']), lambda zone: CASE WHEN zone.sign = '' THEN 0 ELSE
    given(zone.hours::BIGINT * 60 + coalesce(try_cast(zone.minutes AS BIGINT), 0), lambda minutes: CASE WHEN minutes < 1440
      THEN minutes * CASE zone.sign WHEN '-' THEN -60000000 ELSE 60000000 END END) END);
CREATE OR REPLACE TEMP MACRO as_time_iso8601(x) AS
  CASE WHEN regexp_full_match(x, '{_USUAL}') THEN epoch_us(try_cast(x AS TIMESTAMP))
    WHEN regexp_full_match(x, '{_ISO}') THEN instant(regexp_extract(x, '{_ISO}', {_TIME_PARTS})) - zone_micros(x) END;
CREATE OR REPLACE TEMP MACRO as_time_compact(x) AS
  CASE WHEN regexp_full_match(x, '{_COMPACT}') THEN instant(regexp_extract(x, '{_COMPACT}', {_TIME_PARTS})) END;
CREATE OR REPLACE TEMP MACRO as_time_epoch_s(x) AS round_even(as_number(x) * 1000000, 0)::BIGINT;
CREATE OR REPLACE TEMP MACRO as_time_epoch_ms(x) AS round_even(as_number(x) * 1000, 0)::BIGINT;
"""
"""How a text reads as a type, as `plan.values` has it. An address becomes a key: 4 or 6, then its bytes in hexadecimal."""

_OPS = {Op.LT: "<", Op.LTE: "<=", Op.GT: ">", Op.GTE: ">=", Op.EQ: "=", Op.NEQ: "<>"}
_OVERLAPS = {
    Overlap.EQUALS: "{} = {}",
    Overlap.STARTSWITH: "starts_with({}, {})",
    Overlap.ENDSWITH: "ends_with({}, {})",
    Overlap.CONTAINS: "contains({}, {})",
}


def operator(op: Op) -> str:
    return _OPS[op]


def literal(value: Scalar) -> str:
    """A value as SQL."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case _:
            return repr(value)


def identifier(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def parsed(text: str, field: Field, *, cased: bool) -> str:
    """SQL for a text read as the field's type, in the form in which it compares; null when it doesn't read."""
    match field.type:
        case Type.TEXT:
            return text if cased or field.exact else f"lower({text})"
        case Type.TIME:
            return f"as_time_{field.time_format}({text})"
        case kind:
            return f"as_{kind}({text})"


@dataclass(frozen=True, slots=True)
class SqlColumn:
    """Where a field's texts are: SQL of type VARCHAR, or VARCHAR[] where there may be many."""

    sql: str
    many: bool


class DuckdbExpressions(Expressions[SqlColumn]):
    """Expressions over the columns that `columns` finds for fields."""

    def __init__(self, columns: Callable[[Field], SqlColumn]) -> None:
        self.columns = columns

    def column(self, field: Field) -> SqlColumn:
        return self.columns(field)

    def any(self, column: SqlColumn, condition: Callable[[str], str], name: str = "x") -> str:
        """SQL, never null, for whether any text of the column meets a condition."""
        if column.many:
            each = f"list_transform({column.sql}, lambda {name}: coalesce({condition(name)}, false))"
            return f"coalesce(list_bool_or({each}), false)"
        return f"coalesce({condition(column.sql)}, false)"

    def value(self, field: Field, value: Scalar) -> str:
        return literal(_address_bounds(str(value))[0] if field.type is Type.ADDRESS else value)

    def equals(self, column: SqlColumn, field: Field, check: Equals) -> str:
        return self.any(column, lambda text: f"{parsed(text, field, cased=check.cased)} = {self.value(field, check.value)}")

    def one_of(self, column: SqlColumn, field: Field, check: OneOf) -> str:
        values = ", ".join(self.value(field, value) for value in check.values)
        return self.any(column, lambda text: f"{parsed(text, field, cased=check.cased)} IN ({values})")

    def like(self, column: SqlColumn, field: Field, check: Like) -> str:
        return self.any(column, lambda text: _like(parsed(text, field, cased=check.cased), check.parts))

    def matches(self, column: SqlColumn, field: Field, check: Matches) -> str:
        marks = (("i", check.ignore_case), ("m", check.multiline), ("s", check.dotall))
        flags = "".join(mark for mark, present in marks if present)
        pattern = literal(f"(?{flags}){check.pattern}" if flags else check.pattern)
        return self.any(column, lambda text: f"regexp_matches({text}, {pattern})")

    def in_network(self, column: SqlColumn, field: Field, check: InNetwork) -> str:
        low, high = map(literal, _address_bounds(check.network))
        return self.any(column, lambda text: f"{parsed(text, field, cased=True)} BETWEEN {low} AND {high}")

    def compare(self, column: SqlColumn, field: Field, check: Compare) -> str:
        return self.any(column, lambda text: f"{parsed(text, field, cased=True)} {_OPS[check.op]} {literal(check.value)}")

    def in_part(self, column: SqlColumn, field: Field, check: InPart) -> str:
        def condition(text: str) -> str:
            return f"{check.part}(make_timestamp({parsed(text, field, cased=True)})) {_OPS[check.op]} {check.value}"

        return self.any(column, condition)

    def same_as(self, column: SqlColumn, field: Field, check: SameAs) -> str:
        other = self.column(check.other)

        def ours(one: str) -> str:
            def theirs(two: str) -> str:
                pair = (parsed(one, field, cased=check.cased), parsed(two, check.other, cased=check.cased))
                return _OVERLAPS[check.overlap].format(*pair)

            return self.any(other, theirs, "y")

        return self.any(column, ours)

    def is_missing(self, column: SqlColumn, field: Field) -> str:
        return f"coalesce(len({column.sql}), 0) = 0" if column.many else f"{column.sql} IS NULL"

    def exists(self, column: SqlColumn, field: Field) -> str:
        return f"coalesce(len({column.sql}), 0) > 0" if column.many else f"{column.sql} IS NOT NULL"


def _like(text: str, parts: tuple[str | Wildcard, ...]) -> str:
    match parts:
        case (Wildcard.MANY, str(inner), Wildcard.MANY):
            return f"contains({text}, {literal(inner)})"
        case (str(start), Wildcard.MANY):
            return f"starts_with({text}, {literal(start)})"
        case (Wildcard.MANY, str(end)):
            return f"ends_with({text}, {literal(end)})"
    marks = {Wildcard.MANY: "%", Wildcard.ONE: "_"}
    pattern = "".join(marks[part] if isinstance(part, Wildcard) else _escaped(part) for part in parts)
    return f"{text} LIKE {literal(pattern)} ESCAPE '\\'"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _address_bounds(text: str) -> tuple[str, str]:
    """The lowest and the highest key of an address or network."""
    network = ip_network(text)
    return _address_key(int(network[0]), network.version), _address_key(int(network[-1]), network.version)


def _address_key(number: int, version: int) -> str:
    return f"4{number:08x}" if version == 4 else f"6{number:032x}"
