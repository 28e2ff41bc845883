"""pySigma's SQLite backend, told what the contracts say: types, letter case, lists. What it can't say has a name here."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sigma.conditions import ConditionFieldEqualsValueExpression
from sigma.conversion.state import ConversionState
from sigma.processing.conditions import RuleAttributeCondition
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import SetStateTransformation, ValueListPlaceholderTransformation
from sigma.rule import SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    TimestampPart,
)

from casetrail.plan.nodes import Type
from casetrail.plan.values import parse_address, parse_network
from tests.oracle.tables import ID, TIME, Column, Table

try:
    from sigma.backends.sqlite import sqliteBackend
except ImportError as error:
    raise ImportError("the SQLite oracle needs the package pysigma-backend-sqlite (dependency group `test`)") from error


class Gap(StrEnum):
    """What pysigma-backend-sqlite 2.1.1 can't say, or says otherwise than docs/semantics.md."""

    WEEK = "its week of the year is not ISO 8601's"
    NETWORK = "it writes a network as text patterns, which are right only for v4 and not for /0"
    BOOLEAN = "it takes a boolean for the text 1 as well"
    CASED_WATCHLIST = "it loses |cased when it fills in a watchlist"
    EMPTY_WATCHLIST = "it takes an empty watchlist for an error"
    EXACT_OVERLAP = "its |fieldref with startswith, endswith or contains ignores letter case"
    UNREADABLE = "a value that doesn't read as its type is null to it, where null or exists asks"
    PERCENTILE = "it interpolates a percentile between two values"
    REPEATED_VALUE = "a number that an event's list holds twice counts once"
    LIST_TWICE = "a list that stands for two parts of a key, or for key and figure, is one of its values at a time"
    MIXED_CASE = "it can't join a field that ignores letter case to one that doesn't"
    SEVERAL_BASES = "an event that several base rules match is one value to it, and a completion beside an event two events"
    ABSENCE = (
        "it looks for an absence from a wanted event on, so of several only where they need no order, and through no chain"
    )
    CHAINED_ORDER = "a chain that stands on temporal_ordered sees steps that don't complete it"
    CHAINED_INSTANT = "completions of one instant are one step to a chain"


class Refused(Exception):
    def __init__(self, gap: Gap) -> None:
        super().__init__(gap)
        self.gap = gap


_AS_PUBLISHED = sqliteBackend()


def source(rule: SigmaRule) -> str:
    """The key of the contract of a rule's log."""
    return f"{rule.logsource.product}/{rule.logsource.service}"


def tested_fields(rule: SigmaRule) -> list[str]:
    """The paths of the fields that a rule's condition tests."""
    return list(_AS_PUBLISHED.required_fields(rule))


