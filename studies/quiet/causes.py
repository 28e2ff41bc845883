"""What makes alerts: the rows that complete them, in a few words each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import orjson

from casetrail.hunt.hits import Hit
from company.networks import VPN_ASN
from company.people import company
from company.services import AUTOMATIONS, services

_SAMPLE = 60
_SHOWN = 3
_NAMES = {
    "okta.okta": ("uuid", 0),
    "salesforce.realtime": ("EventIdentifier", 0),
    "salesforce.setupaudittrail": ("Id", 0),
    "salesforce.loginhistory": ("Id", 0),
    "salesforce.eventlogfile": ("REQUEST_ID", 3),
    "gcp.google_workspace.chrome": ("id.uniqueQualifier", 1),
    "gcp.google_workspace.admin": ("id.uniqueQualifier", 1),
}
"""For each log the key of a row that names it, and its place in the id of a completion."""


def causes(
    raised: Mapping[str, Sequence[Hit]], logs: Path, seed: int, share: float
) -> dict[str, tuple[tuple[str, int], ...]]:
    """For each rule what completed its alerts, the commonest first, with how many of the first sixty."""
    wanted: dict[str, list[str]] = {rule: [hit.id for hit in hits[:_SAMPLE]] for rule, hits in raised.items()}
    rows: dict[str, dict[str, Any]] = {}
    for path in sorted(logs.glob("*.ndjson.zst")):
        name, place = _NAMES[path.name.removesuffix(".ndjson.zst")]
        keys = {parts[place] for ids in wanted.values() for one in ids if len(parts := one.split("|")) > place}
        for line in _lines(path, name, keys):
            row = orjson.loads(line)
            rows[_at(row, name)] = row
    told = _Teller(seed, share)
    found = {}
    for rule, ids in wanted.items():
        counts: Counter[str] = Counter()
        for one in ids:
            row = next((rows[part] for part in one.split("|") if part in rows), None)
            counts[told(row) if row is not None else "a row without an id of its own"] += 1
        found[rule] = tuple(counts.most_common(_SHOWN))
    return found


def _lines(path: Path, name: str, keys: set[str]) -> list[str]:
    where = "$." + ".".join(f'"{step}"' for step in name.split("."))
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.execute("SET memory_limit = '512MB'")
    connection.execute("CREATE TABLE wanted (k VARCHAR)")
    connection.executemany("INSERT INTO wanted VALUES (?)", [[key] for key in sorted(keys) if key] or [["-"]])
    query = (
        f"SELECT l FROM read_csv('{path}', delim = chr(1), quote = '', escape = '', header = false, auto_detect = false, "
        f"compression = 'zstd', buffer_size = 8388608, columns = {{l: 'VARCHAR'}}) "
        f"WHERE json_extract_string(l, '{where}') IN (SELECT k FROM wanted)"
    )
    return [line for (line,) in connection.execute(query).fetchall()]


def _at(row: Any, path: str) -> str:
    for step in path.split("."):
        row = row[step]
    return str(row)


class _Teller:
    """Says what a row is: its kind, whose it is, from where."""

    def __init__(self, seed: int, share: float) -> None:
        self.roles: dict[str, str] = {}
        for person in company(seed, share).people:
            for key in (person.okta, person.salesforce, person.email):
                self.roles[key] = person.role
        for service in services():
            self.roles[service.salesforce] = f"integration {service.kind}"
        for account in AUTOMATIONS:
            self.roles[account.okta] = f"automation {account.name}"

    def __call__(self, row: Mapping[str, Any]) -> str:
        tellers: dict[str, Callable[[Mapping[str, Any]], str]] = {
            "uuid": self.okta,
            "EVENT_TYPE": self.elf,
            "EventIdentifier": self.realtime,
            "events": self.google,
            "Action": lambda each: f"{each['Action']} in set-up",
            "LoginTime": lambda each: f"login by {self.role(each['UserId'][:15])} ({each['Application']})",
        }
        return next(tell(row) for key, tell in tellers.items() if key in row)

    def role(self, key: str) -> str:
        return self.roles.get(key, "customer or newcomer")

    def okta(self, row: Mapping[str, Any]) -> str:
        who = self.role(row["actor"]["id"]) if row["actor"]["type"] == "User" else row["actor"]["type"]
        client, security = row["client"] or {}, row["securityContext"] or {}
        agent = (client.get("userAgent") or {}).get("os")
        via = "phone" if client.get("device") == "Mobile" else "program" if agent == "Unknown" else "laptop"
        place = "VPN" if security.get("asNumber") == VPN_ASN else security.get("asOrg") or "no address"
        return f"{row['eventType']}, {who}, {via}, {_kind_of(place)}"

    def elf(self, row: Mapping[str, Any]) -> str:
        more = (
            row.get("TRANSACTION_TYPE") or row.get("ORIGIN") or row.get("LOGIN_STATUS") or row.get("PAGE_ENTITY_TYPE") or ""
        )
        return " ".join(filter(None, (row["EVENT_TYPE"], more))) + f", {self.role(row['USER_ID'])}"

    def realtime(self, row: Mapping[str, Any]) -> str:
        more = row.get("FileAction") or row.get("Operation") or ""
        return " ".join(filter(None, (row["EventType"], more))) + f", {self.role(row['UserId'][:15])}"

    def google(self, row: Mapping[str, Any]) -> str:
        event = row["events"][0]
        parameters = {each["name"]: each.get("value") for each in event["parameters"]}
        setting = parameters.get("SETTING_NAME")
        if setting:
            return f"{event['name']} {setting}"
        outside = "personal profile" if row["actor"]["callerType"] == "EXTERNAL_USER" else self.role(row["actor"]["email"])
        return f"{event['name']}, {outside}"


def _kind_of(place: str) -> str:
    for mark, kind in (
        ("broadband", "home"),
        ("mobile", "mobile network"),
        ("hotel", "hotel"),
        ("nordlys", "office"),
        ("relay", "relay"),
        ("cloudflare", "relay"),
        ("akamai", "relay"),
        ("m247", "private VPN"),
    ):
        if mark in place:
            return kind
    return place
