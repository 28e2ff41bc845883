"""A step as one text, so that `VALUES` gathers the steps of a key into a list, which `MV_EXPAND` lays out again.

The text is the step's time, base, what it carries along (`-` for nothing) and id, of which only the id may hold a space.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from casetrail.plan.nodes import Type
from casetrail.plan.window import START
from casetrail.stores.unsupported import UnsupportedError, unknown

VALUE = "value"
"""The column of what a figure is of; steps carry it after an equals sign, since a text may be empty."""


def milliseconds(span: int) -> int:
    """A timespan in milliseconds. Raises UnsupportedError for a finer one."""
    if span % 1000:
        raise UnsupportedError("its timespan is finer than the milliseconds of Elastic's times")
    return span // 1000


def packed(carried: Sequence[str], value: Type | None = None) -> str:
    """The line that makes `step` of `at`, `base`, `id` and the carried ones of `start` and `value`. value: the type of that."""
    texts = {START: "TO_STRING(start)"} | ({VALUE: f'CONCAT("=", {_value(value)})'} if value else {})
    more = "".join(f', COALESCE({texts[column]}, "-"), " "' for column in carried)
    return f'EVAL step = CONCAT(TO_STRING(at), " ", base, " "{more}, id)'


def _value(type_: Type) -> str:
    match type_:
        case Type.TEXT:
            return "TO_BASE64(value)"
        case Type.INTEGER | Type.NUMBER | Type.BOOLEAN | Type.ADDRESS | Type.TIME:
            return "TO_STRING(value)"
        case never:
            raise unknown(never)


def held(type_: Type) -> str:
    """The line that reads the value which another step carries, of a type, as `held`: a number as one, else a text of its own."""
    return f'EVAL held = CASE(STARTS_WITH(other_value, "="), {_held(type_)}, NULL)'


def _held(type_: Type) -> str:
    match type_:
        case Type.INTEGER:
            return "TO_LONG(SUBSTRING(other_value, 2))"
        case Type.NUMBER:
            return "TO_DOUBLE(SUBSTRING(other_value, 2))"
        case Type.TEXT | Type.BOOLEAN | Type.ADDRESS | Type.TIME:
            return "other_value"
        case never:
            raise unknown(never)


def unpacked(steps: str, carried: Sequence[str], prefix: str = "") -> str:
    """The line that takes the texts in a column apart, into columns with a prefix."""
    columns = " ".join(f"%{{{prefix}{column}}}" for column in ("at", "base", *carried, "id"))
    return f'DISSECT {steps} "{columns}"'


def beside(carried: Sequence[str], by: Sequence[str]) -> Iterator[str]:
    """The lines that put each step beside each that is alike in some columns (`other_…`), `gap` milliseconds before it."""
    yield f"STATS steps = VALUES(step) BY {', '.join(by)}" if by else "STATS steps = VALUES(step)"
    yield "EVAL others = steps"
    yield "MV_EXPAND steps"
    yield "MV_EXPAND others"
    yield unpacked("steps", carried)
    yield unpacked("others", carried, "other_")
    yield "EVAL at = TO_LONG(at), other_at = TO_LONG(other_at), gap = TO_LONG(at) - TO_LONG(other_at)"


def of_bases(column: str, bases: Sequence[int]) -> list[str]:
    """Whether a column is one of some bases; nothing where none are named."""
    listed = [f'"{base}"' for base in sorted(set(bases))]
    if not listed:
        return []
    return [f"{column} == {listed[0]}" if len(listed) == 1 else f"{column} IN ({', '.join(listed)})"]
