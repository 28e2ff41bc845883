"""The service accounts of the case system (`integrations.yml`) and of Okta, with the networks that they come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from casetrail.pack.watchlist import other_length
from company.chance import Chance
from company.networks import Network, cloud, hosted
from company.people import DOMAIN


@dataclass(slots=True)
class Service:
    """A service account of the case system. What changes in the month stands at the end.

    every: minutes between its calls, 0 for a nightly one, which runs at `hour`; rows: what a call reads; files: none, `new` or `day`.
    """

    number: int
    kind: str
    app: str
    agent: str
    api: str
    every: int
    hour: int
    objects: list[str]
    rows: int
    files: str
    hosted: bool
    salesforce: str
    version: int = 4
    egress: int = 0
    live: int = 0
    extra: list[str] = field(default_factory=list)

    @property
    def salesforce18(self) -> str:
        return other_length(self.salesforce)

    @property
    def username(self) -> str:
        return f"svc-{self.kind}-{self.number}@{DOMAIN}"

    @property
    def raw(self) -> str:
        return self.agent.replace("{v}", str(self.version))

    def network(self, draw: Chance) -> Network:
        """Hosted runners have another address each time; the others one of two behind their cloud's gateway."""
        if self.hosted:
            return hosted(draw.randrange(128))
        return cloud(self.number * 3 + (draw.randrange(2) + self.egress) % 3, self.number)


@cache
def _kinds() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "integrations.yml").read_text("utf-8"))
    return found


def service(number: int, facts: dict[str, Any], live: int = 0) -> Service:
    return Service(
        number=number,
        kind=facts["kind"],
        app=facts["app"],
        agent=facts["agent"],
        api=facts["api"],
        every=facts.get("every", 0),
        hour=facts.get("nightly", 0),
        objects=list(facts["objects"]),
        rows=facts["rows"],
        files=facts.get("files", ""),
        hosted=facts.get("hosted", False),
        salesforce=f"0055g00000{90000 + number:05d}",
        live=live,
    )


def services() -> list[Service]:
    """The 32 of the case system."""
    each = [facts for facts in _kinds() for _ in range(facts["count"])]
    return [service(number, facts) for number, facts in enumerate(each)]


def new_service(number: int, draw: Chance, day: int) -> Service:
    """One that goes live: another of a kind that doesn't read files."""
    return service(
        number, draw.choice([facts for facts in _kinds() if "files" not in facts and facts["api"] == "rest"]), day
    )


@dataclass(frozen=True, slots=True)
class Automation:
    """A service account of Okta with an API token. shared: its address is a hosted runner's."""

    name: str
    agent: str
    number: int
    shared: bool = False

    @property
    def email(self) -> str:
        return f"svc-{self.name}@{DOMAIN}"

    @property
    def okta(self) -> str:
        return f"00u{9900 + self.number:07d}nlyS5d7QXm"

    @property
    def token(self) -> str:
        return f"00T{self.number:05d}nlysTk4Zq9rX"

    @property
    def actor(self) -> dict[str, Any]:
        name = f"svc {self.name}"
        return {"id": self.okta, "type": "User", "alternateId": self.email, "displayName": name, "detailEntry": None}

    def network(self, draw: Chance) -> Network:
        return hosted(draw.randrange(128)) if self.shared else cloud(100 + self.number * 2 + draw.randrange(2), self.number)


AUTOMATIONS = (
    Automation("hr-sync", "okta-sdk-java/21.0.0 okhttp/4.12.0", 0),
    Automation("access-reviews", "ReviewHub/12.1", 1),
    Automation("group-rules", "okta-sdk-python/2.9.13", 2),
    Automation("terraform", "okta-terraform/4.12.0 okta-sdk-golang/5.0.2", 3, shared=True),
    Automation("desk-bot", "DeskBot/3.4 node-fetch", 4),
    Automation("directory", "DirectoryLink/2.0", 5),
    Automation("badge-doors", "BadgeDoors/1.8", 6),
    Automation("inventory", "Inventory/5.5", 7),
)
