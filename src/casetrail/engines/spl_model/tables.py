"""The commands that add or fill fields row by row: lookup, bin, fillnull, makemv, mvexpand, mvcombine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from casetrail.engines.spl_model.context import SearchContext
from casetrail.engines.spl_model.errors import LimitError, SplError, UnspecifiedError
from casetrail.engines.spl_model.networks import block, within
from casetrail.engines.spl_model.nodes import Bin, FillNull, LookUp, MakeMv, MvCombine, MvExpand
from casetrail.engines.spl_model.values import Row, joined, lower, many, single, store, text_of

_MOST_MATCHES = 1000
_EXPANSION_BYTES = 500 * 2**20


def look_up(command: LookUp, rows: Sequence[Row], context: SearchContext) -> list[Row]:
    """Copies fields of the rows of a table whose inputs equal the event's, in either case unless case_sensitive_match, or
    are the networks that an address lies in under match_type CIDR, or the texts with `*` for any number of characters that it
    is like under WILDCARD; of the first max_matches rows in the order of the file
    ("lookup", "transforms.conf", "Add field matching rules to your lookup configuration"). Nothing matches an input that
    is missing.
    """
    table = context.lookups.get(command.table)
    if table is None:
        raise SplError(f"the lookup {command.table!r} isn't given", command.at)
    columns = set().union(*table.rows) if table.rows else set[str]()
    inputs = {theirs for theirs, _ in command.inputs}
    outputs = command.outputs or tuple((column, column) for column in sorted(columns - inputs))
    for column in inputs | {theirs for theirs, _ in outputs}:
        if table.rows and column not in columns:
            raise SplError(f"the lookup {command.table!r} has no field {column!r}", command.at)
    if {ours for _, ours in command.inputs} & {ours for _, ours in outputs}:
        raise UnspecifiedError("a lookup that writes the field that it matches (a reference cycle)", command.at)

    def same(text: str) -> str:
        return text if table.case_sensitive_match else lower(text, context.readings)

    def matches(column: str, theirs: str, text: str) -> bool:
        if column in table.patterns:
            if "\\" in theirs or "\n" in text or "\r" in text:
                raise UnspecifiedError(f"what {theirs!r} matches under WILDCARD in {text!r}", command.at)
            return re.fullmatch(".*".join(map(re.escape, same(theirs).split("*"))), same(text)) is not None
        if column not in table.networks:
            return same(theirs) == same(text)
        network = block(theirs)
        if network is None:
            raise UnspecifiedError(f"what {theirs!r}, which is no network, matches under CIDR", command.at)
        return within(network, text)

    found = []
    for row in rows:
        out = dict(row)
        found.append(out)
        if command.only_new and any(ours in row for _, ours in outputs):
            if not all(ours in row for _, ours in outputs):
                raise UnspecifiedError("OUTPUTNEW where some of the fields exist", command.at)
            continue
        wanted = [(theirs, single(row.get(ours), "lookup")) for theirs, ours in command.inputs]
        given = [(theirs, text_of(value)) for theirs, value in wanted if value is not None]
        all_found = [
            line
            for line in table.rows
            if len(given) == len(wanted) and all(matches(theirs, line.get(theirs, ""), text) for theirs, text in given)
        ]
        if len(all_found) > table.max_matches == _MOST_MATCHES:
            raise LimitError(f"a lookup gives {_MOST_MATCHES} matches of {len(all_found)} (max_matches)", command.at)
        for theirs, ours in outputs:
            values = [line.get(theirs, "") for line in all_found[: table.max_matches]]
            if (not values and ours in row) or "" in values or len(set(values)) < len(values):
                raise UnspecifiedError(f"the lookup's {ours}: no match over a field that exists, empty or twice", command.at)
            store(out, ours, joined(values))
    return found


def bin_time(command: Bin, rows: Sequence[Row]) -> list[Row]:
    """The start of the span in which _time lies, counted from 1970 in UTC ("bin": span, and times as _time)."""
    found = []
    for row in rows:
        time = row.get("_time")
        if not isinstance(time, Fraction | float):
            raise UnspecifiedError("bin on a row without _time")
        found.append({**row, command.name: time - time % command.span})
    return found


def fill_null(command: FillNull, rows: Sequence[Row]) -> list[Row]:
    """A text for the fields that a row lacks: of those named, or of all that any row has ("fillnull")."""
    fields = command.fields or tuple(dict.fromkeys(field for row in rows for field in row))
    return [{**row, **{field: command.value for field in fields if field not in row}} for row in rows]


def make_mv(command: MakeMv, rows: Sequence[Row]) -> list[Row]:
    """Cuts a text at a delimiter; empty pieces go unless allowempty=true ("makemv")."""
    found = []
    for row in rows:
        value = single(row.get(command.field), "makemv")
        out = dict(row)
        if value is not None:
            pieces = [piece for piece in text_of(value).split(command.delimiter) if piece or command.allow_empty]
            if not pieces:
                raise UnspecifiedError("makemv of a text without a piece")
            store(out, command.field, joined(pieces))
        found.append(out)
    return found


def mv_expand(command: MvExpand, rows: Sequence[Row]) -> list[Row]:
    """One row for each value, the first `limit` when that is set ("mvexpand").

    Raises LimitError where the estimate on that page, rows times values times size, passes 500 MB.
    """
    found: list[Row] = []
    size = 0
    for row in rows:
        values = many(row.get(command.field))
        if not values:
            raise UnspecifiedError(f"mvexpand on a row without {command.field}")
        kept = values[: command.limit] if command.limit else values
        size += len(values) * sum(len(name) + len(str(value)) for name, value in row.items())
        found += [{**row, command.field: value} for value in kept]
    if size > _EXPANSION_BYTES:
        raise LimitError("mvexpand cuts the results beyond 500 MB (max_mem_usage_mb)")
    return found


def mv_combine(command: MvCombine, rows: Sequence[Row]) -> list[Row]:
    """Rows that are equal but for one field become one with all its values ("mvcombine")."""
    groups: dict[tuple[tuple[str, object], ...], list[Row]] = {}
    for row in rows:
        value = single(row.get(command.field), "mvcombine")
        if value is None:
            raise UnspecifiedError(f"mvcombine on a row without {command.field}")
        rest = tuple(sorted((name, other) for name, other in row.items() if name != command.field))
        groups.setdefault(rest, []).append(row)
    return [
        {**group[0], command.field: joined([one for row in group for one in many(row[command.field])]) or ""}
        for group in groups.values()
    ]
