"""The contract of a log source: what its rows hold, how they arrive and how late (`logsources/*.yml`)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from casetrail.plan.nodes import Field, Type

_SPAN = re.compile(r"(\d+)\s*(ms|s|m|h|d|w)")
_UNITS = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000, "w": 604_800_000_000}


def parse_span(text: str) -> int:
    """A span such as `90s`, `2h` or `1d 30m` in microseconds.

    Raises ValueError when it is none.
    """
    rest = _SPAN.sub("", text).strip()
    if rest or not text.strip():
        raise ValueError(f"{text!r} is no span of time; write one like 90s, 15m, 2h or 1d 30m")
    return sum(int(number) * _UNITS[unit] for number, unit in _SPAN.findall(text))


@dataclass(frozen=True, slots=True)
class Delay:
    """How long after an event its row arrives, in microseconds."""

    typical: int
    greatest: int


@dataclass(frozen=True, slots=True)
class Envelope:
    """A form in which rows arrive.

    rows: the path from a JSON document to its rows, `[]` after each list (`items[].events[]`); empty for a bare row.
        A row inherits the keys of the objects that hold it, its own first.
    """

    name: str
    rows: str


@dataclass(frozen=True, slots=True)
class Flatten:
    """A list of named values in a row that becomes plain keys of the row (Google's `parameters`).

    path: the list; name: the key of an item's name; values: the keys that may hold its value, first present wins.
    upper: whether names are put in upper case.
    """

    path: str
    name: str
    values: tuple[str, ...]
    upper: bool = False


@dataclass(frozen=True, slots=True)
class Derived:
    """A key that exporters leave out and that other keys tell.

    paths: where to look, first present wins.
    """

    field: Field
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a field, as Sigma's taxonomy has it. values: what its values are in the field's, where they differ."""

    path: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RecordKind:
    """What a product's ids tell of themselves: one that begins so and is of one of these lengths names a thing of this kind.

    lengths: the first is what two spellings of one id share.
    """

    prefix: str
    lengths: tuple[int, ...]
    kind: str

    def names(self, text: str) -> bool:
        """Whether a text is an id of this kind."""
        return len(text) in self.lengths and text.startswith(self.prefix) and text.isascii() and text.isalnum()

    def shared(self, text: str) -> str:
        """The part of an id that its spellings share."""
        return text[: self.lengths[0]]


@dataclass(frozen=True, slots=True)
class Contract:
    """What casetrail knows of one log.

    key: `product/service`, as rules and events name it.
    time: the field that says when the event happened.
    folder: of rules/ and fixtures/, where the product's rules and events lie; short_title: the title where there is little room.
    identity: the fields that together name an event; a row with the same values is the same event.
    vendor_ids: the fields that the vendor numbers an event or its request by.
    event_type: the field that says what kind of event a row is; rules are dispatched on it.
    detect: the fields whose presence together shows that a row is of this log.
    pivots: for account, session, address, file and record: the fields to search on, best first; more, by name, for a trail.
    records: what the product's ids tell of themselves.
    session_idle: how long a session lasts without an event of it, in microseconds; session_end: how a person ends one.
    makes: kinds of event that make what outlasts a session, with what each makes.
    needs: kinds of event without which a trail is blind, with to what.
    aliases: other spellings of top-level keys, by exporter's key.
    lateness: the field of how late a row came, in seconds after the event, negative when before. The vendor's row doesn't hold it:
        each store works it out of when the row arrived.
    taxonomy: the names that Sigma's taxonomy has for fields.
    open: nobody defined the log, so its fields are unchecked: as rules name them, and text.
    """

    product: str
    service: str
    folder: str
    title: str
    short_title: str
    time: Field
    identity: tuple[Field, ...]
    vendor_ids: tuple[Field, ...]
    event_type: Field | None
    detect: tuple[tuple[str, ...], ...]
    delay: Delay
    pivots: Mapping[str, tuple[str, ...]]
    envelopes: tuple[Envelope, ...]
    fields: Mapping[str, Field]
    notes: Mapping[str, str]
    flatten: Flatten | None = None
    derived: tuple[Derived, ...] = ()
    aliases: Mapping[str, str] | None = None
    lateness: Field | None = None
    taxonomy: Mapping[str, Alias] = field(default_factory=dict)
    open: bool = False
    records: tuple[RecordKind, ...] = ()
    session_idle: int = 0
    session_end: str = ""
    makes: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)

    def alias(self, path: str) -> Alias | None:
        """What a name that is no field's stands for: by Sigma's taxonomy, or as the one field that differs in upper and lower case."""
        if path in self.taxonomy:
            return self.taxonomy[path]
        alike = [known for known in self.fields if known.lower() == path.lower()]
        return Alias(alike[0], {}) if len(alike) == 1 else None

    @property
    def key(self) -> str:
        return f"{self.product}/{self.service}"

    def near(self, path: str, most: int = 3) -> list[str]:
        """The names of known fields nearest to a wrong one, best first."""
        lower = {name.lower(): name for name in self.fields}
        last = {name.rpartition(".")[2].lower(): name for name in self.fields}
        found = difflib.get_close_matches(path.lower(), lower, most, 0.6)
        tails = difflib.get_close_matches(path.rpartition(".")[2].lower(), last, most, 0.8)
        return list(dict.fromkeys([lower[name] for name in found] + [last[name] for name in tails]))[:most]


