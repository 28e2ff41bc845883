"""A result as tables: one content for CSV, JSON, a page and a terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from casetrail.plan.values import format_time
from casetrail.reading.spelled import cell


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts. title: for people; key: the columns that name a row."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    key: tuple[str, ...] = ()

    def dicts(self) -> list[dict[str, str]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def keys(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        """The rows by what names them."""
        places = [self.columns.index(name) for name in self.key or self.columns]
        return {tuple(row[place] for place in places): row for row in self.rows}

    def csv(self) -> bytes:
        """As CSV, in which no value is a formula to a spreadsheet."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(map(cell, row) for row in self.rows)
        return text.getvalue().encode("utf-8", "replace")


def table(name: str, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], key: Sequence[str] = ()) -> Table:
    return Table(name, title, tuple(columns), tuple(tuple(str(value) for value in row) for row in rows), tuple(key))


def when(micros: int) -> str:
    """A time in UTC, as in `2023-10-17T09:20:00.000Z`."""
    return format_time(micros, "iso8601")
