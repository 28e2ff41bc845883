"""How Splunk would have the test log source, from JSON."""

from __future__ import annotations

from typing import Any

from casetrail.logs.event import Event
from casetrail.plan.nodes import Type
from casetrail.stores.store import Backend, Store, StoredField
from tests.worlds import CONTRACT

_NAMES = {"tags": "tags{}", "items.name": "items{}.name", "items.n": "items{}.n"}
FIELDS = {
    path: StoredField(_NAMES.get(path, path), "event_time" if field.type is Type.TIME else "json")
    for path, field in CONTRACT.fields.items()
}
STORE = Store(CONTRACT.key, "casetrail_test", "_time", "ours", FIELDS, {"sourcetype": "test:log"}, ("id",))
BACKEND = Backend("test", "Test", "spl", "splunk", {"interval": 300_000_000}, {CONTRACT.key: STORE})


def single(event: Event) -> Event:
    """The event without lists and objects where the contract says that a field has one value."""
    row: dict[str, Any] = {
        name: value for name, value in event.row.items() if name in ("tags", "items") or not isinstance(value, list | dict)
    }
    return Event(event.id, event.time, event.source, row)
