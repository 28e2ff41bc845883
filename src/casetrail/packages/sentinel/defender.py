"""What Microsoft Defender takes of Sentinel's logs: custom detections, as Microsoft Graph's `detectionRule`, and what puts them there.

Sources: Microsoft Graph beta, "detectionRule", "ruleSchedule", "entityMappingConfiguration" (read in November 2026), and "Create custom
detection rules". One tactic a rule, an account or an address, and an id that begins with a letter are what the service was seen to demand
by those who move rules from Sentinel (SentinelToXDR, docs/API-Constraints.md, September 2026); we had no tenant.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from casetrail.packages.elastic.rules import threat
from casetrail.packages.formats import Packaged, next_steps
from casetrail.packages.sentinel import put_detections
from casetrail.packages.sentinel.spans import duration
from casetrail.sigma.attack import attack
from casetrail.stores.store import Backend

_PLACES = {"Account": ("accounts", "upnColumn"), "IP": ("ips", "addressColumn")}
"""Where Graph keeps what Sentinel calls an entity, and by which of its identifiers."""
_LOOKS_UP = "_GetWatchlist("


def files(items: Sequence[Packaged], rules: Mapping[str, Mapping[str, Any]], backend: Backend) -> dict[str, bytes]:
    """A file for each rule that Defender can have, the reasons of the others, and the program that puts the rules there.

    rules: the same rules as Sentinel's YAML has them, by name.
    """
    lacking = {item.rule.name: lacks(rules[item.rule.name]) for item in items}
    made = {
        f"defender/rules/{item.rule.name}.json": _written(detection(item, rules[item.rule.name], backend))
        for item in items
        if not lacking[item.rule.name]
    }
    left_out = "".join(f"{name}: {reason}\n" for name, reason in lacking.items() if reason)
    program = Path(put_detections.__file__).read_bytes()
    return {**made, "defender/left-out.txt": left_out.encode(), "defender/put_detections.py": program}


def lacks(rule: Mapping[str, Any]) -> str:
    """Why a rule can't be a custom detection; nothing when it can."""
    if not rule.get("entityMappings"):
        return "its rows name neither an account nor an address, one of which a custom detection must have"
    if _LOOKS_UP in rule["query"]:
        return "it looks up a watchlist, which no source says that a custom detection may; build with `watchlists: inline`"
    return ""


def detection(item: Packaged, rule: Mapping[str, Any], backend: Backend) -> dict[str, Any]:
    """One rule as Graph's `detectionRule`; it is disabled when it comes in.

    rule: as Sentinel's YAML has it.
    """
    title = rule.get("alertDetailsOverride", {}).get("alertDisplayNameFormat", rule["name"])
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(next_steps(item.rule), 1))
    tactics = _tactics([str(tag) for tag in item.rule.sigma.tags or []], rule["tactics"], backend)
    return {
        "id": f"rule-{rule['id']}",
        "displayName": rule["name"],
        "description": rule["description"],
        "status": "disabled",
        "queryCondition": {"queryText": rule["query"]},
        "schedule": {
            "frequency": duration(rule["queryFrequency"]),
            "lookback": duration(rule["queryPeriod"]),
        },
        "detectionAction": {
            "alertTemplate": {
                "title": title,
                "description": rule["description"],
                "severity": rule["severity"].lower(),
                **({"recommendedActions": steps} if steps else {}),
                **({"tactics": tactics} if tactics else {}),
                "entityMappings": _entities(rule["entityMappings"]),
                "customDetails": rule["customDetails"],
            },
        },
    }


def _entities(mappings: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for mapping in mappings:
        collection, identifier = _PLACES[mapping["entityType"]]
        found.setdefault(collection, []).extend({identifier: field["columnName"]} for field in mapping["fieldMappings"])
    return found


def _tactics(tags: Sequence[str], names: Sequence[str], backend: Backend) -> list[dict[str, Any]]:
    """The rule's first tactic with those of its techniques that serve it, as the backend's version of ATT&CK has them."""
    if not names:
        return []
    known, version = attack(), backend.attack or attack().version
    ids = [each["id"] for technique in threat(tags)[0]["technique"] for each in (technique["subtechnique"] or [technique])]
    grouped: dict[str, list[str]] = {}
    for name in dict.fromkeys(filter(None, (known.known_to(version, each.lower()) for each in ids))):
        parent, part, _ = name.upper().partition(".")
        grouped.setdefault(parent, []).extend([name.upper()] if part else [])
    techniques = [{"technique": parent, "subTechniques": parts} for parent, parts in grouped.items()]
    return [{"tactic": names[0], "techniques": techniques}]


def _written(rule: Mapping[str, Any]) -> bytes:
    return (json.dumps(rule, indent=2) + "\n").encode()
