"""A node that keeps documents: events stored as the shipped mapping has them, and the shipped query run over them."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from casetrail.engines.base import Trial
from casetrail.engines.bulk import bulk
from casetrail.engines.cluster import AnswerError, Cluster, as_body
from casetrail.engines.documents import TRIAL, actions, index_of
from casetrail.languages.base import Ago, Bounds
from casetrail.logs.contract import Contract
from casetrail.plan.nodes import Plan
from casetrail.stores.mapping import put_field, shape_mapping
from casetrail.stores.shape import Shape
from casetrail.stores.store import Backend, Store
from casetrail.stores.unsupported import UnsupportedError

_SETTINGS = {"number_of_shards": 2, "number_of_replicas": 0}


class NodeEngine(ABC):
    """Runs trials on a node: all their events in one index for each store, each query filtered to its trial's events.

    The indexes carry a random name that the shipped index patterns match, and `close` removes them. A log source that a shape is
    known of is stored as that says, under the vendor's mapping; any other under the mapping that ships.
    """

    name: str
    title: str

    def __init__(
        self,
        cluster: Cluster,
        backend: Backend,
        contracts: Mapping[str, Contract],
        shapes: Mapping[str, Shape] | None = None,
    ) -> None:
        self.cluster = cluster
        self.backend = backend
        self.contracts = contracts
        self.shapes = shapes or {}
        self.suffix = f"casetrail-{uuid.uuid4().hex[:12]}"
        self.asked: set[str] = set()
        self.made: set[str] = set()
        self.count = 0

    @abstractmethod
    def mapping(self, store: Store) -> dict[str, Any]:
        """The mapping that ships."""

    @abstractmethod
    def matches(self, plan: Plan, run: Bounds, only: Mapping[str, Any]) -> list[str]:
        """The ids that the plan's query returns over the documents that a filter lets through.

        Raises UnsupportedError and AnswerError.
        """

    def close(self) -> None:
        """Remove the indexes."""
        for index in sorted(self.asked - self.made):
            # A request that was broken off may make its index after a delete; once another is refused, it has.
            with suppress(AnswerError):
                self.create(index, {})
        if self.asked:
            self.cluster.ask("DELETE", [",".join(sorted(self.asked))], {"ignore_unavailable": "true"})
        self.asked.clear()
        self.made.clear()

    def verdicts(self, trials: Sequence[Trial]) -> list[frozenset[str] | Exception]:
        names = [f"{self.count + number}" for number in range(len(trials))]
        self.count += len(trials)
        for store in self.backend.stores.values():
            self.prepare(store)
        rejected = self.load(
            actions(zip(names, trials, strict=True), self.backend.stores, self.contracts, self.suffix, self.shapes)
        )
        broken = {identity.partition("~")[0]: reason for identity, reason in rejected.items()}
        return [
            AnswerError(f"an event can't be stored: {broken[name]}") if name in broken else self.verdict(name, trial)
            for name, trial in zip(names, trials, strict=True)
        ]

    def load(self, documents: Iterable[dict[str, Any]]) -> dict[str, str]:
        """Documents into the indexes, to be found by the next query; by `_id` why one is rejected."""
        return bulk(self.cluster, documents)

    def prepare(self, store: Store) -> None:
        """Make the store's index, with a column for the trial, unless it is there."""
        index = index_of(store, self.suffix)
        if index in self.made:
            return
        shape = self.shapes.get(store.source)
        mappings = shape_mapping(store, shape) if shape else self.mapping(store)
        put_field(mappings["properties"], TRIAL, {"type": "keyword"})
        self.asked.add(index)
        self.create(index, mappings)
        self.made.add(index)

    def create(self, index: str, mappings: dict[str, Any]) -> None:
        self.cluster.ask("PUT", [index], body=as_body({"settings": _SETTINGS, "mappings": mappings}))

    def verdict(self, name: str, trial: Trial) -> frozenset[str] | Exception:
        if any(event.time % 1000 for event in trial.events):
            reason = f"its events are timed finer than the milliseconds of {self.title}"
            return UnsupportedError(reason, trial.plan.name, self.name)
        run = Bounds(known=trial.seen_until if trial.seen_until is not None else Ago(0))
        try:
            ids = self.matches(trial.plan, run, {"term": {TRIAL: name}})
        except UnsupportedError as error:
            error.rule, error.target = trial.plan.name, self.name
            return error
        except AnswerError as error:
            return error
        return frozenset(identity.partition("~")[2] for identity in ids)
