"""What administrators and the help desk do in Okta, and what automations do with their tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from company import okta
from company.assumptions import rate
from company.chance import Chance
from company.desk import Desk, enrolled
from company.event import Event
from company.networks import office
from company.people import ADMINS, Company, Person
from company.services import AUTOMATIONS, Automation
from company.sessions import APPS, CONSOLE, RULE, Session, begin, sign_in
from company.times import DAY, HOUR, MINUTE, SECOND, month_begins, weekend
from company.whereabouts import Whereabouts

_WORKDAYS = 21
_MONTH = 30


def administration(company: Company, day: int, desks: Sequence[Desk], draw: Chance) -> Iterator[Event]:
    """A day's administration of Okta."""
    on_duty = [desk for desk in desks if desk.person.role in ADMINS]
    admins = [desk for desk in on_duty if desk.person.role == "okta admin"]
    for desk in on_duty:
        for _ in range(draw.count(rate("okta.console_visits"))):
            yield from _enter(desk, desk.moment(draw), draw, 1)
    if admins and not weekend(day):
        yield from _routine(company, admins, draw)
        yield from _rare(company, day, admins, draw)
        yield from _reports(day, admins, draw)
    help_desk = [desk for desk in on_duty if desk.person.role == "help desk"]
    if help_desk and not weekend(day):
        yield from _resets(company, help_desk, desks, draw)
    yield from _automations(company, day, draw)


def console(session: Session, at: int, draw: Chance) -> Iterator[Event]:
    """A visit to the Admin Console: policy, factor, entry, Okta's back end; and its detection when the network changes meanwhile."""
    targets = [CONSOLE, RULE]
    path = "/app/saasure/sso/admin"
    quiet = {"behaviors": "{New Geo-Location=NEGATIVE, New Device=NEGATIVE, New IP=NEGATIVE}", "risk": "{level=LOW}"}
    yield session.row("policy.evaluate_sign_on", at, draw, targets=targets, result="CHALLENGE", debug=quiet, path=path)
    at += draw.randrange(4 * SECOND, 20 * SECOND)
    yield session.row("user.authentication.auth_via_mfa", at, draw, debug={"factor": "SIGNED_NONCE"})
    yield session.row("policy.evaluate_sign_on", at + 300, draw, targets=targets, result="ALLOW", debug=quiet, path=path)
    person = session.person
    user = okta.target("AppUser", f"0ua{person.number:05d}99999nlys", person.name, person.email)
    yield session.row("user.session.access_admin_app", at + 700, draw, targets=[user])
    end = at + draw.randrange(10 * MINUTE, 60 * MINUTE)
    for moment in draw.moments(draw.count(rate("okta.back_end_rows")), at + SECOND, end):
        jar = session.jar if draw.happens(0.5) else ""
        yield okta.back_end(moment, draw, person.actor, session.id, session.root, jar)
    where = session.where
    for before, after, moment in zip(where.networks, where.networks[1:], where.since[1:], strict=False):
        if at < moment < end and before.asn != after.asn and draw.happens(rate("okta.roaming_binding")):
            yield session.row(
                "security.session.detect_client_roaming", moment + 5 * SECOND, draw, result="DENY", severity="WARN"
            )


def _act(
    desk: Desk, kind: str, draw: Chance, targets: list[okta.Target], debug: dict[str, str] | None = None
) -> Iterator[Event]:
    """Something done in the console."""
    at = desk.moment(draw)
    yield from _enter(desk, at, draw, 0.6)
    at += draw.randrange(MINUTE, 20 * MINUTE)
    yield desk.session.row(kind, at, draw, targets=targets, debug=debug)


def _enter(desk: Desk, at: int, draw: Chance, often: float) -> Iterator[Event]:
    """A visit to the console if it isn't open yet, and as often as said if it is."""
    if desk.entered > at or draw.happens(often):
        desk.entered = min(desk.entered, at)
        yield from console(desk.session, at, draw)


def _user(person: Person) -> okta.Target:
    return okta.target("User", person.okta, person.name, person.email)


def _group(draw: Chance) -> okta.Target:
    number = draw.randrange(150)
    return okta.target("UserGroup", f"00g{number:05d}nlysGp5d7", f"Group {number}")


