"""Rows for benchmarks: an Okta-like log of any size, the same for the same number of rows."""

from __future__ import annotations

import json
import random
from pathlib import Path

START = 1_767_225_600_000
STEP_MILLISECONDS = 800
_TYPES = (
    ("user.session.start", 12),
    ("policy.evaluate_sign_on", 25),
    ("user.authentication.sso", 30),
    ("user.authentication.auth_via_mfa", 14),
    ("user.authentication.verify", 8),
    ("user.session.access_admin_app", 2),
    ("user.session.end", 5),
    ("application.user_membership.add", 1),
    ("user.lifecycle.create", 0.2),
    ("system.api_token.create", 0.05),
    ("user.session.context.change", 0.5),
    ("analytics.reports.export.download", 0.05),
    ("user.mfa.factor.reset_all", 0.1),
    ("user.mfa.factor.activate", 0.2),
    ("group.user_membership.add", 1.9),
)
_SYSTEMS = (
    ("Mac OS X", "CHROME", "Macintosh; Intel Mac OS X 10_15_7"),
    ("Windows 10", "EDGE", "Windows NT 10.0; Win64; x64"),
)
_MARK = "@@"


def _template() -> list[str]:
    agent = "Mozilla/5.0 (@@agent@@) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"
    place = {
        "city": "Oslo",
        "state": "Oslo",
        "country": "Norway",
        "postalCode": "0150",
        "geolocation": {"lat": 59.9, "lon": 10.7},
    }
    row = {
        "actor": {
            "id": "@@id@@",
            "type": "User",
            "alternateId": "@@user@@@example.com",
            "displayName": "User @@user@@",
            "detailEntry": None,
        },
        "client": {
            "userAgent": {"rawUserAgent": agent, "os": "@@os@@", "browser": "@@browser@@"},
            "zone": "null",
            "device": "Computer",
            "id": None,
            "ipAddress": "@@ip@@",
            "geographicalContext": place,
        },
        "device": None,
        "authenticationContext": {
            "authenticationProvider": None,
            "credentialProvider": None,
            "credentialType": None,
            "issuer": None,
            "interface": None,
            "authenticationStep": 0,
            "rootSessionId": "@@session@@",
            "externalSessionId": "@@session@@",
        },
        "displayMessage": "An event of the kind @@type@@",
        "eventType": "@@type@@",
        "outcome": {"result": "@@result@@", "reason": None},
        "published": "@@time@@",
        "securityContext": {
            "asNumber": "@@asn@@",
            "asOrg": "fixture-net",
            "isp": "fixture-net",
            "domain": "example.net",
            "isProxy": False,
        },
        "severity": "INFO",
        "debugContext": {
            "debugData": {
                "requestId": "@@request@@",
                "dtHash": "@@hash@@",
                "deviceFingerprint": "@@hash@@",
                "requestUri": "/idp/idx/challenge/answer",
                "threatSuspected": "false",
                "risk": "{level=LOW}",
                "behaviors": "{New Geo-Location=NEGATIVE, New Device=NEGATIVE, New IP=NEGATIVE, New State=NEGATIVE, Velocity=NEGATIVE}",
                "url": "/idp/idx/challenge/answer?",
            }
        },
        "legacyEventType": None,
        "transaction": {"type": "WEB", "id": "@@request@@", "detail": {}},
        "uuid": "@@uuid@@",
        "version": "0",
        "request": {"ipChain": [{"ip": "@@ip@@", "geographicalContext": place, "version": "V4", "source": None}]},
        "target": [
            {
                "id": "0oa@@app@@",
                "type": "AppInstance",
                "alternateId": "App @@app@@",
                "displayName": "App @@app@@",
                "detailEntry": None,
            },
            {
                "id": "@@id@@",
                "type": "User",
                "alternateId": "@@user@@@example.com",
                "displayName": "User @@user@@",
                "detailEntry": None,
            },
        ],
    }
    text = json.dumps(row, separators=(",", ":")).replace('"@@asn@@"', "@@asn@@")
    return text.split(_MARK)


def write(path: Path, count: int) -> None:
    """Write `count` rows of about 1.8 kB as NDJSON, one event every 0.8 s."""
    parts = _template()
    chance = random.Random(count)
    kinds = [kind for kind, _ in _TYPES]
    weights = [weight for _, weight in _TYPES]
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            user = chance.randrange(2000)
            away = chance.random() < 0.02
            system = _SYSTEMS[(user + (chance.random() < 0.01)) % 2]
            moment = START + number * STEP_MILLISECONDS
            seconds, milliseconds = divmod(moment, 1000)
            values = {
                "id": f"00u{user:017d}",
                "user": f"user{user}",
                "agent": system[2],
                "os": system[0],
                "browser": system[1],
                "ip": f"198.51.{chance.randrange(256)}.7" if away else f"10.0.{user // 256}.{user % 256}",
                "session": f"idx{user:08d}{number // 200_000:08d}",
                "type": chance.choices(kinds, weights)[0],
                "result": "SUCCESS" if chance.random() < 0.93 else "FAILURE",
                "time": f"{_clock(seconds)}.{milliseconds:03d}Z",
                "asn": str(64496 + chance.randrange(1, 12) if away else 64496),
                "request": f"req{number:012d}",
                "hash": f"{user * 7919 + (number % 97 == 0):032x}",
                "uuid": f"00000000-0000-4000-8000-{number:012d}",
                "app": str(number % 40),
            }
            file.write("".join(part if place % 2 == 0 else values[part] for place, part in enumerate(parts)))
            file.write("\n")


def _clock(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    from datetime import date, timedelta

    day = date(1970, 1, 1) + timedelta(days=days)
    return f"{day.isoformat()}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
