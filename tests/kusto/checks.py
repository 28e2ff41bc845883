"""What every query must pass: the reference's verdict on the engine, and the vendor's parser and binder."""

from __future__ import annotations

from collections.abc import Iterable

from casetrail.engines.base import Trial
from casetrail.engines.kusto import Kusto, tables_of
from casetrail.engines.nodes.kusto import Checker
from casetrail.engines.reference import evaluate
from casetrail.languages.base import Bounds
from casetrail.languages.kql.query import query_of
from casetrail.plan.nodes import Plan
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError
from tests.kusto.stores import fitted


def declared(backend: Backend) -> dict[str, dict[str, str]]:
    """The tables of a backend as the vendor's binder takes them."""
    return {
        table: {column: "string" if kind == "json" else kind for column, kind in columns.items()}
        for table, columns in tables_of(backend).items()
    }


def problems(checker: Checker, query: str, backend: Backend) -> tuple[str, ...]:
    return checker.check(query, declared(backend)).problems


def check(engine: Kusto, checker: Checker, trials: Iterable[Trial]) -> list[str]:
    """Every trial's verdict is the reference's, or refused; and its query is the vendor's. Gives the reasons of those refused."""
    refused, wrong = [], []
    for asked in trials:
        trial = fitted(asked, engine.backend)
        verdict = engine.verdict(trial)
        if isinstance(verdict, Exception):
            assert isinstance(verdict, UnsupportedError), verdict
            refused.append(verdict.reason)
            continue
        run = Bounds(known=trial.seen_until) if trial.seen_until is not None else Bounds()
        query = query_of(trial.plan, engine.backend, run)
        found = problems(checker, query, engine.backend)
        if found or verdict != evaluate(trial.plan, trial.events, trial.seen_until).ids:
            wrong.append((trial, verdict, found, query))
    assert not wrong, wrong[0]
    return refused


def refusal(plan: Plan, backend: Backend) -> str:
    """Why a plan is refused; empty when it isn't."""
    try:
        query_of(plan, backend, Bounds())
    except UnsupportedError as error:
        return error.reason
    return ""
