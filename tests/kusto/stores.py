"""How Sentinel would store the test log source: in one table, some of it inside dynamic columns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from casetrail.engines.event import Event
from casetrail.pack.backend import Backend, Store, StoredField
from casetrail.plan.nodes import Search
from casetrail.engines.base import Trial
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
STORE = Store(
    CONTRACT.key, "Test_CL", "TimeGenerated", "ours", FIELDS, {"Log": "test.log"}, ("Uid",)
)
BACKEND = Backend(
    "test", "Test", "kql", "sentinel", {"interval": 300_000_000}, {CONTRACT.key: STORE}, {"watchlists": "inline"}
)
TEXTUAL = {path: StoredField(place.name, "string") for path, place in FIELDS.items() if place.type in ("long", "real", "bool")}
TEXT_BACKEND = replace(BACKEND, stores={CONTRACT.key: replace(STORE, fields=FIELDS | TEXTUAL)})
"""The same log source, numbers and booleans kept as text, as Sentinel's Salesforce connector keeps them."""
INSIDE = {
    path: StoredField(f"Raw.{path}", "dynamic", "Raw")
    for path in ("user", "other", "code", "n", "f", "flag", "ip", "blank", "tags", "items.name", "items.n")
}
RAW = replace(STORE, index="Raw_CL", fields=FIELDS | INSIDE)
"""The same log source, whole inside one dynamic column."""
RAW_BACKEND = replace(BACKEND, stores={CONTRACT.key: RAW})


def _scalar(value: Any) -> bool:
    return not isinstance(value, list | dict)


def _item(item: Any) -> Any:
    return {key: value for key, value in item.items() if _scalar(value)} if isinstance(item, dict) else item


def plain(event: Event, *, empty: bool) -> Event:
    """The event in the shape of its contract: lists only where it says so, and of scalars or of objects of scalars.

    empty: whether an empty text may be there, which a text column of Sentinel doesn't tell from none.
    """
    row = {name: value for name, value in event.row.items() if _scalar(value) and (empty or value != "")}
    for name, shaped in (("tags", lambda item: item), ("items", _item)):
        value = event.row.get(name)
        if isinstance(value, list):
            kept = [shaped(item) for item in value if (_scalar(item) if name == "tags" else not isinstance(item, list))]
            row[name] = [item for item in kept if empty or item != ""]
        elif isinstance(value, dict) and name == "items" and _item(value):
            row[name] = _item(value)
    if not empty and isinstance(row.get("items"), list | dict):
        items = row["items"] if isinstance(row["items"], list) else [row["items"]]
        row["items"] = [
            {key: value for key, value in item.items() if value != ""} if isinstance(item, dict) else item for item in items
        ]
    return Event(event.id, event.time, event.source, row)


def fitted(trial: Trial, backend: Backend) -> Trial:
    """The trial with its events as the backend can hold them."""
    inside = backend.stores[CONTRACT.key].fields["user"].type == "dynamic"
    events = [plain(event, empty=inside and isinstance(trial.plan, Search)) for event in trial.events]
    if not inside and isinstance(trial.plan, Search):
        kept = [plain(event, empty=True) for event in trial.events]
        events = [
            Event(one.id, one.time, one.source, {**one.row, **{k: v for k, v in full.row.items() if k in ("tags", "items")}})
            for one, full in zip(events, kept, strict=True)
        ]
    return replace(trial, events=tuple(events))
