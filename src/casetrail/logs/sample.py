"""What a sample of a log shows of its fields: where the events lie, and of each path how often it is there, with what kinds of values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from casetrail.logs.open import moment_of, time_of
from casetrail.plan.nodes import Type
from casetrail.plan.values import TIME_FORMATS, parse_address, scalar_text

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_ID = re.compile(r"[0-9a-fA-F-]{16,}|[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]{7,}|[0-9]+")
_TIMELY = re.compile(r"time|date|created|updated|expir|_at$|At$|timestamp|^ts$|_ts$", re.IGNORECASE)
_DISTINCT = 1_000
_WRITTEN = {Type.INTEGER: "digits", Type.NUMBER: "decimal"}
"""How a number is called that is written as a text."""
FORMATS = ("iso8601", "compact", "epoch_ms", "epoch_s")


@dataclass
class Seen:
    """What is seen of one path, whose steps end in `[]` where a list is.

    events: in how many it has a value; kinds: how many of its values read as each kind; distinct: its texts, as far as they are counted.
    untyped: the sample writes everything as text, as CSV does, so that a text of digits is a number.
    """

    events: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    distinct: set[str] = field(default_factory=set)
    values: int = 0
    untyped: bool = False

    def note(self, value: object, name: str) -> None:
        text = scalar_text(value)
        if text is None:
            return
        self.values += 1
        if len(self.distinct) < _DISTINCT:
            self.distinct.add(text)
        self.kinds.update(_kinds(value, text, name))
        self.kinds["typed"] += not isinstance(value, str)

    @property
    def type(self) -> Type:
        """The narrowest type that all its values read as."""
        for kind in (Type.BOOLEAN, Type.TIME, Type.ADDRESS, Type.INTEGER, Type.NUMBER):
            written = self.kinds[kind] + (self.kinds[_WRITTEN[kind]] if self.untyped and kind in _WRITTEN else 0)
            if self.values and written == self.values:
                return kind
        return Type.TEXT

    @property
    def format(self) -> str:
        """The form of its times; empty where it holds none."""
        return next((name for name in FORMATS if self.values and self.kinds[name] == self.values), "")

    @property
    def is_id(self) -> bool:
        """Whether all its texts look like ids."""
        return self.values > 0 and self.type in (Type.TEXT, Type.INTEGER) and all(map(_ID.fullmatch, self.distinct))


@dataclass
class Sample:
    """A sample of a log: its events as the file has them, how many lie at each envelope's path, and what is seen of their fields."""

    events: int = 0
    envelopes: Counter[str] = field(default_factory=Counter)
    fields: dict[str, Seen] = field(default_factory=dict)

    def always(self) -> list[str]:
        """The paths outside of lists that have a value in every event."""
        return [path for path, seen in self.fields.items() if seen.events == self.events and "[]" not in path]


def sample_of(documents: Iterable[object]) -> Sample:
    """What documents show. An event is the outermost object with a time of a usual name, or else the whole document."""
    found = Sample()
    for document in documents:
        for path, event in _events(document):
            found.events += 1
            found.envelopes[path] += 1
            there: set[str] = set()
            for name, value in _scalars(event, ""):
                seen = found.fields.setdefault(name, Seen())
                if value is not None:
                    seen.note(value, name)
                    there.add(name)
            for name in there:
                found.fields[name].events += 1
    untyped = not any(seen.kinds["typed"] for seen in found.fields.values())
    for seen in found.fields.values():
        seen.untyped = untyped
    return found


def _events(document: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    found = list(_timed(document, ""))
    if found:
        yield from found
    elif isinstance(document, list):
        yield from (("", item) for item in document if isinstance(item, Mapping))
    elif isinstance(document, Mapping):
        yield "", document


def _timed(value: object, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, list):
        for item in value:
            yield from _timed(item, f"{path}[]" if path else "")
    elif isinstance(value, Mapping):
        if time_of(value) is not None:
            yield path, value
            return
        for name, inner in value.items():
            if isinstance(inner, list | Mapping):
                yield from _timed(inner, f"{path}.{name}" if path else str(name))


def _scalars(value: object, path: str) -> Iterator[tuple[str, object]]:
    """The scalars in an event, each with its path; None for an empty object or list."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _scalars(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for item in value or [None]:
            yield from _scalars(item, f"{path.removesuffix('[]')}[]")
    elif path:
        yield path, None if isinstance(value, Mapping) else value


def _kinds(value: object, text: str, name: str) -> Iterator[str]:
    if isinstance(value, bool) or text in ("true", "false"):
        yield Type.BOOLEAN
    form = _form(value, text, name)
    if form:
        yield Type.TIME
        yield form
    if _INTEGER.fullmatch(text):
        yield from _WRITTEN.values() if isinstance(value, str) else _WRITTEN
    elif _NUMBER.fullmatch(text):
        yield _WRITTEN[Type.NUMBER] if isinstance(value, str) else Type.NUMBER
    if not text.isdigit() and parse_address(text) is not None:
        yield Type.ADDRESS


def _form(value: object, text: str, name: str) -> str:
    if TIME_FORMATS["iso8601"](text) is not None:
        return "iso8601"
    if isinstance(value, bool) or not _TIMELY.search(name.rpartition(".")[2]) or moment_of(value) is None:
        return ""
    return "epoch_ms" if 1e11 <= abs(float(text)) < 1e14 else "epoch_s" if abs(float(text)) < 1e11 else ""
