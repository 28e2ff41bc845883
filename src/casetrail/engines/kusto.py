"""Kusto's query language over events at hand: stored as Microsoft Sentinel stores them, the shipped query run by duckdb-kql.

duckdb-kql is no Kusto, but its authors measure it against Kusto's emulator, and what it can't run it refuses. The vendor's own parser
and binder (`casetrail.engines.nodes.kusto`) look at the same text.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, cast

from casetrail.engines.base import Trial
from casetrail.engines.spelled import spelled
from casetrail.languages.base import Ago, Bounds
from casetrail.languages.kql.query import query_of
from casetrail.languages.kql.steps import ID
from casetrail.logs.contract import Contract
from casetrail.logs.event import Event, arrival
from casetrail.plan.nodes import Field, Listed, Plan, Type, searches, tests
from casetrail.plan.values import bag, parse
from casetrail.stores.shape import Shape
from casetrail.stores.store import Backend, Store
from casetrail.stores.unsupported import UnsupportedError

ARRIVED = "casetrail_arrived"
"""The column that stands for `ingestion_time()`, which duckdb-kql doesn't know."""
NOW = datetime(2100, 1, 1, tzinfo=UTC)
"""The clock of a run that is given none: after all events, so that nothing is left pending by it."""
_SQL = {
    "string": "VARCHAR",
    "json": "VARCHAR",
    "dynamic": "JSON",
    "bool": "BOOLEAN",
    "int": "INTEGER",
    "long": "BIGINT",
    "real": "DOUBLE",
    "datetime": "TIMESTAMP",
}
_EPOCH = datetime(1970, 1, 1)
_LISTS = "casetrail_watchlists"
_GET_WATCHLIST = f"function _GetWatchlist(alias: string) {{ {_LISTS} | where Alias == alias }}"
_INGESTION = "ingestion_time()"
_LITERAL = re.compile(r"@'(?:[^']|'')*'|'(?:[^'\\]|\\.)*'|ingestion_time\(\)", re.DOTALL)
_FUZZY = "union isfuzzy=true "
_PART = re.compile(r"\(([\w]+|\['[^']+'\]) \|")
_IF_EXISTS = re.compile(r"column_ifexists\('([^']+)', ((?:'')|\w+\(null\))\)")
_CODE = re.compile(r"(\\\\)|\\u([0-9a-f]{4})")


def columns_of(stores: Iterable[Store]) -> dict[str, str]:
    """The columns of a table that holds these stores, with their types in KQL (`json` is text of JSON)."""
    found: dict[str, str] = {}
    for store in stores:
        found |= {store.time: "datetime"} | dict.fromkeys(store.only, "string")
        for place in store.columns:
            held = place.type in ("dynamic", "json")
            found[place.name.partition(".")[0] if held else place.name] = place.type
            found |= {root: "json" for other in place.also for root in [other.partition(".")[0]] if root not in found}
        found |= {column: "string" for column in store.identity if column not in found}
    return found


def shaped_columns(shape: Shape) -> dict[str, str]:
    """The columns of a table that a vendor's own pipeline fills, with their types in KQL."""
    roots = {column: kind for column, kind in shape.types.items() if kind == "dynamic"}
    columns = dict.fromkeys((column.partition(".")[0] for column in sorted(shape.mapped)), "string")
    return columns | {column: kind for column, kind in shape.types.items() if column in columns} | roots


def tables_of(backend: Backend, shapes: Mapping[str, Shape] = MappingProxyType({})) -> dict[str, dict[str, str]]:
    """The tables of a backend: for each its columns with their types in KQL.

    shapes: what the vendors' own pipelines store, by log source; a table of theirs has their columns and no other.
    """
    found: dict[str, dict[str, str]] = {}
    for source, store in backend.stores.items():
        own = shaped_columns(shapes[source]) if source in shapes else columns_of([store])
        stamp = {backend.stamp.column: "datetime"} if backend.stamp else {}
        for table in store.tables:
            found[table] = found.get(table, {}) | stamp | own
    return found


def stored(event: Event, store: Store, contract: Contract) -> dict[str, Any]:
    """The row that Sentinel keeps for an event: typed columns hold only what parses, text is never null."""
    row: dict[str, Any] = {column: "" for column, kind in columns_of([store]).items() if kind in ("string", "json")}
    row |= {**store.only, store.time: _EPOCH + timedelta(microseconds=event.time)}
    for path, field in contract.fields.items():
        place = store.column_of(path)
        if place is None:
            continue
        if place.type in ("dynamic", "json"):
            root, *inside = place.name.split(".")
            value = _raw(event.row, field.steps[: len(field.steps) - len(inside)])
            row[root] = None if value is None else json.dumps(value, ensure_ascii=False)
            row[root] = "" if row[root] is None and place.type == "json" else row[root]
            continue
        textual = place.type == "string"
        values = [spelled(text, field, event) if textual else _typed(text, field) for text in bag(event.row, field)]
        known = [value for value in values if value is not None and _fits(value, place.type)]
        if known:
            row[place.name] = known[0]
    return row


