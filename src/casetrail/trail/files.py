"""A result as files in a folder, and what is new since such a folder was written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casetrail.reading.files import replace
from casetrail.reading.words import in_words
from casetrail.trail.page import page
from casetrail.trail.result import Asked, Result
from casetrail.trail.table import Table
from casetrail.trail.timesketch import timesketch

RESULT = "trail.json"
COMPARED = ("accounts", "sessions", "files", "cases", "customers", "made", "tokens", "also")
"""Tables of which a later run says what is new."""


def write(found: Result, folder: Path) -> list[str]:
    """Write a result into a folder: each table as CSV, all as JSON, and a page. Gives the files' names. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {f"{each.name}.csv": each.csv() for each in (*found.tables, timesketch(found.table("events")))}
    files |= {RESULT: found.json(), "trail.html": page(found).encode()}
    for name, content in files.items():
        replace(folder / name, content)
    return list(files)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A result that was written before. inputs: hashes by path; tables: rows by table."""

    asked: Asked
    inputs: Mapping[str, str]
    tables: Mapping[str, list[Mapping[str, str]]]


def read(folder: Path) -> Earlier:
    """The result in a folder. Raises ValueError, naming the file, where there is none."""
    path = folder / RESULT
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        asked = Asked(
            tuple(document["indicators"]),
            tuple(document["through"]),
            tuple(document["maps"]),
            document["command"],
            document["hars"],
        )
        inputs = {one["path"]: one["sha256"] for one in document["inputs"]}
        return Earlier(asked, inputs, document["tables"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path}: not the result of a trail: {in_words(error)}; write one with casetrail trail … -o {folder}"
        ) from error


def fresh(earlier: Earlier, now: Result) -> list[Table]:
    """Of each compared table the rows that the earlier result hadn't."""
    found = []
    for name in COMPARED:
        table = now.table(name)
        had = {tuple(row.get(column, "") for column in table.key) for row in earlier.tables.get(name, ())}
        rows = tuple(row for key, row in table.keys().items() if key not in had)
        found.append(Table(name, table.title, table.columns, rows, table.key))
    return found
