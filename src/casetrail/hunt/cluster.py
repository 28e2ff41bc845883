"""Hunting on a user's Elasticsearch cluster: the queries of the detection rules over a range of time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from casetrail.engines.cluster import AnswerError, Cluster, ClusterError, part
from casetrail.engines.elasticsearch import ask
from casetrail.hunt.hits import Hit
from casetrail.languages.base import Ago, Bounds
from casetrail.languages.esql.expressions import LIMIT
from casetrail.languages.esql.query import query_of
from casetrail.languages.esql.windows import ID
from casetrail.logs.contract import Contract
from casetrail.plan.horizon import reach, wait
from casetrail.plan.nodes import Plan, Search, sources
from casetrail.plan.values import TIME_FORMATS, scalar_text
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError

_TIME = "@timestamp"


@dataclass(frozen=True, slots=True)
class RuleHunt:
    """What came of one rule.

    hits: by time and id, with the `_id`s of the events and, for a correlation, of all its window's; problem: why it couldn't be
    run, empty when it was; notes: what the cluster remarked.
    """

    rule: str
    hits: tuple[Hit, ...] = ()
    problem: str = ""
    notes: tuple[str, ...] = ()


def hunt_cluster(
    plans: Mapping[str, Plan],
    cluster: Cluster,
    backend: Backend,
    contracts: Mapping[str, Contract],
    start: int,
    end: int,
) -> Iterator[RuleHunt]:
    """What completes plans (by rule name) on events from `start` to `end`, both included, in microseconds since 1970 (UTC).

    A range that holds more rows than ES|QL gives at once is asked for in parts. A rule that waits to see that nothing
    follows completes only where the greatest delay of its logs has passed since.

    Raises ClusterError when the cluster can't be reached or refuses the credentials; what is wrong with one rule alone is in
    its hunt.
    """
    for rule, plan in plans.items():
        notes: dict[str, None] = {}
        hunt = _ClusterHunt(rule, plan, cluster, backend, contracts, notes)
        try:
            found = hunt.between(-(-start // 1000), end // 1000)
        except UnsupportedError as error:
            yield RuleHunt(rule, problem=error.reason)
        except _RuleError as error:
            yield RuleHunt(rule, problem=str(error), notes=tuple(notes))
        else:
            yield RuleHunt(rule, tuple(sorted(found, key=lambda one: (one.time, one.id))), notes=tuple(notes))


class _RuleError(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _ClusterHunt:
    rule: str
    plan: Plan
    cluster: Cluster
    backend: Backend
    contracts: Mapping[str, Contract]
    notes: dict[str, None]

    def between(self, start: int, end: int) -> list[Hit]:
        """Hits from `start` to `end`, in milliseconds."""
        if end < start:
            return []
        delay = max(self.contracts[source].delay.greatest for source in sources(self.plan))
        query = query_of(self.plan, self.backend, Bounds(start * 1000, Ago(delay), end * 1000))
        rows = self.ask(query, start - reach(self.plan) // 1000, end + wait(self.plan) // 1000)
        if len(rows) < LIMIT:
            return [self.hit(row) for row in rows]
        if start == end:
            raise _RuleError(f"more than {LIMIT} events match it within one millisecond, the most that ES|QL gives")
        middle = (start + end) // 2
        return [*self.between(start, middle), *self.between(middle + 1, end)]

    def ask(self, query: str, start: int, end: int) -> Sequence[Mapping[str, object]]:
        window = {"range": {_TIME: {"gte": start, "lte": end, "format": "epoch_millis"}}}
        try:
            table = ask(self.cluster, query, window)
        except AnswerError as error:
            raise self.explained(error) from error
        self.notes.update(dict.fromkeys(table.remarks))
        return table.rows

    def hit(self, row: Mapping[str, object]) -> Hit:
        """A row as a hit. Raises _RuleError for one that isn't of the query."""
        try:
            time = TIME_FORMATS["iso8601"](part(row, str, _TIME))
            if time is None:
                raise AnswerError(f"its answer has a {_TIME} that is no time")
            if isinstance(self.plan, Search):
                identity = part(row, str, "_id")
                return Hit(self.rule, identity, time, {}, (identity,))
            values = [scalar_text(value) or "" for name, value in row.items() if name not in (ID, _TIME, "n", "evidence")]
            if len(values) != len(self.plan.key):
                raise AnswerError("its answer has other columns than the query asks for")
            key = dict(zip((column.name for column in self.plan.key), values, strict=True))
            return Hit(self.rule, part(row, str, ID), time, key, _evidence(row))
        except AnswerError as error:
            raise _RuleError(str(error)) from error

    def explained(self, error: AnswerError) -> Exception:
        """The error as the user needs it: of the cluster, or of this rule alone."""
        indexes = ", ".join(dict.fromkeys(self.backend.stores[source].index for source in sources(self.plan)))
        if error.status == 403:
            return ClusterError(f"the API key may not read {indexes} (403): give it the privilege read there")
        return _RuleError(self.said(error, str(error), indexes))

    def said(self, error: AnswerError, text: str, indexes: str) -> str:
        columns = dict.fromkeys(re.findall(r"Unknown column \[([^\]]+)\]", text))
        if columns:
            return "; ".join(f"{self.field(column)}, which no index of {indexes} has" for column in columns)
        if "Unknown index" in text or error.kind == "index_not_found_exception":
            return f"no index matches {indexes}, or the API key may not see it"
        if "circuit_breaking" in error.kind:
            return "the cluster has too little memory for it: choose a shorter range of time"
        return f"the cluster rejects the query: {text}" if error.kind else text

    def field(self, column: str) -> str:
        for source in sources(self.plan):
            store = self.backend.stores[source]
            if column == store.arrival:
                return f"the ingestion delay of {source} needs {column}"
            for path, stored in store.fields.items():
                if stored.name == column:
                    return f"{path} of {source} is looked for in {column}"
        return f"it needs {column}"


def _evidence(row: Mapping[str, object]) -> tuple[str, ...]:
    value = row.get("evidence")
    found = value if isinstance(value, list) else [value]
    if "evidence" not in row or not all(one is None or isinstance(one, str) for one in found):
        raise AnswerError("its answer has evidence that is no id")
    return tuple(sorted(filter(None, found)))
