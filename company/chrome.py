"""Managed Chrome and the Google Workspace admin log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from company.assumptions import rate
from company.chance import Chance, chance
from company.desk import Desk
from company.event import ADMIN, CHROME, Event
from company.people import Company
from company.support import Shift
from company.times import iso, weekend

_CUSTOMER = "C02nlys9k"
_SITES = (
    "https://drive.files.example",
    "https://mail.nordlys-instruments.example",
    "https://portal.vendor.example",
    "https://intranet.nordlys-instruments.example",
)
_CASES = "https://nordlys.lightning.force.com"
OWN_SITES = ("nordlys.lightning.force.com", "intranet.nordlys-instruments.example")
_LOGIN_PAGES = (
    "https://nordlys.my.salesforce.com/",
    "https://nordlys.okta.com/login",
    "https://payroll.nordlys-instruments.example/login",
)
_PLATFORMS = {"Windows 11": "Windows 11", "Mac OS X": "macOS 15.5", "Linux": "Linux"}
_PERSONAL = "gmail.com"


def browsing(company: Company, day: int, desks: Sequence[Desk], shifts: Sequence[Shift]) -> Iterator[Event]:
    """A day of all managed browsers."""
    moved = {id(shift.desk): shift.moved for shift in shifts}
    for desk in desks:
        draw = chance(company.seed, "chrome", day, desk.person.number)
        for at, file, action in moved.get(id(desk), ()):
            yield _transfer(
                desk, at, draw, file.title, file.size, "FILE_UPLOAD" if action == "UPLOAD" else "FILE_DOWNLOAD", _CASES
            )
        yield from _own(desk, draw)
        if desk.person.personal and draw.happens(rate("chrome.personal_use")):
            yield from _personal(desk, draw)
    draw = chance(company.seed, "chrome", day)
    for _ in range(
        draw.count(company.some("chrome.traces_moved") * len(desks) / len(company.people)) if not weekend(day) else 0
    ):
        desk = draw.choice(desks)
        number = draw.randrange(10**6)
        yield _transfer(
            desk, desk.moment(draw), draw, f"trace-{number}.har", draw.heavy(5e6), "FILE_UPLOAD", draw.choice(_SITES)
        )


def _own(desk: Desk, draw: Chance) -> Iterator[Event]:
    for _ in range(draw.count(rate("chrome.transfers"))):
        name = draw.choice(("notes.txt", "figures.xlsx", "slides.pdf", "photo.jpg", "contract.docx", "build.zip"))
        trigger = draw.choice(("FILE_UPLOAD", "FILE_DOWNLOAD", "FILE_DOWNLOAD"))
        yield _transfer(desk, desk.moment(draw), draw, name, draw.heavy(4e5, 1.2), trigger, draw.choice(_SITES))
    for name, (kind, more) in _KINDS.items():
        for _ in range(draw.count(rate(f"chrome.{name}"))):
            parameters = dict(more)
            if name == "logins":
                parameters["URL"] = draw.choice(_LOGIN_PAGES)
            if name == "password_reuse":
                parameters["URL"] = f"https://shop{min(draw.heavy(60, 1.5), 2000)}.example/login"
            yield _row(kind, desk, desk.moment(draw), draw, **parameters)


_KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "logins": ("LOGIN_EVENT", {"LOGIN_USER_NAME": "*****@nordlys-instruments.example", "IS_FEDERATED": False}),
    "extensions": (
        "BROWSER_EXTENSION_INSTALL",
        {
            "EVENT_RESULT": "REPORTED",
            "APP_NAME": "Spelling",
            "EXTENSION_ACTION": "UPDATE",
            "EXTENSION_SOURCE": "CHROME_WEBSTORE",
        },
    ),
    "crashes": ("BROWSER_CRASH", {"EVENT_RESULT": "REPORTED"}),
    "unsafe_sites": (
        "UNSAFE_SITE_VISIT",
        {"EVENT_REASON": "UNSAFE_SITE_VISIT_SOCIAL_ENGINEERING", "EVENT_RESULT": "WARNED", "URL": "https://prize.example/"},
    ),
    "malware": (
        "MALWARE_TRANSFER",
        {
            "EVENT_REASON": "MALWARE_TRANSFER_DANGEROUS_FILE_TYPE",
            "EVENT_RESULT": "BLOCKED",
            "CONTENT_NAME": "setup.exe",
            "URL": "https://downloads.example/setup.exe",
        },
    ),
    "unscanned": (
        "CONTENT_UNSCANNED",
        {
            "EVENT_REASON": "CONTENT_UNSCANNED_FILE_TOO_LARGE",
            "EVENT_RESULT": "ALLOWED",
            "CONTENT_NAME": r"C:\Users\me\Downloads\image.iso",
            "TRIGGER_TYPE": "FILE_DOWNLOAD",
            "URL": "https://mirror.example/image.iso",
        },
    ),
    "sensitive": (
        "SENSITIVE_DATA_TRANSFER",
        {
            "EVENT_RESULT": "WARNED",
            "CONTENT_NAME": r"C:\Users\me\Documents\people.xlsx",
            "TRIGGER_TYPE": "FILE_UPLOAD",
            "URL": "https://drive.files.example/",
        },
    ),
    "password_reuse": (
        "PASSWORD_REUSE",
        {
            "EVENT_REASON": "PASSWORD_REUSED_UNAUTHORIZED_SITE",
            "EVENT_RESULT": "REPORTED",
        },
    ),
    "password_changed": ("PASSWORD_CHANGED", {"EVENT_RESULT": "REPORTED"}),
    "password_breach": ("PASSWORD_BREACH", {"EVENT_RESULT": "REPORTED", "TRIGGER_TYPE": "SAFETY_CHECK"}),
}


def _personal(desk: Desk, draw: Chance) -> Iterator[Event]:
    """A personal profile beside the company's: some files, now and then a sign-in."""
    local = desk.person.email.partition("@")[0].replace(".", "")
    for _ in range(1 + draw.count(0.5)):
        if draw.happens(0.15):
            yield _row(
                "LOGIN_EVENT", desk, desk.moment(draw), draw, profile=f"{local}@{_PERSONAL}", URL="https://shop.example/login",
                LOGIN_USER_NAME=f"*****@{_PERSONAL}", IS_FEDERATED=False,
            )  # fmt: skip
        else:
            at = desk.moment(draw)
            yield _transfer(
                desk, at, draw, "holiday.jpg", 900_000, "FILE_DOWNLOAD", "https://photos.example", f"{local}@{_PERSONAL}"
            )


