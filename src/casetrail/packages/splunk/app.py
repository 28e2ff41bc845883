"""The Splunk app of a pack: saved searches, the macros that name indexes, lookups for watchlists, and what makes an app of them.

Keys: savedsearches.conf.spec, macros.conf.spec and transforms.conf.spec of Splunk Enterprise 9.4
(https://help.splunk.com/en/splunk-enterprise/administer/admin-manual/9.4/configuration-file-reference), and for Enterprise Security
its own `action.correlationsearch`, `action.notable` and `action.risk`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from math import ceil

from casetrail.languages.spl.lookups import LIVE
from casetrail.languages.spl.source import ID
from casetrail.languages.spl.tables import csvs, looked_up, rows, transforms
from casetrail.pack.files import PackError
from casetrail.pack.lockfile import Tombstone
from casetrail.pack.rules import Rule
from casetrail.packages.formats import NOTHING, Format, Packaged, Recognition, Withdrawn, described
from casetrail.packages.splunk.conf import conf, one_line
from casetrail.packages.splunk.frame import SEVERITY, dashboards, frame, own_macros, prefix, readme
from casetrail.packages.splunk.health import LOGS, expected
from casetrail.plan.nodes import Plan, Search
from casetrail.reading.archive import tar_gz
from casetrail.schedule.schedule import Schedule
from casetrail.sigma.attack import attack
from casetrail.stores.places import key_names
from casetrail.stores.store import Backend

_OPTIONS = {"watchlists": ("inline", LIVE), "enterprise_security": ("off", "on")}
_MINUTE = 60_000_000
_HOUR = 60
_RISK = {"informational": 5, "low": 20, "medium": 40, "high": 60, "critical": 80}

_ACCOUNTS = ("user", "actor", "account")
"""Words in the name of a key's column that make it a person's, to whom Enterprise Security can add risk."""


def files(items: Sequence[Packaged], backend: Backend, gone: Withdrawn = NOTHING) -> dict[str, bytes]:
    """The app, as its folder and as the archive that Splunk installs. Raises PackError for what can't stand in its files."""
    for option, known in _OPTIONS.items():
        if backend.options.get(option, known[0]) not in known:
            raise PackError(f"{backend.name}: {option}: {backend.options[option]}: there are {' and '.join(known)}")
    names = macros(backend)
    made = {
        "default/savedsearches.conf": conf(
            {stanza(item.rule, backend): saved_search(item, backend) for item in items}
            | {stanza_of(name, backend): _off(stone) for name, stone in gone.items()}
        ),
        "default/macros.conf": conf(
            {**names, **own_macros(backend.pack)},
            "To say where your logs lie, set these in local/macros.conf or in Splunk Web.",
        ),
        "README.md": readme(items, {name: keys["definition"] for name, keys in names.items()}, backend),
        **frame(backend),
        **dashboards(items, backend),
        **lookups(items, backend),
    }
    pack = backend.pack
    app = {f"{pack.id}/{path}": content for path, content in sorted(made.items())}
    return {**app, f"{pack.id}-{pack.version}.tgz": tar_gz(app)}


def lookups(items: Sequence[Packaged], backend: Backend) -> dict[str, bytes]:
    """The tables of the logs and of the watchlists that the searches look up, with their definitions."""
    live = backend.options.get("watchlists") == LIVE
    lists = looked_up(item.plan for item in items) if live else {}
    tables = csvs(lists, items[0].watchlists if items else {})
    contracts = items[0].contracts if items else {}
    return {
        "default/transforms.conf": conf({LOGS: {"filename": f"{LOGS}.csv"}, **transforms(lists)}),
        f"lookups/{LOGS}.csv": rows([("log", "title"), *expected(backend, contracts)]),
        **{f"lookups/{name}": content for name, content in tables.items()},
    }


def stanza(rule: Rule, backend: Backend) -> str:
    """The name of a rule's saved search, which stays when its title changes; one without a name of its own is known by its title too."""
    return stanza_of(rule.name if "name" in rule.meta else f"{one_line(rule.sigma.title)} ({rule.name})", backend)


