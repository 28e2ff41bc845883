"""ES|QL for figures over the steps that stand beside a step: each step of a key beside each other of it (`other_…`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from casetrail.languages.esql.step_text import VALUE, held, of_bases
from casetrail.plan.nodes import Figure, KeyPart
from casetrail.plan.window import AT, START, Look, Mark, Of, Range, Seen
from casetrail.stores.unsupported import UnsupportedError, unknown


def hull(ranges: Sequence[Range]) -> Range:
    """The narrowest range that holds some others."""
    lows = [one.low for one in ranges if one.low is not None]
    return Range(min(lows) if len(lows) == len(ranges) else None, max(one.high for one in ranges))


def within(range_: Range, inside: Range | None = None) -> list[str]:
    """What `gap`, how long ago another step was, compares with in a range. inside: a range that all of them are in already."""
    found = []
    if inside is None or range_.high != inside.high:
        # Elastic's times have whole milliseconds, and a microsecond away is another one.
        found.append("gap > 0" if range_.high == -1 else f"gap >= {-(range_.high // 1000)}")
    if range_.low is not None and (inside is None or range_.low != inside.low):
        found.append("gap < 0" if range_.low == 1 else f"gap <= {-range_.low // 1000}")
    return found


@dataclass(frozen=True, slots=True)
class Others:
    """The steps beside a step.

    inside: the range that they are in; value: what a figure is of; mark: the one that wrote `start`, where one did.
    """

    inside: Range
    value: KeyPart | None
    mark: Mark | None

    def carried(self, look: Look) -> tuple[str, ...]:
        """What steps have to carry along for a look, besides their time, base and id."""
        figures = [seen for _, seen in look.figures]
        starts = any(seen.of is Of.LAST for seen in figures) and not self._start_themselves
        values = any(seen.of is Of.FIGURE and seen.figure is not Figure.EVENTS for seen in figures)
        return (*([START] if starts else ()), *([VALUE] if values else ()))

    @property
    def _start_themselves(self) -> bool:
        return self.mark is not None and self.mark.column == AT

    def read(self, carried: Sequence[str]) -> Iterator[str]:
        """The lines that read the value that steps carry."""
        if VALUE in carried and self.value is not None:
            yield held(self.value.type)

    def values(self, column: str, range_: Range) -> str:
        """What steps in a range have in a column, each once."""
        return f"VALUES({self._only(Seen(Of.ANY, range_), column)})"

    def figure(self, seen: Seen) -> str:
        """A figure as an aggregate; of one that counts, what it counts. Raises UnsupportedError."""
        match seen.of:
            case Of.ANY:
                return f"SUM({self._only(seen, '1', '0')})"
            case Of.FIRST:
                return f"MIN({self._only(seen, 'other_at')})"
            case Of.LAST:
                return f"MAX({self._start(seen)})"
            case Of.FIGURE:
                return self._aggregate(seen)
            case never:
                raise unknown(never)

    def _only(self, seen: Seen, text: str, otherwise: str = "NULL", more: Sequence[str] = ()) -> str:
        tests = [*of_bases("other_base", seen.bases), *more, *within(seen.range, self.inside)]
        return f"CASE({' AND '.join(tests)}, {text}, {otherwise})" if tests else text

    def _start(self, seen: Seen) -> str:
        if self.mark is None:
            raise UnsupportedError("its condition asks for a start where ES|QL's steps carry none")
        if self._start_themselves:
            return self._only(replace(seen, bases=(self.mark.base,)), "other_at", more=of_bases("other_base", seen.bases))
        return self._only(seen, "TO_LONG(other_start)", more=['other_start != "-"'])

    def _aggregate(self, seen: Seen) -> str:
        many = self.value is not None and any(field is not None and field.many for field in self.value.fields)
        match seen.figure:
            case Figure.EVENTS:
                return f"VALUES({self._only(seen, 'other_id')})"
            case Figure.DISTINCT:
                return f"VALUES({self._only(seen, 'held')})"
            case Figure.SUM | Figure.AVG if many:
                raise UnsupportedError(f"its {seen.figure} is over a list, of which ES|QL drops repeated values")
            case Figure.SUM:
                return f"SUM({self._only(seen, 'held')})"
            case Figure.AVG:
                return f"AVG({self._only(seen, 'held')})"
            case Figure.MEDIAN | Figure.PERCENTILE:
                raise UnsupportedError(f"its {seen.figure} is only estimated by ES|QL")
            case None:
                raise ValueError("a look at a figure that it doesn't name")
            case never:
                raise unknown(never)


def counted(look: Look) -> Iterator[str]:
    """The lines that count what an aggregate lists."""
    for column, seen in look.figures:
        if seen.figure in (Figure.EVENTS, Figure.DISTINCT):
            yield f"EVAL {column} = COALESCE(MV_COUNT({column}), 0)"
