"""Addresses and CIDR blocks ("search: CIDR matching", "Comparison and Conditional functions: cidrmatch")."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from casetrail.engines.spl_model.errors import UnspecifiedError

Network = IPv4Network | IPv6Network


def block(text: str) -> Network | None:
    """A CIDR block; None for other text. Raises UnspecifiedError when bits are set behind the prefix."""
    address, slash, prefix = text.partition("/")
    if not slash or not (prefix.isascii() and prefix.isdigit()):
        return None
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        return None
    if str(found.network_address) != str(ip_address(address)):
        raise UnspecifiedError(f"the block {text!r}, with bits set behind its prefix")
    return found


def within(network: Network, text: str) -> bool:
    """Whether text is an address in the block; raises UnspecifiedError for v4 mapped into v6 and for a zone."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and (address.scope_id is not None or address.ipv4_mapped is not None):
        raise UnspecifiedError(f"whether {text!r} lies in {network}")
    return address in network
