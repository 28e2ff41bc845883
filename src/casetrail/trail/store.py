"""Events of log files, kept in DuckDB by what they name, so that any number of them fits."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from casetrail.hunt.scratch import Scratch, room
from casetrail.languages.sql.duckdb import DUCKDB
from casetrail.logs.contract import Contract
from casetrail.logs.event import event_of
from casetrail.logs.faults import Faults
from casetrail.logs.read import documents
from casetrail.logs.rows import rows
from casetrail.logs.tree import log_files
from casetrail.plan.values import TIME_FORMATS
from casetrail.trail.kin import Kin
from casetrail.trail.node import Named, Naming, Node, within

_CHUNK = 20_000
ARRIVED = "arrived"
"""The key of a row that says when it came."""
_SHAPE = (
    "{n: 'INTEGER', i: 'VARCHAR', p: 'VARCHAR', s: 'VARCHAR', y: 'VARCHAR', t: 'BIGINT', a: 'BIGINT', k: 'VARCHAR[]', "
    "h: 'VARCHAR', z: 'VARCHAR', g: 'VARCHAR'}"
)
_NAMED = "n, i, p, s, y, t, a, k, h, z, g"


@dataclass(frozen=True, slots=True)
class Input:
    """A file that was read. sha256: of its bytes as they lie on disk."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Hour:
    """The events of one kind in one hour. hour: since 1970 (UTC)."""

    source: str
    type: str
    hour: int
    count: int


