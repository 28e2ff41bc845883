"""What switches off withdrawn rules in Kibana, which keeps what an import leaves out."""

from __future__ import annotations

from typing import Any

from casetrail.pack.lockfile import Tombstone
from casetrail.packages.elastic.lines import ndjson
from casetrail.packages.formats import Withdrawn, identity, withdrawal
from casetrail.stores.store import Backend


def files(withdrawn: Withdrawn, backend: Backend) -> dict[str, bytes]:
    """A file of disabled rules for an import that overwrites; none while nothing is withdrawn."""
    rules = (_disabled(name, stone, backend) for name, stone in withdrawn.items())
    return {"withdrawn.ndjson": ndjson(rules)} if withdrawn else {}


def _disabled(name: str, stone: Tombstone, backend: Backend) -> dict[str, Any]:
    """For Kibana: a disabled rule of the same `rule_id` that finds nothing; the import must overwrite."""
    return {
        "id": identity(stone.id or name, backend),
        "rule_id": stone.id or identity(name, backend),
        "name": f"Withdrawn: {name}",
        "description": withdrawal(name, stone),
        "version": stone.targets[backend.name] + 1,
        "enabled": False,
        "type": "esql",
        "language": "esql",
        "query": "FROM logs-* METADATA _id, _index, _version | WHERE false",
        "severity": "low",
        "risk_score": 1,
        "interval": "24h",
        "from": "now-24h",
        "to": "now",
        "author": [backend.pack.author or backend.pack.name],
        **({"license": backend.pack.license} if backend.pack.license else {}),
        "tags": [backend.pack.tag, "withdrawn"],
        "actions": [],
    }
