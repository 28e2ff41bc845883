"""Rules for benchmarks: any number of Sigma rules over the log of `bench.rows`, each with an event type, the same for the same number."""

from __future__ import annotations

import random
import uuid
from pathlib import Path
from typing import Any

import yaml

_KINDS = (
    "user.session.start",
    "policy.evaluate_sign_on",
    "user.authentication.sso",
    "user.authentication.auth_via_mfa",
    "user.authentication.verify",
    "user.session.access_admin_app",
    "user.session.context.change",
    "user.mfa.factor.reset_all",
    "user.mfa.factor.activate",
    "group.user_membership.add",
    "system.api_token.create",
    "application.user_membership.add",
)
_ABSENT = tuple(f"fixture.kind_{number}" for number in range(120))
"""Most rules of a pack are about kinds of events that a day's log hasn't."""
_CORRELATED = 10
"""One rule in ten stands on a correlation."""


def write(folder: Path, count: int) -> None:
    """Write `count` rules that alert, with the base rules that some need, as one file each into `folder`."""
    chance = random.Random(count)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        documents = [_search(number, chance)]
        if number % _CORRELATED == 0:
            documents.append(_correlation(number, chance))
        for document in documents:
            (folder / f"{document['name']}.yml").write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")


def _search(number: int, chance: random.Random) -> dict[str, Any]:
    kind = chance.choice(_KINDS if number % 10 < 3 else _ABSENT)
    tests: list[dict[str, Any]] = [
        {"actor.alternateId|startswith": f"user{chance.randrange(2000)}@"},
        {"client.ipAddress|cidr": f"198.51.{chance.randrange(256)}.0/24"},
        {"client.userAgent.rawUserAgent|contains": "Macintosh", "securityContext.asNumber|gt": 64500},
        {"debugContext.debugData.requestUri|endswith": "/answer", "outcome.result": "FAILURE"},
        {"target.displayName": f"App {chance.randrange(40)}", "target.type": "AppInstance"},
        {"securityContext.isProxy": True},
    ]
    selection = {"eventType": kind, **tests[number % len(tests)]}
    return {
        "title": f"Search {number}",
        "id": str(uuid.UUID(int=number)),
        "name": f"search_{number}",
        "status": "test",
        "logsource": {"product": "okta", "service": "okta"},
        "detection": {
            "selection": selection,
            "known": {"client.zone": "corporate"},
            "condition": "selection and not known",
        },
        "level": "low",
    }


def _correlation(number: int, chance: random.Random) -> dict[str, Any]:
    return {
        "title": f"Correlation {number}",
        "id": str(uuid.UUID(int=number + (1 << 64))),
        "name": f"correlation_{number}",
        "status": "test",
        "correlation": {
            "type": "value_count",
            "rules": [f"search_{number}"],
            "group-by": ["actor.alternateId"],
            "timespan": f"{chance.choice((1, 6, 24))}h",
            "condition": {"field": "client.ipAddress", "gte": 2},
        },
        "level": "low",
    }
