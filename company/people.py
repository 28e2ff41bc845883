"""Who works at the company, with what, and what is remembered of them from day to day."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from casetrail.pack.watchlist import other_length
from company.assumptions import rate
from company.chance import Chance, chance
from company.networks import HOMES, OFFICES, Place

DOMAIN = "nordlys-instruments.example"
AGENCIES = ("brisk-contracting.example", "fjordstaff.example")
ORGANIZATION = "00D5g000004Nlys"
_FIRST = """
    Ada Bo Cyr Dag Eli Finn Gro Hal Ida Jon Kai Liv Mio Nia Ola Pia Quin Rune Siv Tor Una Vea Wim Xena Yrsa Zoe
""".split()  # noqa: SIM905
_LAST = """
    Berg Lund Moe Vik Dahl Haug Lie Strand Bakke Sund Nygard Foss Holm Rud Eide Brekke Aas Tveit Ness Myhre
""".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Device:
    """What signs in: its systems as Okta and Salesforce name them. agent: the user agent with `{v}` for the browser's version."""

    id: str
    os: str
    browser: str
    kind: str
    agent: str
    phone: bool = False

    def raw(self, version: int) -> str:
        return self.agent.replace("{v}", str(version))


_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36"
_MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36"
)
_LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile Safari/604.1"
_ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Mobile Safari/537.36"
_DESKTOP_MODE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15"
)


@dataclass(slots=True)
class Person:
    """An employee. What changes from day to day stands at the end."""

    number: int
    role: str
    name: str
    email: str
    office: Place
    home: Place
    remote: bool
    laptop: Device
    phone: Device
    okta: str
    salesforce: str
    relay: bool
    private_vpn: bool
    personal: bool
    vpn_always: bool
    shift: int
    """The hour of the day, UTC, at which they begin."""
    hired: int = 0
    left: int = 1 << 30
    lease: int = 0
    jar: int = 0
    phone_jar: int = 0
    abroad: Place | None = None
    abroad_until: int = 0
    seen: set[str] = field(default_factory=set)
    last: tuple[int, str] = (0, "")

    @property
    def salesforce18(self) -> str:
        return other_length(self.salesforce)

    @property
    def actor(self) -> dict[str, Any]:
        return _actor(self.okta, self.email, self.name)


@cache
def _actor(identity: str, email: str, name: str) -> dict[str, Any]:
    return {"id": identity, "type": "User", "alternateId": email, "displayName": name, "detailEntry": None}


@dataclass(slots=True)
class Company:
    """Its people by role. share: how much of the company there is, for a quick test."""

    seed: int
    share: float
    people: list[Person]
    retired: list[Person] = field(default_factory=list)

    def of(self, *roles: str) -> list[Person]:
        return [person for person in self.people if person.role in roles]

    def some(self, name: str) -> float:
        """A figure for the whole company, cut to its share."""
        return rate(name) * self.share


def company(seed: int, share: float = 1.0) -> Company:
    """The company of a seed. share: the part of it to have."""
    roles = [role for role, name in _ROLES for _ in range(max(1, round(rate(f"people.{name}") * share)))]
    agents = round(rate("people.agents") * share) - sum(role in AGENTS for role in roles)
    roles += ["agent"] * max(agents, 1)
    everyone = max(round(rate("people.employees") * share), len(roles) + 1)
    roles += ["employee"] * (everyone - len(roles))
    return Company(seed, share, [person(seed, number, role) for number, role in enumerate(roles)])


_ROLES = (
    ("okta admin", "okta_admins"),
    ("help desk", "help_desk"),
    ("case admin", "case_admins"),
    ("analyst", "analysts"),
    ("developer", "developers"),
    ("tier3", "tier3"),
    ("queue", "queue_managers"),
    ("reviewer", "reviewers"),
)
AGENTS = ("agent", "tier3", "queue", "reviewer")
ADMINS = ("okta admin", "help desk")
IN_CASE_SYSTEM = (*AGENTS, "case admin", "analyst")


def person(seed: int, number: int, role: str) -> Person:
    """The person of a number, the same for the same seed."""
    draw = chance(seed, "person", number)
    first, last = draw.choice(_FIRST), draw.choice(_LAST)
    contractor = role in ("employee", "agent", "developer") and draw.happens(rate("people.contractors"))
    domain = draw.choice(AGENCIES) if contractor else DOMAIN
    office = draw.choice(OFFICES)
    always = "networks.vpn_always_admins" if role in (*ADMINS, "case admin") else "networks.vpn_always"
    start = (8 - office.offset) % 24 if role not in AGENTS else (draw.choice((7, 8, 10, 13)) - office.offset) % 24
    return Person(
        number=number,
        role=role,
        name=f"{first} {last} {number}",
        email=f"{first}.{last}{number}@{domain}".lower(),
        office=office,
        home=draw.choice(HOMES[office]),
        remote=contractor or draw.happens(rate("people.remote")),
        laptop=_laptop(draw, number, role),
        phone=_phone(draw, number),
        okta=f"00u{number:07d}nlyS5d7QXm",
        salesforce=f"0055g00000{number:05d}",
        relay=draw.happens(rate("networks.relay")),
        private_vpn=draw.happens(rate("networks.private_vpn")),
        personal=role == "developer" and draw.happens(rate("chrome.personal_profiles")),
        vpn_always=draw.happens(rate(always)),
        shift=start,
        lease=draw.randrange(16),
    )


def _laptop(draw: Chance, number: int, role: str) -> Device:
    systems = (("Windows 11", _WINDOWS), ("Mac OS X", _MAC), ("Linux", _LINUX))
    weights = (30, 60, 10) if role == "developer" else (68, 31, 1)
    os, agent = draw.choices(systems, weights)[0]
    return Device(f"laptop-{number:04d}", os, "CHROME", "Computer", agent)


def _phone(draw: Chance, number: int) -> Device:
    if draw.happens(0.6):
        return Device(f"phone-{number:04d}", "iOS", "SAFARI", "Mobile", _IPHONE, phone=True)
    return Device(f"phone-{number:04d}", "Android", "CHROME", "Mobile", _ANDROID, phone=True)


def other_system(device: Device) -> Device:
    """The same cookie jar under another system's name: a phone that asks for the desktop site, a developer's emulation."""
    if device.phone:
        return Device(device.id, "Mac OS X", "SAFARI", "Computer", _DESKTOP_MODE, phone=True)
    return Device(device.id, "iOS", "SAFARI", "Mobile", _IPHONE)
