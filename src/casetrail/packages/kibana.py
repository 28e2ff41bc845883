"""Detection rules as Kibana imports them: NDJSON, a rule a line and a summary at the end."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

import orjson

from casetrail.dialects.esql_windows import Run
from casetrail.engines.elasticsearch import query_of
from casetrail.pack.backend import Backend
from casetrail.pack.contract import Contract
from casetrail.pack.pack import Rule
from casetrail.packages.attack import attack
from casetrail.plan.nodes import Correlation, Order, Plan, Search, sources

_SEVERITY = {
    "informational": ("low", 10),
    "low": ("low", 21),
    "medium": ("medium", 47),
    "high": ("high", 73),
    "critical": ("critical", 99),
}
_MINUTE = 60_000_000


def lookback(plan: Plan, backend: Backend, contracts: Mapping[str, Contract]) -> int:
    """How far back a run must read, in microseconds: the windows, the greatest delay, and one interval between runs."""
    delay = max(contracts[source].delay.greatest for source in sources(plan))
    return _reach(plan) + delay + backend.interval


def _reach(plan: Plan) -> int:
    if isinstance(plan, Search):
        return 0
    waits = isinstance(plan.condition, Order) and bool(plan.condition.after)
    return plan.span * (2 if waits else 1) + max(_reach(base) for base in plan.bases)


def shipped_query(plan: Plan, backend: Backend, contracts: Mapping[str, Contract]) -> str:
    """The query of a detection rule: a correlation completes only on steps that one run is for.

    Raises UnsupportedError when Elastic can't say it.
    """
    delay = max(contracts[source].delay.greatest for source in sources(plan))
    waits = plan.span if isinstance(plan, Correlation) and isinstance(plan.condition, Order) and plan.condition.after else 0
    start = f"TO_LONG(NOW()) - {(delay + backend.interval + waits + (delay if waits else 0)) // 1000}"
    return query_of(plan, backend, Run(start, f"TO_LONG(NOW()) - {delay // 1000}"))


def detection_rule(
    rule: Rule, plan: Plan, query: str, backend: Backend, contracts: Mapping[str, Contract]
) -> dict[str, Any]:
    """One rule as Kibana's import takes it, disabled."""
    severity, risk = _SEVERITY[rule.level]
    identity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"casetrail:{rule.sigma.id or rule.name}:{backend.name}"))
    minutes = ceil(lookback(plan, backend, contracts) / _MINUTE)
    return {
        "id": identity,
        "rule_id": str(rule.sigma.id or identity),
        "name": rule.sigma.title,
        "description": " ".join(str(rule.sigma.description or rule.sigma.title).split()),
        "version": int(rule.own.get("version", 1)),
        "enabled": False,
        "type": "esql",
        "language": "esql",
        "query": query,
        "severity": severity,
        "risk_score": risk,
        "severity_mapping": [],
        "risk_score_mapping": [],
        "interval": f"{backend.interval // _MINUTE}m",
        "from": f"now-{minutes}m",
        "to": "now",
        "max_signals": 100,
        "author": [str(rule.sigma.author or "casetrail")],
        "license": "Apache-2.0",
        "references": [str(reference) for reference in rule.sigma.references or []],
        "false_positives": [" ".join(str(text).split()) for text in rule.sigma.falsepositives or []],
        "note": _note(rule),
        "setup": " ".join(str(rule.own.get("requires", "")).split()),
        "tags": ["casetrail", *(str(tag) for tag in rule.sigma.tags or [])],
        "threat": threat([str(tag) for tag in rule.sigma.tags or []]),
        "related_integrations": [],
        "required_fields": [],
        "exceptions_list": [],
        "actions": [],
        "meta": {"from": f"{minutes}m"},
        "immutable": False,
        "output_index": "",
    }


def _note(rule: Rule) -> str:
    steps = [" ".join(str(step).split()) for step in rule.own.get("next_steps", [])]
    parts = ["## What to do next", "", *(f"{number}. {step}" for number, step in enumerate(steps, 1))]
    for heading, key in (("Why this level", "level_reason"), ("What it rests on", "basis"), ("Tuning", "tuning")):
        if key in rule.own:
            parts += ["", f"## {heading}", "", " ".join(str(rule.own[key]).split())]
    return "\n".join(parts)


def threat(tags: Sequence[str]) -> list[dict[str, Any]]:
    """ATT&CK tags as Kibana's threat array: each tactic with those of the rule's techniques that serve it."""
    known = attack()
    names = [tag.removeprefix("attack.") for tag in tags if tag.startswith("attack.")]
    techniques = [known.techniques[name] for name in names if name in known.techniques]
    found = []
    for name in (name for name in names if name in known.tactics):
        tactic = known.tactics[name]
        grouped: dict[str, dict[str, Any]] = {}
        for technique in (technique for technique in techniques if name in technique.tactics):
            parent = known.techniques[technique.id.partition(".")[0].lower()]
            entry = grouped.setdefault(
                parent.id, {"id": parent.id, "name": parent.name, "reference": parent.url, "subtechnique": []}
            )
            if technique is not parent:
                entry["subtechnique"].append({"id": technique.id, "name": technique.name, "reference": technique.url})
        reference = {"id": tactic.id, "name": tactic.name, "reference": tactic.url}
        found.append({"framework": "MITRE ATT&CK", "tactic": reference, "technique": list(grouped.values())})
    return found


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
