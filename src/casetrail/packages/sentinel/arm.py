"""Templates of Azure Resource Manager.

Microsoft: "Syntax and expressions in ARM templates", "Best practices for ARM templates" (limits).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casetrail import __version__

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
API = "2024-09-01"
"""The version of Sentinel's API that resources are written for."""
WORKSPACE = {"workspace": {"type": "string", "metadata": {"description": "The name of the Log Analytics workspace."}}}
"""The parameter that each template has."""
MOST_RESOURCES = 800
MOST_BYTES = 4_000_000
MOST_BYTES_A_RESOURCE = 1_000_000


@dataclass(frozen=True, slots=True)
class Formula:
    """What Azure works out when it deploys; every plain text in a template is taken as it is."""

    text: str


def quoted(text: str) -> str:
    """A text inside a formula."""
    return "'" + text.replace("'", "''") + "'"


def written(value: Any) -> Any:
    """A value as a template holds it: a text that looks like a formula gets the bracket that says that it is none."""
    match value:
        case Formula(text=text):
            return f"[{text}]"
        case str():
            return f"[{value}" if value.startswith("[") and value.endswith("]") else value
        case Mapping():
            return {key: written(held) for key, held in value.items()}
        case list() | tuple():
            return [written(held) for held in value]
        case _:
            return value


def alert_rule(identity: str) -> dict[str, Any]:
    """What names a resource as the analytics rule of an id in the template's workspace."""
    return {
        "type": "Microsoft.OperationalInsights/workspaces/providers/alertRules",
        "apiVersion": API,
        "name": Formula(f"concat(parameters('workspace'), '/Microsoft.SecurityInsights/', {quoted(identity)})"),
    }


def template(parameters: Mapping[str, Any], resources: Sequence[Mapping[str, Any]]) -> bytes:
    """The file of a template, the same bytes for the same resources."""
    made = {
        "$schema": SCHEMA,
        "contentVersion": ".".join([*re.findall(r"\d+", __version__), "0", "0", "0"][:4]),
        "parameters": written(parameters),
        "resources": written(resources),
    }
    return (json.dumps(made, ensure_ascii=False, indent=1) + "\n").encode()


def templates(name: str, parameters: Mapping[str, Any], resources: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    """As few templates as Azure's limits allow, by file name: `NAME.json`, `NAME-2.json`, …"""
    parts = list(_parts(resources, MOST_BYTES - len(template(parameters, [])))) or [[]]
    names = [f"{name}.json", *(f"{name}-{number}.json" for number in range(2, len(parts) + 1))]
    return {file: template(parameters, part) for file, part in zip(names, parts, strict=True)}


def size(resource: Mapping[str, Any]) -> int:
    """How many bytes a resource takes in a template."""
    return len(json.dumps({"resources": [written(resource)]}, ensure_ascii=False, indent=1).encode())


def _parts(resources: Sequence[Mapping[str, Any]], room: int) -> Iterator[list[Mapping[str, Any]]]:
    part: list[Mapping[str, Any]] = []
    taken = 0
    for resource in resources:
        needed = size(resource)
        if part and (len(part) == MOST_RESOURCES or taken + needed > room):
            yield part
            part, taken = [], 0
        part.append(resource)
        taken += needed
    if part:
        yield part
