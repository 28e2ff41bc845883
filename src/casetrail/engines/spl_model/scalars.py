"""The functions of eval and where on texts, numbers and times."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil, floor

from casetrail.engines.spl_model import regexes, times
from casetrail.engines.spl_model.arguments import number_arg, text_arg, whole_arg
from casetrail.engines.spl_model.errors import SplError, UnspecifiedError
from casetrail.engines.spl_model.evaluate import Function, Result, Scope, value
from casetrail.engines.spl_model.nodes import Call
from casetrail.engines.spl_model.values import Number, Single, Value, as_number, joined, lower, many, text_of, upper, utf8

_TIES = Fraction(1, 2)

# --- text ("Text functions": lower and upper take several values, the others don't)


def _each(change: Callable[[str], str], found: Value) -> Value:
    return joined([change(text_of(one)) for one in many(found)])


def _lower(node: Call, scope: Scope) -> Result:
    return _each(lambda text: lower(text, scope.readings), value(node.args[0], scope, "lower"))


def _upper(node: Call, scope: Scope) -> Result:
    return _each(lambda text: upper(text, scope.readings), value(node.args[0], scope, "upper"))


def _len(node: Call, scope: Scope) -> Result:
    text = text_arg(node, 0, scope)
    return None if text is None else Fraction(len(text))


def _substr(node: Call, scope: Scope) -> Result:
    """From 1, or from the end when negative; to the end when no length is given."""
    text, start = text_arg(node, 0, scope), whole_arg(node, 1, scope)
    length = whole_arg(node, 2, scope) if len(node.args) == 3 else None
    if text is None or start is None or (len(node.args) == 3 and length is None):
        return None
    if start == 0 or -start > len(text) or (length is not None and length < 0):
        raise UnspecifiedError(f"substr() of {len(text)} characters from {start}", node.at)
    begin = start - 1 if start > 0 else len(text) + start
    return text[begin : None if length is None else begin + length]


def _replace(node: Call, scope: Scope) -> Result:
    text, pattern, replacement = (text_arg(node, index, scope) for index in range(3))
    if text is None or pattern is None or replacement is None:
        return None
    return regexes.replaced(text, pattern, replacement)


def _json_extract(node: Call, scope: Scope) -> Result:
    """A text or a number at a path of plain keys by points ("JSON functions"); the rest isn't modelled."""
    text, path = text_arg(node, 0, scope), text_arg(node, 1, scope)
    if text is None or path is None:
        return None
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", path, re.ASCII):
        raise SplError(f"the path {path!r} isn't modelled", node.at)
    try:
        found = json.loads(text, parse_int=str, parse_float=str)
    except ValueError:
        return None
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    if found is None or isinstance(found, str):
        return found
    raise UnspecifiedError(f"json_extract() of {type(found).__name__}", node.at)


def _spath(node: Call, scope: Scope) -> Result:
    """What lies at a path of JSON, `{}` after an array for each of its elements; an object comes as JSON ("Text functions: spath",
    "spath: path"). Raises UnspecifiedError for null, of which nothing is said.
    """
    text, path = text_arg(node, 0, scope), text_arg(node, 1, scope)
    if text is None or path is None:
        return None
    if not re.fullmatch(r"\w+(\{\})?(\.\w+(\{\})?)*", path, re.ASCII):
        raise SplError(f"the path {path!r} isn't modelled", node.at)
    try:
        found = [json.loads(text)]
    except ValueError:
        return None
    for step in path.split("."):
        name = step.removesuffix("{}")
        inner = [each[name] for each in found if isinstance(each, dict) and name in each]
        found = [one for each in inner if isinstance(each, list) for one in each] if step.endswith("{}") else inner
    if any(one is None for one in found):
        raise UnspecifiedError("spath() of null", node.at)
    texts: list[Single] = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in found]
    return joined(texts)


# --- numbers and times ("Mathematical functions", "Statistical eval functions", "Date and Time functions")


