"""Ordinary work: shifts of support agents, programs, sign-ins to Okta, administrators, uploads by customers, Chrome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from makers.incidents.logbook import ADMIN, CHROME, ELF, LOGINS, OKTA, RTEM, TRAIL, Logbook
from makers.incidents.people import Document, Person


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def days(first: datetime, last: datetime) -> list[datetime]:
    """Midnights from the first to the last."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def somewhere(book: Logbook, one: Person) -> str:
    """Where a person works from today: mostly the usual place."""
    return one.places[0] if book.draw.random() < 0.7 else book.draw.choice(one.places)


def begins(book: Logbook, one: Person, day: datetime) -> datetime:
    return day + timedelta(hours=one.start, minutes=book.draw.gauss(20, 15), seconds=book.draw.randrange(60))


def session_of(book: Logbook) -> str:
    """A new session in the case system, as a part."""
    login, session = book.text(12), book.text(12)
    book.sessions += 1
    return book.part(f"s{book.sessions}", elf={"LOGIN_KEY": login, "SESSION_KEY": session})


def streamed(book: Logbook, session: str) -> str:
    """The same session as real-time event monitoring names it."""
    known = book.parts[ELF][session]
    return book.part(session, rtem={"LoginKey": known["LOGIN_KEY"], "SessionKey": known["SESSION_KEY"]})


def okta_session(book: Logbook) -> str:
    """A new session in Okta, as a part."""
    book.sessions += 1
    name = f"idx{book.text(14)}"
    own = (
        {"externalSessionId": name}
        if book.seed.startswith("okta-2023")
        else {"externalSessionId": name, "rootSessionId": name}
    )
    return book.part(f"s{book.sessions}", okta={"authenticationContext": own})


SIGN_IN, TOKEN = {"SESSION_KEY": "", "URI": "/index.jsp"}, {"SESSION_KEY": "", "URI": "/services/oauth2/token"}


def signed_in_row(book: Logbook, like: str) -> str:
    """The part that a row of a sign-in has beside its session: by the page (`page`) or with a token (`token`)."""
    return book.part(like, elf=SIGN_IN if like == "page" else TOKEN)


def sign_in(book: Logbook, at: datetime, one: Person, where: str, session: str, fact: str = "") -> None:
    """By the login page of the case system."""
    book.add(ELF, "elf_login", at, one.name, where, one.device, session, signed_in_row(book, "page"), fact=fact)
    book.add(LOGINS, "login_history", at, one.name, where, one.device, fact=fact)


def transfer(
    book: Logbook, at: datetime, one: Person, file: Document, kind: str = "VersionDownloadAction", fact: str = ""
) -> None:
    """A file downloaded, previewed or uploaded, by the row that names neither address nor case."""
    like = [one.name, file.part]
    if kind != "VersionDownloadAction":
        preview = {"FILE_PREVIEW_TYPE": "THUMB720BY480"} if kind == "VersionRenditionDownload" else {}
        like.append(book.part(kind, elf={"TRANSACTION_TYPE": kind, **preview}))
    book.add(ELF, "elf_content_transfer", at, *like, fact=fact)


def support_shift(
    book: Logbook,
    one: Person,
    day: datetime,
    cases: Sequence[str],
    files: Sequence[Document],
    viewed: tuple[int, int] = (3, 6),
) -> None:
    """Cases opened one after another, with the files on some of them downloaded or previewed."""
    at, where, session = begins(book, one, day), somewhere(book, one), session_of(book)
    sign_in(book, at, one, where, session)
    for _ in range(book.draw.randint(*viewed)):
        at += minutes(book.draw.uniform(12, 95))
        number = book.draw.randrange(len(cases))
        book.add(ELF, "elf_lightning_page_view", at, one.name, where, one.device, session, cases[number])
        for offset in range(book.draw.choice([0, 0, 1, 1, 2])):
            at += minutes(book.draw.uniform(0.5, 4))
            kind = book.draw.choice(["VersionDownloadAction", "VersionDownloadAction", "VersionRenditionDownload"])
            transfer(book, at, one, files[(number * 2 + offset) % len(files)], kind)
    if book.draw.random() < 0.2:
        words = book.draw.choice(["login loop", "saml error", "invalid_grant", "sync stuck", "mfa prompt"])
        row = {"SEARCH_QUERY": words, "NUM_RESULTS": str(book.draw.randrange(40)), "QUERY_ID": book.text(12)}
        book.add(ELF, "elf_search", at + minutes(3), one.name, row=row)


def customers_upload(book: Logbook, portal: Sequence[Person], files: Sequence[Document], day: datetime) -> None:
    """Customers add browser traces and pictures to their cases through the portal."""
    for _ in range(book.draw.randint(2, 4) if day.weekday() < 5 else book.draw.randint(0, 1)):
        at = day + minutes(book.draw.uniform(360, 1380))
        transfer(book, at, book.draw.choice(portal), book.draw.choice(files), "saveVersion")


def program_day(
    book: Logbook,
    one: Person,
    day: datetime,
    calls: Sequence[tuple[float, str, str, str, int]],
    files: Sequence[Document] = (),
) -> str:
    """A program's day and its session. calls: (hour, method, path, object, rows); files: downloaded by the API, at two in the night."""
    where, session = one.places[0], session_of(book)
    at = day + minutes(5 + book.draw.uniform(0, 4))
    book.add(ELF, "elf_login", at, one.name, where, one.device, session, signed_in_row(book, "token"))
    book.add(LOGINS, "login_history", at, one.name, where, one.device)
    for hour, method, path, entity, rows in calls:
        when = day + minutes(hour * 60 + book.draw.uniform(0, 2))
        call(book, when, one, where, session, (method, path, entity, max(1, round(book.draw.gauss(rows, rows / 6)))))
    for number, file in enumerate(files):
        transfer(book, day + minutes(122 + number / 2), one, file, "VersionDownloadApi")
    return session