def _transfer(
    desk: Desk, at: int, draw: Chance, name: str, size: int, trigger: str, site: str, profile: str | None = None
) -> Event:
    path = name
    if trigger == "FILE_UPLOAD":
        local = desk.person.email.partition(".")[0]
        path = (
            rf"C:\Users\{local}\Downloads\{name}"
            if desk.person.laptop.os == "Windows 11"
            else f"/Users/{local}/Downloads/{name}"
        )
    return _row(
        "CONTENT_TRANSFER", desk, at, draw, profile=profile, URL=f"{site}/upload", TAB_URL=site, TRIGGER_TYPE=trigger,
        CONTENT_NAME=path, CONTENT_SIZE=str(size), CONTENT_TYPE="application/octet-stream",
        CONTENT_HASH=f"{draw.getrandbits(256):064X}", EVENT_RESULT="ALLOWED",
    )  # fmt: skip


def _row(kind: str, desk: Desk, at: int, draw: Chance, profile: str | None = None, **parameters: object) -> Event:
    """An activity of one event. profile: the account of the browser's profile, the company's if not given."""
    person = desk.person
    account = profile or person.email
    outside = profile is not None
    domain = account.partition("@")[2]
    device = desk.session
    user = (
        f"NORDLYS\\{person.email.partition('@')[0]}" if person.laptop.os == "Windows 11" else person.email.partition(".")[0]
    )
    known: dict[str, object] = {
        "TIMESTAMP": str(at),
        "CLIENT_TYPE": "CHROME_BROWSER",
        "PROFILE_USER_NAME": f"*****@{domain}" if outside else account,
        "DEVICE_USER": user,
        "DEVICE_NAME": person.laptop.id.upper(),
        "DEVICE_ID": f"dev-{person.laptop.id}",
        "DEVICE_PLATFORM": _PLATFORMS.get(person.laptop.os, "Linux"),
        "BROWSER_VERSION": f"{device.version}.0.7204.101",
        "USER_AGENT": device.device.raw(device.version),
        "ORG_UNIT_NAME": "Developers" if person.role == "developer" else "Staff",
    }
    if kind in ("PASSWORD_REUSE", "PASSWORD_CHANGED"):
        known["TRIGGER_USER"] = account
    caller = "EXTERNAL_USER" if outside else "USER"
    actor: dict[str, object] = {"callerType": caller, "email": account}
    if not outside:
        actor["profileId"] = f"1{person.number:020d}"
    family = _TYPES.get(kind, f"{kind}_TYPE")
    return _activity(CHROME, "chrome", at, draw, actor, family, kind, {**known, **parameters})


