"""How an index is to be mapped for the queries to find what rules mean: for Elasticsearch and OpenSearch, which keep documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from casetrail.stores.shape import Shape
from casetrail.stores.store import Store

_FACTS: dict[str, dict[str, Any]] = {
    "keyword": {"ignore_above": 8_191},
    "ip": {"ignore_malformed": True},
    "long": {"ignore_malformed": True},
    "double": {"ignore_malformed": True},
    "date": {"ignore_malformed": True},
}
"""A value that doesn't parse is left out instead of its row, and so is a text longer than the index can hold."""
_VENDOR: dict[str, dict[str, Any]] = {"keyword": {"ignore_above": 1_024}, "flattened": {}}
"""Of Elastic's own templates (ecs@mappings, and those of Fleet's packages)."""


def mapping(store: Store, *, constant: bool, dates: Sequence[str] = ()) -> dict[str, Any]:
    """The mapping for an index of a store, with the types that the backend names.

    constant: whether columns that have one value in this log's events alone have it without being told; dates: more columns of times.
    """
    properties: dict[str, Any] = {}
    for column, value in store.only.items():
        put_field(properties, column, {"type": "constant_keyword", "value": value} if constant else {"type": "keyword"})
    for place in store.columns:
        put_field(properties, place.root or place.name, {"type": place.type, **_FACTS.get(place.type, {})})
    for column in filter(None, (store.time, store.arrival, *dates)):
        put_field(properties, column, {"type": "date"})
    return {"dynamic": False, "properties": properties}


def shape_mapping(store: Store, shape: Shape) -> dict[str, Any]:
    """The mapping that a vendor's own templates give an index of what its pipeline stores."""
    properties: dict[str, Any] = {}
    roots = [column for column, kind in shape.types.items() if kind == "flattened"]
    columns = {*shape.mapped, *store.only, *shape.types}
    for column in sorted(columns):
        holds_others = column not in roots and any(other.startswith(f"{column}.") for other in columns)
        if not holds_others and not any(column.startswith(f"{root}.") for root in roots):
            kind = shape.types.get(column, "keyword")
            put_field(properties, column, {"type": kind, **_VENDOR.get(kind, {"ignore_malformed": True})})
    for column in filter(None, (store.time, store.arrival)):
        put_field(properties, column, {"type": "date"})
    return {"dynamic": False, "properties": properties}


def put_field(properties: dict[str, Any], path: str, facts: dict[str, Any]) -> None:
    *way, last = path.split(".")
    for step in way:
        properties = properties.setdefault(step, {}).setdefault("properties", {})
    properties[last] = facts