class OracleBackend(sqliteBackend):  # type: ignore[misc]
    """The published backend over the tables of `sqlite_tables`, by title of rule.

    It differs where the contract has to be asked: names become columns, a column of lists is searched through, and a
    field that compares exactly is matched as `|cased` is. Raises Refused.
    """

    def __init__(self, tables: Mapping[str, Table], pipeline: ProcessingPipeline, observation_end: float) -> None:
        super().__init__(
            pipeline,
            collate_nocase=True,
            event_id_field=ID,
            timestamp_field=TIME,
            timestamp_format="unix_us",
            observation_end=observation_end,
        )
        self.tables = tables
        self.columns: Mapping[str, Column] = {}

    def convert_rule(self, rule: SigmaRule, *args: Any, **options: Any) -> Any:
        self.columns = self.tables[rule.title].columns
        return super().convert_rule(rule, *args, **options)

    def required_fields(self, rule: SigmaRule) -> list[str]:
        return []

    def escape_and_quote_field(self, field: str) -> str:
        column = self.columns.get(field)
        if column is None:
            return str(super().escape_and_quote_field(field))
        return f"CAST({column.name}_each.value AS {column.affinity})" if column.many else column.name

    def convert_condition_field_eq_val(self, cond: ConditionFieldEqualsValueExpression, state: ConversionState) -> Any:
        column = self.columns[cond.field]
        value = cond.value = _address(cond.value) if column.field.type is Type.ADDRESS else cond.value
        self._refuse(column, cond)
        if isinstance(value, SigmaExpansion | SigmaCIDRExpression):
            # The published backend writes the addresses of a network with OR and without parentheses, beside an AND too.
            return f"({super().convert_condition_field_eq_val(cond, state)})"
        absent = isinstance(value, SigmaNull) or (isinstance(value, SigmaExists) and not value.exists)
        if column.many and absent:
            present = ConditionFieldEqualsValueExpression(cond.field, SigmaExists(True))
            return f"NOT {self.convert_condition_field_eq_val(present, state)}"
        text = super().convert_condition_field_eq_val(cond, state)
        for each in [column for column in self._named(cond) if column.many]:
            text = f"EXISTS (SELECT 1 FROM json_each({each.name}) AS {each.name}_each WHERE {text})"
        return text

    def convert_condition_field_eq_val_str(self, cond: ConditionFieldEqualsValueExpression, state: ConversionState) -> str:
        if self.columns[cond.field].field.exact:
            return str(self.convert_condition_field_eq_val_str_case_sensitive(cond, state))
        return str(super().convert_condition_field_eq_val_str(cond, state))

    def convert_condition_field_eq_field(self, cond: ConditionFieldEqualsValueExpression, state: ConversionState) -> str:
        text = str(super().convert_condition_field_eq_field(cond, state))
        exact = any(column.field.exact for column in self._named(cond))
        return text.removesuffix(" COLLATE NOCASE") if exact else text

    def _named(self, cond: ConditionFieldEqualsValueExpression) -> list[Column]:
        other = [cond.value.field] if isinstance(cond.value, SigmaFieldReference) else []
        return list(dict.fromkeys(self.columns[path] for path in [cond.field, *other]))

    def _refuse(self, column: Column, cond: ConditionFieldEqualsValueExpression) -> None:
        value = cond.value
        part = value.number if isinstance(value, SigmaCompareExpression) else value
        match column.field.type, value:
            case _, SigmaNull() | SigmaExists() if column.unreadable:
                raise Refused(Gap.UNREADABLE)
            case Type.TIME, _ if isinstance(part, SigmaTimestampPart) and part.timestamp_part is TimestampPart.WEEK:
                raise Refused(Gap.WEEK)
            case Type.ADDRESS, SigmaCIDRExpression() if value.network.version == 6 or value.network.prefixlen == 0:
                raise Refused(Gap.NETWORK)
            case Type.TEXT, SigmaBool():
                raise Refused(Gap.BOOLEAN)
            case Type.TEXT, SigmaFieldReference() if value.starts_with or value.ends_with:
                if any(named.field.exact for named in self._named(cond)):
                    raise Refused(Gap.EXACT_OVERLAP)


def _address(value: SigmaType) -> SigmaType:
    """An address or network in its canonical spelling, since SQLite compares texts; other values as they are."""
    text = str(value)
    if not isinstance(value, SigmaString) or value.contains_special():
        return value
    return SigmaCIDRExpression(parse_network(text)) if "/" in text else SigmaString(parse_address(text))


def pipeline(tables: Mapping[str, Table], watchlists: Mapping[str, tuple[str, ...]]) -> ProcessingPipeline:
    """What tells the backend of the tables, by title of rule, and fills in the watchlists, each value as it is written."""
    items = [ProcessingItem(ValueListPlaceholderTransformation())]
    for title, table in tables.items():
        condition = RuleAttributeCondition("title", title)
        items.append(ProcessingItem(SetStateTransformation("table", table.name), rule_conditions=[condition]))
    escaped = {name: [_escaped(value) for value in values] for name, values in watchlists.items()}
    return ProcessingPipeline(items=items, vars=escaped)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
