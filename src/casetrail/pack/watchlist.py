"""Watchlists: the values a customer fills in (`watchlists/*.csv`), and what each list holds (`watchlists/watchlists.yml`)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from casetrail.plan.values import parse_network
from casetrail.reading.words import in_words, of_os

INDEX = "watchlists.yml"
_USER_ID = re.compile(r"005[0-9A-Za-z]{12}([0-9A-Z]{3})?")
_DOMAIN = re.compile(r"@[^@\s]+\.[^@\s.]+")


def entries(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The values of a watchlist with their lines, in order.

    lines: CSV with a header `value` or `value,note`; lines that begin with `#` and empty lines are comments.

    Raises ValueError when the header is another.
    """
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")]
    rows = csv.reader(line for _, line in numbered)
    header = next(rows, ["value"])
    if [name.strip() for name in header][:1] != ["value"]:
        raise ValueError(f"the first line must be the header `value,note`, not {','.join(header)!r}")
    for row in rows:
        if row and row[0].strip():
            yield numbered[rows.line_num - 1][0], row[0].strip()


def parse_watchlist(lines: Iterable[str]) -> tuple[str, ...]:
    """The values of a watchlist, in order, each once. Raises ValueError as `entries` does."""
    return tuple(dict.fromkeys(value for _, value in entries(lines)))


def read_watchlist(path: Path) -> tuple[str, ...]:
    """The values of the watchlist in a file. Raises ValueError for one that can't be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return parse_watchlist(lines)
    except (csv.Error, OSError) as error:
        raise ValueError(of_os(error) if isinstance(error, OSError) else in_words(error)) from error


def read_watchlists(folder: Path) -> dict[str, tuple[str, ...]]:
    """The watchlists of a folder by name (the file's, without `.csv`).

    Raises ValueError, naming the file, for one that can't be read.
    """
    found = {}
    for path in sorted(folder.glob("*.csv")):
        try:
            found[path.stem] = read_watchlist(path)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    return found


def faults(lines: Iterable[str], holds: str) -> Iterator[tuple[int, str]]:
    """What is wrong with the values of a watchlist, each with its line.

    holds: what a value is, as `watchlists.schema.json` names it. Raises ValueError as `entries` does.
    """
    listed = list(entries(lines))
    values = {value for _, value in listed}
    seen: dict[str, int] = {}
    for line, value in listed:
        if value.lower() in seen and not _USER_ID.fullmatch(value):
            yield line, f"{value} is already in line {seen[value.lower()]}"
        seen.setdefault(value.lower(), line)
        why = _why(value, holds)
        if why:
            yield line, f"{value!r} {why}"
        if holds == "account" and _USER_ID.fullmatch(value) and other_length(value) not in values:
            yield line, f"{value} is a Salesforce id; some logs hold its other length: list {other_length(value)} too"


def expired(lines: Iterable[str], ends: str, today: date) -> bool:
    """Whether a watchlist holds values after the last day on which they are worth searching for.

    ends: that day, as `2027-04-30`. Raises ValueError when it is none, and as `entries` does.
    """
    return today > date.fromisoformat(ends) and any(True for _ in entries(lines))


def _why(value: str, holds: str) -> str:
    if "*" in value and holds != "text":
        return "holds a *, and no wildcard is read here: list each value itself"
    match holds:
        case "network":
            try:
                parse_network(value)
            except ValueError as error:
                return str(error)
        case "domain" if not _DOMAIN.fullmatch(value):
            return "is no domain with its at-sign, such as @corp.example"
        case "asn" if not (value.isascii() and value.isdigit()):
            return "is no number of an autonomous system, such as 64496"
        case "ending" if not value.startswith("."):
            return "is no ending of a file's name, such as .har"
    return ""


def other_length(identity: str) -> str:
    """A Salesforce id of 15 characters in 18, or the other way round.

    The last three characters say which of the fifteen are capitals, five at a time, the first as the lowest bit.
    """
    if len(identity) == 18:
        return identity[:15]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    parts = (identity[0:5], identity[5:10], identity[10:15])
    return identity + "".join(
        alphabet[sum(char.isascii() and char.isupper() and 1 << place for place, char in enumerate(part))] for part in parts
    )
