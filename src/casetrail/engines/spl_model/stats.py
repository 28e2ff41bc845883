"""stats, eventstats and streamstats: which rows make a group, and which of a group an aggregate sees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from casetrail.engines.spl_model.aggregates import Seen, result, see
from casetrail.engines.spl_model.context import SearchContext
from casetrail.engines.spl_model.errors import LimitError, UnspecifiedError
from casetrail.engines.spl_model.nodes import Stats
from casetrail.engines.spl_model.values import Row, Value, many, number, store, text_of

_MAX_STREAM_WINDOW = 10_000

Key = tuple[str, ...]


def run_stats(command: Stats, rows: Sequence[Row], context: SearchContext) -> list[Row]:
    match command.kind:
        case "stats":
            return _stats(command, rows, context)
        case "eventstats":
            return _eventstats(command, rows, context)
        case _:
            return _streamstats(command, rows, context)


def _stats(command: Stats, rows: Sequence[Row], context: SearchContext) -> list[Row]:
    """One row per distinct value of BY ("stats: by-clause"), in no documented order; a row without one of the fields is
    in no group, a field of several values puts its row in the group of each.
    """
    groups: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        for key in _keys(command, row):
            groups[key].append(row)
    if not rows and not command.by:
        if any(one.function not in ("count", "dc") for one in command.aggregates):
            raise UnspecifiedError("stats over no rows with other figures than counts", command.at)
        groups[()] = []
    found = []
    for key in context.any_order(sorted(groups)):
        out: Row = dict(zip(command.by, key, strict=True))
        if "_time" in out:
            store(out, "_time", number(str(out["_time"]), context.readings))
        for name, value in _figures(command, groups[key], context):
            store(out, name, value)
        found.append(out)
    return found


def _keys(command: Stats, row: Row) -> Iterable[Key]:
    bags = [[text_of(value) for value in many(row.get(field))] for field in command.by]
    several = [bag for bag in bags if len(bag) > 1]
    if len(several) > 1:
        raise UnspecifiedError(f"{command.kind} BY two fields with several values each", command.at)
    if several and len(set(several[0])) < len(several[0]):
        raise UnspecifiedError(f"{command.kind} BY a field with one value twice (dedup_splitvals)", command.at)
    keys: list[Key] = [()]
    for bag in bags:
        keys = [(*key, text) for key in keys for text in bag]
    return keys


def _figures(command: Stats, rows: Sequence[Row], context: SearchContext) -> Iterable[tuple[str, Value]]:
    for one in command.aggregates:
        seen = [see(one, context.scope(row)) for row in rows]
        yield one.name, result(one, seen, context.scope({}), all_numeric=command.all_numeric)


def _key(command: Stats, row: Row) -> Key:
    """The key of a row that stays a row; what becomes of one without exactly one isn't documented."""
    key = []
    for field in command.by:
        bag = many(row.get(field))
        if len(bag) != 1:
            raise UnspecifiedError(f"{command.kind} BY {field} on a row with {len(bag)} values of it", command.at)
        key.append(text_of(bag[0]))
    return tuple(key)


def _with(command: Stats, row: Row, figures: Iterable[tuple[str, Value]]) -> Row:
    out = dict(row)
    for name, value in figures:
        if value is None and name in row:
            raise UnspecifiedError(f"{command.kind} without a value for {name}, which the row has already", command.at)
        store(out, name, value)
    return out


def _eventstats(command: Stats, rows: Sequence[Row], context: SearchContext) -> list[Row]:
    groups: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[_key(command, row)].append(row)
    figures = {key: list(_figures(command, group, context)) for key, group in groups.items()}
    return [_with(command, row, figures[_key(command, row)]) for row in rows]


def _streamstats(command: Stats, rows: Sequence[Row], context: SearchContext) -> list[Row]:
    """Each row with the figures of its group over the rows before it, itself included unless current=false.

    window=N counts N rows, the current one included: of the row's own group when global=false, else of all rows, of
    which those of the group count ("streamstats": window, global). The page names 10,000 (max_stream_window) as the
    limit without a window, against "all previous events" as the default, so more rows are refused.
    """
    if command.window and not command.current:
        raise UnspecifiedError("whether window=N counts the current row when current=false", command.at)
    if not command.window and len(rows) > _MAX_STREAM_WINDOW:
        raise LimitError(f"streamstats without a window over {len(rows)} rows (max_stream_window)", command.at)
    found: list[Row] = []
    past: list[tuple[Key, list[Seen]]] = []
    for row in rows:
        key = _key(command, row)
        if command.reset_on_change and past and past[-1][0] != key:
            past = []
        now = [see(one, context.scope(row)) for one in command.aggregates]
        past.append((key, now))
        window = past if command.current else past[:-1]
        if command.window and command.global_window:
            window = window[-command.window :]
        mine = [seen for other, seen in window if other == key]
        if command.window:
            mine = mine[-command.window :]
        figures = [
            (one.name, result(one, [seen[index] for seen in mine], context.scope({}), all_numeric=command.all_numeric))
            for index, one in enumerate(command.aggregates)
        ]
        found.append(_with(command, row, figures))
    return found
