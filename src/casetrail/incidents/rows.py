"""An incident's log lines into rows.

A line says what is particular to it and names the rest: `{"at", "arrived", "id", "like", "row", "fact"}`. `like` begins with an event
(of its log's folder in `fixtures/events/`, or of `events.yml` beside the incidents) and goes on with parts of the company's `parts.json`:
a person, a place, a device, a session, a file. A part says only what is in the event already; `row` may add. So a line reads as a
sentence, and a row is whole.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casetrail.incidents.story import Company, Incident
from casetrail.logs.contract import Contract
from casetrail.logs.event import Event, event_of
from casetrail.pack.files import PackError, documents, shipped
from casetrail.pack.pack import Pack
from casetrail.pack.watchlist import read_watchlists
from casetrail.plan.nodes import Type
from casetrail.plan.values import TIME_FORMATS, format_time
from casetrail.reading.words import in_words


@dataclass(frozen=True, slots=True)
class Arrival:
    """A row as it came.

    arrived: microseconds since 1970 (UTC); fact: the id of the fact that the row is of; empty for ordinary work.
    """

    event: Event
    arrived: int
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is known of a file beside its log rows: its name and whose it is."""

    name: str
    owner: str


def log_of(pack: Pack, incident: Incident, company: Company) -> list[Arrival]:
    """Every row that a company's logs delivered, in order of arrival, those sent twice among them.

    Raises PackError, naming the file and line, for one without a meaning.
    """
    folder = incident.folder / company.name
    kinds = _Kinds(pack, incident)
    try:
        parts = json.loads((folder / "parts.json").read_bytes())
    except (OSError, ValueError) as error:
        raise PackError(f"{folder / 'parts.json'}: {in_words(error)}") from error
    found: list[Arrival] = []
    for path in sorted(folder.glob("*.ndjson")):
        source = path.stem.replace(".", "/", 1)
        contract = pack.contracts.get(source)
        if contract is None:
            raise PackError(f"{path}: no log source definition for {source}")
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            try:
                found.append(_arrival(json.loads(line), contract, kinds, parts.get(source, {}), incident))
            except (ValueError, KeyError, TypeError) as error:
                raise PackError(f"{path}:{number}: {in_words(error)}") from error
    return sorted(found, key=lambda one: (one.arrived, one.event.time, one.event.id))


def watchlists_of(incident: Incident, company: Company) -> dict[str, tuple[str, ...]]:
    """A company's own watchlists."""
    return read_watchlists(incident.folder / "watchlists" / company.name)


def files_of(incident: Incident, company: Company) -> dict[str, Taken]:
    """What the company knows of its files, by document id (`files.csv`: document, name, owner)."""
    path = incident.folder / company.name / "files.csv"
    if not path.is_file():
        return {}
    lines = [line.split(",", 2) for line in path.read_text("utf-8").splitlines()[1:]]
    return {document: Taken(name, owner) for document, name, owner in lines}


class _Kinds:
    """Events to begin with, by name."""

    def __init__(self, pack: Pack, incident: Incident) -> None:
        own = pack.folder / "fixtures" / "events"
        self.folder = own if own.is_dir() else shipped() / "fixtures" / "events"
        (self.more,) = documents(incident.folder.parent / "events.yml")
        self.contracts = pack.contracts
        self.absent = incident.absent
        self.known: dict[str, tuple[str, dict[str, Any]]] = {}

    def get(self, name: str, source: str) -> dict[str, Any]:
        if name not in self.known:
            self.known[name] = self.read(name, source)
        found, row = self.known[name]
        if found != source:
            raise ValueError(f"{name} is an event of {found}")
        return row

    def read(self, name: str, source: str) -> tuple[str, dict[str, Any]]:
        if name in self.more:
            document = self.more[name]
            row = self.get(document["like"], source) if "like" in document else {}
            return document.get("source", source), merged(row, document["row"], adds=True)
        (document,) = documents(self.folder / self.contracts[source].folder / f"{name}.yml")
        row = copy.deepcopy(document["row"])
        for path in self.absent.get(document["source"], ()):
            *way, last = path.split(".")
            holder = row
            for step in way:
                holder = holder.get(step) or {}
            holder.pop(last, None)
        return document["source"], row


def merged(row: Mapping[str, Any], part: Mapping[str, Any], *, adds: bool) -> dict[str, Any]:
    """A row with the values of a part put in, object by object. adds: whether keys that the row hasn't are put in too."""
    result = dict(row)
    for key, value in part.items():
        if key not in row and not adds:
            continue
        held = row.get(key)
        both = isinstance(held, Mapping) and isinstance(value, Mapping)
        result[key] = merged(held, value, adds=adds) if both else value  # type: ignore[arg-type]
    return result


def _arrival(
    line: Mapping[str, Any],
    contract: Contract,
    kinds: _Kinds,
    parts: Mapping[str, Mapping[str, Any]],
    incident: Incident,
) -> Arrival:
    event, *names = line["like"]
    row = kinds.get(event, contract.key)
    for name in names:
        row = merged(row, parts[name], adds=False)
    at, arrived = _micros(line["at"]), _micros(line["arrived"])
    row = merged(row, _named(contract, row, at, line["id"]), adds=True)
    row = merged(row, line.get("row", {}), adds=True)
    if contract.lateness:
        _put(row, contract.lateness.steps, (arrived - at) / 1_000_000)
    found = event_of(row, contract)
    if found is None or found.time != at:
        raise ValueError("the event has no readable time or identity")
    if arrived < at:
        raise ValueError("the event arrived before it happened")
    fact = line.get("fact", "")
    return Arrival(found, arrived, incident.fact(fact).id if fact else "")


def _named(contract: Contract, row: Mapping[str, Any], at: int, identity: str) -> dict[str, Any]:
    """The row's times and name, as a part of it."""
    part: dict[str, Any] = {}
    for field in contract.fields.values():
        head, *rest = field.steps
        if field.type is Type.TIME and head in row and (not rest or rest[0] in (row[head] or {})):
            _put(part, field.steps, format_time(at, field.time_format))
    if not contract.vendor_ids:
        raise ValueError(
            f"the log source definition of {contract.key} names no vendor_ids, the fields that a line's id goes to"
        )
    for field in contract.vendor_ids:
        _put(part, field.steps, identity)
    return part


def _put(part: dict[str, Any], steps: tuple[str, ...], value: str | float) -> None:
    for step in steps[:-1]:
        part = part.setdefault(step, {})
    part[steps[-1]] = value


def _micros(text: str) -> int:
    micros = TIME_FORMATS["iso8601"](text)
    if micros is None:
        raise ValueError(f"{text!r} is no time")
    return micros
