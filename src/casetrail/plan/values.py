"""What a value is: the text of a scalar, and how text reads as a field's type.

Every comparison starts from the text of a JSON scalar, so that `true` and `"true"`, `42` and `"42"` are one
on a typed field, and an engine that stores all values as text gives the same answer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from casetrail.plan.nodes import Field, Scalar, Type

_INTEGER = re.compile(r"-?[0-9]+(\.0+)?")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([-+])(\d\d)(?::?(\d\d))?)?", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
FIRST_TIME, LAST_TIME = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The first microsecond of the year 1 and the last of 9999 (UTC): a time outside reads as none."""
_INT64 = 2**63


def fold(text: str) -> str:
    """Text in Unicode's simple lower case, character by character (semantics.md, Values 5)."""
    if text.isascii():
        return text.lower()
    return "".join(map(str.lower, text.replace("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "i")))


def scalar_text(value: object) -> str | None:
    """The text of a JSON scalar; None for null, a list, an object, and a number that is none (NaN) or beyond a double's range."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() if -_INT64 <= value < 2 * _INT64:
            return str(value)
        case int() | float():
            return _number_text(value)
        case _:
            return None


def _number_text(value: float) -> str | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return str(number) if math.isfinite(number) else None


def bag(row: Mapping[str, Any], field: Field) -> list[str]:
    """The texts that a path leads to; a list fans out wherever it stands (semantics.md, Values 1)."""
    found: list[str] = []
    _walk(row, field.steps, found)
    return [text for text in found if text] if field.empty_is_missing else found


def plain(text: str, field: Field) -> str:
    """The value that a vendor wrote in one of the field's spellings; the text itself when it is in none."""
    for spelling in field.spellings:
        before, _, after = spelling.partition("{}")
        if text.startswith(before) and text.endswith(after) and len(text) > len(before) + len(after):
            return text[len(before) : len(text) - len(after)]
    return text


def _walk(value: object, steps: tuple[str, ...], found: list[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _walk(item, steps, found)
    elif not steps:
        text = scalar_text(value)
        if text is not None:
            found.append(text)
    elif isinstance(value, Mapping) and steps[0] in value:
        _walk(value[steps[0]], steps[1:], found)


def is_object(row: Mapping[str, Any], field: Field) -> bool:
    """Whether a path leads to an object where the contract says that values are: it has no text, so it is as if it weren't there."""
    value: object = row
    for step in field.steps:
        if not isinstance(value, Mapping) or step not in value:
            return False
        value = value[step]
    return isinstance(value, Mapping)


def parse_integer(text: str) -> int | None:
    if not _INTEGER.fullmatch(text):
        return None
    number = int(text.partition(".")[0])
    return number if -_INT64 <= number < _INT64 else None


def parse_number(text: str) -> float | None:
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def parse_boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(fold(text))


def parse_address(text: str) -> str | None:
    """The canonical text of an IP address; a v4 address mapped into v6 is the v4 address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return None
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
    return str(address)


def parse_network(text: str) -> str:
    """The canonical text of a network; one of v4 addresses mapped into v6 is the v4 network.

    Raises ValueError, in words that follow the text, when it is none.
    """
    try:
        network = ip_network(text)
    except ValueError as error:
        raise ValueError(_no_network(text)) from error
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped is not None and network.prefixlen >= 96:
        return str(ip_network((mapped, network.prefixlen - 96)))
    return str(network)


def _no_network(text: str) -> str:
    try:
        return f"names an address within a network: write {ip_network(text, strict=False)}, or the address alone"
    except ValueError:
        return "is no network: write one such as 192.0.2.0/24, or an address; a range is written as networks"


def _instant(groups: tuple[str | None, ...], zone: timezone) -> int | None:
    year, month, day, hour, minute, second = (int(part or 0) for part in groups[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
    micros = (moment - _EPOCH) // _MICROSECOND + int((groups[6] or "0").ljust(6, "0")[:6])
    return micros if FIRST_TIME <= micros <= LAST_TIME else None


def _parse_iso(text: str) -> int | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    sign, hours, minutes = found.group(8, 9, 10)
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if offset >= timedelta(hours=24):
        return None
    return _instant(found.groups(), timezone(-offset if sign == "-" else offset))


def _parse_compact(text: str) -> int | None:
    found = _COMPACT.fullmatch(text)
    return _instant(found.groups(), UTC) if found else None


def _parse_epoch(unit: int) -> Callable[[str], int | None]:
    def parse(text: str) -> int | None:
        number = parse_number(text)
        return round(number * unit) if number is not None and FIRST_TIME <= number * unit <= LAST_TIME else None

    return parse


TIME_FORMATS: Mapping[str, Callable[[str], int | None]] = {
    "iso8601": _parse_iso,
    "compact": _parse_compact,
    "epoch_s": _parse_epoch(1_000_000),
    "epoch_ms": _parse_epoch(1_000),
}
"""Readers of a time's text to microseconds since 1970 (UTC); None when it is no such time.

`iso8601` takes `T` or a space, up to nine decimals (cut to six) and no zone (UTC), `Z`, `+00:00`, `+0000` or `+00`;
`compact` is Salesforce's `yyyyMMddHHmmss.SSS` in UTC. A time before the year 1 or after 9999 in UTC is none.
"""


def parse(text: str, field: Field, *, cased: bool) -> Scalar | None:
    """The text as a value of the field's type, in the form in which it compares; None when it doesn't parse."""
    match field.type:
        case Type.TEXT:
            return text if cased or field.exact else fold(text)
        case Type.INTEGER:
            return parse_integer(text)
        case Type.NUMBER:
            return parse_number(text)
        case Type.BOOLEAN:
            return parse_boolean(text)
        case Type.ADDRESS:
            return parse_address(text)
        case Type.TIME:
            return TIME_FORMATS[field.time_format](text)


def format_time(micros: int, time_format: str) -> str:
    """A time in microseconds since 1970 (UTC) as a log of this format writes it, to the millisecond at least."""
    moment = _EPOCH + timedelta(microseconds=micros)
    fraction = f"{moment.microsecond:06d}"
    fraction = fraction[:3] if fraction.endswith("000") else fraction
    match time_format:
        case "iso8601":
            return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction}Z"
        case "compact":
            return f"{moment:%Y%m%d%H%M%S}.{fraction}"
        case "epoch_s":
            return f"{micros / 1_000_000:.6f}".rstrip("0").rstrip(".")
        case "epoch_ms":
            return f"{micros / 1_000:.3f}".rstrip("0").rstrip(".")
    raise ValueError(f"no time format {time_format!r}")
