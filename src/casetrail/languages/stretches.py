"""A look that costs no more than its steps, and is exact: time is laid out in stretches as long as the look reaches.

Whether a step lies strictly before another, and no further than a stretch is long, two times tell: the first of its own stretch is before
it, or the last of the stretch before is near enough. After it likewise: the last of its own stretch, or the first of the stretch after.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from casetrail.plan.window import Look, Of, Range, Seen


class Side(StrEnum):
    """Where of a step another lies."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Beside:
    """Whether a step of some bases, or of any when none are named, lies strictly on a side of a step, at most a stretch away."""

    side: Side
    bases: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stretched:
    """A look in stretches of so many microseconds. figures: by the column that each becomes."""

    width: int
    figures: tuple[tuple[str, Beside], ...]


def stretched(look: Look) -> Look | Stretched:
    """A look in stretches, where all that it asks is whether a step is there strictly before or after, as far back as ahead."""
    widths = {_width(seen) for _, seen in look.figures}
    width = widths.pop() if len(widths) == 1 else None
    if width is None:
        return look
    return Stretched(width, tuple((column, Beside(_side(seen), seen.bases)) for column, seen in look.figures))


def _width(seen: Seen) -> int | None:
    """How far a figure reaches, where stretches tell it."""
    low, high = seen.range.low, seen.range.high
    if seen.of is not Of.ANY or low is None:
        return None
    reach = max(-low, high)
    return reach if reach > 0 and seen.range in (Range(-reach, -1), Range(1, reach)) else None


def _side(seen: Seen) -> Side:
    return Side.AFTER if seen.range.high > 0 else Side.BEFORE