def _rounded(node: Call, scope: Scope) -> Result:
    found = number_arg(node, 0, scope)
    places = whole_arg(node, 1, scope) if len(node.args) == 2 else 0
    if found is None or places is None:
        return None
    scaled = Fraction(found) * 10**places
    if scaled % 1 == _TIES and floor(scaled) % 2 == 0:
        raise UnspecifiedError(f"whether {float(found)} rounds up", node.at)
    result = Fraction(round(scaled), 1) / 10**places
    return result if scope.readings.exact else float(result)


def _to_whole(change: Callable[[Number], int]) -> Function:
    def apply(node: Call, scope: Scope) -> Result:
        found = number_arg(node, 0, scope)
        return None if found is None else Fraction(change(found)) if scope.readings.exact else float(change(found))

    return apply


def _exact(node: Call, scope: Scope) -> Result:
    """The same number, with more digits where it is written ("Mathematical functions: exact")."""
    return number_arg(node, 0, scope)


def _pow(node: Call, scope: Scope) -> Result:
    """Whole exponents alone are modelled ("Mathematical functions: pow")."""
    base, exponent = number_arg(node, 0, scope), whole_arg(node, 1, scope)
    return None if base is None or exponent is None else base**exponent


def _printf(node: Call, scope: Scope) -> Result:
    """Whole numbers by `%x` and `%d` ("Conversion functions: printf"); other conversions aren't modelled."""
    layout, numbers = text_arg(node, 0, scope), [whole_arg(node, index, scope) for index in range(1, len(node.args))]
    if layout is None or None in numbers:
        return None
    if re.findall(r"%.?", layout) != re.findall(r"%[xd]", layout) or layout.count("%") != len(numbers):
        raise SplError(f"printf() by {layout!r} isn't modelled", node.at)
    return layout % tuple(numbers)


def _abs(node: Call, scope: Scope) -> Result:
    found = number_arg(node, 0, scope)
    return None if found is None else -found if found < 0 else found


def _extreme(best: Callable[..., Single]) -> Function:
    """The greatest or least of all values; a text is greater than a number."""

    def apply(node: Call, scope: Scope) -> Result:
        found: list[Single] = []
        for arg in node.args:
            each = many(value(arg, scope, node.name))
            if not each and len(node.args) > 1:
                raise UnspecifiedError(f"{node.name}() with null among several arguments", node.at)
            found += each
        if not found:
            return None

        def rank(one: Single) -> tuple[bool, Number, bytes]:
            as_one = as_number(one, scope.readings)
            return (True, 0, utf8(text_of(one))) if as_one is None else (False, as_one, b"")

        result: Single = best(found, key=rank)
        return result

    return apply


def _now(node: Call, scope: Scope) -> Result:
    if scope.now is None:
        raise SplError("now() without a time of the search", node.at)
    return Fraction(floor(scope.now)) if scope.readings.exact else float(floor(scope.now))


def _strftime(node: Call, scope: Scope) -> Result:
    time, layout = number_arg(node, 0, scope), text_arg(node, 1, scope)
    return None if time is None or layout is None else times.written(time, layout)


def _strptime(node: Call, scope: Scope) -> Result:
    text, layout = text_arg(node, 0, scope), text_arg(node, 1, scope)
    found = None if text is None or layout is None else times.read(text, layout)
    return found if found is None or scope.readings.exact else float(found)


_ANY = 10_000
FUNCTIONS: Mapping[str, tuple[Function, int, int]] = {
    "lower": (_lower, 1, 1),
    "upper": (_upper, 1, 1),
    "len": (_len, 1, 1),
    "substr": (_substr, 2, 3),
    "replace": (_replace, 3, 3),
    "json_extract": (_json_extract, 2, 2),
    "spath": (_spath, 2, 2),
    "exact": (_exact, 1, 1),
    "pow": (_pow, 2, 2),
    "printf": (_printf, 1, _ANY),
    "round": (_rounded, 1, 2),
    "floor": (_to_whole(floor), 1, 1),
    "ceil": (_to_whole(ceil), 1, 1),
    "ceiling": (_to_whole(ceil), 1, 1),
    "abs": (_abs, 1, 1),
    "max": (_extreme(max), 1, _ANY),
    "min": (_extreme(min), 1, _ANY),
    "now": (_now, 0, 0),
    "strftime": (_strftime, 2, 2),
    "strptime": (_strptime, 2, 2),
}
