"""What OpenSearch takes: an alerting monitor for each rule, and an index template for each log source.

The bodies are those of `POST _plugins/_alerting/monitors` and `PUT _index_template/NAME` (OpenSearch documentation, Alerting
API and Index templates).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, assert_never

from casetrail.languages.querydsl.mapping import mapping
from casetrail.languages.querydsl.query import indexes
from casetrail.languages.querydsl.windows import RESULT
from casetrail.packages.formats import NOTHING, Format, Packaged, Recognition, Withdrawn
from casetrail.packages.opensearch.pipelines import pipeline
from casetrail.plan.nodes import Correlation, Plan, Search
from casetrail.schedule.schedule import Schedule
from casetrail.stores.store import Backend, Store

_SEVERITY = {"critical": "1", "high": "2", "medium": "3", "low": "4", "informational": "5"}
_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_PRIORITY = 200
"""Above the templates that come with OpenSearch."""
_HEAD = "{{ctx.monitor.name}}: {{ctx.trigger.name}} (severity {{ctx.trigger.severity}} of 5)"
_HITS = "ctx.results.0.hits.hits"
_COMPLETIONS = f"ctx.results.0.aggregations.{RESULT}.value"
MESSAGES: Mapping[type[Plan], str] = {
    Search: _HEAD + "\n{{#HITS}}{{ctx.monitor.name}} {{_id}}\n{{/HITS}}".replace("HITS", _HITS),
    Correlation: _HEAD
    + "\n{{#FOUND}}{{ctx.monitor.name}} {{event_id}} key {{key}} n {{n}}\n{{/FOUND}}".replace("FOUND", _COMPLETIONS),
}
"""What a notification says (Mustache): the rule, and a line for each completion with the two that name an alert, rule and event. Nothing
of a rule is written into it, since a title with braces would be a template."""


def files(items: Sequence[Packaged], backend: Backend, gone: Withdrawn = NOTHING) -> dict[str, bytes]:
    """`monitors/RULE.json` for each rule; `templates/SOURCE.json` and `pipelines/SOURCE.json` for each log source.

    Nothing for withdrawn rules: OpenSearch names monitors itself, so that no file could reach one.
    """
    monitors = {f"monitors/{item.rule.name}.json": _json(monitor(item, backend)) for item in items}
    templates = {f"templates/{name(store)}.json": _json(template(store)) for store in backend.stores.values()}
    contracts = items[0].contracts if items else {}
    pipelines = {
        f"pipelines/{name(store)}.json": _json(pipeline(store, contracts[source]))
        for source, store in backend.stores.items()
        if source in contracts
    }
    return monitors | templates | pipelines


def monitor(item: Packaged, backend: Backend) -> dict[str, Any]:
    """One rule as a query-level monitor, disabled. Its trigger tells the channel that the option `notification_channel` names, if any."""
    return {
        "type": "monitor",
        "name": item.rule.name,
        "monitor_type": "query_level_monitor",
        "enabled": False,
        "schedule": terms(item.plan, item.schedule)["schedule"],
        "inputs": [{"search": {"indices": indexes(item.plan, backend), "query": json.loads(item.query)}}],
        "triggers": [
            {
                "query_level_trigger": {
                    "name": item.rule.sigma.title,
                    "severity": _SEVERITY[item.rule.level],
                    "condition": {"script": {"source": condition(item), "lang": "painless"}},
                    "actions": actions(item, backend),
                }
            }
        ],
        "ui_metadata": {"casetrail": credit(item, backend)},
    }


def credit(item: Packaged, backend: Backend) -> dict[str, str]:
    """What a rule is about and whose it is. A monitor has no key for that, but one that OpenSearch keeps for clients as it is."""
    rule, pack = item.rule, backend.pack
    told = {
        "description": " ".join(str(rule.sigma.description or rule.sigma.title).split()),
        "author": str(rule.sigma.author or pack.author or pack.name),
        "license": str(rule.sigma.license or pack.license),
    }
    return {key: value for key, value in told.items() if value}


def actions(item: Packaged, backend: Backend) -> list[dict[str, Any]]:
    """Whom a trigger tells. Never throttled: a completion that came late may be in the answers of two runs only."""
    channel = backend.options.get("notification_channel", "")
    if not channel:
        return []
    source = MESSAGES[type(item.plan)]
    return [
        {
            "name": "notify",
            "destination_id": channel,
            "subject_template": {"source": "{{ctx.monitor.name}}", "lang": "mustache"},
            "message_template": {"source": source, "lang": "mustache"},
            "throttle_enabled": False,
        }
    ]


def terms(plan: Plan, when: Schedule) -> dict[str, Any]:
    """The schedule in OpenSearch's terms: the monitor's period, and the range of time that its query names.

    A trigger has one active alert at a time: from the run that first finds something fresh to the one that finds nothing any more. The
    events are the rows of its result, so whoever is told of each run knows an event again by its id.
    """
    return {
        "schedule": {"period": {"interval": when.interval // _MINUTE, "unit": "MINUTES"}},
        "range": f"now-{ceil(when.lookback / _SECOND)}s",
        "fresh": f"now-{ceil(when.fresh / _SECOND)}s",
    }


def condition(item: Packaged) -> str:
    """The trigger's script: whether any event completes the rule."""
    match item.plan:
        case Search():
            return "ctx.results[0].hits.total.value > 0"
        case Correlation():
            return f"ctx.results[0].aggregations.{RESULT}.value.size() > 0"
        case never:
            assert_never(never)


def name(store: Store) -> str:
    return store.source.replace("/", "-")


def template(store: Store) -> dict[str, Any]:
    """The index template of a log source: what its fields are, so that the queries find in them what the rules mean."""
    return {
        "index_patterns": [store.index],
        "priority": _PRIORITY,
        "template": {"mappings": mapping(store)},
        "_meta": {"made_by": "casetrail", "basis": store.basis},
    }


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _recognises(plan: Plan) -> Recognition:
    return Recognition.BY_THE_STANDING_ALERT


FORMAT = Format("opensearch", files, terms, _recognises)
