"""How Splunk's values behave: text, numbers, several values of one field, and null for no value.

Splunk has no public type of its own for fields: "eval: Operators" tells numbers from strings, and says that
comparison takes two numbers or two strings. A field from an event is text here, and text that reads as a number is
compared as one ("where" and "Comparison and Conditional functions", examples on extracted fields). Where two such
texts are equal as numbers and differ as texts, or the other way round, no page says which holds, and the model refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from casetrail.engines.spl_model.errors import UnspecifiedError
from casetrail.engines.spl_model.readings import Readings

Number = Fraction | float
Single = str | Number
Value = Single | tuple[Single, ...] | None
"""A tuple is a field of two or more values; a field of one value is that value; None is null."""
Row = dict[str, Single | tuple[Single, ...]]
"""A row has no entry for a field that is null."""

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_LARGEST = 2**53 - 1
_DECIMALS = 10**6

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": eq,
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}


def number(text: str, readings: Readings) -> Number | None:
    """Text as a number; None when it is none.

    Raises UnspecifiedError for what Splunk may or may not take for a number (`+5`, `.5`, `1e3`, `0x1f`, ` 5`, `inf`).
    """
    if _NUMBER.fullmatch(text):
        exact = Fraction(text)
        return exact if readings.exact else float(exact)
    if _may_be_number(text):
        raise UnspecifiedError(f"whether {text!r} reads as a number")
    return None


def _may_be_number(text: str) -> bool:
    try:
        float(text.replace("_", "x"))
    except ValueError:
        return bool(re.fullmatch(r"\s*[-+]?0[xX][0-9a-fA-F]+\s*", text))
    return True


def as_number(value: Single, readings: Readings) -> Number | None:
    return number(value, readings) if isinstance(value, str) else value


def text_of(value: Single) -> str:
    """The text of a value: whole numbers without a point, others to six decimals at most.

    Raises UnspecifiedError for numbers that six decimals can't hold: how Splunk rounds those isn't documented well
    ("eval: Rounding" speaks of the least precise input).
    """
    if isinstance(value, str):
        return value
    exact = Fraction(value) if isinstance(value, Fraction) else Fraction(Decimal(repr(value)))
    if exact.denominator == 1:
        return str(exact.numerator)
    scaled = exact * _DECIMALS
    if scaled.denominator != 1:
        raise UnspecifiedError(f"the text of the number {float(exact)!r}")
    sign, digits = "-" if exact < 0 else "", f"{abs(scaled.numerator):07d}"
    return f"{sign}{digits[:-6]}.{digits[-6:].rstrip('0')}"


def checked(result: Number) -> Number:
    """A result of arithmetic; raises UnspecifiedError beyond 2^53 - 1, where digits are lost ("eval: Long numbers")."""
    if not -_LARGEST <= result <= _LARGEST:
        raise UnspecifiedError(f"digits of {float(result)!r}, which is beyond 2^53 - 1")
    return result


def many(value: Value) -> tuple[Single, ...]:
    """The values of a field: none for null."""
    match value:
        case None:
            return ()
        case tuple():
            return value
        case _:
            return (value,)


def joined(values: Sequence[Single]) -> Value:
    """A field of these values."""
    return None if not values else values[0] if len(values) == 1 else tuple(values)


def single(value: Value, what: str) -> Single | None:
    """The one value; raises UnspecifiedError for several, which the documentation of `what` doesn't cover."""
    if isinstance(value, tuple):
        raise UnspecifiedError(f"{what} on a field with {len(value)} values")
    return value


def store(row: Row, field: str, value: Value) -> None:
    """Set a field; null clears it ("Comparison and Conditional functions: null")."""
    if value is None:
        row.pop(field, None)
    else:
        row[field] = value


def utf8(text: str) -> bytes:
    """What lexicographical order compares ("search: Lexicographical order")."""
    return text.encode("utf-8", "surrogatepass")


def lower(text: str, readings: Readings) -> str:
    return _cased(text, str.lower, readings)


def upper(text: str, readings: Readings) -> str:
    return _cased(text, str.upper, readings)


def _cased(text: str, change: Callable[[str], str], readings: Readings) -> str:
    def one(char: str) -> str:
        other = change(char)
        return other if len(other) == 1 and (readings.unicode_case or char.isascii()) else char

    return "".join(map(one, text))


def compare(op: str, left: Single, right: Single, readings: Readings) -> bool:
    """Two values under an operator of eval and where, case-sensitively ("where: the expression is case-sensitive").

    Two numbers compare as numbers, two texts as text; a text that reads as a number goes with either. A number never
    equals a text that is none; their order isn't documented.
    """
    holds = COMPARE[op]
    if isinstance(left, str) and isinstance(right, str):
        return _compare_texts(op, left, right)
    ours, theirs = as_number(left, readings), as_number(right, readings)
    if ours is None or theirs is None:
        if op not in ("=", "==", "!="):
            raise UnspecifiedError(f"the order of a number and a text ({text_of(left)!r} {op} {text_of(right)!r})")
        return op == "!="
    return holds(ours, theirs)


def _compare_texts(op: str, left: str, right: str) -> bool:
    holds, ordering = COMPARE[op], op not in ("=", "==", "!=")
    as_text = holds(utf8(left), utf8(right))
    if left == right or not (_may_be_number(left) and _may_be_number(right)):
        return as_text
    if _NUMBER.fullmatch(left) and _NUMBER.fullmatch(right):
        as_numbers = {holds(Fraction(left), Fraction(right)), holds(float(left), float(right))}
        if as_numbers == {as_text} or (ordering and len(as_numbers) == 1):
            return as_numbers.pop()
    elif not ordering and not _loosely_equal(left, right):
        return as_text
    raise UnspecifiedError(f"whether {left!r} {op} {right!r} compares numbers or texts")


def _loosely_equal(left: str, right: str) -> bool:
    try:
        return float(left) == float(right)
    except ValueError:
        return True