def call(
    book: Logbook,
    at: datetime,
    one: Person,
    where: str,
    session: str,
    request: tuple[str, str, str, int],
    *,
    by: str = "",
    status: str = "200",
    fact: str = "",
) -> None:
    """A call of the REST API. request: method, path, object, rows; by: the program, the account's own if not given."""
    method, path, entity, rows = request
    like = f"{method} {path.rpartition('/services/data/')[2]} {entity}".strip() + ("" if status == "200" else f" {status}")
    book.part(like, elf={"URI": path, "METHOD": method, "ENTITY_NAME": entity, "STATUS_CODE": status})
    row = {"ROWS_PROCESSED": str(rows)}
    book.add(ELF, "elf_rest_api", at, one.name, where, by or one.device, session, like, row=row, fact=fact)


def setup_change(book: Logbook, at: datetime, one: Person, action: str, section: str, display: str, fact: str = "") -> None:
    row = {"Action": action, "Section": section, "Display": display}
    book.add(TRAIL, "setup_audit_trail", at, one.name, row=row, fact=fact)


def report_exported(
    book: Logbook,
    at: datetime,
    one: Person,
    where: str,
    session: str,
    about: tuple[str, str, int],
    fact: str = "",
) -> None:
    """A report run and exported, in both logs. about: object, name, rows."""
    entity, name, rows = about
    identity = f"00O{book.text(12)}"
    run = book.hexadecimal(16)
    row: dict[str, Any] = {
        "REPORT_ID": identity,
        "ENTITY_NAME": entity,
        "ROW_COUNT": str(rows),
        "URI": f"/{identity}",
    }
    row["REPORT_ID_DERIVED"] = ""
    book.add(ELF, "elf_report", at, one.name, where, one.device, session, row=row, fact=fact)
    stream = {
        "ReportId": identity,
        "Name": name,
        "QueriedEntities": entity,
        "RowsProcessed": float(rows),
        "ExecutionIdentifier": run,
    }
    book.add(RTEM, "rtem_report_event", at, one.name, where, one.device, streamed(book, session), row=stream, fact=fact)


def okta_row(
    book: Logbook,
    event: str,
    at: datetime,
    one: Person,
    where: str,
    *,
    session: str = "",
    row: dict[str, Any] | None = None,
    app: str = "",
    device: str = "",
    fact: str = "",
) -> None:
    """A row of the Okta log. app: the application that it is about, a part of the logbook."""
    if app and f"app {app}" not in book.parts[OKTA]:
        target = {"id": f"0oa{book.text(17)}", "type": "AppInstance", "alternateId": app, "displayName": app}
        book.part(f"app {app}", okta={"target": [target]})
    like = [one.name, where, device or one.device, session, *([f"app {app}"] if app else [])]
    book.add(OKTA, event, at, *like, row=row, fact=fact)


def about(book: Logbook, one: Person) -> dict[str, Any]:
    """The target of an administrator's act on somebody."""
    known = book.parts[OKTA][one.name]["actor"]
    return {"target": [{**known, "type": "User"}]}


APPS = ("Mail", "Chat", "Wiki", "Payroll", "Tickets", "Calendar")


def okta_shift(book: Logbook, one: Person, day: datetime, admin: bool = False) -> tuple[datetime, str, str]:
    """A working day's sign-in and a few applications; with the admin console, in which Okta's own back end acts, for administrators."""
    at, where, session = begins(book, one, day), somewhere(book, one), okta_session(book)
    okta_row(book, "user_session_start", at, one, where, session=session)
    for _ in range(book.draw.randint(1, 2)):
        at += minutes(book.draw.uniform(2, 150))
        okta_row(book, "user_authentication_sso", at, one, where, session=session, app=book.draw.choice(APPS))
    if admin and book.draw.random() < 0.6:
        at += minutes(book.draw.uniform(5, 60))
        okta_row(book, "policy_evaluate_sign_on", at, one, where, session=session, app="Okta Admin Console")
        okta_row(book, "user_session_access_admin_app", at + minutes(0.05), one, where, session=session)
        okta_row(book, "okta_backend", at + minutes(0.2), one, "okta-backend", session=session, device="okta-integrations")
    return at, where, session


def moved(
    book: Logbook,
    at: datetime,
    one: Person,
    name: str,
    *,
    upload: bool,
    host: str,
    row: dict[str, Any] | None = None,
    fact: str = "",
) -> None:
    """A file that went through a managed browser."""
    what = {
        "TRIGGER_TYPE": "FILE_UPLOAD" if upload else "FILE_DOWNLOAD",
        "URL": f"https://{host}/",
        "CONTENT_NAME": f"C:\\Users\\{one.shown.rsplit(maxsplit=1)[-1].lower()}\\Downloads\\{name}",
        "CONTENT_SIZE": str(book.draw.randrange(20_000, 9_000_000)),
        "CONTENT_TYPE": "application/json" if name.endswith(".har") else "application/pdf",
    }
    book.add(CHROME, "chrome_content_transfer", at, one.name, one.device, row={**what, **(row or {})}, fact=fact)


def policy_changed(book: Logbook, at: datetime, one: Person, setting: str, old: str, new: str, fact: str = "") -> None:
    row = {"SETTING_NAME": setting, "OLD_VALUE": old, "NEW_VALUE": new, "ORG_UNIT_NAME": "All users"}
    book.add(ADMIN, "admin_change_chrome_os_user_setting", at, one.name, one.places[0], row=row, fact=fact)
