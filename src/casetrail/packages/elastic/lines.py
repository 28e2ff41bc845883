"""Rules as Kibana's import of detection rules takes them: a JSON document a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson


def ndjson(rules: Iterable[Mapping[str, Any]]) -> bytes:
    """The file that Kibana's import takes, the same bytes for the same rules."""
    lines = [orjson.dumps(rule, option=orjson.OPT_SORT_KEYS) for rule in rules]
    summary = {
        "exported_count": len(lines),
        "exported_rules_count": len(lines),
        "missing_rules": [],
        "missing_rules_count": 0,
        "exported_exception_list_count": 0,
        "exported_exception_list_item_count": 0,
        "missing_exception_list_item_count": 0,
        "missing_exception_list_items": [],
        "missing_exception_lists": [],
        "missing_exception_lists_count": 0,
    }
    return b"\n".join([*lines, orjson.dumps(summary, option=orjson.OPT_SORT_KEYS)]) + b"\n"
