"""A person's day at the laptop and the phone, as Okta sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from company import okta
from company.assumptions import rate
from company.chance import Chance, chance
from company.event import Event
from company.people import AGENTS, Company, Person
from company.sessions import APPS, Session, begin, moves, open_app, sign_in
from company.times import DAY, HOUR, MINUTE, SECOND, weekend
from company.whereabouts import Whereabouts, laptop, phone, travel

SALESFORCE = next(app for app in APPS if app["displayName"] == "Salesforce")


@dataclass(slots=True)
class Desk:
    """A day's work: when, where, in which session, and what it left in Okta's log."""

    person: Person
    start: int
    end: int
    where: Whereabouts
    session: Session
    events: list[Event] = field(default_factory=list)
    entered: int = 1 << 62
    """When the Admin Console was first entered, for administrators."""

    def moment(self, draw: Chance) -> int:
        """Some moment at work, after the sign-in."""
        return draw.randrange(self.session.start + 30 * SECOND, self.end)


def desks(company: Company, day: int) -> Iterator[Desk]:
    """Those who work on a day, each with the day's rows in Okta."""
    for person in company.people:
        draw = chance(company.seed, "desk", day, person.number)
        travel(person, day, draw)
        if person.hired <= day < person.left and _works(person, day, draw):
            yield _desk(company.seed, person, day, draw)


def _works(person: Person, day: int, draw: Chance) -> bool:
    if not weekend(day):
        return not draw.happens(rate("people.absent"))
    if person.role in AGENTS:
        return draw.happens(rate("people.agents_weekend") * (1 - rate("people.absent")))
    return draw.happens(rate("people.weekend"))


def _desk(seed: int, person: Person, day: int, draw: Chance) -> Desk:
    zone = person.abroad.offset if person.abroad else person.office.offset
    begins = (person.shift + person.office.offset - zone) % 24
    start = day * DAY + begins * HOUR + draw.randrange(0, 75 * MINUTE)
    end = start + round(draw.uniform(6.5, 9.5) * HOUR)
    if draw.happens(rate("okta.cookies_cleared")):
        person.jar += 1
    where = laptop(person, start - HOUR, end, draw)
    session = begin(seed, person, person.laptop, where, start, draw)
    desk = Desk(person, start, end, where, session)
    desk.events += sign_in(session, draw)
    if person.role in AGENTS:
        desk.events += open_app(session, SALESFORCE, session.start + draw.randrange(20 * SECOND, 4 * MINUTE), draw)
    middle = end
    if draw.happens(rate("okta.second_session")):
        middle = draw.randrange(start + HOUR, end)
        later = begin(seed, person, person.laptop, where, middle, draw)
        desk.events += sign_in(later, draw)
        desk.events += _apps(later, end, draw, rate("okta.apps_a_day") / 3)
        desk.events += moves(later, end, draw)
    desk.events += _apps(session, end, draw, rate("okta.apps_a_day"))
    desk.events += moves(session, middle, draw)
    if draw.happens(rate("okta.sign_out")):
        desk.events.append(session.row("user.session.end", end, draw))
    if draw.happens(rate("networks.phone")):
        desk.events += _phone(seed, person, start, draw)
    if draw.happens(rate("okta.phone_renewed")):
        desk.events += _new_phone(person, desk, draw)
    return desk


def _apps(session: Session, end: int, draw: Chance, mean: float) -> Iterator[Event]:
    last = end
    for at in draw.moments(draw.count(mean), session.start + 5 * SECOND, last):
        yield from open_app(session, draw.choice(APPS[session.person.number % 7 :: 2]), at, draw)


def _phone(seed: int, person: Person, start: int, draw: Chance) -> Iterator[Event]:
    begins = start + draw.randrange(-HOUR, 10 * HOUR)
    where = phone(person, begins, begins + 8 * HOUR, draw)
    session = begin(seed, person, person.phone, where, begins, draw)
    yield from sign_in(session, draw)
    yield from _apps(session, begins + 8 * HOUR, draw, 2)
    yield from moves(session, begins + 8 * HOUR, draw)


def _new_phone(person: Person, desk: Desk, draw: Chance) -> Iterator[Event]:
    person.phone_jar += 1
    at = desk.moment(draw)
    yield enrolled(desk, at, draw)
    own = [okta.target("User", person.okta, person.name, person.email)]
    reason = "User reset OKTA_VERIFY_PUSH factor"
    yield desk.session.row(
        "user.mfa.factor.deactivate", at + draw.randrange(MINUTE, 9 * MINUTE), draw, targets=own, reason=reason
    )


def enrolled(desk: Desk, at: int, draw: Chance) -> Event:
    """A factor that a person enrols."""
    person = desk.person
    own = [okta.target("User", person.okta, person.name, person.email)]
    debug = {"factor": "OKTA_VERIFY_PUSH"}
    return desk.session.row(
        "user.mfa.factor.activate", at, draw, targets=own, debug=debug, reason="User set up OKTA_VERIFY_PUSH factor"
    )
