"""Thresholds: a customer's own numbers and timespans for correlations, by the rule's name (`thresholds.yml`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casetrail.pack.sources import Sources
from casetrail.reading.suggest import suggestion
from casetrail.reading.yaml import Document, Position

_SPAN = re.compile(r"[1-9]\d*[smhdw]")
_OPS = ("gt", "gte", "lt", "lte", "eq", "neq")


@dataclass(frozen=True, slots=True)
class Unused:
    """An entry that hits nothing: where it stands and why."""

    path: Path
    place: Position
    message: str


def with_thresholds(document: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """A correlation's YAML document with the number of its condition (`count`) or its `timespan` replaced.

    Raises ValueError for a rule that has no such part, or a key that is neither.
    """
    name = document.get("name")
    if not isinstance(wanted, Mapping):
        raise ValueError(f"{name}: {wanted!r} is no threshold; write {{count: 5, timespan: 1h}}, or one of both")
    correlation = document.get("correlation")
    if not isinstance(correlation, Mapping):
        raise ValueError(f"{name} is no correlation, so it has no threshold")
    strangers = set(wanted) - {"count", "timespan"}
    if strangers:
        raise ValueError(f"{name}: {min(strangers)} is no threshold; there are count and timespan")
    changed = dict(correlation)
    if "timespan" in wanted and not _SPAN.fullmatch(str(wanted["timespan"])):
        raise ValueError(f"{name}: timespan is {wanted['timespan']!r}; write one like 90s, 15m, 2h, 3d or 1w")
    if "timespan" in wanted:
        changed["timespan"] = str(wanted["timespan"])
    if "count" in wanted:
        condition = correlation.get("condition")
        ops = [op for op in _OPS if isinstance(condition, Mapping) and op in condition]
        if len(ops) != 1 or not isinstance(condition, Mapping):
            raise ValueError(f"{name} has no number in its condition")
        if isinstance(wanted["count"], bool) or not isinstance(wanted["count"], int | float):
            raise ValueError(f"{name}: count is {wanted['count']!r}, not a number")
        if wanted["count"] <= 0 and correlation.get("type") in ("event_count", "value_count"):
            raise ValueError(f"{name}: count is {wanted['count']}, which every window has: write 1 or more")
        changed["condition"] = {**condition, ops[0]: wanted["count"]}
    return {**document, "correlation": changed}


def apply_thresholds(sources: Sources, wanted: Mapping[str, Mapping[str, Any]]) -> Sources:
    """The documents of a pack with thresholds replaced. Raises ValueError for a rule that isn't there, or as `with_thresholds`."""
    strangers = set(wanted) - {str(document.data.get("name")) for found in sources.values() for document in found}
    if strangers:
        names = {str(document.data["name"]) for found in sources.values() for document in found if "name" in document.data}
        raise ValueError(f"no rule is named {min(strangers)}{suggestion(min(strangers), names)}")

    def change(document: Document) -> Mapping[str, Any]:
        name, data = document.data.get("name"), document.data
        return with_thresholds(data, wanted[name]) if name in wanted else data

    return sources.changed(change)


def with_thresholds_of(sources: Sources, document: Document, wanted: Mapping[str, Any]) -> tuple[Sources, list[Unused]]:
    """The documents with thresholds replaced, and those of the entries that no rule has a place for.

    document: of `thresholds.yml`, in which the entries stand.
    """
    idle = []
    for name, numbers in wanted.items():
        try:
            sources = apply_thresholds(sources, {name: numbers})
        except (ValueError, TypeError) as error:
            idle.append(Unused(document.path, document.position([name]), str(error)))
    return sources, idle
