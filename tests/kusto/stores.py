"""How Sentinel would store the test log source: in one table, some of it inside dynamic columns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from casetrail.engines.base import Trial
from casetrail.logs.event import Event
from casetrail.plan.nodes import Search
from casetrail.stores.store import Backend, Store, StoredField
from tests.worlds import CONTRACT

FIELDS = {
    "id": StoredField("Uid", "string"),
    "at": StoredField("TimeGenerated", "datetime"),
    "kind": StoredField("Kind", "string"),
    "user": StoredField("User", "string"),
    "other": StoredField("Other Text", "string"),
    "code": StoredField("Code", "string"),
    "n": StoredField("N", "long"),
    "f": StoredField("F", "real"),
    "flag": StoredField("Flag", "bool"),
    "ip": StoredField("Ip", "string"),
    "tags": StoredField("Tags", "dynamic", "Tags"),
    "items.name": StoredField("Items.name", "dynamic", "Items"),
    "items.n": StoredField("Items.n", "dynamic", "Items"),
    "blank": StoredField("Blank", "string"),
}
STORE = Store(CONTRACT.key, "Test_CL", "TimeGenerated", "ours", FIELDS, {"Log": "test.log"}, ("Uid",))
BACKEND = Backend(
    "test", "Test", "kql", "sentinel", {"interval": 300_000_000}, {CONTRACT.key: STORE}, {"watchlists": "inline"}
)
TEXTUAL = {
    path: StoredField(place.name, "string") for path, place in FIELDS.items() if place.type in ("long", "real", "bool")
}
TEXT_BACKEND = replace(BACKEND, stores={CONTRACT.key: replace(STORE, fields=FIELDS | TEXTUAL)})
"""The same log source, numbers and booleans kept as text, as Sentinel's Salesforce connector keeps them."""
INSIDE = {
    path: StoredField(f"Raw.{path}", "dynamic", "Raw")
    for path in ("user", "other", "code", "n", "f", "flag", "ip", "blank", "tags", "items.name", "items.n")
}
RAW = replace(STORE, index="Raw_CL", fields=FIELDS | INSIDE)
"""The same log source, whole inside one dynamic column."""
RAW_BACKEND = replace(BACKEND, stores={CONTRACT.key: RAW})
KINDS = {"columns": BACKEND, "text": TEXT_BACKEND, "dynamic": RAW_BACKEND}
"""How Sentinel may store the log."""


def _kept(value: Any, empty: bool) -> bool:
    return not isinstance(value, list | dict) and (empty or value != "")


def _item(item: Any, empty: bool) -> Any:
    return {name: value for name, value in item.items() if _kept(value, empty)} if isinstance(item, dict) else item


def plain(event: Event, *, empty: bool, listed: bool) -> Event:
    """The event in the shape of its contract: lists only where it says so, and of scalars or of objects of scalars.

    empty, listed: whether a field, and an element of a list, may be an empty text.
    """
    row = {name: value for name, value in event.row.items() if _kept(value, empty)}
    tags, items = event.row.get("tags"), event.row.get("items")
    if isinstance(tags, list):
        row["tags"] = [tag for tag in tags if _kept(tag, listed)]
    if isinstance(items, list | dict):
        each = [items] if isinstance(items, dict) else items
        row["items"] = [_item(item, listed) for item in each if not isinstance(item, list)]
    return Event(event.id, event.time, event.source, row)


def fitted(trial: Trial, backend: Backend) -> Trial:
    """The trial with its events as the backend can hold them: no empty text in a column of text, nor in a key or a value."""
    search = isinstance(trial.plan, Search)
    inside = backend.stores[CONTRACT.key].fields["user"].type == "dynamic"
    events = [plain(event, empty=search and inside, listed=search) for event in trial.events]
    return replace(trial, events=tuple(events))
