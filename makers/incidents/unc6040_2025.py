"""unc6040-2025: an application approved on the telephone."""

from __future__ import annotations

from makers.incidents import work
from makers.incidents.campaigns import Export, SalesCompany, bulk_export, queried, token_used
from makers.incidents.logbook import Logbook, moment
from makers.incidents.people import Person, device, place, program, weekday
from makers.incidents.work import minutes, okta_row

FIRST, LAST = moment("2025-05-22 00:00:00"), moment("2025-06-07 00:00:00")
ROBOTS = {
    "svc-shop": ("ShopBridge/2.8", "ShopBridge"),
    "svc-mailing": ("MailingHouse/1.2", "MailingHouse"),
    "svc-warehouse": ("WarehouseLoader/4.4", "WarehouseLoader"),
}


def lindqvist() -> Logbook:
    made = SalesCompany("lindqvist", "unc6040-2025", FIRST, LAST, ROBOTS)
    made.ordinary()
    book = made.book
    for day in work.days(FIRST, LAST):
        for number, one in enumerate(made.people):
            if weekday(day) and book.draw.random() < 0.85:
                work.okta_shift(book, one, day, admin=number < 2)
    called = made.people[5]
    vpn = place(
        book, "vpn-exit-g", "198.51.100.201", (64505, "Burrow VPN"), "Gothenburg", ("Sweden", "SE"), (57.7, 12.0), proxy=True
    )
    other = place(
        book, "vpn-exit-h", "198.51.100.219", (64505, "Burrow VPN"), "Zurich", ("Switzerland", "CH"), (47.4, 8.5), proxy=True
    )
    loader = program(
        book, "loader", "Jakarta Commons-HttpClient/3.1 TicketDeskLoader/64.0", "Ticket Desk Loader", "OauthUserAgent"
    )
    at = moment("2025-06-03 13:22:40")
    session = token_used(book, at, called, vpn, loader, "U02")
    for number, (entity, rows) in enumerate((("Account", 10), ("Contact", 10), ("Contact", 200))):
        when = at + minutes(3 + number * 2)
        query = f"SELECT Id, Name, Phone FROM {entity} LIMIT {rows}"
        work.call(
            book, when, called, vpn, session, ("GET", "/services/data/v62.0/query", entity, rows), by=loader, fact="U03"
        )
        queried(book, when, called, vpn, session, query, entity, rows, by=loader, fact="U03")
    session = token_used(book, moment("2025-06-04 09:02:11"), called, other, loader, "U04")
    for number, (entity, rows) in enumerate((("Account", 41_000), ("Contact", 118_000), ("Opportunity", 36_500))):
        export = Export(entity, f"SELECT FIELDS(ALL) FROM {entity}", rows)
        bulk_export(
            book,
            moment("2025-06-04 09:04:00") + minutes(number * 9),
            called,
            other,
            session,
            loader,
            export,
            facts=("U04", ""),
        )
    signs_in(made, called, other)
    work.setup_change(
        book, moment("2025-06-06 10:31:00"), made.admin, "deleteConnectedApplication", "Connected Apps",
        "Deleted connected app Ticket Desk Loader", fact="U07",
    )  # fmt: skip
    return book


def signs_in(made: SalesCompany, called: Person, where: str) -> None:
    """The help desk resets the employee's factors, and the caller enrols one and signs in."""
    book, desk = made.book, made.people[1]
    at = moment("2025-06-04 15:12:30")
    target = work.about(book, called)
    okta_row(
        book,
        "user_mfa_factor_reset_all",
        at,
        desk,
        desk.places[0],
        session=work.okta_session(book),
        row=target,
        fact="U05",
    )
    theirs, session = device(book, "caller-laptop", "windows", 133), work.okta_session(book)
    okta_row(book, "user_session_start", at + minutes(6), called, where, session=session, device=theirs, fact="U06")
    okta_row(
        book,
        "user_mfa_factor_activate",
        at + minutes(7),
        called,
        where,
        session=session,
        device=theirs,
        row=target,
        fact="U05",
    )
    for number, name in enumerate(("Mail", "Wiki", "Tickets")):
        when = at + minutes(9 + number * 2)
        okta_row(book, "user_authentication_sso", when, called, where, session=session, app=name, device=theirs, fact="U06")
