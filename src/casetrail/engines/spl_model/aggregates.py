"""The statistical functions over the values that an aggregate has seen ("Aggregate functions", "Event order functions",
"Multivalue stats and chart functions", "Time functions").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import ceil
from typing import Any

from casetrail.engines.spl_model.errors import LimitError, SplError, UnspecifiedError
from casetrail.engines.spl_model.evaluate import Scope, evaluate
from casetrail.engines.spl_model.nodes import Aggregate
from casetrail.engines.spl_model.values import Number, Single, Value, as_number, checked, joined, many, text_of, utf8

_LIST_LIMIT = 100
_DIGEST = 1000
_NUMERIC = frozenset(("sum", "avg", "median", "perc", "range"))


@dataclass(frozen=True, slots=True)
class Seen:
    """What one row gives an aggregate: the values of its argument, and the row's time."""

    values: tuple[Single, ...]
    time: Value


def see(aggregate: Aggregate, scope: Scope) -> Seen:
    """eval(...) stands for a field made for the purpose ("stats: Eval expressions with statistical functions").

    In count() it may be a condition; a row of which it isn't true isn't counted.
    """
    time = scope.row.get("_time")
    match aggregate.arg:
        case None:
            return Seen(("1",), time)
        case str() as field:
            return Seen(many(scope.row.get(field)), time)
        case expr:
            found = evaluate(expr, scope)
            if not isinstance(found, bool):
                return Seen(many(found), time)
            if aggregate.function != "count":
                raise SplError(f"a boolean in {aggregate.function}(eval())", aggregate.at)
            return Seen(("1",) if found else (), time)


def result(aggregate: Aggregate, seen: Sequence[Seen], scope: Scope, *, all_numeric: bool) -> Value:
    """The figure; None when there is nothing to make it of.

    Values that are no numbers don't count in a numeric figure, unless allnum asks for numbers alone ("stats: allnum").
    """
    flat = [value for one in seen for value in one.values]
    function = aggregate.function
    if function not in ("dc", "values", "list") and any(len(one.values) > 1 for one in seen):
        raise UnspecifiedError(f"{function}() of a field with several values", aggregate.at)
    if function in _NUMERIC:
        numbers = [as_number(value, scope.readings) for value in flat]
        known = [number for number in numbers if number is not None]
        if not known or (all_numeric and len(known) < len(numbers)):
            return None
        return _figure(aggregate, known)
    match function:
        case "count":
            return Fraction(len(flat))
        case "dc":
            return Fraction(len({text_of(value) for value in flat}))
        case "values":
            texts = sorted({text_of(value) for value in flat}, key=utf8)
            return joined(texts)
        case "list":
            if len(flat) > _LIST_LIMIT:
                raise LimitError(f"list() keeps {_LIST_LIMIT} of {len(flat)} values", aggregate.at)
            return joined([text_of(value) for value in flat])
        case "min" | "max":
            return _extreme(aggregate, flat, scope) if flat else None
        case "first" | "last":
            return flat[0 if function == "first" else -1] if flat else None
        case _:
            return _by_time(aggregate, [one for one in seen if one.values])


def _figure(aggregate: Aggregate, numbers: Sequence[Number]) -> Number:
    total = checked(sum(numbers, start=numbers[0] * 0))
    match aggregate.function:
        case "sum":
            return total
        case "avg":
            return total / len(numbers)
        case "range":
            return max(numbers) - min(numbers)
        case _:
            return _rank(aggregate, sorted(numbers))


def _rank(aggregate: Aggregate, numbers: Sequence[Number]) -> Number:
    """The percentile, where all that is written of it agrees.

    "perc" says nearest rank and shows interpolated results (5.5 and 9.55 of 1 to 10); "median" says the higher of two
    middle values. Of other values than 1000 distinct ones Splunk approximates.
    """
    if len(set(numbers)) >= _DIGEST:
        raise LimitError(f"{aggregate.name} is an approximation from {_DIGEST} distinct values on", aggregate.at)
    share = Fraction(1, 2) if aggregate.percentile is None else aggregate.percentile / 100
    place = share * (len(numbers) - 1)
    nearest = numbers[max(ceil(share * len(numbers)), 1) - 1]
    if any(numbers[index] != nearest for index in (int(place), ceil(place))):
        raise UnspecifiedError(f"{aggregate.name}: nearest rank and interpolation differ", aggregate.at)
    return nearest


def _extreme(aggregate: Aggregate, values: Sequence[Single], scope: Scope) -> Single:
    """Of numbers the number, of texts the first or last in lexicographical order; of a mixture no page says clearly."""
    best: Callable[..., Any] = min if aggregate.function == "min" else max
    numbers = [number for value in values if (number := as_number(value, scope.readings)) is not None]
    if len(numbers) == len(values):
        found: Single = best(numbers)
        return found
    if numbers:
        raise UnspecifiedError(f"{aggregate.name} of numbers and texts", aggregate.at)
    return str(best((text_of(value) for value in values), key=utf8))


_BY_TIME: Mapping[str, Callable[..., Any]] = {
    "earliest": min,
    "earliest_time": min,
    "latest": max,
    "latest_time": max,
}


def _by_time(aggregate: Aggregate, seen: Sequence[Seen]) -> Value:
    """The value, or the time, of the chronologically first or last row that has the field; of several, the one that
    came first, which the seed decides.
    """
    if not seen:
        return None
    times = [one.time for one in seen if isinstance(one.time, Fraction | float)]
    if len(times) < len(seen):
        raise UnspecifiedError(f"{aggregate.name} over rows without _time", aggregate.at)
    edge: Number = _BY_TIME[aggregate.function](times)
    if aggregate.function.endswith("_time"):
        return edge
    return next(chain.from_iterable(one.values for one in seen if one.time == edge))
