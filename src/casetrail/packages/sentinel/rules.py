"""What Microsoft Sentinel takes: analytics rules as templates of Azure Resource Manager, and each as the YAML that Microsoft publishes.

Limits: Microsoft, "Service limits for Microsoft Sentinel", "Scheduled analytics rules in Microsoft Sentinel", the API's
`ScheduledAlertRuleProperties`, and the checks that its content repository makes of such files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from casetrail.languages.kql.steps import ID
from casetrail.languages.kql.windows import key_columns
from casetrail.logs.contract import Contract
from casetrail.packages.elastic.rules import threat
from casetrail.packages.formats import NOTHING, Format, Packaged, Recognition, Withdrawn, described, identity
from casetrail.packages.sentinel import defender, withdrawn
from casetrail.packages.sentinel import watchlists as sentinel_watchlists
from casetrail.packages.sentinel import workbook as sentinel_workbook
from casetrail.packages.sentinel.arm import WORKSPACE, Formula, alert_rule, quoted, templates
from casetrail.packages.sentinel.spans import duration, span
from casetrail.plan.nodes import Correlation, Plan, Search, Type, sources
from casetrail.schedule.schedule import Schedule
from casetrail.sigma.attack import attack
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError

LONGEST_QUERY = 10_000
LONGEST_NAME = 256
LONGEST_DESCRIPTION = 5_000
MOST_DETAILS = 20
MOST_ENTITIES = 10
"""The version of Sentinel's API; stable ones know techniques without their parts (T1550, not T1550.004)."""
_SEVERITY = {"informational": "Informational", "low": "Low", "medium": "Medium", "high": "High", "critical": "High"}
_ACCOUNT = ("Account", "FullName")
_ADDRESS = ("IP", "Address")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OLDER_TACTIC = {"TA0005": "DefenseEvasion", "TA0112": "DefenseEvasion"}
"""Sentinel has the tactics as they were before ATT&CK parted this one in two."""


def files(items: Sequence[Packaged], backend: Backend, gone: Withdrawn = NOTHING) -> dict[str, bytes]:
    """Templates of the rules, the watchlists that they look up and a workbook of log health; each rule as YAML and for Defender."""
    rules = {item.rule.name: analytics_rule(item, backend) for item in items}
    tables = {item.rule.name: sorted({backend.stores[source].tables for source in sources(item.plan)}) for item in items}
    resources = [resource(name, rule, tables[name]) for name, rule in rules.items()]
    contracts = items[0].contracts if items else {}
    return {
        **{f"analytics/{name}.yaml": written(rule) for name, rule in rules.items()},
        **templates("azuredeploy", _parameters(tables), resources),
        **defender.files(items, rules, backend),
        **sentinel_watchlists.files(items),
        **sentinel_workbook.files(backend, contracts),
        **withdrawn.files(gone, backend),
    }


def refuse(item: Packaged, backend: Backend) -> None:
    """Raises UnsupportedError for a rule that Sentinel's limits don't hold."""
    name, description = item.rule.sigma.title, _description(item, backend)
    length = _length(item.query) + 1
    if length > LONGEST_QUERY:
        raise UnsupportedError(f"its query has {length} characters, and Sentinel takes {LONGEST_QUERY} at most")
    if _length(name) > LONGEST_NAME:
        raise UnsupportedError(f"its title has {_length(name)} characters, and Sentinel takes {LONGEST_NAME} at most")
    if _length(description) > LONGEST_DESCRIPTION:
        raise UnsupportedError(
            f"its description has {_length(description)} characters, and Sentinel takes {LONGEST_DESCRIPTION} at most"
        )
    sentinel_watchlists.refuse(item)


