"""The administrators of the case system, and the people who use its API by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from company.chance import Chance
from company.event import Event
from company.integrations import call
from company.people import AGENTS, Company, Person
from company.salesforce import elf, login, setup
from company.services import Service
from company.support import Shift
from company.times import SECOND, weekend

_WORKDAYS = 21
_ROUTINE = (
    ("createduser", "Created new user {user}", "Manage Users", 2),
    ("deactivateduser", "Deactivated user {user}", "Manage Users", 2),
    ("frozeuser", "Froze user {user}", "Manage Users", 1),
    ("unlockeduser", "Unlocked user {user}", "Manage Users", 2),
    ("resetpassword", "Reset password for user {user}", "Manage Users", 4),
    ("changedemail", "Changed email for user {user}", "Manage Users", 1),
    ("changedprofileforuserstdtostd", "Changed profile for user {user} from Support to Support Lead", "Manage Users", 2),
    ("PermSetAssign", "Permission set Knowledge Author: assigned to user {user}", "Manage Users", 10),
    ("PermSetUnassign", "Permission set Knowledge Author: unassigned from user {user}", "Manage Users", 3),
    ("changedReport", "Changed report Cases by week", "Reports", 12),
    ("changedApexClass", "Changed CaseRouter Apex Class code", "Apex Class", 20),
    ("changedFlow", "Changed flow Case Escalation", "Flows", 8),
    ("changedLayout", "Changed page layout Case Layout", "Customize Cases", 6),
    ("changedQueue", "Changed queue Tier 2", "Manage Users", 4),
    ("upgradedpackagingapp", "Upgraded package Survey Box", "Packages", 1),
)


def setting_up(
    company: Company, services: Sequence[Service], day: int, shifts: Sequence[Shift], draw: Chance
) -> Iterator[Event]:
    """A day's work of the administrators and of those with scripts."""
    admins = [shift for shift in shifts if shift.desk.person.role == "case admin"]
    analysts = [shift for shift in shifts if shift.desk.person.role == "analyst"]
    if weekend(day) or not admins:
        return
    agents = company.of(*AGENTS)
    for _ in range(draw.count(company.some("salesforce.setup_a_day"))):
        action, text, section, _weight = draw.choices(_ROUTINE, [weight for *_, weight in _ROUTINE])[0]
        yield _done(draw.choice(admins), action, text.format(user=draw.choice(agents).email), draw, section)
    yield from _for_services(company, services, day, admins, draw)
    for _ in range(draw.count(company.some("salesforce.login_as_a_week") / 5)):
        yield from _login_as(draw.choice(admins), draw.choice(agents), draw)
    for _ in range(draw.count(company.some("salesforce.connected_apps_a_month") / _WORKDAYS)):
        admin = draw.choice(admins)
        yield _done(admin, "insertConnectedApplication", "Added connected application Desk Helper", draw, "Connected Apps")
    for _ in range(draw.count(company.some("salesforce.data_loader_a_week") / 5)):
        yield from _by_hand(draw.choice(admins), draw, "Data Loader", "Salesforce Data Loader/64.0", "Case", 30_000)
    for _ in range(draw.count(company.some("salesforce.notebooks_a_week") / 5) if analysts else 0):
        yield from _by_hand(draw.choice(analysts), draw, "Figures Notebook", "python-requests/2.32.3", "Case", 6_000)


def _done(admin: Shift, action: str, text: str, draw: Chance, section: str) -> Event:
    return setup(action, admin.moment(draw), draw, admin.user, admin.name, text, section)


def _for_services(
    company: Company, services: Sequence[Service], day: int, admins: Sequence[Shift], draw: Chance
) -> Iterator[Event]:
    for _ in range(draw.count(company.some("salesforce.secrets_rotated_a_month") / _WORKDAYS)):
        each = draw.choice(services)
        yield _done(draw.choice(admins), "resetpassword", f"Reset password for user {each.username}", draw, "Manage Users")
    for _ in range(draw.count(company.some("salesforce.rights_a_month") / _WORKDAYS)):
        each = draw.choice(services)
        text = f"Permission set {each.app}: assigned to user {each.username}"
        yield _done(draw.choice(admins), "PermSetAssign", text, draw, "Manage Users")
    for _ in range(draw.count(company.some("salesforce.service_logins_by_admin_a_month") / _WORKDAYS)):
        each = draw.choice(services)
        yield from _delegated(draw.choice(admins), each.salesforce, each.username, draw)
    for each in services:
        if each.live == day:
            yield _done(draw.choice(admins), "createduser", f"Created new user {each.username}", draw, "Manage Users")


def _login_as(admin: Shift, agent: Person, draw: Chance) -> Iterator[Event]:
    yield from _delegated(admin, agent.salesforce, agent.email, draw)


def _delegated(admin: Shift, user: str, name: str, draw: Chance) -> Iterator[Event]:
    """An administrator logs in as somebody, looks at some pages and leaves."""
    at, key = admin.moment(draw), f"{draw.getrandbits(64):016x}"
    network = admin.desk.where.at(at)
    yield setup("suOrgAdminLogin", at, draw, admin.user, admin.name, f"Logged in as {name}", "Manage Users")
    yield elf(
        "LoginAs", at, draw, user, DELEGATED_USER_ID=admin.user, DELEGATED_USER_ID_DERIVED=admin.desk.person.salesforce18,
        DELEGATED_USER_NAME=admin.name, CLIENT_IP=network.ip, LOGIN_KEY=key, SESSION_KEY=key[::-1], URI="/servlet/servlet.su",
        URI_ID_DERIVED="",
    )  # fmt: skip
    device = admin.desk.session
    for number in range(draw.randrange(2, 8)):
        yield elf(
            "LightningPageView", at + (number + 1) * 20 * SECOND, draw, user, PAGE_URL="/lightning/page/home", PAGE_ENTITY_ID="",
            PAGE_ENTITY_TYPE="", PAGE_APP_NAME="LightningService", CLIENT_IP=network.ip, LOGIN_KEY=key, SESSION_KEY=key[::-1],
            BROWSER_NAME="CHROME", OS_NAME="WINDOWS", USER_AGENT=device.device.raw(device.version), USER_TYPE="S",
        )  # fmt: skip


def _by_hand(shift: Shift, draw: Chance, app: str, agent: str, entity: str, rows: int) -> Iterator[Event]:
    """A person's own use of the API: one login by OAuth, and pages of records."""
    at, key = shift.moment(draw), f"{draw.getrandbits(64):016x}"
    network = shift.desk.where.at(at)
    yield from login(
        at, draw, shift.user, shift.name, network, key, browser=agent, kind="i", sub="oauthcode", application=app
    )  # fmt: skip
    known = Service(
        number=800, kind="by hand", app=app, agent=agent, api="rest", every=0, hour=0, objects=[entity], rows=rows, files="",
        hosted=False, salesforce=shift.user,
    )  # fmt: skip
    for number in range(max(1, draw.heavy(rows, 0.5) // 2000)):
        for event in call(known, at + (number + 2) * 2 * SECOND, network, key, entity, 2000, draw):
            if "Username" in event.row:
                event.row["Username"] = shift.name
            yield event
