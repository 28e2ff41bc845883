"""How Elastic would store the test log source."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from casetrail.logs.event import Event
from casetrail.plan.nodes import Type
from casetrail.stores.store import Backend, Store, StoredField
from tests.worlds import CONTRACT

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
"""Workers share a node, and must not see each other's events."""
_TYPES = {
    Type.TEXT: "keyword",
    Type.INTEGER: "long",
    Type.NUMBER: "double",
    Type.BOOLEAN: "boolean",
    Type.ADDRESS: "ip",
    Type.TIME: "date",
}
FIELDS = {path: StoredField(f"test.{path}", _TYPES[field.type]) for path, field in CONTRACT.fields.items()} | {
    "at": StoredField("@timestamp", "date")
}
STORE = Store(CONTRACT.key, f"logs-test.{WORKER}-*", "@timestamp", "ours", FIELDS, {"data_stream.dataset": "test.log"})
BACKEND = Backend("test", "Test", "esql", "kibana", {"interval": 300_000_000}, {CONTRACT.key: STORE})
FLATTENED = {
    path: StoredField(f"test.{root}.{path.rpartition('.')[2]}", "flattened", f"test.{root}")
    for root, paths in {"items": ["items.name", "items.n"], "more": ["other", "code", "ip", "blank"]}.items()
    for path in paths
}
FLAT_BACKEND = replace(
    BACKEND,
    stores={CONTRACT.key: replace(STORE, index=f"logs-flat.{WORKER}-*", fields=FIELDS | FLATTENED)},
)
"""The same log source, some of it in flattened objects, as Elastic's Okta integration keeps targets."""


def single(event: Event) -> Event:
    """The event without lists and objects where the contract says that a field has one value."""
    row: dict[str, Any] = {
        name: value for name, value in event.row.items() if name in ("tags", "items") or not isinstance(value, list | dict)
    }
    return Event(event.id, event.time, event.source, row)
