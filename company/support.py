"""A support agent's shift in the case system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from company.archive import Archive, File, case_id
from company.assumptions import rate
from company.chance import Chance, chance
from company.desk import Desk
from company.event import Event
from company.networks import ITSELF, Network
from company.people import AGENTS, IN_CASE_SYSTEM, Company
from company.salesforce import elf, file_moved, login, long_record, realtime, record
from company.times import DAY, HOUR, MINUTE, SECOND, month_begins

_WORDS = (
    "login fails", "sync error 502", "invoice copy", "upgrade 14.2", "slow dashboard", "license key", "webhook timeout", "acme",
    "order 4471", "mobile crash", "sso setup", "export csv", "time zone", "printer", "api limit", "certificate", "permission denied",
)  # fmt: skip
_PLATFORMS = {"Windows 11": ("WINDOWS", "Windows 11"), "Mac OS X": ("MAC_OSX", "Mac OSX"), "Linux": ("LINUX", "Linux")}


@dataclass(slots=True)
class Shift:
    """A shift: a desk with its session in Salesforce. moved: files moved through the browser, as (moment, file, action)."""

    desk: Desk
    key: str
    start: int
    events: list[Event] = field(default_factory=list)
    moved: list[tuple[int, File, str]] = field(default_factory=list)

    @property
    def user(self) -> str:
        return self.desk.person.salesforce

    @property
    def name(self) -> str:
        return self.desk.person.email

    def moment(self, draw: Chance) -> int:
        return draw.randrange(self.start + MINUTE, max(self.desk.end, self.start + 2 * MINUTE))

    def page(self, at: int, draw: Chance, url: str, kind: str = "", entity: str = "") -> None:
        """A page of Lightning."""
        session = self.desk.session
        system = _PLATFORMS.get(session.device.os, ("WINDOWS", ""))[0]
        self.events.append(
            elf(
                "LightningPageView",
                at,
                draw,
                self.user,
                PAGE_URL=url,
                PAGE_ENTITY_ID=entity,
                PAGE_ENTITY_TYPE=kind,
                PAGE_APP_NAME="LightningService",
                PAGE_CONTEXT="one:recordHome" if entity else "one:home",
                CLIENT_IP=self.desk.where.at(at).ip,
                LOGIN_KEY=self.key,
                SESSION_KEY=self.key[::-1],
                BROWSER_NAME="CHROME",
                BROWSER_VERSION=str(session.version),
                OS_NAME=system,
                USER_AGENT=session.device.raw(session.version),
                USER_TYPE="S",
                DURATION=str(draw.randrange(300, 4000)),
            )
        )

    def case(self, at: int, draw: Chance, number: int) -> None:
        entity = case_id(number)
        self.page(at, draw, f"/lightning/r/Case/{entity}/view", "Case", entity)

    def file(self, at: int, draw: Chance, file: File, action: str, *, linked: bool = False) -> None:
        """A file previewed or downloaded: from its case's page, or by a link."""
        if not linked:
            self.case(at - draw.randrange(8 * SECOND, 3 * MINUTE), draw, file.case)
        network = self.desk.where.at(at)
        self.events += file_moved(
            at,
            draw,
            self.user,
            self.name,
            network,
            self.key,
            file=file.number,
            title=file.title,
            size=file.size,
            action=action,
        )
        if action != "PREVIEW":
            self.moved.append((at, file, action))

    def list_view(self, at: int, draw: Chance, entity: str, name: str, rows: int) -> None:
        number = sum(map(ord, name))
        self.page(at, draw, f"/lightning/o/{entity}/list?filterName={name}", entity)
        self.events.append(
            realtime(
                "ListViewEvent", at, draw, self.user, self.name, self.desk.where.at(at), self.key,
                ListViewId=long_record("00B", number), DeveloperName=name, Name=name, QueriedEntities=entity,
                RowsProcessed=float(rows), EventSource="Lightning", ExecutionIdentifier=f"{draw.getrandbits(96):024x}", Sequence=1,
            )
        )  # fmt: skip

    def report(self, at: int, draw: Chance, number: int, entity: str, rows: int, operation: str) -> None:
        """A report that is run or exported."""
        self.events += report(
            at, draw, self.user, self.name, self.desk.where.at(at), self.key, number, entity, rows, operation
        )


