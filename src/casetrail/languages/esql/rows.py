"""Rows of steps on their way through a query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from casetrail.languages.esql.step_text import of_bases
from casetrail.plan.window import AT, START, Mark
from casetrail.stores.unsupported import UnsupportedError


@dataclass(frozen=True, slots=True)
class Rows:
    """lines: those that make the rows; columns: what each has besides its key, base and id; mark: the last since they were made."""

    lines: tuple[str, ...]
    columns: frozenset[str]
    mark: Mark | None = None

    def column(self, name: str) -> str:
        """A column that the rows have. Raises UnsupportedError."""
        if name not in self.columns:
            raise UnsupportedError(f"its condition asks for {name!r} of steps that don't carry it along in ES|QL")
        return name

    def marked(self, mark: Mark) -> Rows:
        """The rows after a mark. A step's own time needs no column: where it is, its base tells."""
        if mark.column == AT:
            return Rows(self.lines, self.columns - {START}, mark)
        (marked,) = of_bases("base", [mark.base])
        line = f"EVAL {START} = CASE({marked}, {self.column(mark.column)}, NULL)"
        return Rows((*self.lines, line), self.columns | {START}, mark)

    def seen(self, lines: Iterable[str], columns: Iterable[str]) -> Rows:
        """The rows after a look, by the lines and the columns that it adds; what was there before is gone."""
        return Rows((*self.lines, *lines), frozenset({AT, *columns}))
