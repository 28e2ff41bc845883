"""Checking what stands round a rule's detection: keys that are misspelt, and the id."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
_NEAR = 0.8
_OWN = re.compile(r"x[-_]", re.I)
"""How a key begins that somebody adds."""


def head_faults(document: Document) -> Iterator[Fault]:
    """The keys of a rule or filter that Sigma has no meaning for and that are nearly one it has; rules may have keys of their own."""
    for above, known in _KEYS.items():
        holder = document.data
        for key in above:
            holder = holder.get(key)
        for key in holder if isinstance(holder, Mapping) else ():
            near = [] if key in known or _OWN.match(str(key)) else get_close_matches(str(key), known, 1, _NEAR)
            if near:
                where = f"{'.'.join(above)}: " if above else ""
                message = f"{where}{key} is no key of a Sigma rule, and nothing reads it; did you mean {near[0]}?"
                yield Fault("schema", document.path, document.position([*above, str(key)]), message)


def is_uuid(text: str, version: int | None = None) -> bool:
    """Whether a text is a UUID, of that version if one is given."""
    try:
        return version in (None, UUID(text).version)
    except ValueError:
        return False