def report(
    at: int,
    draw: Chance,
    user: str,
    name: str,
    network: Network,
    key: str,
    number: int,
    entity: str,
    rows: int,
    operation: str,
) -> list[Event]:
    """A report in the event log file and in real time. operation: an ORIGIN."""
    shared = operation in ("ReportExported", "ReportRunFromLightning", "ReportScheduled")
    return [
        elf(
            "Report", at, draw, user, REPORT_ID=record("00O", number), REPORT_ID_DERIVED=long_record("00O", number),
            ENTITY_NAME=entity, ORIGIN=operation, ROW_COUNT=str(rows), NUMBER_COLUMNS="9", AVERAGE_ROW_SIZE="120", RENDERING_TYPE="",
            DISPLAY_TYPE="", CLIENT_IP=network.ip, LOGIN_KEY=key, SESSION_KEY=key[::-1], USER_TYPE="Standard",
            URI=f"/{record('00O', number)}", URI_ID_DERIVED=long_record("00O", number),
        ),
        realtime(
            "ReportEvent", at, draw, user, name, network, key, Operation=operation if shared else "ReportRunFromRestApi",
            ReportId=long_record("00O", number), Name=f"Report {number}", QueriedEntities=entity, RowsProcessed=float(rows),
            EventSource="Lightning", ExecutionIdentifier=f"{draw.getrandbits(96):024x}", IsScheduled=operation == "ReportScheduled",
            NumberOfColumns=9, Format="Tabular", Scope="organization",
        ),
    ]  # fmt: skip


def shifts(company: Company, archive: Archive, day: int, desks: Sequence[Desk]) -> list[Shift]:
    """The shifts of a day."""
    found = []
    for desk in desks:
        if desk.person.role in IN_CASE_SYSTEM:
            draw = chance(company.seed, "shift", day, desk.person.number)
            found.append(_shift(archive, day, desk, draw))
    draw = chance(company.seed, "traces", day)
    _traces(archive, [shift for shift in found if shift.desk.person.role == "tier3"], draw)
    _bundles(company, archive, [shift for shift in found if shift.desk.person.role == "tier3"], draw)
    return found


def _shift(archive: Archive, day: int, desk: Desk, draw: Chance) -> Shift:
    person = desk.person
    start = desk.session.start + draw.randrange(MINUTE, 6 * MINUTE)
    shift = Shift(desk, f"{draw.getrandbits(64):016x}", start)
    browser, platform = (
        desk.session.device.raw(desk.session.version),
        _PLATFORMS.get(desk.session.device.os, ("", "Unknown"))[1],
    )
    signs = {"browser": browser, "seen": f"Chrome {desk.session.version}", "platform": platform}
    if draw.happens(rate("salesforce.login_failures")):
        network = desk.where.at(start)
        shift.events += login(
            start - MINUTE,
            draw,
            shift.user,
            shift.name,
            network,
            "",
            kind="8",
            status="LOGIN_ERROR_RESTRICTED_DOMAIN",
            **signs,
        )
    shift.events += login(start, draw, shift.user, shift.name, desk.where.at(start), shift.key, kind="8", **signs)
    shift.page(start + 3 * SECOND, draw, "/lightning/page/home")
    if draw.happens(rate("salesforce.outlook")):
        at = start + draw.randrange(HOUR)
        agent = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0)"
        shift.events += login(
            at, draw, shift.user, shift.name, desk.where.at(at), f"{draw.getrandbits(64):016x}", browser=agent, kind="i",
            sub="oauthtoken", application="Outlook Integration",
        )  # fmt: skip
    if person.role in AGENTS:
        _cases(shift, archive, draw)
    if person.role == "analyst":
        _figures(shift, day, draw)
    if draw.happens(0.3):
        shift.events.append(_logout(shift, draw))
    return shift