def as_shaped(event: Event, store: Store, contract: Contract, shape: Shape, stamp: str) -> dict[str, Any]:
    """The row that a vendor's own transformation makes of an event. stamp: the column of time that every table has."""
    columns = shaped_columns(shape)
    row: dict[str, Any] = {column: "" for column, kind in columns.items() if kind == "string"}
    row |= {**store.only, stamp: _EPOCH + timedelta(microseconds=event.time)}
    inside: dict[str, Any] = {}
    for path, kept in shape.fields.items():
        field = contract.fields[path]
        texts = [spelled(text, field, event) for text in bag(event.row, field)]
        for column in kept:
            root, *steps = column.name.split(".")
            if columns[root] == "dynamic":
                _put_in(inside, root, event.row, field.steps, steps)
                continue
            values = [text if columns[root] == "string" else _typed(text, field) for text in texts]
            known = [value for value in values if value is not None and _fits(value, columns[root])]
            if known:
                row[root] = known[0]
    return row | {root: json.dumps(value, ensure_ascii=False) for root, value in inside.items()}


def _put_in(found: dict[str, Any], root: str, row: Any, path: Sequence[str], inside: Sequence[str]) -> None:
    """Put into a column of objects what a row has: the whole object that holds the field, or the field where that is the row."""
    above = path[: len(path) - len(inside)]
    if above:
        value = _raw(row, tuple(above))
        if value is not None:
            found[root] = value
    elif path[0] in row:
        found.setdefault(root, {})[path[0]] = row[path[0]]


