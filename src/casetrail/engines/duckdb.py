"""DuckDB over events at hand: the embedded engine that cases run on."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
import orjson

from casetrail.engines.base import Trial
from casetrail.languages.sql.duckdb import DUCKDB
from casetrail.languages.sql.expressions import SqlColumn, SqlExpressions
from casetrail.languages.sql.query import query_of
from casetrail.languages.sql.sheet import Sheet
from casetrail.languages.sql.steps import Log
from casetrail.logs.read import OFFLINE
from casetrail.plan.nodes import Field, Search, fields
from casetrail.plan.values import bag
from casetrail.stores.unsupported import UnsupportedError

_WORTH_ONE = 20
"""For fewer trials than this another connection isn't worth its making."""
_MOST_AT_ONCE = 4


def connect(**settings: str) -> duckdb.DuckDBPyConnection:
    """A connection to an empty database in memory that never reaches for the network, with our macros."""
    connection = duckdb.connect(config={**OFFLINE, **settings})
    connection.execute(DUCKDB.setup)
    return connection


@dataclass(frozen=True, slots=True)
class Asked:
    """All that an answer depends on, but for DuckDB itself.

    query: over the table `events`; rows: those of the table as JSON: id, t (in the sheet's unit), source, and a VARCHAR[] for each
    column; shape: their types.
    """

    query: str
    rows: str
    shape: str


class Duckdb:
    """Runs plans as SQL over events whose fields are columns of texts."""

    name = "duckdb"

    def __init__(self, sheet: Sheet = DUCKDB) -> None:
        """sheet: words that DuckDB understands."""
        self.sheet = sheet
        self.connection = connect(threads="1")
        self._beside: list[Duckdb] = []

    def verdicts(self, trials: Sequence[Trial]) -> list[frozenset[str] | Exception]:
        asked = [self.asked(trial) for trial in trials]
        answers = iter(self.answers([each for each in asked if isinstance(each, Asked)]))
        return [next(answers) if isinstance(each, Asked) else each for each in asked]

    def answers(self, asked: Sequence[Asked]) -> list[frozenset[str]]:
        """The ids for each of many. DuckDB lets Python go on while it works, so that several work side by side."""
        wanted = min(_MOST_AT_ONCE, os.cpu_count() or 1, len(asked) // _WORTH_ONE)
        while len(self._beside) < wanted - 1:
            self._beside.append(Duckdb(self.sheet))
        workers = [self, *self._beside][: max(1, wanted)]

        def share(number: int) -> list[frozenset[str]]:
            return [workers[number].answer(each) for each in asked[number :: len(workers)]]

        with ThreadPoolExecutor(len(workers)) as pool:
            shares = list(pool.map(share, range(len(workers))))
        return [shares[number % len(workers)][number // len(workers)] for number in range(len(asked))]

    def asked(self, trial: Trial) -> Asked | UnsupportedError:
        """What DuckDB is asked to find the ids that complete a trial's plan."""
        columns = {field: f"c{number}" for number, field in enumerate(fields(trial.plan))}
        try:
            query = query_of(trial.plan, self.log(columns), trial.seen_until)
        except UnsupportedError as error:
            error.rule, error.target = trial.plan.name, self.name
            return error
        unique = {event.id: event for event in reversed(trial.events)}
        rows = [
            {"id": event.id, "t": self.sheet.units(event.time), "source": event.source}
            | {name: bag(event.row, field) for field, name in columns.items()}
            for event in unique.values()
        ]
        shape = {"id": "VARCHAR", "t": "BIGINT", "source": "VARCHAR"} | dict.fromkeys(columns.values(), "VARCHAR[]")
        return Asked(query, orjson.dumps(rows).decode(), orjson.dumps([shape]).decode())

    def answer(self, asked: Asked) -> frozenset[str]:
        """The ids that DuckDB finds."""
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE events AS SELECT unnest(from_json(?, ?), max_depth := 2)",
            [asked.rows, asked.shape],
        )
        return frozenset(row[0] for row in self.connection.execute(asked.query).fetchall())

    def verdict(self, trial: Trial) -> frozenset[str] | Exception:
        """The ids that complete a trial's plan."""
        asked = self.asked(trial)
        return self.answer(asked) if isinstance(asked, Asked) else asked

    def log(self, columns: Mapping[Field, str]) -> Log:
        """The table `events`, with a column for each field."""

        def column(field: Field) -> SqlColumn:
            return SqlColumn(self.sheet.identifier(columns[field]), many=True)

        def matches(search: Search) -> str:
            where = SqlExpressions(self.sheet, column).expression(search.where)
            return f"(SELECT * FROM events WHERE source = {self.sheet.literal(search.source)} AND ({where}))"

        return Log(self.sheet, matches, column)
