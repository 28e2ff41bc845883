"""Nodes of a trail: what events name, each value in the one spelling that all its spellings share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from casetrail.logs.contract import Contract, RecordKind
from casetrail.logs.event import Event, arrival
from casetrail.plan.nodes import Field
from casetrail.plan.values import bag, fold, parse_address

FILES = ("document", "version", "attachment", "file")
"""Kinds of node that are files."""
RECORDS = ("case", "customer", "report", "record")
WALKED = ("address", "session", "device", "request", "token")
"""Kinds of node that are walked when an event of the trail names them."""
KINDS = ("address", "account", "session", "device", "request", "token", "app", "agent", *FILES, *RECORDS, "name", "factor")
_NO_VALUES = frozenset({"unknown", "-", "null", "none", "n/a", "nil"})
_FOLDED = frozenset({"account", "name"})
_PIVOTS = (
    ("address", "address"),
    ("account", "actor"),
    ("session", "session"),
    ("device", "device"),
    ("request", "request"),
    ("token", "token"),
    ("app", "app"),
    ("agent", "agent"),
    ("file", "file_id"),
    ("record", "record_id"),
    ("name", "file_name"),
)
"""Kinds of node and the pivots that hold them."""
_TOLD = ("file_id", "record_id", "actor")
"""Pivots of which an id tells its own kind."""
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_FILE_NAME = re.compile(r"[^/\\]+\.[A-Za-z0-9]{1,5}")


class Strength(IntEnum):
    """How surely something is of the trail; the greater, the less."""

    EXACT = 0
    LIKELY = 1
    POSSIBLE = 2

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """Something that events name: an address, an account, a session, a file."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"

    @classmethod
    def read(cls, text: str) -> Node:
        kind, _, value = text.partition(":")
        return cls(kind, value)


@dataclass(frozen=True, slots=True)
class Named:
    """An event as a trail needs it.

    place: the file and line that it was read from; time, arrived: microseconds since 1970 (UTC), `arrived` None where it isn't told;
    how: in what way it touches its file; size: of the file, in bytes, as the log writes it; target: what it makes or changes.
    """

    number: int
    id: str
    place: str
    source: str
    type: str
    time: int
    arrived: int | None
    nodes: tuple[Node, ...]
    how: str = ""
    size: str = ""
    target: str = ""

    def of(self, *kinds: str) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.kind in kinds)

    @property
    def product(self) -> str:
        return self.source.partition("/")[0]


class Naming:
    """How events of one log name things: the pivots of its log source definition, looked up once."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        known = {
            path: (contract.fields[path], contract.fields[path].steps)
            for paths in contract.pivots.values()
            for path in paths
        }
        fields = {pivot: tuple(known[path] for path in paths) for pivot, paths in contract.pivots.items()}
        self.kinds = tuple(
            (kind, fields[pivot], contract.records if pivot in _TOLD else ()) for kind, pivot in _PIVOTS if fields.get(pivot)
        )
        self.told = tuple((name, fields.get(name, ())) for name in ("how", "size", "target"))

    def named(self, event: Event, number: int, place: str, arrived: int | None = None) -> Named:
        """What an event names. arrived: when its row came, where that is known beside the row."""
        contract = self.contract
        nodes = dict.fromkeys(
            node
            for kind, fields, records in self.kinds
            for field, steps in fields
            for text in _texts(event.row, field, steps)
            if (node := node_of(kind, text, records)) is not None
        )
        types = bag(event.row, contract.event_type) if contract.event_type else []
        came = arrival(event, contract) if arrived is None else arrived
        first = {
            name: next((text for field, steps in fields for text in _texts(event.row, field, steps)), "")
            for name, fields in self.told
        }
        kind = types[0] if types else ""
        return Named(number, event.id, place, contract.key, kind, event.time, came, tuple(nodes), **first)


def _texts(row: Mapping[str, Any], field: Field, steps: Sequence[str]) -> Sequence[str]:
    """The texts of a field: what `bag` gives, without its walk where the value is a plain text or isn't there."""
    value: Any = row
    for step in steps:
        if type(value) is not dict:
            return bag(row, field)
        value = value.get(step)
        if value is None:
            return ()
    if type(value) is str:
        return (value,) if value or not field.empty_is_missing else ()
    return bag(row, field)


