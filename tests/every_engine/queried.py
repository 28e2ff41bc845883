"""The engines that run a SIEM's query in this process: SPL on a model of Splunk, KQL on duckdb-kql."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from unittest.mock import patch

from casetrail.engines import kusto, splunk_model
from casetrail.engines.base import Trial
from casetrail.engines.kusto import Kusto
from casetrail.engines.nodes.kusto import Checker
from casetrail.engines.splunk_model import SplunkModel
from casetrail.languages.base import Ago, Bounds
from casetrail.languages.kql.query import query_of as kql_of
from casetrail.languages.spl.query import query_of as spl_of
from casetrail.proof.parsed_kusto import VettingError
from casetrail.stores.store import Backend
from tests.every_engine.subject import CONTRACTS, Change, Subject, Verdict, caught, written
from tests.kusto import stores as sentinel
from tests.kusto.checks import declared
from tests.splunk import stores as splunk


class SplunkSubject(Subject):
    name = "splunk"

    def __init__(self) -> None:
        self.engine = SplunkModel(splunk.BACKEND, CONTRACTS)

    @property
    def backend(self) -> Backend:
        return self.engine.backend

    def fitted(self, trial: Trial) -> Trial:
        return replace(trial, events=tuple(map(splunk.single, trial.events)))

    def verdicts(self, wanted: Sequence[Trial]) -> Sequence[Verdict]:
        return self.engine.verdicts(wanted)

    def query(self, trial: Trial) -> str:
        return written(spl_of, trial, self.backend)

    def changed(self, wanted: Sequence[Trial], change: Change) -> Sequence[Verdict]:
        with patch.object(splunk_model, "query_of", lambda *asked: change(spl_of(*asked))):
            return [caught(partial(self.engine.verdict, trial)) for trial in wanted]

    def looks(self, trial: Trial, runs: Sequence[Bounds]) -> list[frozenset[str]]:
        return [self.engine.ids(spl_of(trial.plan, self.backend, bounds), trial) for bounds in runs]


class KustoSubject(Subject):
    """KQL on duckdb-kql; every query is also the vendor's."""

    def __init__(self, kind: str, checker: Checker) -> None:
        self.name = f"kusto, {kind}"
        backend = sentinel.KINDS[kind]
        self.variant, self.variants = list(sentinel.KINDS).index(kind), len(sentinel.KINDS)
        self.checker = checker
        self.engine = Kusto(backend, CONTRACTS)
        self.tables = declared(backend)

    @property
    def backend(self) -> Backend:
        return self.engine.backend

    def fitted(self, trial: Trial) -> Trial:
        return sentinel.fitted(trial, self.backend)

    def verdicts(self, wanted: Sequence[Trial]) -> Sequence[Verdict]:
        return [self.vetted(trial) for trial in wanted]

    def vetted(self, trial: Trial) -> Verdict:
        verdict = self.engine.verdict(trial)
        if isinstance(verdict, Exception):
            return verdict
        query = kql_of(trial.plan, self.backend, Bounds(known=Ago(0) if trial.seen_until is None else trial.seen_until))
        problems = self.checker.check(query, self.tables).problems
        return VettingError(f"{problems[0]}: {query}") if problems else verdict

    def query(self, trial: Trial) -> str:
        return written(kql_of, trial, self.backend)

    def changed(self, wanted: Sequence[Trial], change: Change) -> Sequence[Verdict]:
        with patch.object(kusto, "query_of", lambda *asked: change(kql_of(*asked))):
            return [caught(partial(self.engine.verdict, trial)) for trial in wanted]

    def looks(self, trial: Trial, runs: Sequence[Bounds]) -> list[frozenset[str]]:
        self.engine.load(trial.events)
        queries = [kql_of(trial.plan, self.backend, bounds) for bounds in runs]
        for query in queries:
            assert self.checker.check(query, self.tables).problems == (), query
        return [frozenset(self.engine.ids(query)) for query in queries]
