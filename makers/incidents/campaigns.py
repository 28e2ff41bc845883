"""What the campaigns of 2025 have in common: a company whose sales and support work in Salesforce, and exports by the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from makers.incidents import work
from makers.incidents.logbook import ELF, LOGINS, RTEM, Logbook
from makers.incidents.people import Person, account, case_page, device, document, person, place, program, weekday
from makers.incidents.work import minutes

NORWAY, IRELAND, USA = ("Norway", "NO"), ("Ireland", "IE"), ("United States", "US")


@dataclass(frozen=True)
class Export:
    """A bulk job. entity, query: what; rows: how many."""

    entity: str
    query: str
    rows: int


class SalesCompany:
    """People in Salesforce, four integrations and an administrator."""

    def __init__(
        self, name: str, incident: str, first: datetime, last: datetime, robots: dict[str, tuple[str, str]]
    ) -> None:
        self.book = Logbook(f"{incident} {name}")
        self.first, self.last = first, last
        self.domain = f"{name}.example"
        book = self.book
        shown = name.capitalize()
        office = place(book, "office", "192.0.2.34", (64530, shown), "Oslo", NORWAY, (59.9, 10.8))
        vpn = place(book, "vpn", "192.0.2.160", (64530, shown), "Dublin", IRELAND, (53.3, -6.3), proxy=True)
        place(book, "okta-backend", "192.0.2.250", (64500, "Vendor Back End"), "Dublin", IRELAND, (53.3, -6.3))
        device(book, "okta-integrations", "linux", 137)
        self.people: list[Person] = []
        for number in range(6):
            laptop = device(book, f"laptop-{number:02}", ["windows", "mac"][number % 2], 136 + number % 2)
            self.people.append(person(book, number + 3, self.domain, laptop, ((office, vpn), (vpn, office))[number % 2], 7))
        self.admin = self.people[0]
        self.robots: dict[str, Person] = {}
        for number, (robot, (agent, application)) in enumerate(robots.items()):
            network = (64540 + number, f"{application} Cloud")
            cloud = place(book, f"{robot}-cloud", f"198.51.100.{60 + number}", network, "Dublin", IRELAND, (53.3, -6.3))
            client = program(book, f"app-{robot}", agent, application, "OauthRefreshToken")
            user = robot.removeprefix("svc-")
            self.robots[robot] = account(book, robot, f"Svc {user}", f"{user}@{self.domain}", client, (cloud,))
        self.files = [document(book, number, ["PDF", "PNG"][number % 2], 80_000 + number * 911) for number in range(40)]
        self.cases = [case_page(book, number) for number in range(60)]
        book.lists = {
            "corporate_domains": [(f"@{self.domain}", "own domain")],
            "corporate_networks": [("192.0.2.34/32", "office"), ("192.0.2.160/32", "VPN")],
            "known_proxies": [("64530", "our VPN, which Okta calls a proxy")],
            "integration_clients": [(application, "approved") for _, application in robots.values()],
        }

    def ordinary(self) -> None:
        book, draw = self.book, self.book.draw
        for day in work.days(self.first, self.last):
            for one in self.people[1:]:
                if weekday(day) and draw.random() < 0.85:
                    work.support_shift(book, one, day, self.cases, self.files, (2, 4))
            for number, robot in enumerate(self.robots.values()):
                query = "/services/data/v62.0/query"
                calls = [(hour + number, "GET", query, "Case", 30) for hour in (3, 11)]
                session = work.program_day(book, robot, day, calls)
                queried(
                    book,
                    day + minutes(60 * 11.1 + number),
                    robot,
                    robot.places[0],
                    session,
                    "SELECT Id, Status FROM Case",
                    "Case",
                    30,
                )
            if day.weekday() == 0:
                self.monday(day)

    def monday(self, day: datetime) -> None:
        """A report for sales, and an ordinary bulk job of the data warehouse."""
        book = self.book
        one, session = self.people[1], work.session_of(book)
        at = day + minutes(460 + book.draw.uniform(0, 60))
        work.sign_in(book, at, one, one.places[0], session)
        work.report_exported(book, at + minutes(4), one, one.places[0], session, ("Opportunity", "Pipeline", 800))
        robot = list(self.robots.values())[-1]
        export = Export("Account", "SELECT Id, Name, Industry FROM Account", 5200)
        bulk_export(book, day + minutes(130), robot, robot.places[0], session, robot.device, export)


def queried(
    book: Logbook,
    at: datetime,
    one: Person,
    where: str,
    session: str,
    query: str,
    entity: str,
    rows: int,
    *,
    by: str = "",
    fact: str = "",
) -> None:
    """A query by the API, as real-time event monitoring has it."""
    row = {"Query": query, "QueriedEntities": entity, "RowsProcessed": float(rows), "Operation": "Query"}
    book.add(RTEM, "rtem_api_event", at, one.name, where, by or one.device, work.streamed(book, session), row=row, fact=fact)


def bulk_export(
    book: Logbook,
    at: datetime,
    one: Person,
    where: str,
    session: str,
    by: str,
    export: Export,
    *,
    facts: tuple[str, str] = ("", ""),
    deleted: bool = False,
) -> None:
    """A Bulk API 2.0 query job: made, run, its result fetched, and deleted. facts: of the job, and of its deletion."""
    job = f"750{book.text(12)}"
    path = "/services/data/v62.0/jobs/query"
    took, removed = facts
    work.call(book, at, one, where, session, ("POST", path, "", 1), by=by, fact=took)
    status: dict[str, Any] = {"JOB_ID": job, "ENTITY_TYPE": export.entity}
    for offset, state, rows in ((0.1, "UploadComplete", 0), (0.2, "InProgress", 0), (1.5, "JobComplete", export.rows)):
        row = {**status, "JOB_STATUS": state, "RECORDS_PROCESSED": str(rows)}
        book.add(ELF, "elf_bulk_job", at + minutes(offset), one.name, where, session, row=row, fact=took)
    result = {"Query": export.query}
    book.add(
        RTEM, "rtem_bulk_result", at + minutes(2), one.name, where, by, work.streamed(book, session), row=result, fact=took
    )
    work.call(
        book, at + minutes(2), one, where, session, ("GET", f"{path}/{job}/results", "", export.rows), by=by, fact=took
    )
    if deleted:
        work.call(
            book, at + minutes(4), one, where, session, ("DELETE", f"{path}/{job}", "", 0), by=by, status="204", fact=removed
        )


def token_used(book: Logbook, at: datetime, one: Person, where: str, by: str, fact: str) -> str:
    """A session begun with an OAuth token."""
    session = work.session_of(book)
    book.add(ELF, "elf_login", at, one.name, where, by, session, work.signed_in_row(book, "token"), fact=fact)
    book.add(LOGINS, "login_history", at, one.name, where, by, fact=fact)
    return session
