r"""SPL for values: numbers and addresses as Splunk has them, which is as text.

A test of form stands before every test of value, so that what is no number or no address passes none. Values that group are
brought into one form first: `stats … by` and its kin compare text exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv6Network, ip_network
from typing import assert_never

from casetrail.plan.nodes import Type
from casetrail.stores.unsupported import UnsupportedError

INTEGER = r"^-?[0-9]{1,18}(?:\.0+)?\z"
"""Longer numbers aren't read: Splunk computes in doubles, and 64 bits end there."""
NUMBER = r"^-?[0-9]{1,200}(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,2})?\z"
NO_MEDIAN = "its value_median may lie between two values, which SPL can't find in a sliding window"
"""Why a median is refused."""
BOOLEAN = r"(?i)^(?:true|false)\z"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_QUAD = rf"(?:{_OCTET}\.){{3}}{_OCTET}\z"
V4 = f"^{_QUAD}"
_V6_CHARACTERS = r"^[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*\z"
_V6_FULL = r"^(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}\z"
_MAPPED = IPv6Network("::ffff:0:0/96")
_MAPPED_TEXT = r"(?i)^::ffff:(?:[0-9.]+|[0-9a-f]{1,4}:[0-9a-f]{1,4})\z"
_MAPPED_START = r"(?i)^::ffff:(?=[0-9.]+\z)"


def numeric(sql: str, kind: Type) -> str:
    """The number that a text is; null where it has not the form of its type.

    Whether Splunk reads an exponent isn't documented, so it is worked out.
    """
    if kind is Type.INTEGER:
        return f'if(match({sql},"{INTEGER}"),tonumber({sql}),null())'
    power = f'pow(10,tonumber(replace({sql},"^.*[eE]\\+?","")))'
    raised = f'if(match({sql},"[eE]"),tonumber(replace({sql},"[eE].*",""))*{power},tonumber({sql}))'
    return f'if(match({sql},"{NUMBER}"),{raised},null())'


def whole(value: int) -> str:
    """PCRE for the texts of a whole number: `42`, `042`, `42.0`."""
    return rf"^{'-?' if value == 0 else '-' if value < 0 else ''}0*{abs(value)}(?:\.0+)?\z"


def canonical_integer(sql: str) -> str:
    """The digits of a whole number without what doesn't count: `.0`, zeros before, the sign of zero."""
    return rf'replace({sql},"\.0+\z|(?<![0-9])0+(?=[0-9])|^-(?=0+(?:\.0+)?\z)","")'


def in_network(sql: str, network: str) -> str:
    """That a text is an address in a network. A v4 address mapped into v6 is the v4 address, in its usual spelling."""
    found = ip_network(network)
    if not isinstance(found, IPv6Network):
        plain = f'replace({sql},"{_MAPPED_START}","")'
        return f'match({plain},"{V4}") AND cidrmatch("{found}",{plain})'
    if found.subnet_of(_MAPPED):
        return "1=0"
    inside = f'match({sql},"{_V6_CHARACTERS}") AND cidrmatch("{found}",{sql})'
    return f'{inside} AND NOT match({sql},"{_MAPPED_TEXT}")' if found.supernet_of(_MAPPED) else inside


def plain_address(sql: str) -> str:
    """An address as `in_network` reads it: a mapped v4 address as the v4 one, null for what is no address."""
    plain = f'replace({sql},"{_MAPPED_START}","")'
    v6 = f'match({sql},"{_V6_CHARACTERS}") AND NOT match({sql},"{_MAPPED_TEXT}")'
    return f'case(match({plain},"{V4}"),{plain},{v6},lower({sql}),1=1,null())'


def canonical(column: str, kind: Type, *, cased: bool) -> Iterator[str]:
    """Commands that bring a field of one value, which isn't missing, into the form in which it groups; null where it doesn't parse.

    Raises UnsupportedError for types that have none.
    """
    match kind:
        case Type.TEXT:
            if not cased:
                yield f"eval {column}=lower({column})"
        case Type.INTEGER:
            yield f'eval {column}=if(match({column},"{INTEGER}"),{canonical_integer(column)},null())'
        case Type.BOOLEAN:
            yield f'eval {column}=if(match({column},"{BOOLEAN}"),lower({column}),null())'
        case Type.ADDRESS:
            yield from _address(column)
        case Type.NUMBER | Type.TIME:
            raise UnsupportedError(f"it groups by or counts a {kind}, for which SPL has no one form of text")
        case never:
            assert_never(never)


def _address(column: str) -> Iterator[str]:
    """v4 as it is; v6 in eight groups without zeros before, its dotted tail in hexadecimal; mapped v4 as v4."""
    yield f"eval {column}=lower({column})"
    yield f'eval quad=if(match({column},":{_QUAD}"),split(replace({column},"^.*:",""),"."),null())'
    high, low = ("mvindex(quad,0)*256+mvindex(quad,1)", "mvindex(quad,2)*256+mvindex(quad,3)")
    hexed = f'replace({column},"[^:]*\\z","").printf("%x:%x",{high},{low})'
    yield f"eval {column}=if(isnull(quad),{column},{hexed})"
    groups = f'mvcount(split(replace(replace({column},":+",":"),"^:|:\\z",""),":"))'
    yield f'eval gap=if(match({column},"[0-9a-f]"),8-{groups},8)'
    yield 'eval zeros=if(gap>0,substr("0:0:0:0:0:0:0:0",1,2*gap-1),"")'
    filled = f'replace(replace({column},"::",":".zeros.":"),"^:|:\\z","")'
    broken = r"^:[^:]|[^:]:\z"
    yield (
        f'eval {column}=case(match({column},"{V4}"),{column},match({column},"{broken}"),null(),'
        f'match({column},"::") AND gap>0,{filled},1=1,{column})'
    )
    shorter = f'replace({column},"(?<![0-9a-f])0+(?=[0-9a-f])","")'
    yield f'eval {column}=case(match({column},"{V4}"),{column},match({column},"{_V6_FULL}"),{shorter},1=1,null())'
    yield f'eval quad=if(match({column},"^0:0:0:0:0:ffff:"),split({column},":"),null())'
    halves = [f"tonumber(mvindex(quad,{place}),16)" for place in (6, 7)]
    octets = '.".".'.join(f'floor({group}/256).".".({group}%256)' for group in halves)
    yield f"eval {column}=if(isnull(quad),{column},{octets})"
