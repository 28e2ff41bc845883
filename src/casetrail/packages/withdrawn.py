"""What switches off, in a SIEM that keeps them, the rules that are no more in the pack.

Kibana and Sentinel keep what an import leaves out, under `rule_id` and the name of the resource; Splunk keeps what a user changed of a
search that its app no longer has. OpenSearch names monitors itself, so that nothing we write could reach one.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from casetrail.pack.pack import Pack
from casetrail.packages.elastic.rules import ndjson
from casetrail.stores.store import Backend, Tombstone

Withdrawn = Mapping[str, Tombstone]
_API = "2024-09-01"


def stones_of(stones: Withdrawn, backend: Backend, pack: Pack) -> dict[str, Tombstone]:
    """The withdrawn rules that a target had held, by name, but for those whose id a rule of another name has now."""
    alive = {str(rule.sigma.id) for rule in pack.rules.values() if rule.alone}
    return {name: stone for name, stone in sorted(stones.items()) if backend.name in stone.targets and stone.id not in alive}


def files(backend: Backend) -> dict[str, bytes]:
    """The files that switch off what was withdrawn, where an import of their own does it; none while there is nothing."""
    stones = backend.withdrawn
    match backend.package:
        case "kibana" if stones:
            return {"withdrawn.ndjson": ndjson(detection_rule(name, stone, backend) for name, stone in stones.items())}
        case "sentinel" if stones:
            return {"withdrawn.json": arm_template(stones, backend)}
    return {}


def _words(name: str, stone: Tombstone) -> str:
    return f"{name} was withdrawn on {stone.date}: {stone.reason}"


def _identity(stone: Tombstone, backend: Backend) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"casetrail:{stone.id}:{backend.name}"))


def detection_rule(name: str, stone: Tombstone, backend: Backend) -> dict[str, Any]:
    """For Kibana: a disabled rule of the same `rule_id` that finds nothing; the import must overwrite."""
    return {
        "id": _identity(stone, backend),
        "rule_id": stone.id,
        "name": f"Withdrawn: {name}",
        "description": _words(name, stone),
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
        "author": ["casetrail"],
        "license": "Apache-2.0",
        "tags": ["casetrail", "withdrawn"],
        "actions": [],
    }


def arm_template(stones: Withdrawn, backend: Backend) -> bytes:
    """For Sentinel: a template of Azure Resource Manager that lays a disabled rule over each, of the same name as a resource."""
    parameters = {"workspace": {"type": "string", "metadata": {"description": "The name of the Log Analytics workspace."}}}
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        "resources": [_resource(name, stone, backend) for name, stone in stones.items()],
    }
    return (json.dumps(template, ensure_ascii=False, indent=2) + "\n").encode()


def _resource(name: str, stone: Tombstone, backend: Backend) -> dict[str, Any]:
    return {
        "type": "Microsoft.OperationalInsights/workspaces/providers/alertRules",
        "apiVersion": _API,
        "name": f"[concat(parameters('workspace'), '/Microsoft.SecurityInsights/{_identity(stone, backend)}')]",
        "kind": "Scheduled",
        "properties": {
            "displayName": f"Withdrawn: {name}",
            "description": _words(name, stone),
            "severity": "Informational",
            "enabled": False,
            "query": "print withdrawn = true | where not(withdrawn)",
            "queryFrequency": "P1D",
            "queryPeriod": "P1D",
            "triggerOperator": "GreaterThan",
            "triggerThreshold": 0,
            "suppressionDuration": "PT5H",
            "suppressionEnabled": False,
        },
    }


def saved_search(stone: Tombstone) -> dict[str, str]:
    """For Splunk: a search of the same name, off, that finds nothing even where somebody has it switched on."""
    return {
        "description": f"Withdrawn on {stone.date}: {stone.reason}",
        "search": "| makeresults | where false()",
        "disabled": "1",
        "enableSched": "0",
        "is_visible": "0",
    }
