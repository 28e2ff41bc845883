"""What switches off withdrawn rules in Sentinel, which keeps what a template leaves out: a disabled rule of the same resource name."""

from __future__ import annotations

from typing import Any

from casetrail.pack.lockfile import Tombstone
from casetrail.packages.formats import Withdrawn, identity, withdrawal
from casetrail.packages.sentinel.arm import WORKSPACE, alert_rule, template
from casetrail.stores.store import Backend


def files(withdrawn: Withdrawn, backend: Backend) -> dict[str, bytes]:
    """A template of disabled rules; none while nothing is withdrawn."""
    resources = [_disabled(name, stone, backend) for name, stone in withdrawn.items()]
    return {"withdrawn.json": template(WORKSPACE, resources)} if resources else {}


def _disabled(name: str, stone: Tombstone, backend: Backend) -> dict[str, Any]:
    return {
        **alert_rule(identity(stone.id or name, backend)),
        "kind": "Scheduled",
        "properties": {
            "displayName": f"Withdrawn: {name}",
            "description": withdrawal(name, stone),
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
