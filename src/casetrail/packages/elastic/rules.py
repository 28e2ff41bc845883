"""What Elastic takes: detection rules as Kibana imports them (NDJSON, a rule a line and a summary at the end), a dashboard of log health,
and index templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any, assert_never

from casetrail.languages.esql.windows import ID
from casetrail.pack.rules import Rule
from casetrail.packages.elastic import dashboard as kibana_dashboard
from casetrail.packages.elastic import templates as kibana_templates
from casetrail.packages.elastic import withdrawn
from casetrail.packages.elastic.lines import ndjson
from casetrail.packages.formats import NOTHING, Format, Packaged, Recognition, Withdrawn, identity, next_steps
from casetrail.plan.nodes import Correlation, Plan, Search, sources
from casetrail.schedule.schedule import Schedule
from casetrail.sigma.attack import Tactic, Technique, attack
from casetrail.stores.shape import latest
from casetrail.stores.since import asked, since
from casetrail.stores.store import Backend

_SEVERITY = {
    "informational": ("low", 10),
    "low": ("low", 21),
    "medium": ("medium", 47),
    "high": ("high", 73),
    "critical": ("critical", 99),
}
_MINUTE = 60_000_000


def files(items: Sequence[Packaged], backend: Backend, gone: Withdrawn = NOTHING) -> dict[str, bytes]:
    """The rules in one file, for the import of detection rules, the dashboard in another, for that of saved objects, and templates."""
    rules = {"detection-rules.ndjson": ndjson(detection_rule(item, backend) for item in items)}
    contracts = items[0].contracts if items else {}
    return (
        rules | kibana_dashboard.files(backend, contracts) | kibana_templates.files(backend) | withdrawn.files(gone, backend)
    )


def detection_rule(item: Packaged, backend: Backend) -> dict[str, Any]:
    """One rule as Kibana's import takes it, disabled."""
    rule, when = item.rule, item.schedule
    severity, risk = _SEVERITY[rule.level]
    looked_at = list(_looked_at(item, backend))
    threats = threat([str(tag) for tag in rule.sigma.tags or []])
    made: dict[str, Any] = {
        "id": identity(rule.sigma.id or rule.name, backend),
        "rule_id": str(rule.sigma.id or identity(rule.name, backend)),
        "name": rule.sigma.title,
        "description": " ".join(str(rule.sigma.description or rule.sigma.title).split()),
        "version": item.release,
        "enabled": False,
        "type": "esql",
        "language": "esql",
        "query": item.query,
        "severity": severity,
        "risk_score": risk,
        "severity_mapping": [],
        "risk_score_mapping": [],
        **terms(item.plan, when),
        **({"max_signals": backend.limits["alerts"]} if "alerts" in backend.limits else {}),
        "author": [str(rule.sigma.author or backend.pack.author or backend.pack.name)],
        **({"license": licence} if (licence := str(rule.sigma.license or backend.pack.license)) else {}),
        "references": [str(reference) for reference in rule.sigma.references or []],
        "false_positives": [" ".join(str(text).split()) for text in rule.sigma.falsepositives or []],
        "note": _note(rule),
        "setup": " ".join(str(rule.own.get("requires", "")).split()),
        "tags": _tags(item, backend, threats),
        "threat": threats,
        "related_integrations": list(_integrations(item.plan, backend)),
        "required_fields": list(_required(item.plan, backend)),
        **({"investigation_fields": {"field_names": looked_at}} if looked_at else {}),
        "exceptions_list": [],
        "actions": [],
        "immutable": False,
        "output_index": "",
    }
    return made


def terms(plan: Plan, when: Schedule) -> dict[str, Any]:
    """The schedule in Kibana's terms.

    One alert an event: Kibana tells the rows of a search apart by `_id` itself, those of an aggregating query only by suppression.
    """
    made: dict[str, Any] = {
        "interval": f"{when.interval // _MINUTE}m",
        "from": f"now-{ceil(when.lookback / _MINUTE)}m",
        "to": "now",
    }
    if _recognises(plan) is Recognition.FOR_A_WHILE:
        duration = {"value": ceil(when.quiet / _MINUTE), "unit": "m"}
        made["alert_suppression"] = {"group_by": [ID], "duration": duration, "missing_fields_strategy": "suppress"}
    return made