def stanza_of(name: str, backend: Backend) -> str:
    return f"{prefix(backend.pack)}{name}"


def saved_search(item: Packaged, backend: Backend) -> dict[str, str]:
    """A rule as a scheduled alert, disabled: one alert a result, and none again for the same completing event.

    The skew spreads the searches over their interval, each by a time that stays. An alert is kept over a weekend.
    """
    rule, when = item.rule, item.schedule
    keys = {
        "description": one_line(described(rule, backend)),
        "search": item.query,
        "disabled": "1",
        "enableSched": "1",
        **terms(item.plan, when),
        "is_visible": "1",
        "counttype": "number of events",
        "relation": "greater than",
        "quantity": "0",
        "alert.track": "1",
        "alert.digest_mode": "0",
        "alert.severity": str(SEVERITY[rule.level]),
    }
    keys |= {"allow_skew": "100%", "alert.expires": "72h", "request.ui_dispatch_app": backend.pack.id}
    if backend.options.get("enterprise_security") == "on":
        keys |= _enterprise_security(item, backend)
    return keys


def terms(plan: Plan, when: Schedule) -> dict[str, str]:
    """The schedule in Splunk's terms: continuous, so that runs left out are made up for, and no second alert of an event."""
    return {
        "cron_schedule": cron(when.interval),
        "dispatch.earliest_time": f"-{ceil(when.lookback / _MINUTE)}m",
        "dispatch.latest_time": "now",
        "realtime_schedule": "0",
        "alert.suppress": "1",
        "alert.suppress.fields": ID,
        "alert.suppress.period": f"{ceil(when.quiet / _MINUTE)}m",
    }


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
    tags = attack().current(str(tag) for tag in rule.sigma.tags or [])
    techniques = [known[tag].id for tag in tags if tag in known]
    keys = {
        "action.correlationsearch.enabled": "1",
        "action.correlationsearch.label": _plain(rule.sigma.title),
        "action.correlationsearch.annotations": json.dumps({"mitre_attack": techniques}),
        "action.notable": "1",
        "action.notable.param.rule_title": _plain(rule.sigma.title),
        "action.notable.param.rule_description": _plain(rule.sigma.description or rule.sigma.title),
        "action.notable.param.security_domain": "identity",
        "action.notable.param.severity": rule.level,
        "action.notable.param.nes_fields": ID,
    }
    columns = [] if isinstance(item.plan, Search) else key_names(item.plan, backend.stores)
    accounts = [column for column in columns if any(word in column.lower() for word in _ACCOUNTS)]
    if accounts:
        risk = {"risk_object_field": accounts[0], "risk_object_type": "user", "risk_score": _RISK[rule.level]}
        keys |= {
            "action.risk": "1",
            "action.risk.param._risk_message": _plain(rule.sigma.title),
            "action.risk.param._risk": json.dumps([risk]),
            "action.risk.param._risk_score": "0",
            "action.risk.param.verbose": "0",
        }
    return keys


def _plain(text: object) -> str:
    """A text of an action as one line. Raises PackError for one that Splunk would fill with a field of the result."""
    line = one_line(text)
    if re.search(r"\$[^$\s]+\$", line):
        raise PackError(f"{line!r}: Splunk replaces text between dollar signs by a field of the alert; reword it")
    return line


def macros(backend: Backend) -> dict[str, dict[str, str]]:
    """A macro for each index that the backend's stores name; its definition is an option of that name."""
    names = sorted({store.index for store in backend.stores.values()})
    return {name: {"definition": backend.options.get(name, "index=*"), "iseval": "0"} for name in names}


def _off(stone: Tombstone) -> dict[str, str]:
    """A search of the same name as a withdrawn one, off, that finds nothing even where somebody has it switched on."""
    return {
        "description": f"Withdrawn on {stone.date}: {stone.reason}",
        "search": "| makeresults | where false()",
        "disabled": "1",
        "enableSched": "0",
        "is_visible": "0",
    }


def _recognises(plan: Plan) -> Recognition:
    return Recognition.FOR_A_WHILE


FORMAT = Format("splunk", files, terms, _recognises)
