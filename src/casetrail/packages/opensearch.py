"""What OpenSearch takes: an alerting monitor for each rule, and an index template for each log source.

The bodies are those of `POST _plugins/_alerting/monitors` and `PUT _index_template/NAME` (OpenSearch documentation, Alerting
API and Index templates).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from casetrail.dialects.opensearch_mapping import mapping
from casetrail.dialects.opensearch_query import indexes
from casetrail.dialects.opensearch_windows import RESULT
from casetrail.pack.backend import Backend, Store
from casetrail.packages.formats import Packaged
from casetrail.plan.nodes import Search

_SEVERITY = {"critical": "1", "high": "2", "medium": "3", "low": "4", "informational": "5"}
_MINUTE = 60_000_000
_PRIORITY = 200
"""Above the templates that come with OpenSearch."""


def files(items: Sequence[Packaged], backend: Backend) -> dict[str, bytes]:
    """`monitors/RULE.json` for each rule and `templates/SOURCE.json` for each log source."""
    monitors = {f"monitors/{item.rule.name}.json": _json(monitor(item, backend)) for item in items}
    templates = {f"templates/{name(store)}.json": _json(template(store)) for store in backend.stores.values()}
    return monitors | templates


def monitor(item: Packaged, backend: Backend) -> dict[str, Any]:
    """One rule as a query-level monitor, disabled and without actions, since only its user knows whom to tell."""
    return {
        "type": "monitor",
        "name": item.rule.name,
        "monitor_type": "query_level_monitor",
        "enabled": False,
        "schedule": {"period": {"interval": item.schedule.interval // _MINUTE, "unit": "MINUTES"}},
        "inputs": [{"search": {"indices": indexes(item.plan, backend), "query": json.loads(item.query)}}],
        "triggers": [
            {
                "query_level_trigger": {
                    "name": item.rule.sigma.title,
                    "severity": _SEVERITY[item.rule.level],
                    "condition": {"script": {"source": condition(item), "lang": "painless"}},
                    "actions": [],
                }
            }
        ],
    }


def condition(item: Packaged) -> str:
    """The trigger's script: whether any event completes the rule."""
    if isinstance(item.plan, Search):
        return "ctx.results[0].hits.total.value > 0"
    return f"ctx.results[0].aggregations.{RESULT}.value.size() > 0"


def name(store: Store) -> str:
    return store.source.replace("/", "-")


def template(store: Store) -> dict[str, Any]:
    """The index template of a log source: what its fields are, so that the queries find in them what the rules mean."""
    return {
        "index_patterns": [store.index],
        "priority": _PRIORITY,
        "template": {"mappings": mapping(store)},
        "_meta": {"made_by": "casetrail", "basis": store.basis},
    }


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