@lru_cache(maxsize=1 << 16)
def node_of(kind: str, text: str, records: tuple[RecordKind, ...] = ()) -> Node | None:
    """The node of a text; None for a text that stands for nothing, and for an address that is none.

    records: what ids tell of themselves: it goes before `kind`, and an id that tells nothing is no record.
    """
    text = text.strip()
    if not text or fold(text) in _NO_VALUES:
        return None
    if kind == "address":
        address = parse_address(text)
        return Node(kind, address) if address else None
    told = next((one for one in records if one.names(text)), None)
    if told is not None:
        return Node(told.kind, told.shared(text))
    if kind == "record":
        return None
    return Node(kind, fold(text) if kind in _FOLDED else text)


@dataclass(frozen=True, slots=True)
class Indicator:
    """Where a trail begins.

    text: as it was given; kind: guessed or given; guessed: whether it may be another.
    """

    text: str
    kind: str
    value: str
    guessed: bool

    @property
    def node(self) -> Node:
        return Node(self.kind, self.value)

    def meant(self) -> str:
        """A line that says how it was read, and how to say it better."""
        if not self.guessed:
            return f"{self.kind} {self.value}"
        return f"{self.kind} {self.value} (guessed; KIND:{self.text} says otherwise)"


def indicator(text: str, contracts: Mapping[str, Contract], seen: Sequence[str] = ()) -> Indicator:
    """The indicator in a text such as `198.51.100.66`, `198.51.100.0/24` or `session:2qEF45kkHCYT`.

    seen: the kinds as which the logs hold it, which go before the look of it.
    Raises ValueError for a kind that there isn't, an address that is none, and an empty text.
    """
    text = text.strip()
    records = tuple(dict.fromkeys(one for contract in contracts.values() for one in contract.records))
    head, colon, rest = text.partition(":")
    if colon and head in KINDS:
        return _given(text, head, rest.strip(), records)
    if not text:
        raise ValueError("an indicator is empty")
    if (network := _network(text)) is not None:
        return Indicator(text, "address", network, guessed=True)
    told = next((one for one in records if one.names(text)), None)
    if told is not None:
        return Indicator(text, told.kind, told.shared(text), guessed=True)
    if seen:
        return Indicator(text, seen[0], _spelt(seen[0], text), guessed=True)
    if colon and head.isidentifier() and head.islower() and not rest.startswith("//"):
        raise ValueError(f"{head!r} is no kind of indicator; there are: {', '.join(KINDS)}")
    kind = _looks(text)
    return Indicator(text, kind, _spelt(kind, text), guessed=True)


def spellings(text: str) -> list[Node]:
    """Nodes that a text without a kind may be, most telling first."""
    kinds = [kind for kind in KINDS if kind not in ("address", *RECORDS)]
    return [Node(kind, _spelt(kind, text.strip())) for kind in kinds]


def _given(text: str, kind: str, value: str, records: Sequence[RecordKind]) -> Indicator:
    if not value:
        raise ValueError(f"{text!r} names nothing after {kind}:")
    if kind == "address":
        network = _network(value)
        if network is None:
            raise ValueError(f"{value!r} is no address and no network")
        return Indicator(text, kind, network, guessed=False)
    told = next((one for one in records if one.names(value)), None)
    if kind == "file":
        kind = told.kind if told else "file" if re.fullmatch(r"[0-9A-Fa-f]{32,64}", value) else "name"
    shared = told.shared(value) if told and told.kind == kind else _spelt(kind, value)
    return Indicator(text, kind, shared, guessed=False)


def _spelt(kind: str, text: str) -> str:
    return fold(text) if kind in _FOLDED else text


def _network(text: str) -> str | None:
    if (address := parse_address(text)) is not None:
        return address
    try:
        return str(ip_network(text, strict=False)) if "/" in text else None
    except ValueError:
        return None


def _looks(text: str) -> str:
    if _MAIL.fullmatch(text):
        return "account"
    if "/" in text and " " in text:
        return "agent"
    return "name" if _FILE_NAME.fullmatch(text) else "session"


def within(address: str, network: str) -> bool:
    """Whether an address is in a network, both as texts."""
    return ip_address(address) in ip_network(network)