def _length(text: str) -> int:
    """Characters as Microsoft's checks count them: one beyond the basic plane is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _description(item: Packaged, backend: Backend) -> str:
    notes = dict.fromkeys(backend.stores[source].note for source in sorted(sources(item.plan)))
    return " ".join(filter(None, [described(item.rule, backend), *notes]))


def analytics_rule(item: Packaged, backend: Backend) -> dict[str, Any]:
    """One rule as Microsoft publishes it; it is disabled when it comes in."""
    rule, when = item.rule, terms(item.plan, item.schedule)
    named = list(entities(item.plan, backend, item.contracts))
    tactics, techniques = _attack([str(tag) for tag in rule.sigma.tags or []], backend)
    shown = _shown(rule.sigma.title, named)
    return {
        "id": identity(rule.sigma.id or rule.name, backend),
        "name": rule.sigma.title,
        "description": _description(item, backend),
        "severity": _SEVERITY[rule.level],
        "enabled": False,
        "requiredDataConnectors": list(_connectors(item.plan, backend)),
        "queryFrequency": when["queryFrequency"],
        "queryPeriod": when["queryPeriod"],
        "triggerOperator": "gt",
        "triggerThreshold": 0,
        "tactics": tactics,
        "relevantTechniques": techniques,
        "query": item.query + "\n",
        **({"entityMappings": named} if named else {}),
        "customDetails": details(item.plan, backend),
        **({"alertDetailsOverride": {"alertDisplayNameFormat": shown}} if shown else {}),
        "eventGroupingSettings": {"aggregationKind": "AlertPerResult"},
        "incidentConfiguration": {
            "createIncident": True,
            "groupingConfiguration": {
                "enabled": True,
                "reopenClosedIncident": False,
                "lookbackDuration": when["lookbackDuration"],
                "matchingMethod": "Selected",
                "groupByCustomDetails": when["groupByCustomDetails"],
            },
        },
        "version": f"{item.version}.{item.changes}.0",
        "kind": "Scheduled",
    }


def _connectors(plan: Plan, backend: Backend) -> Iterator[dict[str, Any]]:
    """The connectors that bring what a rule reads, each with the tables that it fills."""
    stores = [backend.stores[source] for source in sources(plan)]
    for connector in dict.fromkeys(store.connector for store in stores if store.connector):
        tables = sorted({table for store in stores if store.connector == connector for table in store.tables})
        yield {"connectorId": connector, "dataTypes": tables}


def resource(name: str, rule: Mapping[str, Any], logs: Sequence[Sequence[str]]) -> dict[str, Any]:
    """A rule of that YAML as a resource: made where a table of each of its logs is, and turned on where the deployment names it.

    The type is that which Sentinel exports, and which its Repositories take.
    """
    incident = rule["incidentConfiguration"]
    grouping = {
        **incident["groupingConfiguration"],
        "lookbackDuration": duration(incident["groupingConfiguration"]["lookbackDuration"]),
        "groupByEntities": [],
        "groupByAlertDetails": [],
    }
    there = [_of("or", [f"contains(parameters('tables'), {quoted(table)})" for table in tables]) for tables in logs]
    same = (
        "severity",
        "query",
        "triggerThreshold",
        "entityMappings",
        "customDetails",
        "alertDetailsOverride",
        "eventGroupingSettings",
    )
    return {
        "condition": Formula(_of("and", there)),
        **alert_rule(rule["id"]),
        "kind": rule["kind"],
        "properties": {
            "displayName": rule["name"],
            "description": rule["description"],
            "enabled": Formula(f"or(contains(parameters('enabled'), '*'), contains(parameters('enabled'), {quoted(name)}))"),
            **{key: rule[key] for key in same if key in rule},
            "queryFrequency": duration(rule["queryFrequency"]),
            "queryPeriod": duration(rule["queryPeriod"]),
            "triggerOperator": "GreaterThan",
            "suppressionEnabled": False,
            "suppressionDuration": "PT5H",
            "tactics": rule["tactics"],
            "techniques": list(dict.fromkeys(technique.partition(".")[0] for technique in rule["relevantTechniques"])),
            "incidentConfiguration": {**incident, "groupingConfiguration": grouping},
        },
    }


def _of(word: str, conditions: Sequence[str]) -> str:
    return conditions[0] if len(conditions) == 1 else f"{word}({', '.join(conditions)})"


def _parameters(tables: Mapping[str, Sequence[Sequence[str]]]) -> dict[str, Any]:
    def said(text: str) -> dict[str, str]:
        return {"description": text}

    known = sorted({table for needed in tables.values() for log in needed for table in log})
    return {
        **WORKSPACE,
        "tables": {
            "type": "array",
            "defaultValue": known,
            "metadata": said(
                "The tables that the workspace has; a rule is left out when none of a log that it reads is among them."
            ),
        },
        "enabled": {
            "type": "array",
            "defaultValue": [],
            "metadata": said("The names of the rules that are on, as the files in analytics/ are named; * for all."),
        },
    }


def details(plan: Plan, backend: Backend) -> dict[str, str]:
    """The custom details of an alert: its event, and of a correlation its figure and key."""
    if isinstance(plan, Search):
        return {"EventId": ID}
    keys = [column for column in key_columns(plan, backend.stores) if _COLUMN.fullmatch(column)]
    labels = ["Key", *(f"Key{number}" for number in range(2, MOST_DETAILS - 1))]
    return {"EventId": ID, "Count": "n", **dict(zip(labels, keys, strict=False))}


def terms(plan: Plan, when: Schedule) -> dict[str, Any]:
    """The schedule in Sentinel's terms. The alerts of one completing event are one incident."""
    arrived = {} if when.arrivals is None else {"max_of(ingestion_time(), time)": f"> ago({span(when.arrivals)})"}
    return {
        "queryFrequency": span(when.interval),
        "queryPeriod": span(when.lookback),
        **arrived,
        "groupByCustomDetails": ["EventId"],
        "lookbackDuration": span(when.quiet),
    }


