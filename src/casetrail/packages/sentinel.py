"""Analytics rules as Microsoft publishes and imports them: a YAML file a rule.

Limits: Microsoft, "Scheduled analytics rules in Microsoft Sentinel", and the checks that its content repository makes of such files.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any

import yaml

from casetrail.dialects.base import Run, UnsupportedError
from casetrail.dialects.kql_query import setting_of
from casetrail.dialects.kql_steps import ID
from casetrail.dialects.kql_windows import key_column
from casetrail.pack.backend import Backend
from casetrail.pack.contract import Contract
from casetrail.packages.attack import attack
from casetrail.packages.formats import Packaged
from casetrail.packages.kibana import threat
from casetrail.plan.nodes import Correlation, Plan, Search, Type

LONGEST_QUERY = 10_000
LONGEST_PERIOD = 14 * 86_400_000_000
_MINUTE = 60_000_000
_SEVERITY = {"informational": "Informational", "low": "Low", "medium": "Medium", "high": "High", "critical": "High"}
_UNITS = (("d", 1440), ("h", 60), ("m", 1))
_ACCOUNT = ("Account", "FullName")
_ADDRESS = ("IP", "Address")
_MOST_ENTITIES = 5
_OLDER_TACTIC = {"TA0005": "DefenseEvasion", "TA0112": "DefenseEvasion"}
"""Sentinel has the tactics as they were before ATT&CK parted this one in two."""


def files(items: Sequence[Packaged], backend: Backend) -> dict[str, bytes]:
    """A file for each rule."""
    return {f"analytics/{item.rule.name}.yaml": written(analytics_rule(item, backend)) for item in items}


def refuse(item: Packaged) -> None:
    """Raises UnsupportedError for a rule that Sentinel's limits don't hold."""
    if len(item.query) >= LONGEST_QUERY:
        raise UnsupportedError(f"its query has {len(item.query)} characters, and Sentinel takes {LONGEST_QUERY} at most")
    if item.schedule.lookback > LONGEST_PERIOD:
        days = item.schedule.lookback / LONGEST_PERIOD * 14
        raise UnsupportedError(f"it looks back {days:.1f} days with the delay of its logs, and Sentinel 14 at most")


def analytics_rule(item: Packaged, backend: Backend) -> dict[str, Any]:
    """One rule as Sentinel takes it; it is made disabled when it comes in."""
    rule = item.rule
    named = list(entities(item.plan, backend, item.contracts))
    identity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"casetrail:{rule.sigma.id or rule.name}:{backend.name}"))
    tactics, techniques = _attack([str(tag) for tag in rule.sigma.tags or []])
    return {
        "id": identity,
        "name": rule.sigma.title,
        "description": " ".join(str(rule.sigma.description or rule.sigma.title).split()),
        "severity": _SEVERITY[rule.level],
        "enabled": False,
        "requiredDataConnectors": [],
        "queryFrequency": span(item.schedule.interval),
        "queryPeriod": span(item.schedule.lookback),
        "triggerOperator": "gt",
        "triggerThreshold": 0,
        "tactics": tactics,
        "relevantTechniques": techniques,
        "query": item.query + "\n",
        **({"entityMappings": named} if named else {}),
        "customDetails": {"EventId": ID} | ({"Count": "n"} if isinstance(item.plan, Correlation) else {}),
        "alertDetailsOverride": {"alertDisplayNameFormat": _title(rule.sigma.title, named)},
        "eventGroupingSettings": {"aggregationKind": "AlertPerResult"},
        "incidentConfiguration": {
            "createIncident": True,
            "groupingConfiguration": {
                "enabled": True,
                "reopenClosedIncident": False,
                "lookbackDuration": "7d",
                "matchingMethod": "Selected",
                "groupByCustomDetails": ["EventId"],
            },
        },
        "version": f"{item.version}.{item.changes}.0",
        "kind": "Scheduled",
    }


def span(micros: int) -> str:
    """A span as Sentinel writes it, in whole minutes at least as long."""
    minutes = ceil(micros / _MINUTE)
    unit, size = next((unit, size) for unit, size in _UNITS if minutes % size == 0)
    return f"{minutes // size}{unit}"


def _attack(tags: Sequence[str]) -> tuple[list[str], list[str]]:
    """Tactics by their names without spaces, and techniques by number."""
    found = threat(tags)
    names = {tactic.id: tactic.name for tactic in attack().tactics.values()}
    ids = [one["tactic"]["id"] for one in found]
    tactics = [_OLDER_TACTIC.get(tactic) or names[tactic].title().replace(" ", "") for tactic in ids]
    techniques = [
        each["id"] for one in found for technique in one["technique"] for each in (technique["subtechnique"] or [technique])
    ]
    return list(dict.fromkeys(tactics)), list(dict.fromkeys(techniques))


def _title(title: str, named: Sequence[Mapping[str, Any]]) -> str:
    return f"{title}: {{{{{named[0]['fieldMappings'][0]['columnName']}}}}}" if named else title


def entities(plan: Plan, backend: Backend, contracts: Mapping[str, Contract]) -> Iterator[dict[str, Any]]:
    """The accounts and addresses that a query's rows name: of a search what its log says to look for, of a correlation its key."""
    found = _searched(plan, backend, contracts) if isinstance(plan, Search) else _keyed(plan, backend, contracts)
    for entity, identifier, column in list(dict.fromkeys(found))[:_MOST_ENTITIES]:
        yield {"entityType": entity, "fieldMappings": [{"identifier": identifier, "columnName": column}]}


def _searched(search: Search, backend: Backend, contracts: Mapping[str, Contract]) -> Iterator[tuple[str, str, str]]:
    store, contract = backend.stores[search.source], contracts[search.source]
    for pivot, entity in (("account", _ACCOUNT), ("address", _ADDRESS)):
        places = [store.fields[path] for path in contract.pivots.get(pivot, ()) if path in store.fields]
        columns = [place.name for place in places if place.type == "string" and not place.unsupported]
        yield from ((*entity, column) for column in columns[:1])


def _keyed(plan: Correlation, backend: Backend, contracts: Mapping[str, Contract]) -> Iterator[tuple[str, str, str]]:
    setting = setting_of(backend, Run())
    accounts = {path for contract in contracts.values() for path in contract.pivots.get("account", ())}
    for part in plan.key:
        column = key_column(plan, part, setting)
        if part.type is Type.ADDRESS:
            yield (*_ADDRESS, column)
        elif accounts & {field.path for field in part.fields if field is not None} or part.name in accounts:
            yield (*_ACCOUNT, column)


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as such, without aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def written(rule: Mapping[str, Any]) -> bytes:
    """The file of a rule, the same bytes for the same rule."""
    text: str = yaml.dump(dict(rule), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text.encode()
