"""What was wrong in logs, counted, with the first places of each kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

_SHOWN = 5


@dataclass
class Faults:
    """What was wrong in the logs, by kind, with the first few places of each.

    lost: of those, rows that couldn't be read; objects: of the lost ones, those that begin as a JSON object does.
    fatal: files that couldn't be read to their end, and files of a known log of which events were lost.
    """

    counts: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[str]] = field(default_factory=dict)
    fatal: list[str] = field(default_factory=list)
    lost: int = 0
    objects: int = 0

    def lose(self, kind: str, place: str, *, is_object: bool) -> None:
        """Note a row that couldn't be read."""
        self.lost += 1
        self.objects += is_object
        self.note(kind, place)

    def note(self, kind: str, place: str) -> None:
        self.counts[kind] += 1
        shown = self.places.setdefault(kind, [])
        if len(shown) < _SHOWN:
            shown.append(place)
