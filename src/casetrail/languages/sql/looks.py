"""SQL for looks and marks, which add columns to a relation of steps, and for the test of what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from casetrail.languages.sql.physical import Rows
from casetrail.languages.sql.sheet import Sheet, operator
from casetrail.languages.sql.steps import keys
from casetrail.plan.nodes import Correlation, Figure
from casetrail.plan.window import (
    AT,
    START,
    All,
    Any,
    Compares,
    Fails,
    Holds,
    Keep,
    KnownFor,
    Look,
    Mark,
    NotBefore,
    Of,
    Seen,
    StartsWithin,
    Test,
)
from casetrail.stores.unsupported import unknown


@dataclass(frozen=True, slots=True)
class Relation:
    """SQL for rows of steps. columns: what each has; keys: those of the key's parts."""

    sheet: Sheet
    rows: Rows
    sql: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]

    def after(self, node: Look | Mark) -> Relation:
        """The rows with the columns that a node adds, instead of those of that name from before."""
        match node:
            case Mark(base=base, column=column):
                return self._with({START: f"CASE WHEN base = {base} THEN {_column(column)} END"})
            case Look(figures=figures):
                return self._with({name: self._seen(seen) for name, seen in figures})
            case never:
                raise unknown(never)

    def _with(self, made: Mapping[str, str]) -> Relation:
        held = tuple(column for column in self.columns if column not in made)
        listed = ", ".join([*held, *(f"{sql} AS {name}" for name, sql in made.items())])
        return replace(self, sql=f"(\nSELECT {listed} FROM {self.sql})", columns=(*held, *made))

    def _seen(self, seen: Seen) -> str:
        by = f"PARTITION BY {', '.join(self.keys)} " if self.keys else ""
        window = f"{by}ORDER BY t {self.sheet.frame(seen.range)}"
        match seen.of:
            case Of.ANY:
                return self.sheet.windows.any.format(test=_of_bases(seen.bases), window=window)
            case Of.FIRST:
                return self._only("min", "t", seen.bases, window)
            case Of.LAST:
                return self._only("max", START, seen.bases, window)
            case Of.FIGURE:
                return self._figure(seen, window)
            case never:
                raise unknown(never)

    def _only(self, aggregate: str, value: str, bases: tuple[int, ...], window: str) -> str:
        if not bases:
            return f"{aggregate}({value}) OVER ({window})"
        return self.sheet.windows.only.format(aggregate=aggregate, value=value, test=_of_bases(bases), window=window)

    def _figure(self, seen: Seen, window: str) -> str:
        if seen.figure is None:
            raise ValueError("a look at a figure that it doesn't name")
        if seen.figure is Figure.EVENTS and self.rows is Rows.EVENTS:
            return f"count(*) OVER ({window})"
        column = "id" if seen.figure is Figure.EVENTS else "value"
        value = f"CASE WHEN {_of_bases(seen.bases)} THEN {column} END" if seen.bases else column
        return self.sheet.figure(seen.figure, seen.percentile, value, window)


def relation(sheet: Sheet, rows: Rows, plan: Correlation, steps: str) -> Relation:
    """The table of a plan's steps as the rows that its windows slide over."""
    columns = ("id", "t", *keys(plan))
    match rows:
        case Rows.STEPS:
            return Relation(sheet, rows, steps, ("base", *columns), keys(plan))
        case Rows.EVENTS:
            by = ", ".join(["id", *keys(plan)])
            once = f"(SELECT {by}, min(t) AS t FROM {steps} GROUP BY {by})"
            return Relation(sheet, rows, once, columns, keys(plan))
        case Rows.VALUES:
            lists = sheet.lists
            some = f"CASE WHEN {lists.size.format(list='v')} > 0 THEN v ELSE {lists.one.format(value='NULL')} END"
            each = f"({lists.split.format(rows=steps, list=some, name='value')})"
            return Relation(sheet, rows, each, ("base", *columns, "value"), keys(plan))
        case never:
            raise unknown(never)


def kept(keep: Keep, plan: Correlation, sheet: Sheet, seen_until: int | None) -> str:
    """SQL for whether a row of a plan's matches. seen_until: microseconds up to which the log is known; None when it is all there is."""
    passes = _test(keep.test, sheet, seen_until)
    if len(keep.bases) == len(plan.bases):
        return passes
    return f"{_of_bases(keep.bases) if keep.bases else 'false'} AND {passes}"


def _test(test: Test, sheet: Sheet, seen_until: int | None) -> str:
    """A test as SQL that is never null."""
    match test:
        case Compares(column=column, op=op, value=value):
            return f"coalesce({column} {operator(op)} {sheet.literal(value)}, false)"
        case StartsWithin(span=span):
            return f"coalesce(t - {START} <= {sheet.units(span)}, false)"
        case NotBefore(column=column, other=other):
            return f"coalesce({column} >= {_column(other)}, {column} IS NULL)"
        case KnownFor(span=span):
            return "true" if seen_until is None else f"t + {sheet.units(span)} <= {sheet.units(seen_until)}"
        case Holds(column=column):
            return column
        case Fails(arg=arg):
            return f"NOT {_test(arg, sheet, seen_until)}"
        case All(args=args):
            return "(" + (" AND ".join(_test(arg, sheet, seen_until) for arg in args) or "true") + ")"
        case Any(args=args):
            return "(" + (" OR ".join(_test(arg, sheet, seen_until) for arg in args) or "false") + ")"
        case never:
            raise unknown(never)


def _of_bases(bases: tuple[int, ...]) -> str:
    return f"base IN ({', '.join(map(str, bases))})" if bases else "true"


def _column(name: str) -> str:
    return "t" if name == AT else name