def _cases(shift: Shift, archive: Archive, draw: Chance) -> None:
    role = shift.desk.person.role
    cases = draw.count(rate("salesforce.queue_cases" if role == "queue" else "salesforce.cases_a_shift"))
    own = [archive.any_case(draw) for _ in range(max(1, cases))]
    for at in draw.moments(cases, shift.start, shift.desk.end):
        shift.case(at, draw, draw.choice(own))
    others = draw.count(rate("salesforce.pages_a_shift") - rate("salesforce.cases_a_shift"))
    for at in draw.moments(others, shift.start, shift.desk.end):
        kind, prefix = draw.choice((("Account", "001"), ("Contact", "003"), ("Knowledge__kav", "ka0"), ("Task", "00T")))
        entity = long_record(prefix, draw.randrange(40_000))
        shift.page(at, draw, f"/lightning/r/{kind}/{entity}/view", kind, entity)
    for at in draw.moments(draw.count(rate("salesforce.list_views_a_shift")), shift.start, shift.desk.end):
        shift.list_view(
            at, draw, "Case", draw.choice(("MyOpenCases", "TeamQueue", "Escalated", "Unassigned")), draw.randrange(5, 60)
        )
    for at in draw.moments(draw.count(rate("salesforce.searches_a_shift")), shift.start, shift.desk.end):
        _search(shift, at, draw)
    _files(shift, archive, draw)
    for at in draw.moments(draw.count(rate("salesforce.reports_a_shift")), shift.start, shift.desk.end):
        shift.report(at, draw, draw.randrange(60), "Case", draw.randrange(10, 900), "ReportRunFromLightning")


def _files(shift: Shift, archive: Archive, draw: Chance) -> None:
    role = shift.desk.person.role
    downloads, previews = draw.count(rate("salesforce.downloads_a_shift")), draw.count(rate("salesforce.previews_a_shift"))
    if role == "tier3":
        downloads = draw.heavy(rate("salesforce.tier3_downloads"), 0.7)
    if role == "reviewer":
        previews = draw.heavy(rate("salesforce.review_previews"), 0.4)
    for action, number in (("UI_DOWNLOAD", downloads), ("PREVIEW", previews)):
        for at in draw.moments(number, shift.start + 5 * MINUTE, shift.desk.end):
            file = archive.any_file(draw)
            if not (file.trace and action == "UI_DOWNLOAD"):
                shift.file(at, draw, file, action, linked=draw.happens(rate("salesforce.file_link")))
    for at in draw.moments(draw.count(rate("salesforce.uploads_a_shift")), shift.start, shift.desk.end):
        shift.file(at, draw, archive.add(at, draw), "UPLOAD")
    for at in draw.moments(draw.count(rate("salesforce.attachments_a_shift")), shift.start, shift.desk.end):
        kind = draw.choice(("pdf", "png", "txt", "zip"))
        entity = long_record("00P", draw.randrange(200_000))
        shift.case(at - 20 * SECOND, draw, archive.any_case(draw))
        shift.events.append(elf("DocumentAttachmentDownloads", at, draw, shift.user, ENTITY_ID=entity, FILE_TYPE=kind))
    for at in draw.moments(draw.count(rate("salesforce.shares_a_shift")), shift.start, shift.desk.end):
        shift.events.append(
            elf(
                "ContentDocumentLink", at, draw, shift.user, DOCUMENT_ID=record("069", archive.any_file(draw).number),
                SHARED_WITH_ENTITY_ID=f"0055g00000{draw.randrange(300):05d}", SHARING_OPERATION="INSERT", SHARING_PERMISSION="V",
            )
        )  # fmt: skip
    if draw.happens(rate("salesforce.files_tab")):
        at = shift.moment(draw)
        shift.page(at, draw, "/lightning/o/ContentDocument/home", "ContentDocument")
        for _ in range(draw.randrange(3)):
            at += draw.randrange(20 * SECOND, 2 * MINUTE)
            shift.file(at, draw, archive.any_file(draw), "PREVIEW", linked=True)
    if draw.happens(rate("salesforce.public_links_a_day") / 200):
        shift.events.append(
            elf(
                "ContentDistribution", shift.moment(draw), draw, shift.user, ACTION="INSERT",
                DELIVERY_ID=record("05D", draw.randrange(90_000)), DELIVERY_LOCATION="",
                RELATED_ENTITY_ID=record("500", archive.any_case(draw) % 1_000_000),
                VERSION_ID=record("068", archive.any_file(draw).number),
            )
        )  # fmt: skip