def _raw(value: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _fits(value: object, kind: str) -> bool:
    """Whether a column of this type keeps a value: an `int` has 32 bits, and is null otherwise."""
    return kind != "int" or not isinstance(value, int) or -(2**31) <= value < 2**31


def _typed(text: str, field: Field) -> object:
    value = parse(text, field, cased=True)
    return _EPOCH + timedelta(microseconds=cast(int, value)) if field.type is Type.TIME and value is not None else value


def watchlists(plan: Plan) -> dict[str, tuple[str, ...]]:
    """The watchlists that a plan looks up, by name. Raises ValueError for one of two contents."""
    found: dict[str, tuple[str, ...]] = {}
    for search in searches(plan):
        for test in tests(search.where):
            if isinstance(test.check, Listed):
                values = tuple(map(str, test.check.values))
                if found.setdefault(test.check.watchlist, values) != values:
                    raise ValueError(f"{test.check.watchlist}: one plan holds it with two contents")
    return found


class Kusto:
    """Runs trials on tables of a backend, each over its own events alone."""

    name = "kusto"

    def __init__(
        self, backend: Backend, contracts: Mapping[str, Contract], shapes: Mapping[str, Shape] = MappingProxyType({})
    ) -> None:
        try:
            import duckdb_kql
        except ImportError as error:
            raise ImportError("duckdb-kql is missing: pip install 'casetrail[prove]'") from error
        self.module = duckdb_kql
        self.connection = duckdb_kql.connect(config={"autoinstall_known_extensions": "false", "threads": "1"})
        self.backend = backend
        self.contracts = contracts
        self.shapes = shapes
        self.tables = tables_of(backend, shapes)
        self.names: dict[str, str] = {}
        self.translated: dict[tuple[str, datetime], tuple[str, Mapping[str, Any]]] = {}

    def verdicts(self, trials: Sequence[Trial]) -> list[frozenset[str] | Exception]:
        return [self.verdict(trial) for trial in trials]

    def verdict(self, trial: Trial) -> frozenset[str] | Exception:
        run = Bounds(known=trial.seen_until if trial.seen_until is not None else Ago(0))
        try:
            query = query_of(trial.plan, self.backend, run)
        except UnsupportedError as error:
            error.rule, error.target = trial.plan.name, self.name
            return error
        self.load(trial.events)
        self.look_up(watchlists(trial.plan) if "_GetWatchlist" in query else {})
        return frozenset(self.ids(query))

    def load(self, events: Iterable[Event], arrived: Mapping[str, datetime] | None = None) -> None:
        """Put events into the backend's tables in place of what was there. arrived: when each did, by its id, in ARRIVED.

        Raises ValueError when two events have one name there.
        """
        self.names = {}
        rows: dict[str, list[dict[str, Any]]] = {table: [] for table in self.tables}
        for event in {event.id: event for event in reversed(list(events))}.values():
            store = self.backend.stores.get(event.source)
            if store is None:
                continue
            row = self.row(event, store)
            known = "|".join(_shown(_held(row, column, store)) for column in store.identity)
            if self.names.setdefault(known, event.id) != event.id:
                raise ValueError(f"{event.source}: {event.id} and {self.names[known]} have one name there: {known!r}")
            table = store.tables[zlib.crc32(event.id.encode()) % len(store.tables)]
            rows[table].append({**row, ARRIVED: (arrived or {}).get(event.id) or self.arrived(event)})
        for table, columns in self.tables.items():
            types = {column: _SQL[kind] for column, kind in columns.items()} | {ARRIVED: "TIMESTAMP"}
            listed = ", ".join(f'"{column}" {kind}' for column, kind in types.items())
            self.connection.execute(f'CREATE OR REPLACE TABLE "{table}" ({listed})')
            if rows[table]:
                marks = ", ".join(f"({', '.join('?' * len(types))})" for _ in rows[table])
                values = [row.get(column) for row in rows[table] for column in types]
                self.connection.execute(f'INSERT INTO "{table}" VALUES {marks}', values)

    def row(self, event: Event, store: Store) -> dict[str, Any]:
        contract, shape = self.contracts[event.source], self.shapes.get(event.source)
        stamp = self.backend.stamp.column if self.backend.stamp else store.time
        return as_shaped(event, store, contract, shape, stamp) if shape else stored(event, store, contract)

    def arrived(self, event: Event) -> datetime | None:
        moment = arrival(event, self.contracts[event.source])
        return None if moment is None else _EPOCH + timedelta(microseconds=moment)

    def look_up(self, lists: Mapping[str, Sequence[str]]) -> None:
        """Put watchlists, by their aliases, in place of what was there."""
        self.connection.execute(f'CREATE OR REPLACE TABLE "{_LISTS}" (Alias VARCHAR, SearchKey VARCHAR)')
        rows = [[alias, value] for alias, values in lists.items() for value in values]
        if rows:
            self.connection.executemany(f'INSERT INTO "{_LISTS}" VALUES (?, ?)', rows)

    def ids(self, query: str, now: datetime = NOW) -> list[str]:
        """The ids of the events that a query returns, one a row."""
        if (query, now) not in self.translated:
            self.translated[query, now] = self.translate(query, now)
        sql, parameters = self.translated[query, now]
        answer = self.connection.execute(sql, parameters) if parameters else self.connection.execute(sql)
        place = [column[0] for column in answer.description].index(ID)
        return [self.names[row[place]] for row in answer.fetchall()]

    def translate(self, query: str, now: datetime) -> tuple[str, Mapping[str, Any]]:
        """DuckDB's SQL for a query, which many trials of one rule share."""
        schema = {table: [*columns, ARRIVED] for table, columns in self.tables.items()} | {_LISTS: ["Alias", "SearchKey"]}
        functions = [_GET_WATCHLIST] if "_GetWatchlist" in query else None
        clock = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        made = self.module.to_sql(decoded(present(query, self.tables)), schema=schema, query_now=clock, functions=functions)
        return str(made), made.parameters


def present(query: str, tables: Mapping[str, Mapping[str, str]]) -> str:
    """A query as duckdb-kql 1.1 reads it: with each `column_ifexists` as what it gives over the tables of the line before.

    A text that isn't in a row is empty in Kusto; DuckDB has a null there.
    """
    lines, known = query.split("\n"), set[str]()
    for number, line in enumerate(lines):
        if _FUZZY in line:
            parts = [part.strip("[]'") for part in _PART.findall(line)]
            known = {column for part in parts for column in tables.get(part, ())}
        else:

            def there(found: re.Match[str], known: set[str] = known) -> str:
                column, empty = found[1], found[2]
                held = f"['{column}']"
                return empty if column not in known else f"coalesce({held}, {empty})" if empty == "''" else held

            lines[number] = _IF_EXISTS.sub(there, line)
    return "\n".join(lines)


def decoded(query: str) -> str:
    """A query as duckdb-kql 1.1 reads it: with the characters for escapes such as `\\u0001`, and a column for `ingestion_time()`."""

    def text(found: re.Match[str]) -> str:
        if found[0] == _INGESTION:
            return ARRIVED
        if found[0].startswith("@"):
            return found[0]
        return _CODE.sub(lambda code: code[1] or chr(int(code[2], 16)), found[0])

    return _LITERAL.sub(text, query)


def _held(row: Mapping[str, Any], column: str, store: Store) -> object:
    """What a column holds, or where it is empty what the row holds of it elsewhere."""
    others = [other for place in store.columns if place.name == column for other in place.also]
    for each in (column, *others):
        root, *inside = each.split(".")
        value = row.get(root)
        value = _raw(json.loads(value), tuple(inside)) if inside and value else value
        if value not in ("", None):
            return value
    return row.get(column, "")


def _shown(value: object) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%S.%f}0Z" if isinstance(value, datetime) else str(value)
