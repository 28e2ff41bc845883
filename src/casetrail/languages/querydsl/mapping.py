"""How an index of OpenSearch is to be mapped for the queries to find what rules mean: the mapping of a store."""

from __future__ import annotations

from typing import Any

from casetrail.stores.store import Store

_FACTS: dict[str, dict[str, Any]] = {
    "keyword": {"ignore_above": 8_191},
    "ip": {"ignore_malformed": True},
    "long": {"ignore_malformed": True},
    "double": {"ignore_malformed": True},
    "date": {"ignore_malformed": True},
}
"""A value that doesn't parse is left out instead of its row, and so is a text longer than the index can hold."""


def mapping(store: Store, *, constant: bool = True) -> dict[str, Any]:
    """The mapping for an index of a store, with the types that the backend names.

    constant: whether columns that have one value in the store's rows alone have it without being told.
    """
    properties: dict[str, Any] = {}
    for column, value in store.only.items():
        _put(properties, column, {"type": "constant_keyword", "value": value} if constant else {"type": "keyword"})
    for place in store.columns:
        _put(properties, place.root or place.name, {"type": place.type, **_FACTS.get(place.type, {})})
    for column in filter(None, (store.time, store.arrival)):
        _put(properties, column, {"type": "date"})
    return {"dynamic": False, "properties": properties}


def _put(properties: dict[str, Any], path: str, facts: dict[str, Any]) -> None:
    *way, last = path.split(".")
    for step in way:
        properties = properties.setdefault(step, {}).setdefault("properties", {})
    properties[last] = facts