_TYPES = {"PASSWORD_REUSE": "SAFE_BROWSING_PASSWORD_ALERT", "PASSWORD_CHANGED": "SAFE_BROWSING_PASSWORD_ALERT"}


def _activity(
    source: str, application: str, at: int, draw: Chance, actor: dict[str, object], family: str, name: str,
    parameters: dict[str, object], address: str = "",
) -> Event:  # fmt: skip
    row: dict[str, Any] = {
        "kind": "admin#reports#activity",
        "id": {
            "time": iso(at),
            "uniqueQualifier": str(draw.getrandbits(62)),
            "applicationName": application,
            "customerId": _CUSTOMER,
        },
        "actor": actor,
        "events": [
            {"type": family, "name": name, "parameters": [_parameter(key, value) for key, value in parameters.items()]}
        ],
    }
    if address:
        row["ipAddress"] = address
    return Event(source, at, row)


def _parameter(name: str, value: object) -> dict[str, object]:
    if isinstance(value, bool):
        return {"name": name, "boolValue": value}
    return {"name": name, "intValue" if name in ("TIMESTAMP", "CONTENT_SIZE") else "value": value}


_ROUTINE = (
    "ADD_GROUP_MEMBER",
    "REMOVE_GROUP_MEMBER",
    "CREATE_USER",
    "CHANGE_PASSWORD",
    "MOVE_USER_TO_ORG_UNIT",
    "CREATE_GROUP",
    "SUSPEND_USER",
)
_POLICIES = (
    "homepage_location",
    "bookmark_bar_enabled",
    "cookies_allowed_for_urls",
    "printing_enabled",
    "extension_install_allowlist",
)
_SENSITIVE = ("restrict_signin_to_pattern", "browser_signin", "password_manager_enabled", "sync_disabled")


def workspace(company: Company, day: int, desks: Sequence[Desk], draw: Chance) -> Iterator[Event]:
    """The admin log of Google Workspace."""
    admins = [desk for desk in desks if desk.person.role in ("okta admin", "help desk")]
    if not admins or weekend(day):
        return
    for _ in range(draw.count(company.some("chrome.admin_rows_a_day"))):
        kind = draw.choice(_ROUTINE)
        user = draw.choice(company.people).email
        yield _changed(
            draw.choice(admins), draw, "GROUP_SETTINGS" if "GROUP" in kind else "USER_SETTINGS", kind, {"USER_EMAIL": user}
        )
    share = rate("chrome.sensitive_policies_a_month") / rate("chrome.policy_changes_a_month")
    for _ in range(draw.count(company.some("chrome.policy_changes_a_month") / 21)):
        name = draw.choice(_SENSITIVE if draw.happens(share) else _POLICIES)
        begun = draw.happens(0.5)
        old, new = ("INHERITED", "MANDATORY|[.*@nordlys-instruments\\.example]")
        if not begun:
            old, new = new, old
        parameters: dict[str, object] = {"SETTING_NAME": name, "ORG_UNIT_NAME": "Pilot", "OLD_VALUE": old, "NEW_VALUE": new}
        yield _changed(draw.choice(admins), draw, "CHROME_OS_SETTINGS", "CHANGE_CHROME_OS_USER_SETTING", parameters)


def _changed(desk: Desk, draw: Chance, family: str, name: str, parameters: dict[str, object]) -> Event:
    at = desk.moment(draw)
    actor: dict[str, object] = {"callerType": "USER", "email": desk.person.email, "profileId": f"1{desk.person.number:020d}"}
    return _activity(ADMIN, "admin", at, draw, actor, family, name, parameters, desk.where.at(at).ip)
