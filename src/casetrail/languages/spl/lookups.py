"""SPL that looks a watchlist up while a search runs: `lookup`, over the definitions that the package writes into transforms.conf.

A lookup says which rows it found by a field that is null where there is none
(https://help.splunk.com/en/splunk-enterprise/spl-search-reference/9.4/search-commands/lookup).
"""

from __future__ import annotations

import re
from enum import StrEnum

from casetrail.languages.spl.values import INTEGER, canonical_integer, plain_address
from casetrail.plan.nodes import Field, Listed, ListedPart, Type
from casetrail.stores.unsupported import UnsupportedError

_BREAKS = r"[\\n\\r]+"
"""Whether `*` in a table passes the end of a line isn't documented. No value has a star, so one that stands for it is none."""
LIVE = "live"
"""The option `watchlists` by which a search looks watchlists up when it runs, instead of holding their values."""


class Compared(StrEnum):
    """How a lookup compares, which ends its name."""

    UNCASED = ""
    CASED = "_cased"
    NETWORK = "_networks"
    PART = "_parts"
    PART_CASED = "_parts_cased"
    START = "_beginnings"
    START_CASED = "_beginnings_cased"
    END = "_endings"
    END_CASED = "_endings_cased"

    @property
    def cased(self) -> bool:
        return self.endswith("_cased")

    @property
    def form(self) -> str:
        """What the values of its table are: `_parts`, `_beginnings`, `_endings`; empty for whole ones."""
        return "" if self in (Compared.CASED, Compared.NETWORK) else self.removesuffix("_cased")

    def pattern(self, value: str) -> str:
        """A value as the table has it."""
        before, after = self.form in ("_parts", "_endings"), self.form in ("_parts", "_beginnings")
        return f"{'*' if before else ''}{value}{'*' if after else ''}"


def compared(field: Field, check: Listed | ListedPart) -> Compared:
    """How a lookup compares a field with a watchlist."""
    if isinstance(check, ListedPart):
        form = Compared.PART if check.before and check.after else Compared.END if check.before else Compared.START
        return Compared(f"{form}_cased") if check.cased else form
    if field.type is Type.ADDRESS:
        return Compared.NETWORK
    return Compared.CASED if check.cased or field.type is not Type.TEXT else Compared.UNCASED


def lookup_name(watchlist: str, how: Compared) -> str:
    """The lookup of a watchlist that compares so."""
    return f"casetrail_{watchlist}{how}"


def look_up(sql: str, asked: str, field: Field, check: Listed | ListedPart) -> tuple[list[str], str]:
    """The commands that look a field of one value up, and the field that isn't null where the watchlist holds it.

    sql, asked: the field's name in an expression, and in `lookup`. A number or an address is brought into the form first in which
    the list has it: digits alone, and an address as `in_network` reads it. Raises UnsupportedError for a value that a CSV can't hold.
    """
    how = compared(field, check)
    for value in map(str, check.values):
        why = unsafe(value, how)
        if why:
            raise UnsupportedError(f"the watchlist {check.watchlist} holds {value!r}, {why}; set watchlists: inline")
    found = f"{check.watchlist}{how.form}_{re.sub('[^A-Za-z0-9]+', '_', asked).strip('_')}"
    lookup = f"lookup {lookup_name(check.watchlist, how)} value AS"
    if how.form:
        line = f'eval {found}=replace({sql},"{_BREAKS}","*")'
        return [line, f"{lookup} {found} OUTPUT value AS {found}_listed"], f"{found}_listed"
    if field.type is Type.TEXT:
        return [f"{lookup} {asked} OUTPUT value AS {found}"], found
    digits = f'if(match({sql},"{INTEGER}"),{canonical_integer(sql)},null())'
    form = plain_address(sql) if how is Compared.NETWORK else digits
    return [f"eval {found}={form}", f"{lookup} {found} OUTPUT value AS {found}_listed"], f"{found}_listed"


def unsafe(value: str, how: Compared = Compared.UNCASED) -> str:
    """Why a value can't stand in a table; empty when it can."""
    if how.pattern(value).startswith(("=", "+", "-", "@")):
        return "which a spreadsheet would take for a formula"
    if not value.isprintable():
        return "which isn't text of one line"
    if how.form and set(value) & set("*?\\[]"):
        return "which may be more than itself in a pattern"
    return ""


def outputs(line: str) -> str:
    """The field that a command made here fills; empty for another command."""
    return line.rpartition(" AS ")[2] if line.startswith("lookup ") else ""
