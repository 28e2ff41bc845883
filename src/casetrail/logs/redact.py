"""Pseudonyms for what in an event tells of people and machines: one value gets one pseudonym of its own shape, wherever it stands."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from casetrail.plan.values import TIME_FORMATS, parse_address

_MAIL = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.I)
_HOST = re.compile(r"(?=.{4,253}$)([A-Za-z0-9_-]+\.)+[A-Za-z]{2,24}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_TOKEN = re.compile(r"(?=[^ ]*[0-9])(?=[^ ]*[A-Za-z])[A-Za-z0-9_/+=-]{12,}|[0-9]{9,}|[0-9a-fA-F]{16,}")
_INNER = re.compile(r"(?=[A-Za-z_+-]*[0-9])(?=[0-9_+-]*[A-Za-z])[A-Za-z0-9_+-]{12,}|[0-9]{9,}")
"""A token as a part of an address."""
_ARN = re.compile(r"arn:[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:[0-9]*:.+")
_PERSON = re.compile(r"(display_?name|full_?name|first_?name|last_?name|user_?name|^(actor|user|login|account|who))$", re.I)
_MACHINE = re.compile(r"(host|computer|device|machine|workstation)_?(name)?$", re.I)
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
"""Networks for documentation (RFC 5737); that for IPv6 is 2001:db8::/32 (RFC 3849)."""
_ROOM = 254


@dataclass
class Redaction:
    """Pseudonyms given so far, numbered in the order in which values are met, so that the same events give the same ones.

    keep: the paths of fields that are left as they are; left: the paths whose texts weren't recognised as anything to hide.
    """

    keep: Collection[str] = ()
    given: dict[tuple[str, str], str] = field(default_factory=dict)
    left: dict[str, None] = field(default_factory=dict)

    def event(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The event with pseudonyms."""
        return {name: self._value(value, name) for name, value in row.items()}

    def _value(self, value: Any, path: str) -> Any:
        match value:
            case dict():
                return {name: self._value(inner, f"{path}.{name}") for name, inner in value.items()}
            case list():
                return [self._value(inner, path) for inner in value]
            case str() if path not in self.keep and value:
                found = self.text(value, path.rpartition(".")[2])
                if found == value and TIME_FORMATS["iso8601"](value) is None:
                    self.left[path] = None
                return found
            case _:
                return value

    def text(self, text: str, name: str) -> str:
        """A text with pseudonyms in place of what it tells; name: the last step of its field's path."""
        if TIME_FORMATS["iso8601"](text) is not None:
            return text
        if parse_address(text) is not None:
            return self._one("address", text, _address)
        if _MAIL.fullmatch(text):
            return self._one("mail", text.lower(), _mail) if text.islower() else self._cased(text)
        if _UUID.fullmatch(text):
            return self._one("token", text, _alike)
        if _ARN.fullmatch(text):
            *head, account, rest = text.split(":", 5)
            who = "/".join(
                self._one("person", part, _person) if number else part for number, part in enumerate(rest.split("/"))
            )
            return ":".join([*head, self._one("token", account, _alike) if account else "", who])
        if _URL.fullmatch(text):
            scheme, _, rest = text.partition("://")
            host, slash, way = rest.partition("/")
            hidden = _INNER.sub(lambda m: self._one("token", m[0], _alike), way)
            return f"{scheme}://{self._one('host', host.lower(), _host)}{slash}{hidden}"
        if _PERSON.search(name):
            return self._one("person", text, _person)
        if _MACHINE.search(name) or _is_host(text):
            return self._one("host", text.lower(), _host)
        if _TOKEN.fullmatch(text):
            return self._one("token", text, _alike)
        return _MAIL.sub(lambda m: self._one("mail", m[0].lower(), _mail), text)

    def _cased(self, text: str) -> str:
        """A mail address in another letter case than small: the same pseudonym, in capitals where it is."""
        found = self._one("mail", text.lower(), _mail)
        return found.upper() if text.isupper() else found.capitalize()

    def _one(self, kind: str, text: str, make: Callable[[str, int], str]) -> str:
        if (kind, text) not in self.given:
            number = 1 + sum(known == kind for known, _ in self.given)
            self.given[(kind, text)] = make(text, number)
        return self.given[(kind, text)]


def _is_host(text: str) -> bool:
    return bool(_HOST.fullmatch(text)) and text.count(".") >= 1 and text.rpartition(".")[2].lower() in _TOPS


_TOPS = {
    "com",
    "net",
    "org",
    "io",
    "local",
    "internal",
    "lan",
    "corp",
    "cloud",
    "dev",
    "app",
    "de",
    "uk",
    "eu",
    "no",
    "fr",
    "nl",
    "se",
    "us",
}


def _address(text: str, number: int) -> str:
    if ":" in text:
        return f"2001:db8::{number:x}"
    network, host = divmod(number - 1, _ROOM)
    return f"{_NETWORKS[network % len(_NETWORKS)]}.{host + 1}"


def _mail(text: str, number: int) -> str:
    return f"user{number}@example.com"


def _person(text: str, number: int) -> str:
    return f"user{number}" if " " not in text else f"Person {number}"


def _host(text: str, number: int) -> str:
    return f"host{number}.example.net" if "." in text else f"host{number}"


def _alike(text: str, number: int) -> str:
    """A text of the same length and kinds of characters, made of its number."""
    digits = hashlib.sha256(f"{number}".encode()).hexdigest() * (1 + len(text) // 64)
    hexadecimal = bool(re.fullmatch(r"[0-9a-fA-F-]+", text))
    return "".join(_char(old, new, hexadecimal=hexadecimal) for old, new in zip(text, digits, strict=False))


def _char(old: str, new: str, *, hexadecimal: bool) -> str:
    value = int(new, 16)
    if old.isdigit():
        return str(value % 10)
    if old.isalpha():
        letter = "abcdef"[value % 6] if hexadecimal else chr(ord("a") + value)
        return letter.upper() if old.isupper() else letter
    return old
