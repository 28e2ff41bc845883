"""What a query language is to those who use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from casetrail.languages.base import Bounds
from casetrail.languages.comments import Comments
from casetrail.plan.nodes import And, Expr, Plan, Search, searches
from casetrail.plan.words import expression_lines
from casetrail.stores.store import Backend


def _inline(backend: Backend) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Language:
    """A query language.

    name: as a backend calls it; suffix: of a file that holds a query.
    query_of: the query for the matches of a plan. Raises UnsupportedError when the language or the store can't say it.
    piece_of: the text that one part of a search becomes. Raises UnsupportedError.
    comments: how it says what only people read; None for one that has no comments.
    reads_lists: whether queries for a backend look watchlists up while they run, so that plans keep the lists' names.
    """

    name: str
    suffix: str
    query_of: Callable[[Plan, Backend, Bounds], str]
    piece_of: Callable[[Expr, Search, Backend], str]
    reads_lists: Callable[[Backend], bool] = _inline
    comments: Comments | None = None

    def pieces_of(self, plan: Plan, backend: Backend) -> list[tuple[str, str, str]]:
        """Each part of a plan's searches: the search's name, the part in words, and the text that it becomes.

        Raises UnsupportedError when the language or the store can't say one.
        """
        return [
            (search.name, " ".join(line.strip() for line in expression_lines(part)), self.piece_of(part, search, backend))
            for search in searches(plan)
            for part in (search.where.args if isinstance(search.where, And) else (search.where,))
        ]
