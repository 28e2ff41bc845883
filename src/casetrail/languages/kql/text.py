"""KQL's smallest parts: literals, names, times and spans. Every text from outside goes through here.

Microsoft's pages: "The string data type", "Identifier names", "The timespan data type" (Kusto query language).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from casetrail.languages.base import Ago, Instant
from casetrail.plan.nodes import Scalar

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = """
and as asc between bool by contains count database datatable datetime decimal desc distinct dynamic extend external false find from
guid has in int into invoke join kind let limit long lookup materialize not null of on or order pack parse partition print project
range real render sample scan search serialize set sort string summarize table take time timespan to top true type typeof union
where with
"""
_RESERVED = frozenset(_WORDS.split())
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = (
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("microsecond", 1),
)


def string(text: str) -> str:
    """A text as KQL: verbatim where that saves doubled backslashes, what can't be seen as an escape."""
    if "\\" in text and text.isprintable():
        return "@'" + text.replace("'", "''") + "'"
    return "'" + "".join(map(_escaped, text)) + "'"


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return char if char.isprintable() or ord(char) > 0xFFFF else f"\\u{ord(char):04x}"


def literal(value: Scalar) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return string(value)
        case int() if -(2**63) <= value < 2**63:
            return str(value)
        case int() | float():
            text = repr(float(value))
            return text if re.fullmatch(r"-?\d+\.\d+", text) else f"real({text})"


def name(text: str) -> str:
    """A column's or table's name as KQL."""
    return text if _PLAIN_NAME.fullmatch(text) and text not in _RESERVED else f"[{string(text)}]"


def member(holder: str, steps: tuple[str, ...]) -> str:
    """What lies at a path inside a dynamic value."""
    for step in steps:
        plain = _PLAIN_NAME.fullmatch(step) and step not in _RESERVED
        holder += f".{step}" if plain else f"[{string(step)}]"
    return holder


def timespan(micros: int) -> str:
    """A span in microseconds, in the largest unit that divides it."""
    unit, size = next((unit, size) for unit, size in _UNITS if micros % size == 0)
    return f"{micros // size}{unit}"


def moment(time: Instant) -> str:
    """A time as KQL."""
    if isinstance(time, Ago):
        return f"ago({timespan(time.micros)})" if time.micros else "now()"
    return f"datetime({_EPOCH + timedelta(microseconds=time):%Y-%m-%dT%H:%M:%S.%fZ})"


def since(time: Instant) -> str:
    """The span from a time to the run, as KQL."""
    return timespan(time.micros) if isinstance(time, Ago) else f"(now() - {moment(time)})"