def _field(marked: str, facts: Mapping[str, Any], empty_is_missing: bool) -> Field:
    steps = marked.split(".")
    if "spellings" in facts and facts.get("case") != "exact":
        raise ValueError(f"{marked!r} has spellings, so it needs `case: exact`")
    return Field(
        path=marked.replace("[]", ""),
        type=Type(facts.get("type", "text")),
        exact=facts.get("case") == "exact",
        arrays=tuple(number for number, step in enumerate(steps, 1) if step.endswith("[]")),
        empty_is_missing=facts.get("empty", "missing" if empty_is_missing else "value") == "missing",
        time_format=facts.get("format", ""),
        spellings=tuple(facts.get("spellings", ())),
    )


def contracts(document: Mapping[str, Any]) -> list[Contract]:
    """The contracts of one file of `logsources/`, already checked against its schema.

    Raises ValueError, naming the field, where one part names a field that another doesn't define.
    """
    product = document["product"]
    folder = document.get("folder", product)
    records = tuple(RecordKind(one["prefix"], tuple(one["lengths"]), one["kind"]) for one in document.get("records", ()))
    return [_contract(product, folder, source, records) for source in document["sources"]]


def _alias(told: str | Mapping[str, Any], named: Callable[[str], Field]) -> Alias:
    if isinstance(told, str):
        return Alias(named(told).path, {})
    return Alias(named(told["field"]).path, told.get("values", {}))


def _contract(product: str, folder: str, source: Mapping[str, Any], records: tuple[RecordKind, ...]) -> Contract:
    empty = source.get("empty_text", "value") == "missing"
    known = [_field(marked, facts or {}, empty) for marked, facts in source["fields"].items()]
    fields = {each.path: each for each in known}
    notes = {
        marked.replace("[]", ""): facts["note"] for marked, facts in source["fields"].items() if facts and "note" in facts
    }

    def named(path: str) -> Field:
        if path not in fields:
            raise ValueError(f"{product}/{source['service']}: {path!r} is not among its fields")
        return fields[path]

    pivots = {name: tuple(named(path).path for path in paths) for name, paths in source.get("pivots", {}).items()}
    flatten = source.get("flatten")
    return Contract(
        product=product,
        service=source["service"],
        folder=folder,
        title=source["title"],
        short_title=source.get("short_title", source["title"]),
        time=named(source["time"]),
        identity=tuple(named(path) for path in source["identity"]),
        vendor_ids=tuple(named(path) for path in source.get("vendor_ids", ())),
        event_type=named(source["event_type"]) if "event_type" in source else None,
        detect=tuple(tuple(group) for group in source["detect"]),
        delay=Delay(parse_span(source["delay"]["typical"]), parse_span(source["delay"]["greatest"])),
        pivots=pivots,
        envelopes=tuple(Envelope(item["name"], item["rows"]) for item in source["envelopes"]),
        fields=fields,
        notes=notes,
        flatten=Flatten(flatten["path"], flatten["name"], tuple(flatten["values"]), flatten.get("upper", False))
        if flatten
        else None,
        derived=tuple(Derived(named(path), tuple(facts["from"])) for path, facts in source.get("derived", {}).items()),
        aliases=source.get("aliases"),
        lateness=named(source["lateness"]) if "lateness" in source else None,
        taxonomy={name: _alias(told, named) for name, told in source.get("taxonomy", {}).items()},
        records=records,
        session_idle=parse_span(source.get("session_idle", "0s")),
        session_end=source.get("session_end", ""),
        makes=source.get("makes", {}),
        needs=source.get("needs", {}),
    )
