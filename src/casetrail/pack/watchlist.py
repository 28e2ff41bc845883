"""Watchlists: the values a customer fills in (`watchlists/*.csv`)."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path


def parse_watchlist(lines: Iterable[str]) -> tuple[str, ...]:
    """The values of a watchlist, in order, each once.

    lines: CSV with a header `value` or `value,note`; lines that begin with `#` and empty lines are comments.

    Raises ValueError when the header is another.
    """
    rows = csv.reader(line for line in lines if line.strip() and not line.lstrip().startswith("#"))
    header = next(rows, ["value"])
    if [name.strip() for name in header][:1] != ["value"]:
        raise ValueError(f"the first line must be the header `value,note`, not {','.join(header)!r}")
    return tuple(dict.fromkeys(row[0].strip() for row in rows if row and row[0].strip()))


def read_watchlists(folder: Path) -> dict[str, tuple[str, ...]]:
    """The watchlists of a folder by name (the file's, without `.csv`).

    Raises ValueError, naming the file, for one that can't be read.
    """
    found = {}
    for path in sorted(folder.glob("*.csv")):
        try:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                found[path.stem] = parse_watchlist(lines)
        except (ValueError, csv.Error, OSError) as error:
            raise ValueError(f"{path}: {error}") from error
    return found