def _routine(company: Company, admins: Sequence[Desk], draw: Chance) -> Iterator[Event]:
    for _ in range(draw.count(company.some("okta.group_changes_a_day"))):
        kind = draw.choice(("group.user_membership.add", "group.user_membership.add", "group.user_membership.remove"))
        yield from _act(draw.choice(admins), kind, draw, [_user(draw.choice(company.people)), _group(draw)])
    for _ in range(draw.count(company.some("okta.app_assignments_a_day"))):
        person, app = draw.choice(company.people), draw.choice(APPS)
        user = okta.target("AppUser", f"0ua{person.number:05d}{app['id'][3:8]}nlys", person.name, person.email)
        yield from _act(draw.choice(admins), "application.user_membership.add", draw, [user, app, _user(person)])


def _rare(company: Company, day: int, admins: Sequence[Desk], draw: Chance) -> Iterator[Event]:
    def often(name: str) -> range:
        return range(draw.count(company.some(name) / _WORKDAYS))

    for _ in often("okta.roles_a_month"):
        above = draw.happens(rate("okta.super_roles_a_month") / rate("okta.roles_a_month"))
        granted = (
            "Super administrator"
            if above
            else draw.choice(("Help desk administrator", "Read-only administrator", "Group membership administrator"))
        )
        who = [_user(draw.choice(company.people))]
        yield from _act(draw.choice(admins), "user.account.privilege.grant", draw, who, {"privilegeGranted": granted})
        yield from _act(draw.choice(admins), "user.account.privilege.revoke", draw, who, {"privilegeRevoked": granted})
    for _ in often("okta.users_by_hand_a_month"):
        number = draw.randrange(100_000)
        new = [
            okta.target("User", f"00u{number:07d}handS5d7QXm", f"Temp {number}", f"temp{number}@brisk-contracting.example")
        ]
        yield from _act(draw.choice(admins), "user.lifecycle.create", draw, new)
    for _ in often("okta.tokens_a_month"):
        yield from _token(company, day, draw.choice(AUTOMATIONS), draw.choice(admins), draw)
    for _ in often("okta.policy_changes_a_month"):
        rule = okta.target("PolicyRule", f"rul{draw.randrange(40):05d}nlysXk5d7", "Rule of a department")
        kind = draw.choice(("policy.rule.update", "policy.rule.update", "policy.rule.add", "policy.lifecycle.update"))
        yield from _act(draw.choice(admins), kind, draw, [rule])
    for _ in often("okta.zone_changes_a_month"):
        zone = okta.target(
            "NetworkZone", f"nzo{draw.randrange(12):05d}nlysZn5d7", draw.choice(("Offices", "VPN egress", "Partners"))
        )
        yield from _act(draw.choice(admins), "zone.update", draw, [zone])
    for _ in often("okta.app_changes_a_month"):
        kind = draw.choice(("application.lifecycle.update", "application.lifecycle.create"))
        yield from _act(draw.choice(admins), kind, draw, [draw.choice(APPS)])
    for _ in often("okta.idp_changes_a_month"):
        idp = okta.target("IdentityProvider", "0oa88888nlysIdp5d7", "Agency sign-in")
        yield from _act(draw.choice(admins), "system.idp.lifecycle.update", draw, [idp], {"protocol": "SAML"})
    for _ in often("okta.app_secrets_a_month"):
        app = okta.target("PublicClientApp", f"0oa{draw.randrange(40) + 500:05d}nlysApp5d7", "Internal service")
        yield from _act(draw.choice(admins), "app.oauth2.credentials.lifecycle.create", draw, [app])
    for _ in often("okta.support_cases_a_month"):
        case = {"caseNumber": f"{draw.randrange(10**7):08d}"}
        yield from _act(draw.choice(admins), "user.session.impersonation.grant", draw, [], case)
        at = day * DAY + draw.randrange(15, 22) * HOUR
        yield okta.system("user.session.impersonation.initiate", at, draw, [], case)
        yield okta.system("support.org.view", at + 20 * SECOND, draw, [], {"supportAction": '{"type":"VIEW"}'})
        yield okta.system("user.session.impersonation.end", at + HOUR, draw, [], case)


