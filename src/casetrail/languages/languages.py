"""The query languages by the name that a backend calls them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from casetrail.languages.base import Bounds
from casetrail.pack.files import PackError
from casetrail.plan.nodes import And, Expr, Plan, Search, searches
from casetrail.plan.words import expression_lines
from casetrail.stores.store import Backend


class Writer(Protocol):
    """A module that writes queries."""

    def query_of(self, plan: Plan, backend: Backend, run: Bounds) -> str:
        """The query for what completes a plan. Raises UnsupportedError when the language or the store can't say it."""
        ...

    def piece_of(self, part: Expr, search: Search, backend: Backend) -> str:
        """The text that one part of a search becomes. Raises UnsupportedError."""
        ...


@dataclass(frozen=True, slots=True)
class Language:
    """module: where its `query_of` is; suffix: of a file that holds a query."""

    module: str
    suffix: str

    def query_of(self, plan: Plan, backend: Backend, run: Bounds) -> str:
        """The query for what completes a plan. Raises UnsupportedError when the language or the store can't say it."""
        return self.writer().query_of(plan, backend, run)

    def pieces_of(self, plan: Plan, backend: Backend) -> list[tuple[str, str, str]]:
        """Each part of a plan's searches: the search's name, the part in words, and the text that it becomes.

        Raises UnsupportedError when the language or the store can't say one.
        """
        writer = self.writer()
        return [
            (search.name, " ".join(line.strip() for line in expression_lines(part)), writer.piece_of(part, search, backend))
            for search in searches(plan)
            for part in (search.where.args if isinstance(search.where, And) else (search.where,))
        ]

    def writer(self) -> Writer:
        return cast(Writer, import_module(self.module))


LANGUAGES = {
    "esql": Language("casetrail.languages.esql.query", "esql"),
    "opensearch": Language("casetrail.languages.querydsl.query", "json"),
    "kql": Language("casetrail.languages.kql.query", "kql"),
    "spl": Language("casetrail.languages.spl.query", "spl"),
}


def language_of(backend: Backend) -> Language:
    """Raises PackError for a language that there is no dialect of."""
    if backend.language not in LANGUAGES:
        raise PackError(f"{backend.name}: no language is named {backend.language}; there are {', '.join(LANGUAGES)}")
    return LANGUAGES[backend.language]
