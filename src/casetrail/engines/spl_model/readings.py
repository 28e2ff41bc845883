"""The points on which the documentation can be read in two ways and a query can hardly avoid.

A query whose verdict is the same under every reading doesn't rest on any of them; `ALL` is for tests that show so.
Points that a query can avoid are no readings: there the model raises UnspecifiedError.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True, slots=True)
class Readings:
    """One way to read the documentation.

    exact: numbers are exact (times to the microsecond); else they are IEEE doubles, as "eval: Usage, Numeric
        calculations" says. The difference of two times (from 2004 to 2038, in microseconds) that are a whole number of
        seconds apart is that number in both, since the two are rounded alike; sums of decimals can differ.
    kleene: `true OR null` is true and `false AND null` is false; else null makes both null. "eval" names the
        operators and says nothing about null.
    null_match_is_null: match, like, cidrmatch and in give null for a null input; else they give false, as their
        "otherwise returns FALSE" can be read ("Comparison and Conditional functions").
    unicode_case: ignoring case and lower()/upper() reach beyond ASCII. No page says.
    """

    exact: bool = True
    kleene: bool = True
    null_match_is_null: bool = True
    unicode_case: bool = True


ALL = tuple(Readings(*choice) for choice in product((True, False), repeat=4))
