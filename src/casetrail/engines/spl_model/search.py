"""Whether a row passes the search command ("search").

`=` and `!=` compare text, ignoring case, with `*` for any characters; `<` and its like compare two numbers as numbers
and all else as text. A field of several values passes when one value does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from casetrail.engines.spl_model.errors import SplError, UnspecifiedError
from casetrail.engines.spl_model.networks import block, within
from casetrail.engines.spl_model.nodes import FieldIn, FieldIs, SearchAnd, SearchExpr, SearchNot, SearchOr, TimeBound
from casetrail.engines.spl_model.readings import Readings
from casetrail.engines.spl_model.times import moment
from casetrail.engines.spl_model.values import COMPARE, Row, lower, many, number, text_of, utf8


def passes(expr: SearchExpr, row: Row, now: Fraction | None, readings: Readings) -> bool:
    match expr:
        case SearchAnd(args=args):
            return all(passes(arg, row, now, readings) for arg in args)
        case SearchOr(args=args):
            return any(passes(arg, row, now, readings) for arg in args)
        case SearchNot(arg=arg):
            return not passes(arg, row, now, readings)
        case FieldIs(field=field, op=op, value=value):
            return _compare(_texts(row, field), field, op, value, readings)
        case FieldIn(field=field, values=values):
            return any(_compare(_texts(row, field), field, "IN", value, readings) for value in values)
        case TimeBound():
            return _in_time(expr, row, now)


def _texts(row: Row, field: str) -> list[str]:
    return [text_of(value) for value in many(row.get(field))]


def _compare(texts: Sequence[str], field: str, op: str, value: str, readings: Readings) -> bool:
    if op != "=" and texts and block(value) is not None:
        raise UnspecifiedError(f"a CIDR block under {op}")
    if op in ("=", "!=", "IN"):
        equal = [_equals(text, value, readings) for text in texts]
        if op != "!=":
            if value == "*" and texts and not any(texts):
                raise UnspecifiedError(f"whether {field}=* takes an empty value")
            return any(equal)
        if any(equal) and not all(equal):
            raise UnspecifiedError(f"{field}!={value} on several values of which some are equal")
        return bool(texts) and not any(equal)
    return any(_ordered(text, op, value, readings) for text in texts)


def _equals(text: str, value: str, readings: Readings) -> bool:
    """The value with wildcards ("search: Comparison expression options"), or the block that it writes."""
    network = block(value)
    if network is not None and within(network, text):
        return True
    return _pattern(value, readings).fullmatch(lower(text, readings)) is not None


@lru_cache(maxsize=4096)
def _pattern(value: str, readings: Readings) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in lower(value, readings).split("*")), re.DOTALL)


def _ordered(text: str, op: str, value: str, readings: Readings) -> bool:
    ours, theirs = number(text, readings), number(value, readings)
    if ours is not None and theirs is not None:
        return COMPARE[op](ours, theirs)
    cased = COMPARE[op](utf8(text), utf8(value))
    folded = COMPARE[op](utf8(lower(text, readings)), utf8(lower(value, readings)))
    if cased != folded:
        raise UnspecifiedError(f"whether {text!r} {op} {value!r} ignores case")
    return cased


def _in_time(bound: TimeBound, row: Row, now: Fraction | None) -> bool:
    """earliest is inclusive, latest exclusive ("REST API: search/jobs", earliest_time, latest_time, index_earliest …)."""
    field = "_indextime" if bound.kind.startswith("_index") else "_time"
    time = row.get(field)
    if not isinstance(time, Fraction | float):
        raise SplError(f"{bound.kind}= on an event without {field}", bound.at)
    edge = moment(bound.time, now, bound.at)
    return time >= edge if bound.kind.endswith("earliest") else time < edge
