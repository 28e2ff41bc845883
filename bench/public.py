"""A pack as the public has it: Sigma rules over thirty logs, most of which casetrail doesn't define, the same for the same number.

They go by their ids, lie in folders by log, and ask what public rules ask: wildcards, `contains|all`, null filters, `1 of`, networks,
regular expressions, numbers, and now and then something that has no meaning in a structured log.

    python -m bench.public FOLDER 3000
"""

from __future__ import annotations

import random
import sys
import uuid
from pathlib import Path
from typing import Any

import yaml

_PROCESS = (
    "Image",
    "CommandLine",
    "ParentImage",
    "ParentCommandLine",
    "OriginalFileName",
    "User",
    "IntegrityLevel",
    "Hashes",
)
_WEB = ("cs-method", "cs-uri-query", "cs-uri-stem", "c-useragent", "sc-status", "cs-host")
LOGS: tuple[tuple[dict[str, str], tuple[str, ...]], ...] = (
    ({"category": "process_creation", "product": "windows"}, _PROCESS),
    ({"category": "process_creation", "product": "linux"}, _PROCESS),
    ({"category": "process_creation", "product": "macos"}, _PROCESS),
    ({"category": "file_event", "product": "windows"}, ("TargetFilename", "Image", "User")),
    ({"category": "file_event", "product": "linux"}, ("TargetFilename", "Image")),
    ({"category": "registry_set", "product": "windows"}, ("TargetObject", "Details", "Image", "EventType")),
    ({"category": "registry_event", "product": "windows"}, ("TargetObject", "Details", "Image")),
    (
        {"category": "network_connection", "product": "windows"},
        ("DestinationIp", "DestinationPort", "DestinationHostname", "Image"),
    ),
    ({"category": "image_load", "product": "windows"}, ("ImageLoaded", "Image", "Signed", "Hashes")),
    ({"category": "dns_query", "product": "windows"}, ("QueryName", "QueryResults", "Image")),
    ({"category": "ps_script", "product": "windows"}, ("ScriptBlockText", "Path")),
    ({"category": "pipe_created", "product": "windows"}, ("PipeName", "Image")),
    ({"category": "process_access", "product": "windows"}, ("TargetImage", "SourceImage", "GrantedAccess", "CallTrace")),
    ({"category": "create_remote_thread", "product": "windows"}, ("TargetImage", "SourceImage", "StartModule")),
    ({"category": "driver_load", "product": "windows"}, ("ImageLoaded", "Hashes")),
    (
        {"service": "security", "product": "windows"},
        ("EventID", "SubjectUserName", "TargetUserName", "LogonType", "IpAddress"),
    ),
    ({"service": "system", "product": "windows"}, ("EventID", "Provider_Name", "ServiceName", "ImagePath")),
    ({"service": "application", "product": "windows"}, ("EventID", "Provider_Name", "Data")),
    ({"service": "powershell", "product": "windows"}, ("EventID", "HostApplication", "ContextInfo")),
    ({"service": "auditd", "product": "linux"}, ("type", "a0", "a1", "a2", "name", "exe")),
    (
        {"service": "cloudtrail", "product": "aws"},
        ("eventSource", "eventName", "errorCode", "userIdentity.type", "sourceIPAddress"),
    ),
    ({"service": "audit", "product": "github"}, ("action", "actor", "org", "visibility")),
    ({"service": "activitylogs", "product": "azure"}, ("operationName", "properties.message", "status")),
    ({"service": "signinlogs", "product": "azure"}, ("ResultType", "AppId", "properties.message", "Location")),
    ({"service": "gcp.audit", "product": "gcp"}, ("gcp.audit.method_name", "data.protoPayload.methodName")),
    ({"service": "okta", "product": "okta"}, ("eventType", "outcome.result", "displayMessage", "securityContext.isProxy")),
    ({"category": "proxy"}, ("c-uri", "c-useragent", "cs-method", "r-dns", "sc-status")),
    ({"category": "webserver"}, _WEB),
    ({"service": "dns", "product": "zeek"}, ("query", "answers", "id.orig_h", "Z")),
    ({"service": "dc_rpc", "product": "zeek"}, ("endpoint", "operation", "id.resp_h")),
)
_WORDS = (
    "whoami",
    "\\powershell.exe",
    "\\cmd.exe",
    "/tmp/",
    "mimikatz",
    "lsass",
    " -enc ",
    "\\AppData\\Local\\",
    "admin",
    "http://",
    "Delete",
)
_NUMBERS = ("EventID", "DestinationPort", "sc-status", "LogonType", "ResultType")
_ADDRESSES = ("DestinationIp", "IpAddress", "sourceIPAddress", "id.orig_h", "id.resp_h")
_LEVELS = ("informational", "low", "medium", "high", "critical")
_KEYWORDS, _EVERYTHING, _PLACEHOLDER, _CORRELATED = 60, 97, 131, 75
"""One rule in so many searches for keywords, asks for any value, names a list that isn't there, or has a correlation on it."""


