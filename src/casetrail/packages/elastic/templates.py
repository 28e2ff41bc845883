"""Index templates for Elasticsearch, for logs that no integration of Elastic's stores: what their fields are, so that the queries find
in them what the rules mean.

The bodies are those of `PUT _index_template/NAME`. Fleet's own templates have a higher priority: where the integration is installed, it
decides.
"""

from __future__ import annotations

import json
from typing import Any

from casetrail.languages.esql.mapping import mapping
from casetrail.stores.store import Backend, Store

PRIORITY = 150
"""Above the template `logs` that comes with Elasticsearch (100), below those of Fleet (200)."""


def files(backend: Backend) -> dict[str, bytes]:
    """`templates/SOURCE.json` for each log source."""
    return {f"templates/{source.replace('/', '-')}.json": _json(template(store)) for source, store in backend.stores.items()}


def template(store: Store) -> dict[str, Any]:
    """The index template of a log source, for a data stream."""
    return {
        "index_patterns": [store.index],
        "priority": PRIORITY,
        "data_stream": {},
        "template": {"mappings": mapping(store)},
        "_meta": {"made_by": "casetrail", "basis": store.basis},
    }


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
