"""Rows of Salesforce: event log files, real-time events, set-up audit trail, login history."""

from __future__ import annotations

from functools import lru_cache

from casetrail.pack import watchlist
from company.chance import Chance
from company.event import ELF, LOGINS, REALTIME, SETUP, Event
from company.networks import Network
from company.people import ORGANIZATION
from company.times import compact, iso

other_length = lru_cache(maxsize=100_000)(watchlist.other_length)
TLS = "TLSv1.3"
CIPHER = "TLS_AES_256_GCM_SHA384"


def record(prefix: str, number: int) -> str:
    """A record's id of 15 characters."""
    return f"{prefix}5g0000{number:06d}"


def long_record(prefix: str, number: int) -> str:
    return other_length(record(prefix, number))


def elf(kind: str, at: int, draw: Chance, user: str, request: str = "", **columns: str) -> Event:
    """A row of an event log file. user: an id of 15 characters. Every value is text, an absent one empty."""
    row = {
        "EVENT_TYPE": kind,
        "TIMESTAMP": compact(at),
        "TIMESTAMP_DERIVED": iso(at),
        "REQUEST_ID": request or f"TID{draw.getrandbits(72):018x}",
        "ORGANIZATION_ID": ORGANIZATION,
        "USER_ID": user,
    }
    if kind not in ("Search", "SearchClick", "PermissionUpdate", "UniqueQuery"):
        row["USER_ID_DERIVED"] = other_length(user)
    return Event(ELF, at, {**row, **columns})


def realtime(kind: str, at: int, draw: Chance, user: str, name: str, network: Network, key: str, **fields: object) -> Event:
    """A real-time event, as a connector stores it. user: an id of 15 characters; key: the login key."""
    text = f"{draw.getrandbits(128):032x}"
    row: dict[str, object] = {
        "EventIdentifier": f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}",
        "EventType": kind,
        "EventDate": iso(at),
        "CreatedDate": iso(at + draw.randrange(400, 9000)),
        "UserId": other_length(user),
        "Username": name,
        "SourceIp": network.ip,
        "LoginKey": key,
        "SessionKey": key[::-1],
        "SessionLevel": "STANDARD",
        "RelatedEventIdentifier": None,
    }
    return Event(REALTIME, at, {**row, **fields})


def setup(
    action: str, at: int, draw: Chance, user: str, name: str, display: str, section: str | None = "Manage Users"
) -> Event:
    """A row of the set-up audit trail."""
    row = {
        "Id": other_length(f"0Ym5g{draw.randrange(10**10):010d}"),
        "Action": action,
        "Section": section,
        "CreatedDate": iso(at),
        "CreatedById": other_length(user),
        "CreatedByName": name,
        "CreatedByUsername": name,
        "Display": display,
        "DelegateUser": None,
        "ResponsibleNamespacePrefix": None,
    }
    return Event(SETUP, at, row)


