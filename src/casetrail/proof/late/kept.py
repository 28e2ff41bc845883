"""A history as a SIEM keeps it: where an event's time lies too far from its arrival, some put the arrival in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from casetrail.logs.contract import Contract
from casetrail.logs.event import Event
from casetrail.proof.late.histories import History, Row
from casetrail.stores.store import Backend


@dataclass(frozen=True, slots=True)
class Kept:
    """history: its rows as the SIEM keeps them; names: of each event that has another id there, the log's own."""

    history: History
    names: Mapping[str, str]


def as_kept(history: History, backend: Backend, contracts: Mapping[str, Contract]) -> Kept:
    """What a SIEM keeps of a history. An event that is named by its time is another one there when the time was replaced."""
    rows: list[Row] = []
    names: dict[str, str] = {}
    known: dict[str, Event] = {}
    for row in history.rows:
        event = _kept(row, backend, contracts)
        names |= {} if event.id == row.event.id else {event.id: row.event.id}
        rows.append(Row(known.setdefault(event.id, event), row.arrived))
    return Kept(replace(history, rows=tuple(rows)), names)


def _kept(row: Row, backend: Backend, contracts: Mapping[str, Contract]) -> Event:
    event = row.event
    stamp = backend.stamped(event.source)
    time = stamp.kept(event.time, row.arrived) if stamp else event.time
    if time == event.time:
        return event
    lateness = contracts[event.source].lateness
    told = lateness is not None and lateness.path in event.row
    held = {**event.row, lateness.path: (row.arrived - time) / 1_000_000} if lateness and told else event.row
    named_by_time = backend.stores[event.source].time in backend.stores[event.source].identity
    return replace(event, id=f"{event.id}@{time}" if named_by_time else event.id, time=time, row=held)