def _search(shift: Shift, at: int, draw: Chance) -> None:
    words = draw.choice(_WORDS)
    if draw.happens(1 / 100):
        words = draw.choice(("har file", "browser trace", "*.har"))
    elif draw.happens(1 / 30):
        words = draw.choice(("password reset", "forgot password", "reset password link"))
    query = f"q{draw.getrandbits(48):012x}"
    prefixes = draw.choice(("500 001 003", "500", "ka0", "069 500 001", "500 003"))
    shift.events.append(
        elf(
            "Search", at, draw, shift.user, " ", SEARCH_QUERY=f'"""{words}"""', PREFIXES_SEARCHED=prefixes,
            NUM_RESULTS=str(draw.randrange(0, 40)), QUERY_ID=query,
        )
    )  # fmt: skip
    shift.events[-1].row["REQUEST_ID"] = ""
    if draw.happens(0.7):
        clicked = long_record("500", 900_000 + draw.randrange(9000))
        shift.events.append(
            elf(
                "SearchClick",
                at + 4 * SECOND,
                draw,
                shift.user,
                CLICKED_RECORD_ID=clicked,
                QUERY_ID=query,
                RANK=str(draw.randrange(1, 9)),
            )
        )


def _figures(shift: Shift, day: int, draw: Chance) -> None:
    """An analyst's reports; large ones on the first of the month."""
    for at in draw.moments(draw.count(12), shift.start, shift.desk.end):
        exported = draw.happens(1 / 6)
        entity = draw.choice(("Case", "Case", "Contact", "Account"))
        operation = "ReportExported" if exported else "ReportRunFromLightning"
        shift.report(at, draw, 100 + draw.randrange(50), entity, draw.heavy(800, 1.0), operation)
    if month_begins(day):
        for at in draw.moments(round(rate("salesforce.reports_first")), shift.start, shift.start + 3 * HOUR):
            entity = draw.choice(("Case", "Case", "Contact", "Account"))
            shift.report(at, draw, 200 + draw.randrange(20), entity, draw.heavy(25_000, 0.8), "ReportExported")


def _logout(shift: Shift, draw: Chance) -> Event:
    device = shift.desk.session
    return elf(
        "Logout", shift.desk.end + MINUTE, draw, shift.user, SESSION_TYPE="UI", SESSION_LEVEL="STANDARD(db=1,api=STANDARD)",
        APP_TYPE="1000", PLATFORM_TYPE="1000", USER_INITIATED_LOGOUT="1", USER_TYPE="Standard(db=S,api=Standard)",
        CLIENT_IP=shift.desk.where.at(shift.desk.end).ip, LOGIN_KEY=shift.key, SESSION_KEY=shift.key[::-1],
        BROWSER_TYPE=device.device.raw(device.version), CLIENT_VERSION="9998.0",
    )  # fmt: skip


def _traces(archive: Archive, tier3: Sequence[Shift], draw: Chance) -> None:
    """Traces that customers sent are taken by the third tier, the same day or the next."""
    left = []
    for file in archive.waiting:
        able = [shift for shift in tier3 if shift.desk.end - 10 * MINUTE > file.at]
        if not able:
            left.append(file)
            continue
        shift = draw.choice(able)
        at = draw.randrange(max(file.at, shift.start) + 5 * MINUTE, shift.desk.end + 5 * MINUTE)
        shift.file(at, draw, file, "UI_DOWNLOAD", linked=draw.happens(rate("salesforce.file_link")))
    archive.waiting = left


def _bundles(company: Company, archive: Archive, tier3: Sequence[Shift], draw: Chance) -> None:
    """A customer's bundle: many files of one case, each downloaded by one engineer in some minutes."""
    for _ in range(draw.count(company.some("salesforce.bundles_a_week") / 7) if tier3 else 0):
        shift, case = draw.choice(tier3), archive.any_case(draw)
        at = shift.moment(draw)
        shift.case(at, draw, case)
        for _ in range(draw.randrange(20, 81)):
            at += draw.randrange(2 * SECOND, 25 * SECOND)
            shift.file(at, draw, archive.add(at - HOUR, draw, case), "UI_DOWNLOAD", linked=True)


def scheduled_reports(company: Company, day: int, draw: Chance) -> Iterator[Event]:
    """Reports that run by schedule, in the name of the analysts who set them up."""
    analysts = company.of("analyst")
    for number in range(draw.count(company.some("salesforce.reports_scheduled"))):
        owner = analysts[number % len(analysts)]
        at = day * DAY + 5 * HOUR + draw.randrange(HOUR)
        yield from report(
            at, draw, owner.salesforce, owner.email, ITSELF, f"{draw.getrandbits(64):016x}", 300 + number, "Case",
            draw.heavy(600, 1.0), "ReportScheduled",
        )  # fmt: skip
