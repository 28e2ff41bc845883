"""Sign-ins and what follows in a session, as Okta logs them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from company import okta
from company.assumptions import rate
from company.chance import Chance, chance
from company.event import Event
from company.networks import Network
from company.people import Device, Person, other_system
from company.times import DAY, HOUR, MINUTE, SECOND
from company.whereabouts import Whereabouts

_FIRST_RELEASE = 132
_KNOWN_APPS = (
    "Mail", "Calendar", "Wiki", "Tickets", "Salesforce", "Payroll", "Travel", "Code", "Build", "Chat", "Files", "Learning",
    "Expenses", "Survey", "Monitoring", "Design", "Contracts", "Phone", "Video", "Badges", "Roadmap", "Library", "Stock", "Fleet",
)  # fmt: skip
APPS = tuple(okta.target("AppInstance", f"0oa{number:05d}nlysApp5d7", name, name) for number, name in enumerate(_KNOWN_APPS))
CONSOLE = okta.target("AppInstance", "0oa99999nlysApp5d7", "Okta Admin Console", "Okta Admin Console")
DASHBOARD = okta.target("AppInstance", "0oa99998nlysApp5d7", "Okta Dashboard", "Okta Dashboard")
RULE = okta.target("Rule", "rul00001nlysXk5d7", "Catch-all Rule")
_ALLOWED = "Sign-on policy evaluation resulted in AUTHENTICATED"
_ASKED = "Sign-on policy evaluation resulted in CHALLENGE"


@dataclass(slots=True)
class Session:
    """A session in a browser. id: of what follows the sign-in; login: of the sign-in's own rows; root: of both."""

    person: Person
    device: Device
    id: str
    login: str
    root: str
    jar: str
    login_jar: str
    version: int
    where: Whereabouts
    start: int

    def row(
        self, kind: str, at: int, draw: Chance, *, login: bool = False, device: Device | None = None, **more: Any
    ) -> Event:
        """A row of a kind in this session, from the network of the moment."""
        network = more.pop("network", None) or self.where.at(at)
        session, jar = (self.login, self.login_jar) if login else (self.id, self.jar)
        client = okta.client_of(device or self.device, self.version, network)
        known = {"session": session, "root": self.root, "jar": jar, **more}
        return okta.row(kind, at, draw, self.person.actor, client, network, **known)


def version_of(seed: int, person: Person, day: int) -> int:
    """The browser's major version: a release every few weeks, which reaches each person within ten days."""
    weeks = int(rate("okta.browser_weeks"))
    offset = chance(seed, "release", person.number).randrange(10)
    return _FIRST_RELEASE + (day - 20_000 - offset) // (7 * weeks)


def jar_of(seed: int, person: Person, device: Device) -> str:
    number = person.phone_jar if device.phone else person.jar
    return hashlib.sha256(f"{seed}/{device.id}/{number}".encode()).hexdigest()