def _attack(tags: Sequence[str], backend: Backend) -> tuple[list[str], list[str]]:
    """Tactics by their names without spaces, and techniques by number, as the SIEM's version of ATT&CK has them."""
    found = threat(tags)
    names = {tactic.id: tactic.name for tactic in attack().tactics.values()}
    ids = [one["tactic"]["id"] for one in found]
    tactics = [_OLDER_TACTIC.get(tactic) or names[tactic].title().replace(" ", "") for tactic in ids]
    techniques = [
        each["id"] for one in found for technique in one["technique"] for each in (technique["subtechnique"] or [technique])
    ]
    version = backend.attack or attack().version
    known = [attack().known_to(version, technique.lower()) for technique in techniques]
    return list(dict.fromkeys(tactics)), list(dict.fromkeys(tag.upper() for tag in known if tag))


def _shown(title: str, named: Sequence[Mapping[str, Any]]) -> str:
    """An alert's name with whom it is about; none where there is nobody, or the title itself would be read as a format."""
    if not named or "{{" in title:
        return ""
    shown = f"{title}: {{{{{named[0]['fieldMappings'][0]['columnName']}}}}}"
    return shown if _length(shown) <= LONGEST_NAME else ""


def entities(plan: Plan, backend: Backend, contracts: Mapping[str, Contract]) -> Iterator[dict[str, Any]]:
    """The accounts and addresses that a query's rows name: of a search what its log says to look for, of a correlation its key."""
    found = _searched(plan, backend, contracts) if isinstance(plan, Search) else _keyed(plan, backend, contracts)
    named = [one for one in dict.fromkeys(found) if _COLUMN.fullmatch(one[2])]
    for entity, identifier, column in named[:MOST_ENTITIES]:
        yield {"entityType": entity, "fieldMappings": [{"identifier": identifier, "columnName": column}]}


def _searched(search: Search, backend: Backend, contracts: Mapping[str, Contract]) -> Iterator[tuple[str, str, str]]:
    store, contract = backend.stores[search.source], contracts[search.source]
    for pivot, entity in (("account", _ACCOUNT), ("address", _ADDRESS)):
        places = [store.fields[path] for path in contract.pivots.get(pivot, ()) if path in store.fields]
        columns = [place.name for place in places if place.type == "string" and not place.unsupported]
        yield from ((*entity, column) for column in columns[:1])


def _keyed(plan: Correlation, backend: Backend, contracts: Mapping[str, Contract]) -> Iterator[tuple[str, str, str]]:
    accounts = {path for contract in contracts.values() for path in contract.pivots.get("account", ())}
    for part, column in zip(plan.key, key_columns(plan, backend.stores), strict=True):
        if part.type is Type.ADDRESS:
            yield (*_ADDRESS, column)
        elif accounts & {field.path for field in part.fields if field is not None} or part.name in accounts:
            yield (*_ACCOUNT, column)


_BREAKS = frozenset("\r\x85\u2028\u2029")
"""Line breaks to YAML, which keeps them in double quotes only."""


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as such, without aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _BREAKS & set(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def written(rule: Mapping[str, Any]) -> bytes:
    """The file of a rule, the same bytes for the same rule."""
    text: str = yaml.dump(dict(rule), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text.encode()


def _recognises(plan: Plan) -> Recognition:
    return Recognition.FOR_A_WHILE


FORMAT = Format("sentinel", files, terms, _recognises, refuse)