def login(
    at: int, draw: Chance, user: str, name: str, network: Network, key: str, *, browser: str, kind: str, sub: str = "",
    status: str = "LOGIN_NO_ERROR", application: str = "Browser", seen: str = "Unknown", platform: str = "Unknown",
    tls: str = TLS, cipher: str = CIPHER,
) -> list[Event]:  # fmt: skip
    """A login in the event log file and in the login history. kind: a LOGIN_TYPE; browser: the user agent; seen: the browser's name."""
    history_kind, history_sub = _HISTORY[kind, sub]
    row = elf(
        "Login",
        at,
        draw,
        user,
        USER_NAME=name,
        LOGIN_STATUS=status,
        LOGIN_TYPE=kind,
        LOGIN_SUB_TYPE=sub,
        CLIENT_IP=network.ip,
        SOURCE_IP=network.ip,
        FORWARDED_FOR_IP="",
        BROWSER_TYPE=browser,
        API_TYPE="",
        API_VERSION="9998.0",
        LOGIN_KEY=key,
        SESSION_KEY="",
        TLS_PROTOCOL=tls,
        CIPHER_SUITE=cipher,
        URI="/services/oauth2/token" if kind == "i" else "/index.jsp",
        URI_ID_DERIVED="",
        USER_TYPE="Standard",
        REQUEST_STATUS="",
        RUN_TIME=str(draw.randrange(40, 400)),
        CPU_TIME=str(draw.randrange(10, 90)),
        DB_TOTAL_TIME=str(draw.randrange(10**6, 10**8)),
    )
    history = {
        "Id": other_length(f"0Ya5g{draw.randrange(10**10):010d}"),
        "UserId": other_length(user),
        "LoginTime": iso(at),
        "LoginType": history_kind,
        "LoginSubType": history_sub,
        "Application": application,
        "Browser": seen,
        "Platform": platform,
        "ApiType": "N/A",
        "ApiVersion": "N/A",
        "ClientVersion": "N/A",
        "SourceIp": network.ip,
        "Status": _STATUS[status],
        "LoginUrl": "nordlys.my.salesforce.com",
        "CountryIso": network.place.iso,
        "OptionsIsGet": False,
        "OptionsIsPost": True,
    }
    return [row, Event(LOGINS, at, history)]


_HISTORY = {
    ("8", ""): ("Saml2", None),
    ("A", "uiup"): ("Application", "UsernamePasswordUiLogin"),
    ("i", "oauthclientcredential"): ("Oauth2", "OauthClientCredentials"),
    ("i", "oauthcode"): ("Oauth2", "OauthWebServer"),
    ("i", "oauthtoken"): ("Oauth2", "OauthRefreshToken"),
    ("I", ""): ("OtherApi", None),
}
_STATUS = {
    "LOGIN_NO_ERROR": "Success",
    "LOGIN_ERROR_RESTRICTED_DOMAIN": "Restricted IP",
    "LOGIN_OAUTH_INVALID_TOKEN": "Failed: Invalid token",
    "LOGIN_ERROR_INVALID_PASSWORD": "Invalid Password",
}


def file_moved(
    at: int, draw: Chance, user: str, name: str, network: Network, key: str, *, file: int, title: str, size: int, action: str
) -> list[Event]:
    """A file uploaded, downloaded or previewed: ContentTransfer without address or name, FileEvent with both.

    action: a FileAction of the real-time event.
    """
    kind = title.rpartition(".")[2].upper()
    document, version = record("069", file), record("068", file)
    known = kind in ("PDF", "TXT", "ZIP", "PNG", "MP4", "DOCX", "LOG", "XML", "JSON")
    transfer = elf(
        "ContentTransfer",
        at,
        draw,
        user,
        DOCUMENT_ID=document,
        DOCUMENT_ID_DERIVED=other_length(document),
        VERSION_ID=version,
        VERSION_ID_DERIVED=other_length(version),
        TRANSACTION_TYPE=_TRANSACTIONS[action],
        FILE_TYPE=kind if known else "UNKNOWN",
        FILE_PREVIEW_TYPE="THUMB720BY480" if action == "PREVIEW" else "",
        SIZE_BYTES=str(size),
    )
    event = realtime(
        "FileEvent",
        at,
        draw,
        user,
        name,
        network,
        key,
        FileAction=action,
        FileName=None if action == "API_DOWNLOAD" else title,
        FileType=kind if known else "UNKNOWN",
        FileSource="S",
        ContentSize=size,
        DocumentId=other_length(document),
        VersionId=other_length(version),
        IsLatestVersion=True,
    )
    return [transfer, event]


_TRANSACTIONS = {
    "UI_DOWNLOAD": "VersionDownloadAction",
    "API_DOWNLOAD": "VersionDownloadApi",
    "PREVIEW": "VersionRenditionDownload",
    "UPLOAD": "saveVersion",
}
