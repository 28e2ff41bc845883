"""Watchlists as lookup tables: which a plan looks up, their definitions and their CSV files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_network

from casetrail.languages.spl.lookups import Compared, compared, lookup_name, unsafe
from casetrail.pack.files import PackError
from casetrail.plan.nodes import Listed, ListedPart, Plan, searches, tests

Lists = Mapping[str, Mapping[Compared, tuple[str, ...]]]
"""Watchlists by name: the ways in which they are compared, with the values that are."""


def looked_up(plans: Iterable[Plan]) -> dict[str, dict[Compared, tuple[str, ...]]]:
    """The watchlists that plans look up."""
    found: dict[str, dict[Compared, dict[str, None]]] = {}
    for plan in plans:
        for search in searches(plan):
            for test in tests(search.where):
                if isinstance(test.check, Listed | ListedPart) and not test.field.many:
                    how = compared(test.field, test.check)
                    values = found.setdefault(test.check.watchlist, {}).setdefault(how, {})
                    values.update(dict.fromkeys(map(str, test.check.values)))
    return {name: {how: tuple(ways[how]) for how in sorted(ways)} for name, ways in sorted(found.items())}


def transforms(lists: Lists) -> dict[str, dict[str, str]]:
    """A lookup for each watchlist and each way in which it is compared.

    Raises PackError for a list of networks that is compared as text, too: a value can't be written in both forms.
    """
    made: dict[str, dict[str, str]] = {}
    for name, ways in lists.items():
        if Compared.NETWORK in ways and {how for how in ways if not how.form} != {Compared.NETWORK}:
            raise PackError(f"the watchlist {name} is compared both as addresses and as text; set watchlists: inline")
        for how in ways:
            keys = {"filename": filename(name, how), "max_matches": "1"}
            kind = "CIDR" if how is Compared.NETWORK else "WILDCARD" if how.form else ""
            keys |= {"match_type": f"{kind}(value)"} if kind else {}
            keys |= {"case_sensitive_match": "true" if how.cased or how is Compared.NETWORK else "false"}
            made[lookup_name(name, how)] = keys
    return made


def filename(name: str, how: Compared) -> str:
    return f"casetrail_{name}{how.form}.csv"


def csvs(lists: Lists, originals: Mapping[str, Sequence[str]]) -> dict[str, bytes]:
    """The tables of watchlists by the name of the file. originals: values as they were written, where they are known."""
    found: dict[str, bytes] = {}
    for name, ways in lists.items():
        for how, values in ways.items():
            merged = dict.fromkeys(value for other in ways if other.form == how.form for value in ways[other])
            found[filename(name, how)] = table(name, originals.get(name, tuple(merged) or values), how)
    return found


def table(name: str, values: Sequence[str], how: Compared = Compared.UNCASED) -> bytes:
    """A watchlist as the CSV of a lookup, all of whose addresses become networks.

    Raises PackError for a value that a spreadsheet would run, that isn't text of one line, or that a pattern can't have.
    """
    for value in values:
        why = unsafe(value, how)
        if why:
            raise PackError(f"the watchlist {name} holds {value!r}, {why}; set watchlists: inline")
    found = [str(ip_network(value)) if how is Compared.NETWORK else how.pattern(value) for value in values]
    return rows([("value", "note"), *((value, "") for value in found)])


def rows(table: Iterable[Sequence[str]]) -> bytes:
    """A CSV, its header first."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    return text.getvalue().encode()
