"""Checking what stands round a rule's detection: keys that are misspelt, an id and dates that are none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from uuid import UUID

from casetrail.pack.fault import Fault
from casetrail.reading.yaml import Document

_KEYS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    (): (
        *("title", "id", "name", "related", "taxonomy", "status", "description", "license", "references", "author", "date"),
        *(
            "modified",
            "tags",
            "scope",
            "logsource",
            "detection",
            "correlation",
            "filter",
            "fields",
            "falsepositives",
            "level",
        ),
        *("action", "casetrail"),
    ),
    ("logsource",): ("category", "product", "service", "definition"),
    ("correlation",): ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate"),
}
_NEAR = 0.75
_DATE = re.compile(r"(\d{4})[-/](\d{2})[-/](\d{2})")


def head_faults(document: Document) -> Iterator[Fault]:
    """What of a rule's or filter's keys, id and dates isn't as Sigma has it."""
    yield from _misspelt(document)
    text = document.data.get("id")
    if text is not None and not is_uuid(str(text)):
        message = f"id: {str(text)!r} is no UUID: write one such as {_EXAMPLE}, made anew for each rule"
        yield Fault("schema", document.path, document.position(["id"], value=True), message)
    for key in ("date", "modified"):
        told = document.data.get(key)
        if told is not None and not _is_date(str(told)):
            message = f"{key}: {str(told)!r} is no day that there is: write one such as 2026-01-31"
            yield Fault("schema", document.path, document.position([key], value=True), message)


_EXAMPLE = "91b76b84-8589-47aa-9605-c837583b82a9"


def is_uuid(text: str, version: int | None = None) -> bool:
    """Whether a text is a UUID, of that version if one is given."""
    try:
        return version in (None, UUID(text).version)
    except ValueError:
        return False


def _misspelt(document: Document) -> Iterator[Fault]:
    """The keys that Sigma has no meaning for and that are nearly one it has; rules may have keys of their own."""
    for above, known in _KEYS.items():
        holder = document.data
        for key in above:
            holder = holder.get(key)
        for key in holder if isinstance(holder, Mapping) else ():
            near = [] if key in known else get_close_matches(str(key), known, 1, _NEAR)
            if near and near[0] not in holder:
                where = f"{'.'.join(above)}: " if above else ""
                message = f"{where}{key} is no key of a Sigma rule, and nothing reads it; did you mean {near[0]}?"
                yield Fault("schema", document.path, document.position([*above, str(key)]), message)


def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(text)
    try:
        return found is not None and bool(date(*map(int, found.groups())))
    except ValueError:
        return False
