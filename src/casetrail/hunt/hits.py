"""What completes rules, kept in DuckDB, so that any number of completions fits: read in order of time, or as alerts."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from casetrail.hunt.scratch import Scratch, room
from casetrail.languages.sql.duckdb import DUCKDB
from casetrail.plan.nodes import Correlation, Plan, Type

_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Hit:
    """An event that completes a rule.

    time: microseconds since 1970 (UTC); key: the correlation's key by name, empty for a single-event rule; evidence: ids of the
    window's events, the completing one among them, the latest twenty at most. Of a rule's completions after the first ten
    thousand the completing event is all the evidence.
    """

    rule: str
    id: str
    time: int
    key: Mapping[str, str]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """What a person calls an alert: completions of one rule and key with gaps no longer than the rule's window.

    first: the first of them; count: how many they are.
    """

    first: Hit
    count: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What completions of a rule look like.

    span: the window, in microseconds; None for a single-event rule, of which each completion is an alert; key: the name and the
    type of each part.
    """

    span: int | None = None
    key: tuple[tuple[str, Type], ...] = ()

    @classmethod
    def of(cls, plan: Plan) -> Shape:
        if isinstance(plan, Correlation):
            return cls(plan.span, tuple((part.name, part.type) for part in plan.key))
        return cls()

    @classmethod
    def with_names(cls, plan: Plan) -> Shape:
        """The shape of a plan whose completions come from elsewhere, with their keys as they are shown."""
        shape = cls.of(plan)
        return cls(shape.span, tuple((name, Type.TEXT) for name, _ in shape.key))


class Hits:
    """Completions, in order of time whenever they are read.

    shapes: by the rules' names.
    """

    def __init__(self, scratch: Scratch, shapes: Mapping[str, Shape]) -> None:
        self.scratch = scratch
        self.shapes = shapes
        self.rules = sorted(shapes)
        self.numbers = {rule: number for number, rule in enumerate(self.rules)}
        scratch.connection.execute(
            "CREATE TABLE completions (rule INT, id VARCHAR, t BIGINT, key VARCHAR[], evidence VARCHAR[])"
        )

    def insert(self, query: str) -> None:
        """Add what a query of DuckDB gives: rows (number of the rule, id, t, texts of the key, ids of the evidence or null)."""
        self.scratch.connection.execute(f"INSERT INTO completions {query}")

    def add(self, hits: Iterable[Hit]) -> None:
        """Add completions that were found elsewhere."""
        waiting = iter(hits)
        shape = '[{"rule": "INT", "id": "VARCHAR", "t": "BIGINT", "key": ["VARCHAR"], "evidence": ["VARCHAR"]}]'
        while chunk := list(islice(waiting, _CHUNK)):
            rows = [
                {
                    "rule": self.numbers[hit.rule],
                    "id": hit.id,
                    "t": hit.time,
                    "key": [*hit.key.values()],
                    "evidence": hit.evidence,
                }
                for hit in chunk
            ]
            self.scratch.connection.execute(
                f"INSERT INTO completions SELECT unnest(from_json(?, {DUCKDB.literal(shape)}), max_depth := 2)",
                [orjson.dumps(rows).decode()],
            )

    def put_aside(self) -> None:
        """Begin anew, keeping what was found."""
        self.scratch.connection.execute("CREATE TABLE put_aside AS SELECT DISTINCT rule, id, key FROM completions")
        self.scratch.connection.execute("DELETE FROM completions")

    def drop_put_aside(self) -> None:
        """Take out what had been put aside."""
        same = "p.rule = completions.rule AND p.id = completions.id AND p.key = completions.key"
        self.scratch.connection.execute(f"DELETE FROM completions WHERE EXISTS (SELECT 1 FROM put_aside AS p WHERE {same})")
        self.scratch.connection.execute("DROP TABLE put_aside")

    def __len__(self) -> int:
        return sum(self.by_rule().values())

    def __iter__(self) -> Iterator[Hit]:
        for rule, identity, time, key, evidence in self._rows(
            "SELECT rule, id, t, key, evidence FROM completions ORDER BY t, rule, id, key"
        ):
            yield self._hit(rule, identity, time, key, evidence)

    def by_rule(self) -> Counter[str]:
        """The number of completions of each rule that has any."""
        counted = self._rows("SELECT rule, count(*) FROM completions GROUP BY rule")
        return Counter({self.rules[rule]: count for rule, count in counted})

    def alerts(self, most: int) -> tuple[list[Alert], int]:
        """The first alerts in order of time, at most so many, and the number of all."""
        rows = self._rows("SELECT rule, key, t, id FROM completions ORDER BY rule, key, t, id")
        spans = [self.shapes[rule].span for rule in self.rules]
        count = 0

        def counted() -> Iterator[AlertRun]:
            nonlocal count
            for run in runs(rows, spans):
                count += 1
                yield run

        first = heapq.nsmallest(most, counted(), key=lambda run: (run.time, run.rule, run.id, run.key))
        return [Alert(self._hit(run.rule, run.id, run.time, run.key, None), run.count) for run in first], count

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        # A cursor of its own, since a connection forgets a result that is being read when it is asked anything else.
        with self.scratch.cursor() as cursor:
            with room():
                cursor.execute(query)
            while chunk := cursor.fetchmany(_CHUNK):
                yield from chunk

    def _hit(self, rule: int, identity: str, time: int, key: Sequence[str], evidence: Sequence[str] | None) -> Hit:
        name = self.rules[rule]
        named = {part: _shown(value, type_) for (part, type_), value in zip(self.shapes[name].key, key, strict=True)}
        return Hit(name, identity, time, named, tuple(evidence or (identity,)))


@dataclass(slots=True)
class AlertRun:
    """An alert in the making. time, id: of its first completion; latest: the time of its last."""

    rule: int
    key: list[str]
    time: int
    id: str
    count: int
    latest: int


def runs(rows: Iterable[tuple[int, list[str], int, str]], spans: Sequence[int | None]) -> Iterator[AlertRun]:
    """The runs of rows (rule, key, t, id), given by rule, key and time."""
    run: AlertRun | None = None
    for rule, key, time, identity in rows:
        span = spans[rule]
        if run is not None and span is not None and run.rule == rule and run.key == key and time - run.latest <= span:
            run.count += 1
            run.latest = time
            continue
        if run is not None:
            yield run
        run = AlertRun(rule, key, time, identity, 1, time)
    if run is not None:
        yield run


def _shown(value: str, type_: Type) -> str:
    if type_ is Type.ADDRESS:
        from ipaddress import IPv4Address, IPv6Address

        number = int(value[1:], 16)
        return str(IPv4Address(number) if value[0] == "4" else IPv6Address(number))
    return value
