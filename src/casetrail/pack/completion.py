"""Schemas made for one pack, by which an editor completes the names of its logs, fields, kinds of events, rules and watchlists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from casetrail.logs.contract import Contract
from casetrail.pack.cases import case_files
from casetrail.pack.files import PackError, yaml_files
from casetrail.pack.pack import Pack
from casetrail.plan.values import bag

MODIFIERS = ("contains", "startswith", "endswith", "re", "cidr", "exists", "cased", "gt", "gte", "lt", "lte", "contains|all")
"""Modifiers of a field that an editor offers; any other may be written."""


def pack_schemas(pack: Pack) -> dict[str, bytes]:
    """The schema of rules and that of cases, by name, with the names of a pack in them."""
    return {"rule": _json(_rule(pack)), "cases": _json(_cases(pack))}


def _rule(pack: Pack) -> dict[str, Any]:
    schema = _shipped("rule")
    kinds = _kinds(pack)
    lists = [f"%{name}%" for name in sorted(pack.watchlists)]
    names = sorted(pack.rules)
    known = schema["properties"]
    known["logsource"] = {
        "type": "object",
        "properties": {
            "product": _offer(dict.fromkeys(contract.product for contract in pack.contracts.values())),
            "service": _offer(dict.fromkeys(contract.service for contract in pack.defined.values())),
            "category": {"type": "string"},
        },
    }
    known["correlation"] = {
        **known["correlation"],
        "properties": {"rules": {"anyOf": [{"type": "array", "items": _offer(names)}, {"type": "string"}]}},
    }
    known["casetrail"]["properties"]["related"]["items"] = _offer(names)
    schema["allOf"] = [_for_log(contract, kinds.get(contract.key, ()), lists) for contract in pack.defined.values()]
    return schema


def _for_log(contract: Contract, kinds: Iterable[str], lists: list[str]) -> dict[str, Any]:
    """What holds for the rules of one log: the fields of a selection."""
    told = {"product": {"const": contract.product}, "service": {"const": contract.service}}
    properties: dict[str, Any] = {}
    for path in contract.fields:
        note = contract.notes.get(path, "")
        offer = list(kinds) if contract.event_type and path == contract.event_type.path else lists
        value = {
            "description": note,
            "anyOf": [{"enum": offer}, {}, {"type": "array", "items": {"anyOf": [{"enum": offer}, {}]}}],
        }
        properties |= {path: value, **{f"{path}|{modifier}": {"description": note} for modifier in MODIFIERS}}
    selection = {"properties": properties}
    return {
        "if": {"required": ["logsource"], "properties": {"logsource": {"required": list(told), "properties": told}}},
        "then": {
            "properties": {
                "detection": {"additionalProperties": {"anyOf": [selection, {"type": "array", "items": selection}, {}]}}
            }
        },
    }


def _cases(pack: Pack) -> dict[str, Any]:
    schema = _shipped("cases")
    known = schema["properties"]
    known["rule"] = _offer(sorted(pack.rules))
    event = known["cases"]["items"]["properties"]["events"]["items"]["properties"]
    top = pack.folder / "fixtures" / "events"
    event["from"] = {**event["from"], **_offer(path.relative_to(top).with_suffix("").as_posix() for path in yaml_files(top))}
    event["source"] = {**event["source"], **_offer(pack.contracts)}
    return schema


def _kinds(pack: Pack) -> Mapping[str, list[str]]:
    """The kinds of events that a pack's cases hold, by log."""
    found: dict[str, dict[str, None]] = {}
    try:
        events = [event for file in case_files(pack) for case in file.cases for event in case.events]
    except PackError:
        events = []
    for event in events:
        kind = pack.contracts[event.source].event_type
        found.setdefault(event.source, {}).update(dict.fromkeys(bag(event.row, kind) if kind else ()))
    return {source: sorted(kinds) for source, kinds in found.items()}


def _offer(names: Iterable[str]) -> dict[str, Any]:
    """Any text, of which an editor offers these."""
    return {"anyOf": [{"enum": list(names)}, {"type": "string"}]}


def _shipped(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((files("casetrail.schemas") / f"{name}.schema.json").read_text("utf-8"))
    return found


def _json(schema: Mapping[str, Any]) -> bytes:
    return (json.dumps(schema, indent=1, ensure_ascii=False) + "\n").encode()
