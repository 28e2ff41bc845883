"""What makes an app of saved searches: its description, rights, navigation, pictures, dashboards and what to read first.

Keys: app.conf.spec and default.meta.spec of Splunk Enterprise 9.4; app.manifest: schema 2.0.0 of Splunk's packaging toolkit; dashboards:
"Simple XML reference" (https://help.splunk.com/en/splunk-enterprise/create-dashboards-and-reports/simple-xml-dashboards/9.4).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from casetrail.languages.spl.lookups import LIVE, Compared
from casetrail.languages.spl.tables import filename, looked_up
from casetrail.pack.files import shipped
from casetrail.packages.formats import Packaged
from casetrail.packages.splunk.conf import conf
from casetrail.packages.splunk.health import queries
from casetrail.packages.splunk.icons import icons
from casetrail.packages.splunk.lookups import written_out
from casetrail.stores.identity import OURS, Identity
from casetrail.stores.store import Backend

SEVERITY = {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
"""`alert.severity`: 1 debug, 2 info, 3 warn, 4 error, 5 severe, 6 fatal."""
_SHARED = ("savedsearches", "macros", "transforms", "lookups")


def frame(backend: Backend) -> dict[str, bytes]:
    """All of an app that doesn't depend on its rules, by path in it."""
    licence = {"LICENSE": (shipped() / "LICENSE").read_bytes()} if backend.pack.id == OURS.id else {}
    return {
        "default/app.conf": conf(app_conf(backend.pack)),
        "default/data/ui/nav/default.xml": page("nav.xml", app=backend.pack.id),
        "metadata/default.meta": meta(everywhere=backend.options.get("enterprise_security") == "on"),
        "app.manifest": manifest(backend.pack),
        **licence,
        **icons(),
    }


def app_conf(pack: Identity) -> dict[str, dict[str, str]]:
    """Lists that were edited in Splunk outlive an upgrade pushed by a deployer."""
    return {
        "id": {"name": pack.id, "version": pack.version},
        "install": {"build": str(build_number(pack.version)), "is_configured": "0"},
        "launcher": {"author": pack.author or pack.name, "description": pack.about, "version": pack.version},
        "package": {"id": pack.id, "check_for_updates": "0"},
        "ui": {"is_visible": "1", "label": pack.name},
        "shclustering": {"deployer_lookups_push_mode": "always_preserve"},
    }


def build_number(version: str) -> int:
    """A whole number that rises with a version of three parts."""
    major, minor, patch = (int(part) for part in re.findall(r"\d+", version)[:3])
    return (major * 1000 + minor) * 1000 + patch


def manifest(pack: Identity) -> bytes:
    """What Splunk's packaging toolkit knows an app by."""
    info = {
        "title": pack.name,
        "id": {"group": None, "name": pack.id, "version": pack.version},
        "author": [{"name": pack.author or pack.name, "email": None, "company": None}],
        "releaseDate": None,
        "description": pack.about,
        "classification": {
            "intendedAudience": "Security",
            "categories": ["Security, Fraud & Compliance"],
            "developmentStatus": None,
        },
        "commonInformationModels": None,
        "license": _licence(pack),
        "privacyPolicy": {"name": None, "text": None, "uri": None},
        "releaseNotes": {"name": None, "text": None, "uri": None},
    }
    found = {
        "schemaVersion": "2.0.0",
        "info": info,
        "dependencies": None,
        "tasks": None,
        "inputGroups": None,
        "incompatibleApps": None,
        "platformRequirements": None,
        "supportedDeployments": ["_standalone", "_distributed", "_search_head_clustering"],
        "targetWorkloads": ["_search_heads"],
    }
    return (json.dumps(found, indent=2) + "\n").encode()


def _licence(pack: Identity) -> dict[str, str | None]:
    if pack.id == OURS.id:
        return {"name": OURS.license, "text": "LICENSE", "uri": "https://www.apache.org/licenses/LICENSE-2.0"}
    return {"name": pack.license or None, "text": None, "uri": None}


def meta(*, everywhere: bool) -> bytes:
    """Who may read and write the app's objects. everywhere: whether other apps see them, as Enterprise Security must."""
    own = {"": {"access": "read : [ * ], write : [ admin, sc_admin ]", "export": "none"}}
    shared = {name: {"export": "system"} for name in _SHARED} if everywhere else {}
    return conf({**own, **shared})


def own_macros(pack: Identity) -> dict[str, dict[str, str]]:
    """What the dashboard of alerts stands on."""
    rule = f'replace(ss_name,"^{prefix(pack)}","")'
    levels = ",".join(f'severity={number},"{level}"' for level, number in SEVERITY.items())
    fired = f"index=_audit action=alert_fired ss_app={pack.id} | eval rule={rule}, level=case({levels})"
    late = 'put_off=if(status="skipped" OR status="continued" OR status="deferred",1,0), start_late=dispatch_time-scheduled_time'
    ran = rule.replace("ss_name", "savedsearch_name")
    runs = f'index=_internal sourcetype=scheduler app={pack.id} savedsearch_name="{prefix(pack)}*" | eval rule={ran}, {late}'
    return {
        f"{pack.id}_fired": {"definition": fired, "iseval": "0"},
        f"{pack.id}_runs": {"definition": runs, "iseval": "0"},
    }


def prefix(pack: Identity) -> str:
    """Of the names of a pack's saved searches."""
    return f"{pack.id} - "


def dashboards(items: Sequence[Packaged], backend: Backend) -> dict[str, bytes]:
    """The dashboards of alerts and of log health, by path in the app."""
    contracts, pack = items[0].contracts if items else {}, backend.pack
    alerts = page("alerts.xml", rules=len(items), prefix=prefix(pack), app=pack.id, name=pack.name)
    return {
        f"default/data/ui/views/{pack.id}_alerts.xml": alerts,
        f"default/data/ui/views/{pack.id}_log_health.xml": page("log_health.xml", **queries(backend, contracts)),
    }


def readme(items: Sequence[Packaged], macros: Mapping[str, str], backend: Backend) -> bytes:
    """What to do first. macros: those that say where logs lie, with their definitions."""
    readers: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    written: defaultdict[str, set[str]] = defaultdict(set)
    for item in items:
        lists = looked_up([item.plan]) if backend.options.get("watchlists") == LIVE else {}
        for name, ways in lists.items():
            for how in ways:
                readers[filename(name, how), _holds(how)].add(item.rule.name)
        for name in written_out(item.rule.sigma, item.contracts):
            written[name].add(item.rule.name)
    return page(
        "README.md",
        rules=len(items),
        name=backend.pack.name,
        app=backend.pack.id,
        macros=macros,
        lists=[(file, form, len(names)) for (file, form), names in sorted(readers.items())],
        written={name: sorted(names) for name, names in sorted(written.items())},
    )


def _holds(how: Compared) -> str:
    forms = {
        "_parts": "parts of a text: `*part*`",
        "_endings": "endings: `*ending`",
        "_beginnings": "beginnings: `beginning*`",
    }
    return "networks: `192.0.2.0/24`, `192.0.2.7/32`" if how is Compared.NETWORK else forms.get(how.form, "whole values")


def page(template: str, **facts: object) -> bytes:
    """A file of the app from its template."""
    environment = Environment(
        loader=PackageLoader("casetrail", "templates/splunk"),
        autoescape=template.endswith(".xml"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["tokens"] = lambda query: query.replace("$", "$$")
    return environment.get_template(f"{template}.j2").render(facts).encode()
