"""Thresholds: a customer's own numbers and timespans for correlations, by the rule's name (`thresholds.yml`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = "thresholds.yml"
_SPAN = re.compile(r"[1-9]\d*[smhdw]")
_OPS = ("gt", "gte", "lt", "lte", "eq", "neq")


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
        changed["condition"] = {**condition, ops[0]: wanted["count"]}
    return {**document, "correlation": changed}


def apply_thresholds(
    sources: Mapping[Path, list[dict[str, Any]]], wanted: Mapping[str, Mapping[str, Any]]
) -> dict[Path, list[dict[str, Any]]]:
    """The documents of a pack with thresholds replaced. Raises ValueError for a rule that isn't there, or as `with_thresholds`."""
    strangers = set(wanted) - {str(document.get("name")) for found in sources.values() for document in found}
    if strangers:
        raise ValueError(f"no rule is named {min(strangers)}")
    return {
        path: [
            with_thresholds(document, wanted[document["name"]]) if document.get("name") in wanted else document
            for document in found
        ]
        for path, found in sources.items()
    }
