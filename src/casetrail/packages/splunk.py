"""What a Splunk app holds of the rules: saved searches, the macros that name indexes, and lookups for watchlists.

Keys: savedsearches.conf.spec, macros.conf.spec and transforms.conf.spec of Splunk Enterprise 9.4
(https://help.splunk.com/en/splunk-enterprise/administer/admin-manual/9.4/configuration-file-reference), and for Enterprise Security
its own `action.correlationsearch`, `action.notable` and `action.risk`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from casetrail.dialects.spl import lookup_name
from casetrail.dialects.spl_query import key_columns
from casetrail.dialects.spl_source import ID
from casetrail.pack.backend import Backend
from casetrail.pack.pack import PackError, Rule
from casetrail.packages import tombstones
from casetrail.packages.attack import attack
from casetrail.packages.formats import Packaged
from casetrail.packages.schedule import Schedule
from casetrail.plan.nodes import Correlation, Listed, Plan, searches, tests

_MINUTE = 60_000_000
_HOUR = 60
_SEVERITY = {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
"""`alert.severity`: 1 debug, 2 info, 3 warn, 4 error, 5 severe, 6 fatal."""
_RISK = {"informational": 5, "low": 20, "medium": 40, "high": 60, "critical": 80}

_ACCOUNTS = ("user", "actor", "account")
"""Words in the name of a key's column that make it a person's, to whom Enterprise Security can add risk."""


def files(items: Sequence[Packaged], backend: Backend) -> dict[str, bytes]:
    """The configuration files of an app, by their path in it."""
    made = {
        "default/savedsearches.conf": conf(
            {stanza(item.rule): saved_search(item, backend) for item in items}
            | {stanza_of(name): tombstones.saved_search(stone) for name, stone in backend.withdrawn.items()}
        ),
        "default/macros.conf": conf(macros(backend)),
    }
    if backend.options.get("watchlists") == "lookup":
        listed = watchlists(item.plan for item in items)
        made["default/transforms.conf"] = conf(transforms(listed))
        made.update((f"lookups/casetrail_{name}.csv", table(values)) for name, values in listed.items())
    return made


def stanza(rule: Rule) -> str:
    """The name of a rule's saved search, which stays when its title changes."""
    return stanza_of(rule.name)


def stanza_of(name: str) -> str:
    return f"casetrail - {name}"


def saved_search(item: Packaged, backend: Backend) -> dict[str, str]:
    """A rule as a scheduled alert, disabled: one alert a result, and none again for the same completing event."""
    rule, when = item.rule, item.schedule
    keys = {
        "description": _line(rule.sigma.description or rule.sigma.title),
        "search": item.query,
        "disabled": "1",
        "enableSched": "1",
        "cron_schedule": cron(when.interval),
        "dispatch.earliest_time": f"-{ceil(when.lookback / _MINUTE)}m",
        "dispatch.latest_time": "now",
        "realtime_schedule": "0",
        "is_visible": "0",
        "counttype": "number of events",
        "relation": "greater than",
        "quantity": "0",
        "alert.track": "1",
        "alert.digest_mode": "0",
        "alert.severity": str(_SEVERITY[rule.level]),
        "alert.suppress": "1",
        "alert.suppress.fields": ID,
        "alert.suppress.period": f"{_quiet(when)}m",
    }
    if backend.options.get("enterprise_security") == "on":
        keys |= _enterprise_security(item, backend)
    return keys


def _quiet(when: Schedule) -> int:
    return ceil((when.fresh + when.interval) / _MINUTE)


def cron(interval: int) -> str:
    """How often, in microseconds, as cron has it. Raises PackError for what cron can't say evenly."""
    minutes, rest = divmod(interval, _MINUTE)
    if not rest and 0 < minutes < _HOUR and _HOUR % minutes == 0:
        return f"*/{minutes} * * * *"
    hours, rest = divmod(interval, _HOUR * _MINUTE)
    if not rest and 0 < hours <= 24 and 24 % hours == 0:
        return f"0 */{hours} * * *" if hours < 24 else "0 0 * * *"
    raise PackError(f"the interval {interval / _MINUTE:g}m: cron runs evenly only by a divisor of an hour or a day")