def begin(seed: int, person: Person, device: Device, where: Whereabouts, start: int, draw: Chance) -> Session:
    """A new session. The sign-in's rows carry another session id than what follows."""
    root = f"idx{draw.getrandbits(84):021x}"
    two = draw.happens(rate("okta.two_session_ids"))
    jar = jar_of(seed, person, device)
    strange = draw.happens(rate("okta.login_jar"))
    return Session(
        person=person,
        device=device,
        id=f"102{draw.getrandbits(84):021x}" if two else root,
        login=root,
        root=root,
        jar=jar,
        login_jar=hashlib.sha256(f"{jar}/login".encode()).hexdigest() if strange else jar,
        version=version_of(seed, person, start // DAY),
        where=where,
        start=start,
    )


def sign_in(session: Session, draw: Chance) -> Iterator[Event]:
    """Policy, factor and session rows of a sign-in; now and then a wrong password before it."""
    at, person = session.start, session.person
    while draw.happens(rate("okta.wrong_password")):
        yield session.row(
            "user.session.start",
            at,
            draw,
            login=True,
            session=None,
            root=None,
            result="FAILURE",
            reason="INVALID_CREDENTIALS",
        )
        at += draw.randrange(5 * SECOND, MINUTE)
    debug = _verdict(session, at, draw)
    targets = [DASHBOARD, RULE]
    yield session.row(
        "policy.evaluate_sign_on", at, draw, login=True, targets=targets, result="CHALLENGE", reason=_ASKED, debug=debug
    )
    while draw.happens(rate("okta.push_unanswered")):
        yield session.row(
            "user.authentication.auth_via_mfa",
            at,
            draw,
            login=True,
            result="FAILURE",
            reason="FACTOR_TIMEOUT",
            debug=_FACTOR,
        )
        at += draw.randrange(MINUTE, 5 * MINUTE)
    at += draw.randrange(3 * SECOND, 20 * SECOND)
    yield session.row("user.authentication.auth_via_mfa", at, draw, login=True, debug=_FACTOR, targets=_self(person))
    at += draw.randrange(200, 900)
    yield session.row(
        "user.session.start", at, draw, login=True, debug={**debug, "loginResult": "SUCCESS"}, targets=_self(person)
    )
    at += draw.randrange(100, 900)
    yield session.row(
        "policy.evaluate_sign_on", at, draw, login=True, targets=targets, result="ALLOW", reason=_ALLOWED, debug=debug
    )
    session.start = at


_FACTOR = {"factor": "SIGNED_NONCE"}


def _self(person: Person) -> list[okta.Target]:
    return [okta.target("User", person.okta, person.name, person.email)]


def open_app(session: Session, app: okta.Target, at: int, draw: Chance) -> Iterator[Event]:
    """A policy evaluation, sometimes a factor, and the single sign-on."""
    targets = [app, RULE]
    path = f"/app/{app['displayName'].lower()}/sso/saml"
    quiet = {"behaviors": _NOTHING_NEW, "risk": "{level=LOW}"}
    odd = other_system(session.device) if draw.happens(rate("okta.desktop_site") / rate("okta.apps_a_day")) else None
    if draw.happens(rate("okta.step_up")):
        yield session.row(
            "policy.evaluate_sign_on", at, draw, targets=targets, result="CHALLENGE", reason=_ASKED, debug=quiet, path=path
        )
        at += draw.randrange(4 * SECOND, 20 * SECOND)
        yield session.row("user.authentication.auth_via_mfa", at, draw, debug=_FACTOR, targets=_self(session.person))
        at += 300
    yield session.row(
        "policy.evaluate_sign_on",
        at,
        draw,
        targets=targets,
        result="ALLOW",
        reason=_ALLOWED,
        debug=quiet,
        path=path,
        device=odd,
    )
    person = session.person
    user = okta.target("AppUser", f"0ua{person.number:05d}{app['id'][3:8]}nlys", person.name, person.email)
    debug = {"signOnMode": "SAML 2.0", "initiationType": draw.choice(("SP_INITIATED", "IDP_INITIATED"))}
    yield session.row("user.authentication.sso", at + 150, draw, targets=[app, user], debug=debug, device=odd)


def moves(session: Session, end: int, draw: Chance) -> Iterator[Event]:
    """What Identity Threat Protection writes when a session's address changes."""
    where, seen = session.where, rate("okta.context_change") * (rate("okta.phone_awake") if session.device.phone else 1)
    for before, after, at in zip(where.networks, where.networks[1:], where.since[1:], strict=False):
        if not session.start < at < end or before.ip == after.ip or not draw.happens(seen):
            continue
        at += draw.randrange(2 * SECOND, 4 * MINUTE)
        if at >= end or where.at(at).ip != after.ip:
            continue
        debug = {"previousIpAddress": before.ip, "newIpAddress": after.ip, "traceId": f"{draw.getrandbits(64):016x}"}
        yield session.row("user.session.context.change", at, draw, debug=debug)
        if draw.happens(rate("okta.reevaluation_fails")):
            more = {
                **debug,
                "behaviors": _NOTHING_NEW.replace("New IP=NEGATIVE", "New IP=POSITIVE"),
                "risk": "{level=MEDIUM}",
            }
            yield session.row("policy.auth_reevaluate.fail", at + 900, draw, debug=more, targets=_self(session.person))


_NOTHING_NEW = (
    "{New Geo-Location=NEGATIVE, New Device=NEGATIVE, New IP=NEGATIVE, New State=NEGATIVE, New Country=NEGATIVE, "
    "Velocity=NEGATIVE, New City=NEGATIVE}"
)


def _verdict(session: Session, at: int, draw: Chance) -> dict[str, str]:
    """Okta's view of a sign-in: what is new for the person, and the risk."""
    network, person = session.where.at(at), session.person
    place = network.place
    marks = {
        "New Geo-Location": f"geo {place.city}",
        "New Device": f"jar {session.login_jar}",
        "New IP": f"ip {network.ip}",
        "New State": f"state {place.state}",
        "New Country": f"country {place.country}",
        "New City": f"city {place.city}",
    }
    new = {name: mark not in person.seen for name, mark in marks.items()}
    person.seen.update(marks.values())
    before, country = person.last
    new["Velocity"] = bool(country) and country != place.country and at - before < 4 * HOUR
    person.last = (at, place.country)
    behaviors = ", ".join(f"{name}={'POSITIVE' if is_new else 'NEGATIVE'}" for name, is_new in new.items())
    return {"behaviors": f"{{{behaviors}}}", "risk": _risk(new, network, draw)}


def _risk(new: dict[str, bool], network: Network, draw: Chance) -> str:
    if new["New Country"] and new["New Device"] and draw.happens(0.3):
        return "{reasons=Anomalous Location, Anomalous Device, level=HIGH}"
    if (new["New Country"] or new["New Device"] or network.proxy) and draw.happens(0.15):
        return "{reasons=Anomalous Device, level=MEDIUM}"
    return "{level=LOW}"
