"""The words in which an SQL engine differs from others, as data: `SqlExpressions` and `SqlWindows` print the rest.

A word is a template for `str.format`; the names in braces that it may use are said beside it. A word of None is one that the engine
lacks: a plan that needs it is refused. What engines say alike has no word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from casetrail.plan.nodes import Field, Figure, Op, Overlap, Part, Scalar, Type
from casetrail.plan.window import Range
from casetrail.stores.unsupported import UnsupportedError, unknown

_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Quoting:
    """text: what stands for a character in a literal; name: the mark around an identifier, doubled inside."""

    text: Mapping[str, str]
    name: str


@dataclass(frozen=True, slots=True)
class Lists:
    """Over a `list`. name: the variable of one element in `test` or `value`.

    any_element: whether `test`, which is never null, is true of one, as true, false or null.
    each_element: the list of `value` for each. one: the list of one `value`. size: the number of elements, 0 for null.
    split: a query for all columns of `rows`, a row for each element of `list` as the column `name`; no row for an empty list.
    """

    any_element: str
    each_element: str
    one: str
    size: str
    split: str


@dataclass(frozen=True, slots=True)
class Texts:
    """lower: a `text` folded, character by character; contains, starts, ends: whether `text` does so with `part`.

    like: whether `text` is like `pattern`, in which a backslash escapes; regex: whether RE2's `pattern` is found in `text`.
    """

    lower: str
    contains: str
    starts: str
    ends: str
    like: str
    regex: str


@dataclass(frozen=True, slots=True)
class Reads:
    """A `text` read as a type, as `plan.values` has it; null when it doesn't read.

    address: a key: 4 or 6, then its bytes in lower hexadecimal. times: microseconds since 1970 (UTC), by time format.
    """

    integer: str | None
    number: str | None
    boolean: str | None
    address: str | None
    times: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parts:
    """A part, as a number, of a `time` in microseconds since 1970 (UTC); the week is ISO 8601's."""

    minute: str
    hour: str
    day: str
    week: str
    month: str
    year: str


@dataclass(frozen=True, slots=True)
class Windows:
    """Over a `window` of rows, what is inside the parentheses of OVER. None of these counts or ranks a `value` that is null.

    any: whether `test`, which is never null, is true in a row; false without rows. only: an `aggregate` of `value` where `test` is true.
    distinct: how many different values there are. median: the middle one, or the mean of the middle two.
    percentile: the value of nearest rank; `share` is from 0.00 to 1.00.
    unit: the microseconds in one unit of a step's time `t`; times that differ by less are one. widest: the greatest
    bound of a range, in units; None where any can be said.
    """

    any: str
    only: str
    distinct: str | None
    median: str | None
    percentile: str | None
    unit: int = 1
    widest: int | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One engine's words. engine: its name, as in refusals; setup: statements that must have run, since the words stand on them."""

    engine: str
    setup: str
    quoting: Quoting
    lists: Lists
    texts: Texts
    reads: Reads
    parts: Parts
    windows: Windows

    def literal(self, value: Scalar) -> str:
        """A value as SQL."""
        match value:
            case bool():
                return "true" if value else "false"
            case str():
                return "'" + "".join(self.quoting.text.get(character, character) for character in value) + "'"
            case int() | float():
                return repr(value)
            case never:
                raise unknown(never)

    def identifier(self, name: str) -> str:
        """A name as SQL."""
        mark = self.quoting.name
        return mark + name.replace(mark, mark * 2) + mark

    def has(self, word: str | None, what: str) -> str:
        """A word that an engine may lack. Raises UnsupportedError, which says what it is that can't be said."""
        if word is None:
            raise UnsupportedError(f"{self.engine} has no words for {what}")
        return word

    def parsed(self, text: str, field: Field, *, cased: bool) -> str:
        """SQL for a text read as the field's type, in the form in which it compares; null when it doesn't read."""
        match field.type:
            case Type.TEXT:
                return text if cased or field.exact else self.texts.lower.format(text=text)
            case Type.INTEGER:
                word = self.reads.integer
            case Type.NUMBER:
                word = self.reads.number
            case Type.BOOLEAN:
                word = self.reads.boolean
            case Type.ADDRESS:
                word = self.reads.address
            case Type.TIME:
                word = self.reads.times.get(field.time_format)
            case never:
                raise unknown(never)
        return self.has(word, f"the {field.time_format or field.type} that {field.path} is").format(text=text)

    def part(self, part: Part, time: str) -> str:
        """SQL for a part of a time in microseconds."""
        match part:
            case Part.MINUTE:
                word = self.parts.minute
            case Part.HOUR:
                word = self.parts.hour
            case Part.DAY:
                word = self.parts.day
            case Part.WEEK:
                word = self.parts.week
            case Part.MONTH:
                word = self.parts.month
            case Part.YEAR:
                word = self.parts.year
            case never:
                raise unknown(never)
        return word.format(time=time)

    def overlap(self, overlap: Overlap, text: str, part: str) -> str:
        """SQL for how one text lies in another."""
        match overlap:
            case Overlap.EQUALS:
                return f"{text} = {part}"
            case Overlap.STARTSWITH:
                word = self.texts.starts
            case Overlap.ENDSWITH:
                word = self.texts.ends
            case Overlap.CONTAINS:
                word = self.texts.contains
            case never:
                raise unknown(never)
        return word.format(text=text, part=part)

    def figure(self, figure: Figure, percentile: int | None, value: str, window: str) -> str:
        """SQL for a figure over a window: of events by their ids as the value, of all else by the values."""
        match figure:
            case Figure.SUM:
                return f"sum({value}) OVER ({window})"
            case Figure.AVG:
                return f"avg({value}) OVER ({window})"
            case Figure.EVENTS | Figure.DISTINCT:
                word = self.windows.distinct
            case Figure.MEDIAN:
                word = self.windows.median
            case Figure.PERCENTILE:
                word = self.windows.percentile if percentile is not None else None
            case never:
                raise unknown(never)
        share = f"{(percentile or 0) / 100:.2f}"
        return self.has(word, f"{figure} in a sliding window").format(value=value, window=window, share=share)

    def units(self, micros: int) -> int:
        """Microseconds in units of `t`, a part of one left out."""
        return micros // self.windows.unit

    def frame(self, bounds: Range) -> str:
        """SQL for the rows in a range of time around a row, where rows are in order of `t`. Raises UnsupportedError when it is too wide."""
        low = "UNBOUNDED PRECEDING" if bounds.low is None else self._bound(-self.units(-bounds.low))
        return f"RANGE BETWEEN {low} AND {self._bound(self.units(bounds.high))}"

    def _bound(self, units: int) -> str:
        widest = self.windows.widest
        if widest is not None and abs(units) > widest:
            days = abs(units) * self.windows.unit / _DAY
            raise UnsupportedError(
                f"{self.engine} has no window of {days:g} days; the widest is of {widest * self.windows.unit / _DAY:g}"
            )
        return "CURRENT ROW" if not units else f"{-units} PRECEDING" if units < 0 else f"{units} FOLLOWING"


def operator(op: Op) -> str:
    """A comparison, which every engine writes alike."""
    match op:
        case Op.LT:
            return "<"
        case Op.LTE:
            return "<="
        case Op.GT:
            return ">"
        case Op.GTE:
            return ">="
        case Op.EQ:
            return "="
        case Op.NEQ:
            return "<>"
        case never:
            raise unknown(never)
