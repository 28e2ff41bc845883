"""People who come and go, passwords they forget, and the internet's background noise, in Okta."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from company import okta
from company.admins import used
from company.chance import Chance, chance
from company.desk import Desk, enrolled
from company.event import Event
from company.networks import stranger
from company.people import AGENTS, Company, Person, person
from company.services import AUTOMATIONS
from company.sessions import APPS
from company.times import DAY, HOUR, MINUTE, SECOND, date_of, weekend

_WORKDAYS = 21
_AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"


def hire(company: Company, day: int) -> Iterator[Event]:
    """New hires, most on the month's first Monday: created by the HR system, given apps by Okta itself."""
    draw = chance(company.seed, "hire", day)
    if weekend(day):
        return
    month = company.some("people.hires_a_month")
    first_monday = date_of(day).weekday() == 0 and date_of(day).day <= 7
    hr = AUTOMATIONS[0]
    for _ in range(draw.count(month * 2 / 3 if first_monday else month / 3 / _WORKDAYS)):
        role = draw.choices(("employee", "agent"), (85, 15))[0]
        new = person(company.seed, 10_000 + len(company.people) + len(company.retired), role)
        new.hired = day
        company.people.append(new)
        at = day * DAY + draw.randrange(5 * HOUR, 7 * HOUR)
        who = okta.target("User", new.okta, new.name, new.email)
        yield used(hr, "user.lifecycle.create", at, [who], draw)
        yield used(hr, "user.lifecycle.activate", at + 2 * SECOND, [who], draw)
        for app in APPS[:8]:
            at += draw.randrange(SECOND, 20 * SECOND)
            user = okta.target("AppUser", f"0ua{new.number:05d}{app['id'][3:8]}nlys", new.name, new.email)
            yield okta.job("application.user_membership.add", at, draw, [user, app, who])


def welcome(day: int, desks: Sequence[Desk], draw: Chance) -> Iterator[Event]:
    """The first day: a factor is enrolled and the password set."""
    for desk in desks:
        if desk.person.hired == day:
            yield enrolled(desk, desk.session.start + draw.randrange(MINUTE, 30 * MINUTE), draw)
            yield desk.session.row(
                "user.account.update_password", desk.session.start + 40 * MINUTE, draw, targets=[_user(desk.person)]
            )


def leave(company: Company, day: int, draw: Chance) -> Iterator[Event]:
    """People who leave: deactivated by the HR system in the evening."""
    for _ in range(draw.count(company.some("people.leavers_a_month") / _WORKDAYS) if not weekend(day) else 0):
        gone = draw.choice([each for each in company.people if each.role in ("employee", *AGENTS[:1])])
        company.people.remove(gone)
        company.retired.append(gone)
        gone.left = day
        at = day * DAY + 17 * HOUR + draw.randrange(HOUR)
        yield used(AUTOMATIONS[0], "user.lifecycle.deactivate", at, [_user(gone)], draw)
        yield okta.job("application.user_membership.remove", at + 5 * SECOND, draw, [_user(gone)])


def passwords(company: Company, desks: Sequence[Desk], draw: Chance) -> Iterator[Event]:
    for _ in range(draw.count(company.some("okta.password_changes_a_day") * len(desks) / len(company.people))):
        desk = draw.choice(desks)
        kind = draw.choice(("user.account.update_password", "user.account.reset_password"))
        yield desk.session.row(kind, desk.moment(draw), draw, targets=[_user(desk.person)])


def background(company: Company, day: int, draw: Chance) -> Iterator[Event]:
    """Strangers who try passwords, and what Okta thinks of some."""
    for _ in range(draw.count(company.some("okta.spray_a_day"))):
        victim, network = draw.choice(company.people), stranger(draw.randrange(190))
        at = day * DAY + draw.randrange(DAY)
        client = okta.program(_AGENT, network)
        yield okta.row(
            "user.session.start", at, draw, victim.actor, client, network, result="FAILURE", reason="INVALID_CREDENTIALS"
        )
        known = network.ip
        actor = {"id": known, "type": "IP address", "alternateId": known, "displayName": known, "detailEntry": None}
        debug = {"threatDetections": '{"Password Spray":"HIGH"}'}
        yield okta.row(
            "security.threat.detected", at, draw, actor, client, network, result="DENY", severity="WARN",
            reason="Password Spray", debug=debug,
        )  # fmt: skip


def suspicions(company: Company, day: int, desks: Sequence[Desk], draw: Chance) -> Iterator[Event]:
    """Risk that Okta raises without cause, people who report a sign-in of their own, tokens that phone apps use twice."""
    high, month = company.some("okta.risk_high_a_month"), 30
    for level, mean in (("MEDIUM", company.some("okta.risk_medium_a_day")), ("HIGH", high / month)):
        for _ in range(draw.count(mean)):
            desk = draw.choice(desks)
            hijack = level == "HIGH" and draw.happens(1 / 3)
            reasons = "Associated sessionId is suspected to be hijacked" if hijack else "Anomalous Location, New ASN"
            name = "Session Influenced User Risk" if hijack else "Entity Risk Policy"
            risk = f"{{previousLevel=LOW, level={level}, detectionName={name}, reasons={reasons}, issuer=OKTA}}"
            debug = {"risk": risk, "traceId": f"{draw.getrandbits(64):016x}"}
            yield okta.system("user.risk.detect", day * DAY + draw.randrange(DAY), draw, [_user(desk.person)], debug)
    for _ in range(draw.count(company.some("okta.reports_by_users_a_month") / month)):
        desk = draw.choice(desks)
        yield desk.session.row("user.account.report_suspicious_activity_by_enduser", desk.moment(draw), draw)
    for _ in range(draw.count(company.some("okta.token_reuse_a_month") / month)):
        desk = draw.choice(desks)
        yield desk.session.row(
            "app.oauth2.token.detect_reuse", desk.moment(draw), draw, targets=[draw.choice(APPS)], severity="WARN"
        )


def _user(each: Person) -> okta.Target:
    return okta.target("User", each.okta, each.name, each.email)
