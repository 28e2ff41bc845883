"""salesloft-drift-2025: the chat application's token in other hands."""

from __future__ import annotations

from makers.incidents import work
from makers.incidents.campaigns import USA, Export, SalesCompany, bulk_export, queried, token_used
from makers.incidents.logbook import Logbook, moment
from makers.incidents.people import place, program

FIRST, LAST = moment("2025-07-31 00:00:00"), moment("2025-08-25 00:00:00")
ROBOTS = {
    "svc-parley": ("ParleyChat/7.2", "ParleyChat"),
    "svc-freightsync": ("FreightSync/3.3", "FreightSync"),
    "svc-invoices": ("InvoiceRelay/2.0", "InvoiceRelay"),
    "svc-warehouse": ("WarehouseLoader/4.4", "WarehouseLoader"),
}


def halden() -> Logbook:
    made = SalesCompany("halden", "salesloft-drift-2025", FIRST, LAST, ROBOTS)
    made.ordinary()
    book, chat = made.book, made.robots["svc-parley"]
    hosting = place(book, "hosting-e", "203.0.113.66", (64507, "Quarry Compute"), "Ashburn", USA, (39.0, -77.5))
    tor = place(
        book,
        "exit-f",
        "203.0.113.214",
        (64506, "Onion Relay Club"),
        "Amsterdam",
        ("Netherlands", "NL"),
        (52.4, 4.9),
        proxy=True,
    )
    scripts = {
        name: program(book, name, agent, "ParleyChat", "OauthRefreshToken")
        for name, agent in {
            "script-requests": "python-requests/2.31.0",
            "script-aiohttp": "Python/3.12 aiohttp/3.9.5",
            "script-fetcher": "Org-Reader-Multi/0.4",
        }.items()
    }
    for name in scripts:
        for source in ("salesforce/eventlogfile", "salesforce/realtime"):
            theirs = book.parts[source][f"app-{chat.name}"]
            kept = {key: theirs[key] for key in ("CONNECTED_APP_ID", "ConnectedAppId") if key in theirs}
            book.parts[source][name] = {**book.parts[source][name], **kept}
    data = "/services/data/v62.0"
    at = moment("2025-08-12 22:14:09")
    session = token_used(book, at, chat, tor, "script-requests", "D01")
    work.call(book, at, chat, tor, session, ("GET", f"{data}/", "", 1), by="script-requests", fact="D01")
    at = moment("2025-08-13 19:33:02")
    session = token_used(book, at, chat, tor, "script-requests", "D02")
    work.call(book, at, chat, tor, session, ("GET", f"{data}/sobjects/", "", 1), by="script-requests", fact="D02")
    for number, entity in enumerate(("Account", "Contact", "User", "Case", "Opportunity")):
        when = at + work.minutes(1 + number / 2)
        work.call(book, when, chat, tor, session, ("GET", f"{data}/query", entity, 1), by="script-requests", fact="D02")
        queried(book, when, chat, tor, session, f"SELECT COUNT() FROM {entity}", entity, 1, by="script-requests", fact="D02")
    at = moment("2025-08-14 00:17:41")
    session = token_used(book, at, chat, hosting, "script-aiohttp", "D03")
    for number, path in enumerate(("/sobjects/Case/describe/", "/limits/", "/query")):
        when = at + work.minutes(1 + number)
        work.call(book, when, chat, hosting, session, ("GET", data + path, "Case", 1), by="script-aiohttp", fact="D03")
    queried(
        book, at + work.minutes(3), chat, hosting, session, "SELECT Id, Name FROM Organization LIMIT 1", "Organization", 1,
        by="script-aiohttp", fact="D03",
    )  # fmt: skip
    at = moment("2025-08-16 19:26:30")
    session = token_used(book, at, chat, hosting, "script-fetcher", "D04")
    work.call(
        book,
        at + work.minutes(1),
        chat,
        hosting,
        session,
        ("GET", f"{data}/query", "Case", 1),
        by="script-fetcher",
        fact="D04",
    )
    queried(
        book,
        at + work.minutes(1),
        chat,
        hosting,
        session,
        "SELECT COUNT() FROM Case",
        "Case",
        1,
        by="script-fetcher",
        fact="D04",
    )
    at = moment("2025-08-17 11:11:20")
    session = token_used(book, at, chat, hosting, "script-fetcher", "D05")
    export = Export("Case", "SELECT Id, CaseNumber, Subject, Description, SuppliedEmail, SuppliedPhone FROM Case", 148_200)
    bulk_export(
        book, at + work.minutes(0.2), chat, hosting, session, "script-fetcher", export, facts=("D05", "D06"), deleted=True
    )
    at = moment("2025-08-18 02:40:12")
    session = token_used(book, at, chat, tor, "script-requests", "D07")
    for number, word in enumerate(("password", "AKIA", "snowflake")):
        when = at + work.minutes(1 + number)
        words = f"SELECT Id, Description FROM Case WHERE Description LIKE '%{word}%'"
        work.call(book, when, chat, tor, session, ("GET", f"{data}/query", "Case", 40), by="script-requests", fact="D07")
        queried(book, when, chat, tor, session, words, "Case", 40, by="script-requests", fact="D07")
    work.setup_change(
        book, moment("2025-08-23 14:05:00"), made.admin, "uninstalledpackagingapp", "Installed Packages",
        "Uninstalled package ParleyChat", fact="D09",
    )  # fmt: skip
    revoked(book)
    return book


def revoked(book: Logbook) -> None:
    """From the twentieth on the chat application itself has no token either: its rows end."""
    for source in list(book.lines):
        book.lines[source] = [
            line for line in book.lines[source] if '"svc-parley"' not in line[2] or line[1] < moment("2025-08-20 10:00:00")
        ]