class Store:
    """Events by what they name."""

    def __init__(self, contracts: Mapping[str, Contract]) -> None:
        self.contracts = contracts
        self._naming = {key: Naming(contract) for key, contract in contracts.items()}
        self.scratch = Scratch()
        self.faults = Faults()
        self.inputs: list[Input] = []
        self.accounts = Kin()
        self.count = 0
        self._groups: set[tuple[Node, ...]] = set()
        self.scratch.connection.execute(f"CREATE TABLE events AS SELECT * FROM (SELECT {_typed()}) WHERE false")
        self.scratch.connection.execute("CREATE TABLE carried (k VARCHAR, n INTEGER)")

    def read(self, paths: Sequence[Path], source: str | None = None) -> None:
        """Take in log files and folders. Faults in them are noted in `faults`. Raises FullError when the disk is full."""
        with room():
            chunk: list[Named] = []
            for path in paths:
                for file in log_files(path, self.faults):
                    self.inputs.append(Input(str(file), _sha256(file)))
                    for event in self._events(file, source):
                        chunk.append(event)
                        if len(chunk) >= _CHUNK:
                            self._load(chunk)
                            chunk = []
            self._load(chunk)
            for group in sorted(self._groups):
                self.accounts.add(group)
            self._groups.clear()
            self._name_accounts()

    def _events(self, file: Path, source: str | None) -> Iterator[Named]:
        for place, document in documents(file, self.faults):
            if not isinstance(document, dict | list):
                self.faults.note("not an object", place)
                continue
            known = False
            for contract, row in rows(document, self.contracts, source):
                known = True
                event = event_of(row, contract)
                if event is None:
                    self.faults.lose("event without a readable time or identity", place, is_object=True)
                    continue
                self.count += 1
                yield self._naming[contract.key].named(event, self.count, place, _arrived(row))
            if not known:
                self.faults.note("no known log", place)

    def _load(self, chunk: Sequence[Named]) -> None:
        if not chunk:
            return
        for event in chunk:
            if len(group := event.of("account")) > 1:
                self._groups.add(group)
        file = self.scratch.folder / "chunk.ndjson"
        file.write_bytes(b"\n".join(orjson.dumps(_row(event)) for event in chunk))
        read = f"read_json({DUCKDB.literal(str(file))}, format = 'newline_delimited', columns = {_SHAPE})"
        connection = self.scratch.connection
        connection.execute(f"INSERT INTO events SELECT {_NAMED} FROM {read}")
        connection.execute(f"INSERT INTO carried SELECT unnest(k), n FROM {read}")

    def _name_accounts(self) -> None:
        connection = self.scratch.connection
        connection.execute("CREATE OR REPLACE TABLE alias (k VARCHAR, one VARCHAR)")
        found = connection.execute("SELECT DISTINCT k FROM carried WHERE k LIKE 'account:%' ORDER BY k").fetchall()
        pairs = [[text, str(one)] for (text,) in found if str(one := self.accounts.one(Node.read(text))) != text]
        if pairs:
            connection.execute(
                "INSERT INTO alias SELECT p[1], p[2] FROM (SELECT unnest(from_json(?, '[[\"VARCHAR\"]]')) AS p)",
                [orjson.dumps(pairs).decode()],
            )

    def carrying(self, nodes: Collection[Node]) -> list[Named]:
        """The events that name any of some nodes, by time. A row that came twice is one event."""
        if not nodes:
            return []
        query = f"SELECT {_NAMED} FROM events WHERE n IN (SELECT n FROM carried WHERE k IN (SELECT unnest(?::VARCHAR[]))) ORDER BY n"
        found = self.scratch.connection.execute(query, [sorted(map(str, nodes))]).fetchall()
        once: dict[tuple[str, str], Named] = {}
        for event in map(_event, found):
            once.setdefault((event.source, event.id), event)
        return sorted(once.values(), key=lambda event: (event.time, event.number))

    def spread(self, nodes: Collection[Node]) -> dict[Node, int]:
        """How many accounts use each node; of an account, how many addresses it uses.

        Where any account has a session from an address, only those that have one use it: who tries passwords touches many.
        """
        if not nodes:
            return {}
        pairs = (
            "SELECT w.k, coalesce(l.one, o.k) AS other, bool_or(s.n IS NOT NULL) AS kept FROM carried AS w JOIN carried AS o USING (n) "
            "LEFT JOIN alias AS l ON l.k = o.k LEFT JOIN (SELECT n FROM carried WHERE k LIKE 'session:%') AS s ON s.n = w.n "
            "WHERE w.k IN (SELECT unnest(?::VARCHAR[])) "
            "AND o.k LIKE (CASE WHEN w.k LIKE 'account:%' THEN 'address:%' ELSE 'account:%' END) GROUP BY ALL"
        )
        number = "CASE WHEN k LIKE 'address:%' AND bool_or(kept) THEN count(*) FILTER (kept) ELSE count(*) END"
        counted = f"SELECT k, {number} FROM ({pairs}) GROUP BY k"
        found = dict(self.scratch.connection.execute(counted, [sorted(map(str, nodes))]).fetchall())
        return {node: found.get(str(node), 0) for node in nodes}

    def used_before(self, thing: Node, accounts: Collection[Node], time: int) -> bool:
        """Whether any of some spellings of accounts stands with a node in an event from before a time."""
        query = (
            "SELECT count(*) > 0 FROM carried AS w JOIN carried AS o USING (n) JOIN events USING (n) "
            "WHERE w.k = ? AND o.k IN (SELECT unnest(?::VARCHAR[])) AND t < ?"
        )
        asked = [str(thing), sorted(map(str, accounts)), time]
        return self.scratch.connection.execute(query, asked).fetchall() == [(True,)]

    def events_of(self, nodes: Collection[Node]) -> int:
        """How many rows name any of some nodes."""
        query = "SELECT count(DISTINCT n) FROM carried WHERE k IN (SELECT unnest(?::VARCHAR[]))"
        ((count,),) = self.scratch.connection.execute(query, [sorted(map(str, nodes))]).fetchall()
        return int(count)

    def addresses(self, network: str) -> list[Node]:
        """The addresses in the logs that are in a network."""
        found = self.scratch.connection.execute(
            "SELECT DISTINCT k FROM carried WHERE k LIKE 'address:%' ORDER BY k"
        ).fetchall()
        return [node for (text,) in found if within((node := Node.read(text)).value, network)]

    def kinds(self, nodes: Sequence[Node]) -> list[str]:
        """The kinds of those nodes that the logs hold, in their order."""
        query = "SELECT DISTINCT k FROM carried WHERE k IN (SELECT unnest(?::VARCHAR[]))"
        held = {text for (text,) in self.scratch.connection.execute(query, [sorted(map(str, nodes))]).fetchall()}
        return [node.kind for node in nodes if str(node) in held]

    def hours(self) -> list[Hour]:
        """The events of every kind in every hour that has any."""
        query = "SELECT s, y, t // 3600000000 AS h, count(DISTINCT i) FROM events GROUP BY ALL ORDER BY ALL"
        return [Hour(*row) for row in self.scratch.connection.execute(query).fetchall()]

    def newest(self) -> dict[str, int]:
        """Until when each log goes, by the latest that happened or arrived, in microseconds since 1970 (UTC)."""
        query = "SELECT s, max(greatest(t, coalesce(a, t))) FROM events GROUP BY s ORDER BY s"
        return dict(self.scratch.connection.execute(query).fetchall())


def _typed() -> str:
    types = {"n": "INTEGER", "t": "BIGINT", "a": "BIGINT", "k": "VARCHAR[]"}
    return ", ".join(f"NULL::{types.get(name, 'VARCHAR')} AS {name}" for name in _NAMED.split(", "))


def _row(event: Named) -> dict[str, Any]:
    values = (event.number, event.id, event.place, event.source, event.type, event.time, event.arrived)
    told = ([*map(str, event.nodes)], event.how, event.size, event.target)
    return dict(zip(_NAMED.split(", "), (*values, *told), strict=True))


def _event(row: Iterable[Any]) -> Named:
    number, identity, place, source, kind, time, arrived, nodes, how, size, target = row
    read = tuple(map(Node.read, nodes))
    return Named(number, identity, place, source, kind, time, arrived, read, how or "", size or "", target or "")


def _arrived(row: Mapping[str, Any]) -> int | None:
    told = row.get(ARRIVED)
    return TIME_FORMATS["iso8601"](told) if isinstance(told, str) else None


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
