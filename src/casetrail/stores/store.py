"""What a SIEM calls things: where it keeps logs and fields, and what it is asked by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from casetrail.stores.identity import Identity


@dataclass(frozen=True, slots=True)
class StoredField:
    """Where a SIEM keeps a field.

    type: the SIEM's own name of its type there (Elastic: keyword, ip, boolean, long, double, date, flattened).
    root: the name of the column that holds it, where it lies inside an object (Elastic's `flattened`, Sentinel's `dynamic`).
    unsupported: why no query can test it there; empty when one can.
    derive: an expression of the SIEM's language that works the field out where no column holds it; the name is then that of the result.
    also: other names under which rows hold it, by the version or a setting of what stores them; a test asks for each.
    since: the version of what stores it from which on there is such a field; empty where all known ones have it.
    column_since: the version from which on a field of an object is a column of its own as well, which a key or a value needs to be.
    taken_apart: whether the text is kept in parts, so that nothing but what one of them contains can be asked for.
    """

    name: str
    type: str
    root: str = ""
    unsupported: str = ""
    derive: str = ""
    also: tuple[str, ...] = ()
    since: str = ""
    column_since: str = ""
    taken_apart: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All names under which rows hold it."""
        return (self.name, *self.also)


@dataclass(frozen=True, slots=True)
class Store:
    """How a SIEM keeps a log source.

    index: the table or index pattern; time: the name of the event's time.
    more: other tables of the same columns, which hold a part of the log or all of it.
    only: columns and the value that each has in this log's rows alone, where a table holds several logs.
    identity: the columns that together name an event, where the SIEM keeps no id of its own.
    basis: whose names these are.
    arrival: the column of when a row arrived; empty where the SIEM has none by name.
    connector: the vendor's way in, as the SIEM calls it (an integration's package, Sentinel's connectorId); empty for one's own.
    since: its least version whose rows are known to be stored so.
    tags: what the SIEM's own rules on that log are found by.
    assumed: nobody said where the log lies, so the index is a guess.
    generation: which of the vendor's ways in it is, where there are several.
    note: what whoever relies on that way in has to know of what it doesn't bring.
    """

    source: str
    index: str
    time: str
    basis: str
    fields: Mapping[str, StoredField]
    only: Mapping[str, str] = field(default_factory=dict)
    identity: tuple[str, ...] = ()
    arrival: str = ""
    connector: str = ""
    since: str = ""
    tags: tuple[str, ...] = ()
    assumed: bool = False
    generation: str = ""
    more: tuple[str, ...] = ()
    note: str = ""

    @property
    def tables(self) -> tuple[str, ...]:
        """All tables that may hold its rows."""
        return (self.index, *self.more)

    @property
    def columns(self) -> tuple[StoredField, ...]:
        """The fields that a column holds."""
        return tuple(place for place in self.fields.values() if not (place.unsupported or place.derive))

    def column_of(self, path: str) -> StoredField | None:
        """Where a column of its own holds a field; None for one without, and for the time of the event."""
        place = self.fields.get(path)
        return None if place is None or place.unsupported or place.derive or place.name == self.time else place


@dataclass(frozen=True, slots=True)
class Stamp:
    """The column in which a SIEM keeps an event's time, and what it does with one that lies too far off: it puts the arrival there.

    oldest: how long before its arrival an event's time may lie; newest: how long after it. In microseconds.
    """

    column: str
    oldest: int
    newest: int

    def kept(self, time: int, arrived: int) -> int:
        """The time that the column holds of an event, in microseconds since 1970 (UTC)."""
        return time if -self.newest <= arrived - time <= self.oldest else arrived


@dataclass(frozen=True, slots=True)
class Backend:
    """One SIEM.

    clocks: its times by name, in microseconds, `interval` (how often its searches run at most) among them.
    intervals: how often a rule's search runs where somebody said so, in microseconds, by the rule's name.
    made_up: whether a run that it left out is made up for later, with its own time as its clock.
    limits: its counts by name, `alerts` (the most that one run gives) among them.
    stores: by log source; options: what whoever runs the SIEM can choose, by name.
    stamp: the column of time whose values the SIEM replaces, where it has one.
    pack: what the pack goes by there.
    attack: the version of ATT&CK whose techniques it knows; empty for the current one.
    """

    name: str
    title: str
    language: str
    package: str
    clocks: Mapping[str, int]
    stores: Mapping[str, Store]
    options: Mapping[str, str] = field(default_factory=dict)
    made_up: bool = False
    limits: Mapping[str, int] = field(default_factory=dict)
    stamp: Stamp | None = None
    pack: Identity = field(default_factory=Identity)
    attack: str = ""
    intervals: Mapping[str, int] = field(default_factory=dict)

    def stamped(self, source: str) -> Stamp | None:
        """What may replace the time of an event of a log source; None where the source's own time is kept."""
        store = self.stores.get(source)
        return self.stamp if self.stamp and store and store.time == self.stamp.column else None

    @property
    def interval(self) -> int:
        return self.clocks["interval"]