def write(folder: Path, count: int) -> None:
    """Write `count` rules into folders by log below `folder`, and correlations of some."""
    chance = random.Random(count)
    for number in range(count):
        log, fields = LOGS[number % len(LOGS)]
        place = folder / "_".join(log.values())
        place.mkdir(parents=True, exist_ok=True)
        documents = [_rule(number, log, fields, chance)]
        if number % _CORRELATED == _CORRELATED - 1:
            documents.append(_correlation(number, documents[0]["id"], fields, chance))
        (place / f"rule_{number}.yml").write_text(yaml.safe_dump_all(documents, sort_keys=False), "utf-8")


def _id(number: int, chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(96) << 32 | number, version=4))


def _rule(number: int, log: dict[str, str], fields: tuple[str, ...], chance: random.Random) -> dict[str, Any]:
    return {
        "title": f"Suspicious Activity {number}",
        "id": _id(number, chance),
        "status": chance.choice(("test", "experimental", "stable")),
        "description": f"Detects something of kind {number}",
        "references": [f"https://example.com/{number}"],
        "author": "Public Author",
        "date": "2024-01-02",
        "tags": [f"attack.{chance.choice(('execution', 'persistence', 'defense-evasion'))}", "attack.t1059.001"],
        "logsource": log,
        "detection": _detection(number, fields, chance),
        "falsepositives": ["Unknown"],
        "level": chance.choice(_LEVELS),
    }


def _detection(number: int, fields: tuple[str, ...], chance: random.Random) -> dict[str, Any]:
    if number % _KEYWORDS == _KEYWORDS - 1:
        return {"keywords": list(chance.sample(_WORDS, 3)), "condition": "keywords"}
    selections = {f"selection_{name}": _selection(fields, chance) for name in ("one", "two")[: 1 + number % 2]}
    condition = chance.choice(("1 of selection_*", "all of selection_*"))
    if number % _EVERYTHING == _EVERYTHING - 1:
        selections["selection_any"] = {fields[0]: "*"}
    if number % _PLACEHOLDER == _PLACEHOLDER - 1:
        selections["selection_list"] = {fields[0]: "%administrators%"}
    if chance.random() < 0.4:
        field = chance.choice([each for each in fields if each not in _NUMBERS] or list(fields))
        kinds = {f"filter_main_{kind}": {field: value} for kind, value in (("null", None), ("empty", ""), ("dash", "-"))}
        selections |= dict(chance.sample(sorted(kinds.items()), 2))
        condition = f"{condition} and not 1 of filter_main_*"
    return {**selections, "condition": condition}


def _selection(fields: tuple[str, ...], chance: random.Random) -> dict[str, Any]:
    chosen = chance.sample(fields, min(len(fields), 1 + chance.randrange(2)))
    return dict(_test(field, chance) for field in chosen)


def _test(field: str, chance: random.Random) -> tuple[str, Any]:
    if field in _NUMBERS:
        return chance.choice(((field, chance.randrange(1, 9000)), (field, [4624, 4625]), (f"{field}|gte", 1024)))
    if field in _ADDRESSES and chance.random() < 0.5:
        return f"{field}|cidr", ["10.0.0.0/8", "198.51.100.0/24"]
    word = chance.choice(_WORDS)
    return chance.choice(
        (
            (f"{field}|contains", word),
            (f"{field}|contains|all", [word, chance.choice(_WORDS)]),
            (f"{field}|endswith", list(chance.sample(_WORDS, 2))),
            (f"{field}|startswith", word),
            (f"{field}|re", r"(?i)[a-z]{8}\.exe"),
            (f"{field}|windash|contains", " -f "),
            (f"{field}|base64offset|contains", "http://"),
            (f"{field}|exists", True),
            (field, [word, f"*{word}?"]),
        )
    )


def _correlation(number: int, base: str, fields: tuple[str, ...], chance: random.Random) -> dict[str, Any]:
    return {
        "title": f"Many of {number}",
        "id": _id(1_000_000 + number, chance),
        "status": "test",
        "correlation": {
            "type": "event_count",
            "rules": [base],
            "group-by": [fields[0]],
            "timespan": "1h",
            "condition": {"gte": 5},
        },
        "level": "high",
    }


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
