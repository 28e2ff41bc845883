"""Who and what a log names: people, places, devices and files, as parts of a logbook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from casetrail.pack.watchlist import other_length
from makers.incidents.logbook import Logbook


@dataclass(frozen=True)
class Person:
    """name: of the part; mail: the account; places: where the person works from, the usual one first."""

    name: str
    mail: str
    shown: str
    device: str
    places: tuple[str, ...]
    start: int
    """The hour (UTC) at which the shift begins."""
    sales_id: str


FIRST: tuple[str, ...] = (
    "Ada",
    "Bjarke",
    "Clio",
    "Dario",
    "Edda",
    "Fenja",
    "Goran",
    "Hedda",
    "Ivo",
    "Jorun",
    "Kalle",
    "Liv",
)
FIRST += ("Mads", "Nilo", "Oda", "Piet", "Runa", "Sven", "Tova", "Ulf", "Vera", "Wim", "Ylva", "Zeno")
LAST: tuple[str, ...] = (
    "Aldal",
    "Brekke",
    "Coster",
    "Dahlin",
    "Eikeland",
    "Falk",
    "Gram",
    "Holt",
    "Isaksen",
    "Jarl",
    "Kvist",
    "Lund",
)
LAST += ("Moberg", "Nygard", "Opdal", "Prinz")


def person(
    book: Logbook, number: int, domain: str, device: str, places: tuple[str, ...], start: int, name: str = ""
) -> Person:
    """A person with accounts in every log of the company."""
    given, family = FIRST[number % len(FIRST)], LAST[(number * 5 + 3) % len(LAST)]
    shown = name or f"{given} {family}"
    mail = f"{shown.lower().replace(' ', '.')}@{domain}"
    short = shown.split()[0].lower() + (f"{number}" if number >= len(FIRST) else "")
    return account(book, short, shown, mail, device, places, start)


def account(
    book: Logbook, short: str, shown: str, mail: str, device: str, places: tuple[str, ...], start: int = 0
) -> Person:
    """An account by its own name, of a person or of a program."""
    sales = f"005{book.text(12)}"
    user = shown.rsplit(maxsplit=1)[-1].lower()
    book.part(
        short,
        elf={"USER_ID": sales, "USER_ID_DERIVED": other_length(sales), "USER_NAME": mail},
        rtem={"UserId": other_length(sales), "Username": mail},
        trail={"CreatedById": other_length(sales), "CreatedByName": shown, "CreatedByUsername": mail},
        logins={"UserId": other_length(sales)},
        okta={"actor": {"id": f"00u{book.text(17)}", "alternateId": mail, "displayName": shown}},
        chrome={
            "actor": {"email": mail, "profileId": str(book.draw.randrange(10**20, 10**21))},
            "PROFILE_USER_NAME": mail,
            "DEVICE_USER": f"CORP\\{user}",
        },
        admin={"actor": {"email": mail, "profileId": str(book.draw.randrange(10**20, 10**21))}},
    )
    return Person(short, mail, shown, device, places, start, other_length(sales))


def place(
    book: Logbook,
    name: str,
    address: str,
    network: tuple[int, str],
    city: str,
    country: tuple[str, str],
    at: tuple[float, float],
    *,
    proxy: bool = False,
) -> str:
    """An address and its surroundings. country: its full name and its code."""
    number, owner = network
    geo = {
        "city": city,
        "state": city,
        "country": country[0],
        "postalCode": None,
        "geolocation": {"lat": at[0], "lon": at[1]},
    }
    return book.part(
        name,
        elf={"CLIENT_IP": address, "SOURCE_IP": address},
        rtem={"SourceIp": address},
        logins={"SourceIp": address, "CountryIso": country[1]},
        admin={"ipAddress": address},
        okta={
            "client": {"ipAddress": address, "geographicalContext": geo},
            "securityContext": {
                "asNumber": number,
                "asOrg": owner,
                "isp": owner,
                "domain": f"{owner.split()[0].lower()}.example",
                "isProxy": proxy,
            },
            "request": {"ipChain": [{"ip": address, "version": "V4", "source": None, "geographicalContext": geo}]},
        },
    )


_SYSTEMS = {
    "mac": ("Macintosh; Intel Mac OS X 10_15_7", "Mac OS X", "MAC_OSX", "Mac OSX"),
    "windows": ("Windows NT 10.0; Win64; x64", "Windows 10", "WINDOWS", "Windows 10"),
    "linux": ("X11; Linux x86_64", "Linux", "LINUX", "Linux"),
}


def device(book: Logbook, name: str, system: str, chrome: int) -> str:
    """A computer with Chrome of a version."""
    inside, okta, elf, login = _SYSTEMS[system]
    agent = f"Mozilla/5.0 ({inside}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chrome}.0.0.0 Safari/537.36"
    return book.part(
        name,
        elf={
            "BROWSER_TYPE": agent,
            "USER_AGENT": agent,
            "BROWSER_NAME": "CHROME",
            "OS_NAME": elf,
            "TLS_PROTOCOL": "TLSv1.2",
            "CIPHER_SUITE": "ECDHE-RSA-AES256-GCM-SHA384",
        },
        rtem={"UserAgent": agent, "Platform": login},
        logins={
            "Browser": f"Chrome {chrome}",
            "Platform": login,
            "LoginType": "Application",
            "LoginSubType": "UsernamePasswordUiLogin",
            "Application": "Browser",
            "OptionsIsGet": False,
            "OptionsIsPost": True,
        },
        okta={
            "client": {"userAgent": {"rawUserAgent": agent, "os": okta, "browser": "CHROME"}},
            "debugContext": {
                "debugData": {"dtHash": book.hexadecimal(64), "deviceFingerprint": book.hexadecimal(32)},
            },
        },
        chrome={"DEVICE_NAME": name, "DEVICE_ID": f"dev-{book.hexadecimal(12)}", "BROWSER_VERSION": f"{chrome}.0.0.0"},
    )


def program(book: Logbook, name: str, agent: str, application: str, subtype: str = "OauthClientCredentials") -> str:
    """A program that signs in by OAuth and calls the API."""
    elf_subtype = {"OauthClientCredentials": "oauthclientcredential", "OauthRefreshToken": "oauthtoken"}.get(subtype, "")
    app = f"0H4{book.text(12)}"
    return book.part(
        name,
        elf={
            "BROWSER_TYPE": agent,
            "USER_AGENT": agent,
            "CLIENT_NAME": application,
            "LOGIN_TYPE": "i",
            "LOGIN_SUB_TYPE": elf_subtype,
            "CONNECTED_APP_ID": other_length(app),
            "TLS_PROTOCOL": "TLSv1.3",
            "CIPHER_SUITE": "TLS_AES_256_GCM_SHA384",
        },
        rtem={"UserAgent": agent, "ConnectedAppId": other_length(app), "Application": application, "Client": application},
        logins={
            "LoginType": "Oauth2",
            "LoginSubType": subtype,
            "Application": application,
            "Browser": "Unknown",
            "Platform": "Unknown",
            "OptionsIsGet": False,
            "OptionsIsPost": True,
        },
    )


@dataclass(frozen=True)
class Document:
    """A file in the case system."""

    part: str
    identity: str


def document(book: Logbook, number: int, kind: str, size: int) -> Document:
    """A file with its id and version. kind: as Salesforce names types."""
    identity, version = f"069{book.text(12)}", f"068{book.text(12)}"
    name = f"d{number:04}"
    book.part(
        name,
        elf={
            "DOCUMENT_ID": identity,
            "DOCUMENT_ID_DERIVED": other_length(identity),
            "VERSION_ID": version,
            "VERSION_ID_DERIVED": other_length(version),
            "FILE_TYPE": kind,
            "SIZE_BYTES": str(size),
        },
    )
    return Document(name, other_length(identity))


def case_page(book: Logbook, number: int) -> str:
    """A case as a page of it is viewed."""
    identity = other_length(f"500{book.text(12)}")
    return book.part(
        f"c{number:04}",
        elf={"PAGE_URL": f"/lightning/r/Case/{identity}/view", "PAGE_ENTITY_ID": identity, "PAGE_ENTITY_TYPE": "Case"},
    )


def weekday(day: datetime) -> bool:
    return day.weekday() < 5
