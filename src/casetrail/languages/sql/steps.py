"""SQL for the steps of a correlation: rows (base, id, t, k0, k1, …) and, where a figure is of values, the list v of the step's.

t: in the sheet's unit; the key's parts and the values in the form in which they compare.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from casetrail.languages.sql.expressions import SqlColumn
from casetrail.languages.sql.sheet import Sheet
from casetrail.plan.nodes import Correlation, Field, KeyPart, Search, Type


@dataclass(frozen=True, slots=True)
class Log:
    """Where a correlation's events are.

    matches: SQL for a relation with the events of a search: `id`, `t` in the sheet's unit, and whatever `columns` names.
    columns: where a field's texts are in such a relation.
    """

    sheet: Sheet
    matches: Callable[[Search], str]
    columns: Callable[[Field], SqlColumn]


def keys(plan: Correlation) -> tuple[str, ...]:
    """The columns of the parts of a key."""
    return tuple(f"k{number}" for number in range(len(plan.key)))


def search_steps(log: Log, plan: Correlation, number: int, base: Search) -> str:
    """The steps of a base that is a search."""
    rows = log.matches(base)
    for name, part in zip(keys(plan), plan.key, strict=True):
        rows = f"({log.sheet.lists.split.format(rows=rows, list=_values(log, part, number), name=name)})"
    columns = [f"{number} AS base", "id", "t", *keys(plan)]
    columns += [f"{_values(log, plan.value, number)} AS v"] if plan.value else []
    present = " AND ".join(f"{name} IS NOT NULL" for name in keys(plan)) or "true"
    # A list may hold two spellings of one key; they are one step.
    spelt = "DISTINCT " if any(log.columns(_field(part, number)).many for part in plan.key) else ""
    return f"SELECT {spelt}{', '.join(columns)} FROM {rows} WHERE {present}"


def correlation_steps(log: Log, plan: Correlation, number: int, base: Correlation, done: str) -> str:
    """The steps of a base that is a correlation. done: the name of the table of what completes it."""
    inner = {part.name: column for part, column in zip(base.key, keys(base), strict=True)}

    def again(part: KeyPart) -> str:
        # A bare name could be read as the column of this query that bears it.
        column = f"d.{inner[part.name]}"
        return log.sheet.texts.lower.format(text=column) if part.type is Type.TEXT and not part.cased else column

    columns = [f"{number} AS base", "id", "t"]
    columns += [f"{again(part)} AS {name}" for name, part in zip(keys(plan), plan.key, strict=True)]
    columns += [f"{log.sheet.lists.one.format(value=again(plan.value))} AS v"] if plan.value else []
    return f"SELECT {', '.join(columns)} FROM {done} AS d"


def _values(log: Log, part: KeyPart, base: int) -> str:
    field = _field(part, base)
    column, lists = log.columns(field), log.sheet.lists
    if column.many:
        value = log.sheet.parsed("x", field, cased=part.cased)
        return lists.each_element.format(list=column.sql, name="x", value=value)
    return lists.one.format(value=log.sheet.parsed(column.sql, field, cased=part.cased))


def _field(part: KeyPart, base: int) -> Field:
    field = part.fields[base]
    if field is None:
        raise ValueError(f"{part.name} has no field in base {base}")
    return field
