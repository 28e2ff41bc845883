"""SPL that looks a watchlist up while a search runs: `lookup`, over the definitions that the package writes into transforms.conf.

A lookup says which rows it found by a field that is null where there is none
(https://help.splunk.com/en/splunk-enterprise/spl-search-reference/9.4/search-commands/lookup).
"""

from __future__ import annotations

import re
from enum import StrEnum

from casetrail.dialects.base import UnsupportedError
from casetrail.dialects.spl_values import INTEGER, canonical_integer, plain_address
from casetrail.plan.nodes import Field, Listed, Type

LIVE = "live"
"""The option `watchlists` by which a search looks watchlists up when it runs, instead of holding their values."""


class Compared(StrEnum):
    """How a lookup compares, which ends its name."""

    UNCASED = ""
    CASED = "_cased"
    NETWORK = "_networks"


def compared(field: Field, check: Listed) -> Compared:
    """How a lookup compares a field with a watchlist."""
    if field.type is Type.ADDRESS:
        return Compared.NETWORK
    return Compared.CASED if check.cased or field.type is not Type.TEXT else Compared.UNCASED


def lookup_name(watchlist: str, how: Compared) -> str:
    """The lookup of a watchlist that compares so."""
    return f"casetrail_{watchlist}{how}"


def look_up(sql: str, asked: str, field: Field, check: Listed) -> tuple[list[str], str]:
    """The commands that look a field of one value up, and the field that isn't null where the watchlist holds it.

    sql, asked: the field's name in an expression, and in `lookup`. A number or an address is brought into the form first in which
    the list has it: digits alone, and an address as `in_network` reads it. Raises UnsupportedError for a value that a CSV can't hold.
    """
    for value in map(str, check.values):
        if unsafe(value):
            raise UnsupportedError(
                f"the watchlist {check.watchlist} holds {value!r}, which a spreadsheet would run or break; set watchlists: inline"
            )
    how = compared(field, check)
    found = f"{check.watchlist}_{re.sub('[^A-Za-z0-9]+', '_', asked).strip('_')}"
    lookup = f"lookup {lookup_name(check.watchlist, how)} value AS"
    if field.type is Type.TEXT:
        return [f"{lookup} {asked} OUTPUT value AS {found}"], found
    digits = f'if(match({sql},"{INTEGER}"),{canonical_integer(sql)},null())'
    form = plain_address(sql) if how is Compared.NETWORK else digits
    return [f"eval {found}={form}", f"{lookup} {found} OUTPUT value AS {found}_listed"], f"{found}_listed"


def unsafe(value: str) -> bool:
    """Whether a spreadsheet that opens a CSV takes a value for a formula, or it isn't text of one line."""
    return value.startswith(("=", "+", "-", "@")) or not value.isprintable()


def outputs(line: str) -> str:
    """The field that a command made here fills; empty for another command."""
    return line.rpartition(" AS ")[2] if line.startswith("lookup ") else ""
