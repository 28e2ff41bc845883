"""What all commands of one run share: the time, the lookups, the readings, and the order of what has none.

Splunk gives events newest first, and says nothing of events of one time, of rows that sort equal, nor of the rows
of stats. The seed chooses one such order: 0 leaves things as they come, any other shuffles them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeVar

from casetrail.engines.spl_model.evaluate import Scope
from casetrail.engines.spl_model.functions import call
from casetrail.engines.spl_model.readings import Readings
from casetrail.engines.spl_model.values import Number, Row

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lookup:
    """A lookup table as its definition in transforms.conf gives it: rows of text, and the settings that are modelled.

    networks, patterns: the fields that `match_type` has under CIDR and under WILDCARD; the others match exactly.
    """

    rows: tuple[Mapping[str, str], ...]
    case_sensitive_match: bool = True
    max_matches: int = 1000
    networks: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SearchContext:
    """latest: the end of the search's time range; None when it has none."""

    now: Fraction | None
    latest: Number | None
    lookups: Mapping[str, Lookup]
    readings: Readings
    seed: int
    dice: random.Random = field(compare=False)

    def scope(self, row: Row) -> Scope:
        return Scope(row, self.now, self.readings, call)

    def any_order(self, things: Iterable[T]) -> list[T]:
        """The things in one of their possible orders."""
        found = list(things)
        if self.seed:
            self.dice.shuffle(found)
        return found

    def ordered(self, things: Sequence[T], key: Callable[[T], Any], *, reverse: bool = False) -> list[T]:
        """Sorted, equal ones in any order."""
        return sorted(self.any_order(things), key=key, reverse=reverse)
