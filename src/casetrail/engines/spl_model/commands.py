"""What each command makes of the rows that reach it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from casetrail.engines.spl_model import tables
from casetrail.engines.spl_model.context import SearchContext
from casetrail.engines.spl_model.errors import LimitError, UnspecifiedError
from casetrail.engines.spl_model.evaluate import truth, value
from casetrail.engines.spl_model.nodes import (
    AddInfo,
    Bin,
    Command,
    Dedup,
    Eval,
    Fields,
    FillNull,
    Head,
    LookUp,
    MakeMv,
    MvCombine,
    MvExpand,
    Rename,
    SearchCommand,
    Sort,
    SortKey,
    Stats,
    TableCommand,
    WhereCommand,
)
from casetrail.engines.spl_model.search import passes
from casetrail.engines.spl_model.stats import run_stats
from casetrail.engines.spl_model.values import Row, Single, as_number, single, store, text_of, utf8

_SORT_LIMIT = 10_000
_ALWAYS_KEPT = ("_raw", "_time")


def apply(command: Command, rows: Sequence[Row], context: SearchContext) -> list[Row]:
    """The rows behind a command, in order."""
    match command:
        case SearchCommand(where=where):
            return [row for row in rows if passes(where, row, context.now, context.readings)]
        case AddInfo():
            return [_add_info(row, context) for row in rows]
        case WhereCommand(where=expr, at=at):
            return [row for row in rows if truth(expr, context.scope(row), at)]
        case Eval():
            return [_assign(command, row, context) for row in rows]
        case Stats():
            return run_stats(command, rows, context)
        case Fields():
            return [_fields(command, row) for row in rows]
        case TableCommand(names=names):
            return [{name: row[name] for name in row if _named(name, names)} for row in rows]
        case Rename():
            return [_rename(command, row) for row in rows]
        case Sort():
            return _sort(command, rows, context)
        case Head(count=count):
            return list(rows[:count])
        case Dedup():
            return _dedup(command, rows)
        case MvExpand():
            return tables.mv_expand(command, rows)
        case MakeMv():
            return tables.make_mv(command, rows)
        case MvCombine():
            return tables.mv_combine(command, rows)
        case LookUp():
            return tables.look_up(command, rows, context)
        case Bin():
            return tables.bin_time(command, rows)
        case FillNull():
            return tables.fill_null(command, rows)


def _add_info(row: Row, context: SearchContext) -> Row:
    """The time range of the search, `+Infinity` for one without an end ("addinfo"); its other fields aren't modelled."""
    return {**row, "info_max_time": "+Infinity" if context.latest is None else context.latest}


def _assign(command: Eval, row: Row, context: SearchContext) -> Row:
    """Assignments from left to right, each seeing those before it; a result of null clears the field ("eval")."""
    out = dict(row)
    for field, expr in command.assignments:
        store(out, field, value(expr, context.scope(out), "eval"))
    return out


def _named(name: str, patterns: Sequence[str]) -> bool:
    return any(
        re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None for pattern in patterns
    )


def _fields(command: Fields, row: Row) -> Row:
    """The named fields, with _raw and _time, or all but the named ones ("fields"); `*` is a wildcard."""
    if not command.keep:
        if any("*" in pattern and pattern.startswith("*") for pattern in command.names):
            raise UnspecifiedError("whether a wildcard in fields - takes internal fields")
        return {name: row[name] for name in row if not _named(name, command.names)}
    return {name: row[name] for name in row if name in _ALWAYS_KEPT or _named(name, command.names)}


def _rename(command: Rename, row: Row) -> Row:
    """A field that doesn't exist clears the one that takes its name ("rename: Renaming a field that does not exist")."""
    out = dict(row)
    for old, new in command.pairs:
        found = out.pop(old, None)
        out.pop(new, None)
        store(out, new, found)
    return out


def _sort(command: Sort, rows: Sequence[Row], context: SearchContext) -> list[Row]:
    """By the last key first, each sort keeping the order of the one before; rows that tie in all keys in any order.

    A row without the field stands last either way ("sort"). Without a count Splunk gives 10,000 rows: refused.
    """
    if command.limit is None and len(rows) > _SORT_LIMIT:
        raise LimitError(f"sort without a count gives {_SORT_LIMIT} of {len(rows)} rows")
    found = context.any_order(rows)
    for key in reversed(command.keys):
        rank = _rank(key, rows, context)
        present = [row for row in found if key.field in row]
        absent = [row for row in found if key.field not in row]
        found = _stable(present, rank, key.descending) + absent
    return found[: command.limit] if command.limit else found


def _stable(rows: list[Row], rank: Callable[[Row], Any], descending: bool) -> list[Row]:
    return sorted(rows, key=rank, reverse=descending)


def _rank(key: SortKey, rows: Sequence[Row], context: SearchContext) -> Callable[[Row], Any]:
    """How a field sorts: as numbers under num() and, if all are numbers, auto; as text under str() and, if none begins
    with a digit, auto ("sort: Sort field options").
    """
    values: list[Single] = []
    for row in rows:
        one = single(row.get(key.field), "sort")
        if one is not None:
            values.append(one)
    if key.how != "str":
        numbers = [as_number(one, context.readings) for one in values]
        if None not in numbers:
            return lambda row: as_number(_only(row, key), context.readings)
        if key.how == "num" or any(text_of(one)[:1].isdigit() for one in values) or any(one is not None for one in numbers):
            raise UnspecifiedError(f"the order of {key.field}, of numbers and other texts")
    return lambda row: utf8(text_of(_only(row, key)))


def _only(row: Row, key: SortKey) -> Single:
    found = row[key.field]
    assert not isinstance(found, tuple)
    return found


def _dedup(command: Dedup, rows: Sequence[Row]) -> list[Row]:
    """The first `count` rows of each combination; a row without one of the fields goes unless keepempty ("dedup")."""
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for row in rows:
        values = [single(row.get(field), "dedup") for field in command.fields]
        if None in values:
            if command.keep_empty:
                found.append(row)
            continue
        key = tuple(text_of(one) for one in values if one is not None)
        seen[key] += 1
        if seen[key] <= command.count:
            found.append(row)
    return found
