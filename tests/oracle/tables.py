"""A log as SQLite tables: the columns of each contract, filled as its fields read, and the functions that Sigma needs."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import product

import re2

from casetrail.logs.event import Event
from casetrail.plan.nodes import Field, Scalar, Type
from casetrail.plan.values import bag, fold, parse

ID, TIME = "event id", "event time"
_AFFINITY = {Type.INTEGER: "INTEGER", Type.NUMBER: "REAL"}


@dataclass(frozen=True, slots=True)
class Column:
    """Where a table keeps what a field's tests look at.

    many: the column is a JSON list, since some event holds several values; else it is one value or null.
    unreadable: some event holds a text that doesn't read as the field's type, of which the column knows nothing.
    """

    name: str
    field: Field
    many: bool
    unreadable: bool

    @property
    def affinity(self) -> str:
        return _AFFINITY.get(self.field.type, "TEXT")


@dataclass(frozen=True, slots=True)
class Table:
    """One source's events. keys: by field and event id, the values that a key or a figure takes there."""

    name: str
    columns: Mapping[str, Column]
    keys: Mapping[str, Mapping[str, Sequence[Scalar]]]


def connect() -> sqlite3.Connection:
    """An empty database in memory in which text folds as docs/semantics.md says and REGEXP is RE2."""
    connection = sqlite3.connect(":memory:")
    connection.create_collation("NOCASE", lambda one, other: (fold(one) > fold(other)) - (fold(one) < fold(other)))
    connection.create_function("like", 3, _like, deterministic=True)
    connection.create_function("regexp", 2, _regexp, deterministic=True)
    return connection


def _like(pattern: str | None, text: str | None, escape: str) -> bool | None:
    if pattern is None or text is None:
        return None
    return _like_pattern(fold(pattern), escape).fullmatch(fold(text)) is not None


@lru_cache(maxsize=1024)
def _like_pattern(pattern: str, escape: str) -> re.Pattern[str]:
    marks = {"%": ".*", "_": "."}
    parts = re.findall(f"{re.escape(escape)}.|.", pattern, re.DOTALL)
    literal = (re.escape(part.removeprefix(escape) or part) for part in parts)
    return re.compile("".join(marks.get(part) or text for part, text in zip(parts, literal, strict=True)), re.DOTALL)


def _regexp(pattern: str, text: str | None) -> bool | None:
    return None if text is None else _re2(pattern).search(text) is not None


@lru_cache(maxsize=1024)
def _re2(pattern: str) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def fill(
    connection: sqlite3.Connection,
    name: str,
    events: Sequence[Event],
    times: Sequence[float],
    tested: Iterable[Field],
    keyed: Iterable[Field],
) -> Table:
    """Make a table of one source's events, at times in microseconds.

    tested: the fields that searches test.
    keyed: those that are part of a key or that a figure is of, in columns of their own names and in the form in which they
        compare. An event has a row for each combination of their values.
    """
    columns, cells = {}, []
    for number, field in enumerate(dict.fromkeys(tested)):
        column, values = _column(f"t{number}", field, events)
        columns[field.path] = column
        cells.append(values)
    keyed = tuple(dict.fromkeys(keyed))
    keys = {field.path: {event.id: _keys(event, field) for event in events} for field in keyed}
    tests = [f", {column.name} {column.affinity}" for column in columns.values()]
    others = [f", {_quoted(field.path)}" for field in keyed]
    connection.execute(f"CREATE TABLE {name} ({_quoted(ID)} TEXT, {_quoted(TIME)}{''.join([*tests, *others])})")
    rows = zip([event.id for event in events], times, *cells, strict=True)
    combined = (
        (*row, *key)
        for row in rows
        for key in product(*(dict.fromkeys(keys[field.path][row[0]]) or (None,) for field in keyed))
    )
    connection.executemany(f"INSERT INTO {name} VALUES (?, ?{', ?' * (len(cells) + len(keyed))})", combined)
    return Table(name, columns, keys)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _column(name: str, field: Field, events: Sequence[Event]) -> tuple[Column, list[Scalar | None]]:
    texts = [bag(event.row, field) for event in events]
    read = [[value for text in found if (value := parse(text, field, cased=True)) is not None] for found in texts]
    stored = [[_stored(value, field) for value in values] for values in read]
    many = any(len(values) > 1 for values in stored)
    unreadable = any(len(values) < len(found) for values, found in zip(read, texts, strict=True))
    cells = [json.dumps(values, ensure_ascii=False) if many else next(iter(values), None) for values in stored]
    return Column(name, field, many, unreadable), cells


def _stored(value: Scalar, field: Field) -> Scalar:
    match field.type:
        case Type.BOOLEAN:
            return "true" if value else "false"
        case Type.TIME:
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(value))
            return moment.isoformat(timespec="milliseconds").removesuffix("+00:00")
    return value


def _keys(event: Event, field: Field) -> list[Scalar]:
    texts = bag(event.row, field)
    values = [value for text in texts if (value := parse(text, field, cased=field.exact)) is not None]
    if field.type is Type.TEXT and field.exact:
        return [str(value).encode().hex() for value in values]
    return [_stored(value, field) for value in values]
