"""Events as documents of an index, for the engines whose stores keep documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, cast

from casetrail.engines.base import Trial
from casetrail.engines.forms import FORMS
from casetrail.engines.spelled import spelled
from casetrail.logs.contract import Contract
from casetrail.logs.event import Event, arrival
from casetrail.plan.nodes import Field, Type
from casetrail.plan.values import bag, parse
from casetrail.stores.shape import Shape
from casetrail.stores.store import Store

Columns = Iterator[tuple[str, list[Any]]]
TRIAL = "casetrail.trial"
"""The column that tells the trials in one index apart."""


def stored(event: Event, store: Store, contract: Contract) -> dict[str, Any]:
    """The document that a store keeps for an event: typed columns hold only what parses, empty texts may be dropped."""

    def columns() -> Columns:
        for path, field in contract.fields.items():
            place = store.column_of(path)
            if place is not None:
                textual = place.type in ("keyword", "flattened")
                texts = bag(event.row, field)
                yield place.name, [spelled(text, field, event) if textual else _typed(text, field) for text in texts]

    return _document(event, store, contract, columns())


def as_shaped(event: Event, store: Store, contract: Contract, shape: Shape) -> dict[str, Any]:
    """The document that a vendor's own pipeline makes of an event's row: its values as they came, for the index to read."""

    def columns() -> Columns:
        for path, kept in shape.fields.items():
            field = contract.fields[path]
            texts = [spelled(text, field, event) for text in bag(event.row, field)]
            yield from ((column.name, [FORMS[column.form](text) for text in texts]) for column in kept)

    return _document(event, store, contract, columns())


def _document(event: Event, store: Store, contract: Contract, columns: Columns) -> dict[str, Any]:
    """columns: each with its values; None is no value, and a column without any isn't there."""
    document: dict[str, Any] = {}
    for column, value in store.only.items():
        put(document, column, value)
    put(document, store.time, event.time // 1000)
    for column, values in columns:
        known = [value for value in values if value is not None]
        if known:
            put(document, column, known if len(known) > 1 else known[0])
    arrived = arrival(event, contract)
    if store.arrival and arrived is not None:
        put(document, store.arrival, arrived // 1000)
    return document


def _typed(text: str, field: Field) -> object:
    value = parse(text, field, cased=True)
    return cast(int, value) // 1000 if field.type is Type.TIME and value is not None else value


def put(document: dict[str, Any], path: str, value: object) -> None:
    """Set what a dotted path names, with objects on the way there."""
    *way, last = path.split(".")
    for step in way:
        document = document.setdefault(step, {})
    document[last] = value


def index_of(store: Store, suffix: str) -> str:
    """The name of an index that the store's pattern matches."""
    return store.index.replace("*", suffix)


def actions(
    trials: Iterable[tuple[str, Trial]],
    stores: Mapping[str, Store],
    contracts: Mapping[str, Contract],
    suffix: str,
    shapes: Mapping[str, Shape] = MappingProxyType({}),
) -> Iterable[dict[str, Any]]:
    """What a bulk request takes for the events of named trials; a document's `_id` is `TRIAL~EVENT`."""
    for name, trial in trials:
        for event in {event.id: event for event in reversed(trial.events)}.values():
            store = stores.get(event.source)
            if store is not None:
                contract, shape = contracts[event.source], shapes.get(event.source)
                document = as_shaped(event, store, contract, shape) if shape else stored(event, store, contract)
                put(document, TRIAL, name)
                yield {"_index": index_of(store, suffix), "_id": f"{name}~{event.id}", "_source": document}
