"""DuckDB over events at hand: the embedded engine that cases run on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import orjson

from casetrail.engines.base import Trial
from casetrail.languages.sql.duckdb import DUCKDB
from casetrail.languages.sql.expressions import SqlColumn, SqlExpressions
from casetrail.languages.sql.steps import Log
from casetrail.languages.sql.windows import SqlWindows
from casetrail.logs.read import OFFLINE
from casetrail.plan.nodes import Correlation, Field, Search, fields
from casetrail.plan.values import bag
from casetrail.stores.unsupported import UnsupportedError, unknown


def connect(**settings: str) -> duckdb.DuckDBPyConnection:
    """A connection to an empty database in memory that never reaches for the network, with our macros."""
    connection = duckdb.connect(config={**OFFLINE, **settings})
    connection.execute(DUCKDB.setup)
    return connection


class Duckdb:
    """Runs plans as SQL over events whose fields are columns of texts."""

    name = "duckdb"

    def __init__(self) -> None:
        self.connection = connect(threads="1")

    def verdicts(self, trials: Sequence[Trial]) -> list[frozenset[str] | Exception]:
        return [self.verdict(trial) for trial in trials]

    def verdict(self, trial: Trial) -> frozenset[str] | Exception:
        """The ids that complete a trial's plan."""
        columns = {field: f"c{number}" for number, field in enumerate(fields(trial.plan))}
        try:
            query = _query(trial, columns)
        except UnsupportedError as error:
            error.rule, error.target = trial.plan.name, self.name
            return error
        self.load(trial, columns)
        return frozenset(row[0] for row in self.connection.execute(query).fetchall())

    def load(self, trial: Trial, columns: Mapping[Field, str]) -> None:
        """Put a trial's events into the table `events`: id, t (microseconds), source, and a VARCHAR[] for each column."""
        unique = {event.id: event for event in reversed(trial.events)}
        rows = [
            {"id": event.id, "t": event.time, "source": event.source}
            | {name: bag(event.row, field) for field, name in columns.items()}
            for event in unique.values()
        ]
        shape = {"id": "VARCHAR", "t": "BIGINT", "source": "VARCHAR"} | dict.fromkeys(columns.values(), "VARCHAR[]")
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE events AS SELECT unnest(from_json(?, ?), max_depth := 2)",
            [orjson.dumps(rows).decode(), orjson.dumps([shape]).decode()],
        )


def _query(trial: Trial, columns: Mapping[Field, str]) -> str:
    def column(field: Field) -> SqlColumn:
        return SqlColumn(DUCKDB.identifier(columns[field]), many=True)

    def matches(search: Search) -> str:
        where = SqlExpressions(DUCKDB, column).expression(search.where)
        return f"(SELECT * FROM events WHERE source = {DUCKDB.literal(search.source)} AND ({where}))"

    match trial.plan:
        case Search() as search:
            return f"SELECT id FROM {matches(search)}"
        case Correlation() as plan:
            return SqlWindows(Log(DUCKDB, matches, column), trial.seen_until).query(plan)
        case never:
            raise unknown(never)