def _token(company: Company, day: int, account: Automation, admin: Desk, draw: Chance) -> Iterator[Event]:
    """A token renewed: the administrator signs in as the service account from the office, since a token has its maker's rights."""
    at = admin.moment(draw)
    worker = admin.person
    owner = Person(
        **{
            **{name: getattr(worker, name) for name in Person.__slots__},
            "email": account.email,
            "name": f"svc {account.name}",
            "okta": account.okta,
            "seen": set(),
        }
    )
    session = begin(company.seed, owner, worker.laptop, Whereabouts([0], [office(worker.office)]), at, draw)
    yield from sign_in(session, draw)
    yield from console(session, at + MINUTE, draw)
    new = okta.target("Token", f"00T{draw.randrange(10**5):05d}nlysTk4Zq9rX", f"{account.name} {day}")
    old = okta.target("Token", account.token, account.name)
    debug = {"networkConnection": "ANYWHERE" if account.shared else "ZONE"}
    yield session.row("system.api_token.create", at + 4 * MINUTE, draw, targets=[new], debug=debug)
    yield session.row("system.api_token.revoke", at + 30 * MINUTE, draw, targets=[old])


def _reports(day: int, admins: Sequence[Desk], draw: Chance) -> Iterator[Event]:
    exporters = []
    if month_begins(day):
        exporters = [(desk, round(rate("okta.reports_first"))) for desk in admins[:2]]
    exporters += [(draw.choice(admins), draw.count(rate("okta.reports_a_month") / _WORKDAYS))]
    for desk, number in exporters:
        for _ in range(number):
            at = desk.moment(draw)
            yield from _enter(desk, at, draw, 0.8)
            at += draw.randrange(MINUTE, 5 * MINUTE)
            debug = {"jobId": f"job{draw.getrandbits(48):012x}"}
            yield desk.session.row("analytics.reports.export.request", at, draw, debug=debug)
            yield okta.system("analytics.reports.export.generate", at + MINUTE, draw, [], debug)
            yield desk.session.row(
                "analytics.reports.export.download", at + draw.randrange(2, 20) * MINUTE, draw, debug=debug
            )


def _resets(company: Company, help_desk: Sequence[Desk], desks: Sequence[Desk], draw: Chance) -> Iterator[Event]:
    """All factors of a person reset; a new one is enrolled within hours, mostly."""
    for _ in range(draw.count(company.some("okta.factor_resets_a_day"))):
        helper, asker = draw.choice(help_desk), draw.choice(desks)
        at = max(helper.session.start + MINUTE, asker.moment(draw))
        yield from _enter(helper, at, draw, 0.5)
        at += draw.randrange(MINUTE, 6 * MINUTE)
        yield helper.session.row("user.mfa.factor.reset_all", at, draw, targets=[_user(asker.person)])
        if draw.happens(0.3):
            yield helper.session.row("user.account.reset_password", at + MINUTE, draw, targets=[_user(asker.person)])
        if not draw.happens(rate("okta.factor_not_renewed")):
            yield enrolled(asker, at + draw.randrange(3, 180) * MINUTE, draw)


def _automations(company: Company, day: int, draw: Chance) -> Iterator[Event]:
    for _ in range(draw.count(company.some("okta.automation_rows_a_day"))):
        account = draw.choice(
            [each for each in AUTOMATIONS if each.name in ("access-reviews", "group-rules", "desk-bot", "directory")]
        )
        who = _user(draw.choice(company.people))
        kind, targets = "group.user_membership.add", [who, _group(draw)]
        if account.name == "desk-bot":
            kind, targets = "user.account.unlock", [who]
        yield used(account, kind, day * DAY + draw.randrange(DAY), targets, draw)
    if not weekend(day) and draw.happens(rate("okta.terraform_a_week") / 5):
        terraform = next(each for each in AUTOMATIONS if each.shared)
        at, network = day * DAY + draw.randrange(8, 18) * HOUR, terraform.network(draw)
        for number in range(draw.randrange(1, 6)):
            kind = draw.choice(
                ("policy.rule.update", "application.lifecycle.update", "group.lifecycle.create", "zone.update")
            )
            targets = [okta.target("PolicyRule", f"rul{draw.randrange(40):05d}nlysXk5d7", "As code")]
            client = okta.program(terraform.agent, network)
            yield okta.row(
                kind, at + number * 900, draw, terraform.actor, client, network, token=terraform.token, targets=targets
            )


def used(account: Automation, kind: str, at: int, targets: list[okta.Target], draw: Chance) -> Event:
    """A change that an automation makes with its token."""
    network = account.network(draw)
    session = f"trs{draw.getrandbits(84):021x}"
    client = okta.program(account.agent, network)
    return okta.row(kind, at, draw, account.actor, client, network, token=account.token, targets=targets, session=session)
