"""The engines that take a plan itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from unittest.mock import patch

import duckdb

from casetrail.engines.base import Trial
from casetrail.engines.duckdb import Duckdb
from casetrail.engines.reference import Reference
from tests.every_engine.subject import Change, Subject, Verdict, caught


class ReferenceSubject(Subject):
    name = "reference"

    def verdicts(self, wanted: Sequence[Trial]) -> Sequence[Verdict]:
        return Reference().verdicts(wanted)


class DuckdbSubject(Subject):
    name = "duckdb"

    def __init__(self) -> None:
        self.engine = Duckdb()

    def verdicts(self, wanted: Sequence[Trial]) -> Sequence[Verdict]:
        return self.engine.verdicts(wanted)

    def query(self, trial: Trial) -> str:
        seen: list[str] = []

        def noted(query: str) -> str:
            seen.append(query)
            return query

        self.changed([trial], noted)
        return "\n".join(seen)

    def changed(self, wanted: Sequence[Trial], change: Change) -> Sequence[Verdict]:
        with patch.object(self.engine, "connection", ChangingConnection(self.engine.connection, change)):
            return [caught(partial(self.engine.verdict, trial)) for trial in wanted]


class ChangingConnection:
    """A connection that changes each query before it runs it; what has values isn't a trial's query."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, change: Change) -> None:
        self.connection = connection
        self.change = change

    def execute(self, query: str, values: Any = None) -> Any:
        if values is not None:
            return self.connection.execute(query, values)
        return self.connection.execute(self.change(query))
