"""A folder of three rules by somebody who knows Sigma and nothing of casetrail, with cases for two of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cli.ways import okta, put

LOG = {"product": "okta", "service": "okta"}


def rule(number: int, title: str, selection: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as SigmaHQ writes them: no name, no key of ours."""
    return {
        "title": title,
        "id": f"5c8e7f0a-3a52-4a2c-8f5e-0123456789a{number}",
        "status": "test",
        "description": f"Detects {title.lower()}.",
        "references": ["https://example.com/"],
        "author": "Somebody",
        "date": "2024-05-01",
        "tags": ["attack.initial-access"],
        "logsource": LOG,
        "detection": {"selection": dict(selection), "condition": "selection"},
        "falsepositives": ["Unknown"],
        "level": "medium",
    }


TOKEN = rule(1, "Okta API Token Created", {"eventType": "system.api_token.create"})
FACTOR = rule(2, "Okta MFA Reset Or Deactivated", {"eventType": ["user.mfa.factor.deactivate", "user.mfa.factor.reset_all"]})
WRONG = rule(3, "Okta Sign-In From Nowhere", {"eventTyp": "user.session.start"})
RIGHT = rule(3, "Okta Sign-In From Nowhere", {"eventType": "user.session.start", "client.ipAddress|cidr": "192.0.2.0/24"})


def folder(place: Path, third: Mapping[str, Any]) -> Path:
    """The folder, with one of the rules as its third."""
    rules, events, cases = (
        place / "rules" / "cloud" / "okta",
        place / "fixtures" / "events" / "okta",
        place / "fixtures" / "okta",
    )
    for each in (rules, events, cases):
        each.mkdir(parents=True, exist_ok=True)
    for name, document in (("okta_api_token_created", TOKEN), ("okta_mfa_reset", FACTOR), ("okta_nowhere", third)):
        put(rules / f"{name}.yml", document)
    put(events / "any.yml", {"source": "okta/okta", "row": okta("x"), "basis": "sample: made up"})
    for name, document in (("okta_api_token_created", TOKEN), ("okta_mfa_reset", FACTOR)):
        kinds = document["detection"]["selection"]["eventType"]
        first = kinds if isinstance(kinds, str) else kinds[-1]
        made = [
            {"name": "hit", "completes": ["a"], "events": [{"id": "a", "from": "okta/any", "set": {"eventType": first}}]},
            {"name": "miss", "completes": [], "events": [{"id": "a", "from": "okta/any"}]},
        ]
        put(cases / f"{name}.yml", {"rule": document["id"], "cases": made})
    return place
