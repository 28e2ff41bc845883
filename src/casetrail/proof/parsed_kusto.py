"""KQL as the proof runs it: each query read by the vendor's own parser first, and events that cases name by hand set apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from casetrail.engines.base import Trial
from casetrail.engines.kusto import Kusto
from casetrail.engines.nodes.kusto import Checker
from casetrail.languages.base import Ago, Bounds
from casetrail.languages.kql.query import query_of
from casetrail.logs.contract import Contract
from casetrail.logs.event import Event
from casetrail.plan.nodes import Field, Plan, Type, fields
from casetrail.plan.values import bag
from casetrail.stores.shape import Shape
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError


class VettingError(Exception):
    """The vendor's parser doesn't take a query."""


class DistinctEvents(Kusto):
    """Sentinel names an event by its fields; where two of a case are one by these, the later gets its own id in one of them."""

    def verdicts(self, trials: Sequence[Trial]) -> list[frozenset[str] | Exception]:
        return super().verdicts([replace(trial, events=tuple(self.apart(trial.plan, trial.events))) for trial in trials])

    def apart(self, plan: Plan, events: Sequence[Event]) -> Iterator[Event]:
        tested = {field.path for field in fields(plan)}
        taken: dict[tuple[str, ...], str] = {}
        for event in events:
            named_by = self.named_by(event.source)
            named = (event.source, *("|".join(bag(event.row, field)) for field in named_by))
            if taken.setdefault(named, event.id) == event.id:
                yield event
                continue
            free = [field for field in named_by if field.type is Type.TEXT and field.path not in tested]
            yield replace(event, row=_put(event.row, free[0].path, event.id))

    def named_by(self, source: str) -> list[Field]:
        """The fields that tell a log's events apart in its table."""
        store, contract = self.backend.stores[source], self.contracts[source]
        kept = {stored.name: contract.fields[path] for path, stored in store.fields.items() if stored.name}
        return [kept[column] for column in store.identity if column in kept]


class ParsedKusto(DistinctEvents):
    """Raises VettingError for a query that the vendor's parser and binder don't take."""

    def __init__(
        self,
        backend: Backend,
        contracts: Mapping[str, Contract],
        checker: Checker,
        shapes: Mapping[str, Shape] = MappingProxyType({}),
    ) -> None:
        super().__init__(backend, contracts, shapes)
        self.checker = checker
        self.vetted: set[str] = set()

    def verdict(self, trial: Trial) -> frozenset[str] | Exception:
        try:
            query = query_of(trial.plan, self.backend, Bounds(known=Ago(0)))
        except UnsupportedError as error:
            return error
        if query not in self.vetted:
            problems = self.checker.check(query, self.tables).problems
            if problems:
                raise VettingError(f"{trial.plan.name}: Microsoft's parser says: {problems[0]}")
            self.vetted.add(query)
        return super().verdict(trial)


def _put(row: Any, path: str, value: str) -> Any:
    step, _, rest = path.partition(".")
    return {**row, step: _put(row.get(step, {}), rest, value) if rest else value}
