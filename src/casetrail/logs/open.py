"""Open logs: those that nobody defined. An event is whatever has a time, and its fields are as rules name them, taken for text.

Nobody says whether such a log leaves an empty value out or writes it as an empty text, so the two are one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from casetrail.logs.contract import Contract, Delay, Envelope
from casetrail.plan.nodes import Field, Type
from casetrail.plan.values import TIME_FORMATS, format_time, scalar_text

TIME = Field("casetrail-time", Type.TIME, time_format="iso8601")
"""Where an event of an open log holds its time, whatever its vendor calls it."""
ID = Field("casetrail-id", exact=True)
"""What names an event of an open log: a digest of all that it holds, so that equal events are one."""
TIMES = (
    "@timestamp",
    "timestamp",
    "_time",
    "time",
    "eventTime",
    "event_time",
    "TimeGenerated",
    "UtcTime",
    "TimeCreated",
    "created_at",
    "CreationTime",
    "createdDateTime",
    "activityDateTime",
    "published",
    "datetime",
    "date",
    "ts",
    "EventTime",
    "SystemTime",
    "start_time",
    "event.created",
    "event.time",
    "winlog.time_created",
    "Event.System.TimeCreated.#attributes.SystemTime",
    "System.TimeCreated.SystemTime",
)
"""The names under which logs hold an event's time, best first; upper and lower case are one."""
_DELAY = Delay(60_000_000, 3_600_000_000)
_PIVOTS = ("account", "session", "address", "file", "record")
_ORDER = {name.lower(): number for number, name in enumerate(TIMES)}
_NESTED = tuple(name for name in TIMES if "." in name)
_SECONDS, _MILLIS, _MICROS = 1e11, 1e14, 1e17
"""Below these a number of a time counts seconds, milliseconds and microseconds since 1970, else nanoseconds."""


def open_contract(key: str, paths: Iterable[str]) -> Contract:
    """The definition of a log that has none: the fields at these paths as text. It is taken to arrive within an hour."""
    product, _, service = key.partition("/")
    known = {path: Field(path, empty_is_missing=True) for path in paths}
    return Contract(
        product=product,
        service=service,
        folder=product,
        title=key,
        short_title=key,
        time=TIME,
        identity=(ID,),
        vendor_ids=(),
        event_type=None,
        detect=(),
        delay=_DELAY,
        pivots=dict.fromkeys(_PIVOTS, ()),
        envelopes=(Envelope("any", ""),),
        fields={**known, TIME.path: TIME, ID.path: ID},
        notes={},
        open=True,
    )


def open_events(document: object) -> Iterator[Mapping[str, Any]]:
    """The events in a document: the outermost objects that have a time, with `TIME` and `ID` among their keys."""
    if isinstance(document, list):
        for item in document:
            yield from open_events(item)
    elif isinstance(document, Mapping):
        moment = time_of(document)
        if moment is not None:
            yield {**_nested(document), TIME.path: format_time(moment, TIME.time_format), ID.path: _digest(document)}
            return
        for value in document.values():
            if isinstance(value, list | Mapping):
                yield from open_events(value)


def concerns(event: Mapping[str, Any], contract: Contract) -> bool:
    """Whether an event has a field of an open log, by the first step of its path."""
    return any(path.partition(".")[0] in event for path in contract.fields if path not in (TIME.path, ID.path))


def time_of(row: Mapping[str, Any]) -> int | None:
    """When an event happened, in microseconds since 1970 (UTC), by the best of the usual names whose value reads as a time."""
    return next((moment for _, moment in times_of(row)), None)


def times_of(row: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The usual names of times that a row has, best first, each with its time in microseconds since 1970 (UTC)."""
    told = [name for name in row if isinstance(name, str) and name.lower() in _ORDER]
    for name in sorted(told, key=lambda each: _ORDER[each.lower()]):
        moment = moment_of(row[name])
        if moment is not None:
            yield name, moment
    for path in _NESTED:
        moment = moment_of(_at(row, path))
        if moment is not None:
            yield path, moment


def moment_of(value: object) -> int | None:
    """A value as a time in microseconds since 1970 (UTC): ISO 8601, or a number of seconds or a part of them; None when it is none."""
    text = scalar_text(value)
    if text is None or isinstance(value, bool):
        return None
    iso = TIME_FORMATS["iso8601"](text)
    if iso is not None:
        return iso
    try:
        number = float(text)
    except ValueError:
        return None
    if not 1e8 <= number < 1e20:
        return None
    scale = 1e6 if number < _SECONDS else 1e3 if number < _MILLIS else 1 if number < _MICROS else 1e-3
    return round(number * scale)


def _nested(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row with keys such as `a.b`, as flat exports have them, as objects in objects too."""
    dotted = [name for name in row if isinstance(name, str) and "." in name]
    if not dotted:
        return row
    found: dict[str, Any] = dict(row)
    for name in dotted:
        *way, last = name.split(".")
        place = found
        for step in way:
            inner = place.get(step)
            place[step] = dict(inner) if isinstance(inner, Mapping) else {}
            place = place[step]
        place.setdefault(last, row[name])
    return found


def _digest(row: Mapping[str, Any]) -> str:
    written = orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    return hashlib.sha256(written).hexdigest()[:16]


def _at(row: object, path: str) -> object:
    for step in path.split("."):
        if not isinstance(row, Mapping) or step not in row:
            return None
        row = row[step]
    return row