def _note(rule: Rule) -> str:
    parts = ["## Triage and analysis", "", *(f"{number}. {step}" for number, step in enumerate(next_steps(rule), 1))]
    for heading, key in (("Why this level", "level_reason"), ("Evidence and sources", "basis"), ("Tuning", "tuning")):
        if key in rule.own:
            parts += ["", f"## {heading}", "", " ".join(str(rule.own[key]).split())]
    return "\n".join(parts)


def _tags(item: Packaged, backend: Backend, threats: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rule's own tags, and those by which Kibana's users find rules: the log, and the tactics by name."""
    own = [str(tag) for tag in item.rule.sigma.tags or []]
    logs = [tag for source in sources(item.plan) for tag in backend.stores[source].tags]
    tactics = [f"Tactic: {each['tactic']['name']}" for each in threats]
    return list(dict.fromkeys([backend.pack.tag, *logs, *tactics, *own]))


def _integrations(plan: Plan, backend: Backend) -> Iterator[dict[str, str]]:
    """The integrations that bring what a rule reads, with the versions whose rows hold all of it."""
    needed: dict[str, str] = {}
    for source, version in since(plan, backend.stores).items():
        package = backend.stores[source].connector
        if package:
            needed[package] = latest(needed.get(package, ""), version)
    for package, version in sorted(needed.items()):
        yield {"package": package, "version": f">={version}.0"}


def _required(plan: Plan, backend: Backend) -> Iterator[dict[str, str]]:
    """The columns that a rule's query asks for, each once, by name."""
    found: dict[str, str] = {}
    for one in asked(plan):
        store = backend.stores[one.source]
        place = store.fields[one.field.path]
        found |= {store.time: "date", store.arrival: "date"} if place.derive else {place.name: place.type}
    yield from ({"name": name, "type": found[name]} for name in sorted(found))


def _looked_at(item: Packaged, backend: Backend) -> Iterator[str]:
    """The columns that an analyst looks at first: of whom, from where, in which session and on what the rule's logs say."""
    found: dict[str, None] = {}
    for pivot in ("account", "address", "session", "file", "record"):
        for source in filter(item.contracts.__contains__, sources(item.plan)):
            fields = backend.stores[source].fields
            places = [fields[path] for path in item.contracts[source].pivots.get(pivot, ()) if path in fields]
            found.update((place.name, None) for place in places if place.type in ("keyword", "ip") and not place.derive)
    yield from found


def threat(tags: Sequence[str]) -> list[dict[str, Any]]:
    """ATT&CK tags as Kibana's threat array: each tactic with those of the rule's techniques that serve it.

    A technique that serves none of the rule's tactics brings its own first one. A tag that ATT&CK doesn't have is left out, which
    `casetrail check` names.
    """
    known = attack()
    names = known.current(tags)
    techniques = [known.techniques[name] for name in names if name in known.techniques]
    tactics = [name for name in names if name in known.tactics]
    tactics += [technique.tactics[0] for technique in techniques if not set(technique.tactics) & set(tactics)]
    return [_tactic(name, [one for one in techniques if name in one.tactics]) for name in dict.fromkeys(tactics)]


def _tactic(name: str, techniques: Sequence[Technique]) -> dict[str, Any]:
    known = attack()
    grouped: dict[str, dict[str, Any]] = {}
    for technique in techniques:
        parent = known.techniques[technique.id.partition(".")[0].lower()]
        entry = grouped.setdefault(parent.id, {**_named(parent), "subtechnique": []})
        if technique is not parent:
            entry["subtechnique"].append(_named(technique))
    return {"framework": "MITRE ATT&CK", "tactic": _named(known.tactics[name]), "technique": list(grouped.values())}


def _named(one: Tactic | Technique) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "reference": one.url}


def _recognises(plan: Plan) -> Recognition:
    match plan:
        case Search():
            return Recognition.BY_ID
        case Correlation():
            return Recognition.FOR_A_WHILE
        case never:
            assert_never(never)


FORMAT = Format("kibana", files, terms, _recognises)