def _enterprise_security(item: Packaged, backend: Backend) -> dict[str, str]:
    rule = item.rule
    known = attack().techniques
    tags = [str(tag).removeprefix("attack.") for tag in rule.sigma.tags or []]
    techniques = [known[tag].id for tag in tags if tag in known]
    keys = {
        "action.correlationsearch.enabled": "1",
        "action.correlationsearch.label": _line(rule.sigma.title),
        "action.correlationsearch.annotations": json.dumps({"mitre_attack": techniques}),
        "action.notable": "1",
        "action.notable.param.rule_title": _line(rule.sigma.title),
        "action.notable.param.rule_description": _line(rule.sigma.description or rule.sigma.title),
        "action.notable.param.security_domain": "identity",
        "action.notable.param.severity": rule.level,
        "action.notable.param.nes_fields": ID,
    }
    columns = key_columns(item.plan, backend) if isinstance(item.plan, Correlation) else []
    accounts = [column for column in columns if any(word in column.lower() for word in _ACCOUNTS)]
    if accounts:
        risk = {"risk_object_field": accounts[0], "risk_object_type": "user", "risk_score": _RISK[rule.level]}
        keys |= {
            "action.risk": "1",
            "action.risk.param._risk_message": _line(rule.sigma.title),
            "action.risk.param._risk": json.dumps([risk]),
            "action.risk.param._risk_score": "0",
            "action.risk.param.verbose": "0",
        }
    return keys


def macros(backend: Backend) -> dict[str, dict[str, str]]:
    """A macro for each index that the backend's stores name; its definition is an option of that name."""
    names = sorted({store.index for store in backend.stores.values()})
    return {name: {"definition": backend.options.get(name, "index=*"), "iseval": "0"} for name in names}


def watchlists(plans: Iterable[Plan]) -> dict[str, tuple[str, ...]]:
    """The watchlists that plans look up, by name, with their values."""
    found: dict[str, tuple[str, ...]] = {}
    for plan in plans:
        for search in searches(plan):
            for test in tests(search.where):
                if isinstance(test.check, Listed):
                    found[test.check.watchlist] = tuple(map(str, test.check.values))
    return dict(sorted(found.items()))


def transforms(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Two lookups for each watchlist: one that compares with regard to case, and one without."""
    return {
        lookup_name(name, cased=cased): {
            "filename": f"casetrail_{name}.csv",
            "case_sensitive_match": "true" if cased else "false",
            "max_matches": "1",
        }
        for name in names
        for cased in (False, True)
    }


def table(values: Sequence[str]) -> bytes:
    """A watchlist as the CSV of a lookup."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([["value"], *([value] for value in values)])
    return text.getvalue().encode()


def conf(stanzas: Mapping[str, Mapping[str, str]]) -> bytes:
    """A .conf file. Raises PackError for a name or value that can't stand in one."""
    lines: list[str] = []
    for title, keys in stanzas.items():
        if not title.isprintable() or set(title) & set("[]"):
            raise PackError(f"{title!r} can't name a stanza of a .conf file")
        lines += [f"[{title}]", *(f"{key} = {_value(value)}" for key, value in keys.items()), ""]
    return "\n".join(lines).encode()


def _value(value: str) -> str:
    r"""A value over several lines: `\` at the end of a line goes on, so no line may end in one of its own or be blank."""
    lines = [line.rstrip() for line in value.split("\n")]
    if any(line.endswith("\\") or not line for line in lines) or "\r" in value:
        raise PackError(f"{value!r} can't stand in a .conf file")
    return " \\\n".join(lines)


def _line(text: object) -> str:
    return " ".join(str(text).split()).rstrip("\\") or "-"
