"""KQL for what any element of a list may be asked: each element gets a row, and the answers are gathered again by event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Lists:
    """The lists that a search looks into, each element of which gets a row, and what is asked of any element.

    elements: the columns that hold an element, by role and path; sources: what each is expanded from; asked: conditions by column.
    """

    elements: dict[tuple[str, str], str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)

    def element(self, role: str, path: str) -> str:
        """The column with an element of the list at a path. Two roles of one list are never tied to one element."""
        if (role, path) not in self.elements:
            column = f"{role}{len(self.elements)}"
            self.elements[role, path] = column
            self.sources[column] = path
        return self.elements[role, path]

    def any(self, condition: str) -> str:
        """The column that says whether a condition holds for any row."""
        known = {asked: column for column, asked in self.asked.items()}
        if condition not in known:
            known[condition] = f"any{len(self.asked)}"
            self.asked[known[condition]] = condition
        return known[condition]

    def expansions(self, *, indexed: bool = False) -> Iterator[str]:
        """The lines that give each element a row; an event without elements keeps one. indexed: each with its place."""
        for column, source in self.sources.items():
            place = f"with_itemindex=place_{column} " if indexed else ""
            yield f"mv-expand {place}{column} = iff(array_length({source}) == 0, dynamic([null]), {source})"
