"""Tokens in recorded browser traffic (HAR files): names, hosts, issuers, expiry and hashes, never values."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from casetrail.plan.values import TIME_FORMATS
from casetrail.trail.table import when

_SECRET = re.compile(
    r"(?i)(^|[^a-z])(sid|sessions?(id|token)?|idx|dt|jwt|auth\w*|(access|id|refresh|api|csrf|xsrf)?[-_]?token|api[-_]?key|ssws)($|[^a-z])"
)
_SAML = re.compile(r"(?i)^saml(response|art)$")
_JWT = re.compile(r"^eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$")
_LEAST = 12
_MOST = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True, order=True)
class Token:
    """A token in a HAR file.

    where: a cookie, a header, or a part of an address or a form; host: that it was sent to, or that set it; issuer: as a JWT says;
    expires: microseconds since 1970 (UTC), None where nothing says; digest: SHA-256 of the value.
    """

    file: str
    host: str
    where: str
    name: str
    digest: str
    issuer: str = ""
    expires: int | None = None


def tokens(folder: Path) -> tuple[list[Token], list[str]]:
    """The tokens in the HAR files of a folder, and what couldn't be read, by file. Raises OSError when the folder can't be read."""
    found: dict[Token, int | None] = {}
    faults = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() == ".har"):
        name = str(path.relative_to(folder))
        try:
            if path.stat().st_size > _MOST:
                raise ValueError(f"larger than {_MOST // 1024 // 1024} MiB")
            document = json.loads(path.read_text("utf-8-sig", "replace"))
            for token in _of(name, document["log"]["entries"]):
                same = replace(token, expires=None)
                known = found.get(same)
                found[same] = max((moment for moment in (known, token.expires) if moment is not None), default=None)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            faults.append(f"{name}: no HAR file that can be read: {type(error).__name__}")
    return [
        replace(token, expires=found[token])
        for token in sorted(found, key=lambda one: (one.file, one.host, one.name, one.digest))
    ], faults


def _of(file: str, entries: Iterable[Mapping[str, Any]]) -> Iterator[Token]:
    for entry in entries:
        request, response = entry.get("request") or {}, entry.get("response") or {}
        parts = urlsplit(str(request.get("url", "")))
        host = parts.hostname or ""
        for cookie in request.get("cookies") or ():
            yield from _token(file, host, "cookie", cookie.get("name"), cookie.get("value"), cookie.get("expires"))
        for cookie in response.get("cookies") or ():
            yield from _token(file, host, "cookie", cookie.get("name"), cookie.get("value"), cookie.get("expires"))
        for header in request.get("headers") or ():
            yield from _header(file, host, str(header.get("name", "")), str(header.get("value", "")))
        for name, value in parse_qsl(parts.query) + parse_qsl(parts.fragment):
            yield from _token(file, host, "address", name, value)
        form = request.get("postData") or {}
        for part in form.get("params") or ():
            yield from _token(file, host, "form", part.get("name"), part.get("value"))
        if "json" not in str(form.get("mimeType", "")) and not form.get("params"):
            for name, value in parse_qsl(str(form.get("text") or "")):
                yield from _token(file, host, "form", name, value)
        for text in (form.get("text"), (response.get("content") or {}).get("text")):
            yield from _body(file, host, text)


def _header(file: str, host: str, name: str, value: str) -> Iterator[Token]:
    if name.lower() == "cookie":
        for part in value.split(";"):
            cookie, _, held = part.strip().partition("=")
            yield from _token(file, host, "cookie", cookie, held)
    elif name.lower() in ("authorization", "proxy-authorization"):
        scheme, _, held = value.partition(" ")
        yield from _token(file, host, f"header, {scheme}" if held else "header", name, held or value, always=True)
    else:
        yield from _token(file, host, "header", name.lower(), value)


def _body(file: str, host: str, text: object) -> Iterator[Token]:
    """Named values of a JSON body that look like tokens."""
    if not isinstance(text, str) or not text.lstrip().startswith(("{", "[")):
        return
    try:
        waiting: list[object] = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            for name, inner in value.items():
                if isinstance(inner, str):
                    yield from _token(file, host, "body", name, inner)
                else:
                    waiting.append(inner)


def _token(
    file: str, host: str, where: str, name: object, value: object, expires: object = None, *, always: bool = False
) -> Iterator[Token]:
    if not isinstance(name, str) or not isinstance(value, str) or len(value) < _LEAST:
        return
    claims = _claims(value)
    if not (always or claims or _SECRET.search(name) or _SAML.match(name)):
        return
    until = TIME_FORMATS["iso8601"](expires) if isinstance(expires, str) else None
    told = claims.get("exp")
    if isinstance(told, int | float) and 0 < told < 1e11:
        until = round(told * 1_000_000)
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    yield Token(file, host, where, name, digest, str(claims.get("iss", "")), until)


def _claims(value: str) -> Mapping[str, Any]:
    """The claims of a JWT; empty for what is none."""
    if not _JWT.match(value):
        return {}
    try:
        body = value.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def expiry(token: Token) -> str:
    """When a token expires; `not told` where nothing says, and then it may still be valid."""
    return "not told" if token.expires is None else when(token.expires)
