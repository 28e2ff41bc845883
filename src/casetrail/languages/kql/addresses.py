"""KQL for addresses and networks of both versions, exactly: by what `parse_ipv6` makes of either (Microsoft: "parse_ipv6()")."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from casetrail.languages.kql.text import string

_CHARACTERS = string("^[0-9A-Fa-f:.]+$")
_MAPPED = IPv6Network("::ffff:0:0/96")


def address(text: str) -> str:
    """An address as `parse_ipv6` writes it."""
    found = ip_address(text)
    if found.version == 4:
        return f"0000:0000:0000:0000:0000:ffff:{int(found) >> 16:04x}:{int(found) & 0xFFFF:04x}"
    return found.exploded


def parsed_address(text: str) -> str:
    """KQL for a text as an address written out in full, v4 as the v6 address that it maps to; the empty text when it is none."""
    # parse_ipv6 reads an address with a prefix length or a zone too, which is none.
    return f"parse_ipv6(extract({_CHARACTERS}, 0, {text}))"


def in_network(written: str, network: str) -> str:
    """KQL for whether an address, written out in full, is in a network."""
    found = ip_network(network)
    if isinstance(found, IPv4Network):
        return _begins(written, address(str(found[0])), found.prefixlen + 96)
    if found.subnet_of(_MAPPED):
        return "false"
    inside = _begins(written, address(str(found[0])), found.prefixlen)
    if found.supernet_of(_MAPPED):
        return f"({inside} and not({_begins(written, address(str(_MAPPED[0])), _MAPPED.prefixlen)}))"
    return inside


def _begins(written: str, first: str, prefix: int) -> str:
    """Whether an address as `parse_ipv6` writes it begins with the bits of a network's first one."""
    if prefix == 0:
        return f"isnotempty({written})"
    digits, bits = divmod(prefix, 4)
    start = _digits(first, digits)
    if not bits:
        return f"{written} startswith_cs {string(start)}" if prefix < 128 else f"{written} == {string(first)}"
    low = int(_digits(first, digits + 1)[-1], 16)
    last = "".join(f"{digit:x}" for digit in range(low, low + 2 ** (4 - bits)))
    colon = ":" if digits and digits % 4 == 0 else ""
    return f"{written} matches regex {string(f'^{start}{colon}[{last}]')}"


def _digits(written: str, count: int) -> str:
    """The first hexadecimal digits of a written-out address, with the colons between them."""
    groups = written.replace(":", "")[:count]
    return ":".join(groups[place : place + 4] for place in range(0, len(groups), 4))
