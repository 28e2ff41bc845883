"""The functions of eval and where: conditions and kinds of value here, the rest in `scalars` and `multivalue`.

A name that is in none of them is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from casetrail.engines.spl_model import multivalue, regexes, scalars
from casetrail.engines.spl_model.arguments import single_arg, text_arg, whole_arg
from casetrail.engines.spl_model.errors import SplError, UnspecifiedError
from casetrail.engines.spl_model.evaluate import Function, Result, Scope, evaluate, truth
from casetrail.engines.spl_model.networks import block, within
from casetrail.engines.spl_model.nodes import Call, Literal
from casetrail.engines.spl_model.values import compare, number, single, text_of

_PATTERNS = ("match", "replace", "mvfind")


def check(node: Call) -> None:
    """Raises SplError for an unknown function, a wrong number of arguments, a literal pattern that isn't modelled,
    or not one field in mvfilter; Splunk too checks an expression before it runs ("eval: expression").
    """
    _known(node)
    if node.name in ("mvfilter", "mvmap"):
        multivalue.only_field(node)
    if node.name in _PATTERNS:
        pattern = node.args[1]
        if isinstance(pattern, Literal) and isinstance(pattern.value, str):
            try:
                regexes.compiled(pattern.value)
            except SplError as error:
                raise SplError(str(error), node.at) from error


def call(node: Call, scope: Scope) -> Result:
    return _known(node)(node, scope)


def _known(node: Call) -> Function:
    known = _FUNCTIONS.get(node.name) or scalars.FUNCTIONS.get(node.name) or multivalue.FUNCTIONS.get(node.name)
    if known is None:
        raise SplError(f"the function {node.name!r} isn't modelled", node.at)
    function, least, most = known
    if not least <= len(node.args) <= most:
        raise SplError(f"{node.name}() with {len(node.args)} arguments", node.at)
    return function


# --- conditions ("Comparison and Conditional functions")


def _if(node: Call, scope: Scope) -> Result:
    return evaluate(node.args[1 if truth(node.args[0], scope, node.at) else 2], scope)


def _case(node: Call, scope: Scope) -> Result:
    if len(node.args) % 2:
        raise SplError("case() with a condition without a value", node.at)
    for index in range(0, len(node.args), 2):
        if truth(node.args[index], scope, node.at):
            return evaluate(node.args[index + 1], scope)
    return None


def _validate(node: Call, scope: Scope) -> Result:
    if len(node.args) % 2:
        raise SplError("validate() with a condition without a value", node.at)
    for index in range(0, len(node.args), 2):
        found = truth(node.args[index], scope, node.at)
        if found is None:
            raise UnspecifiedError("validate() with a condition that is null", node.at)
        if not found:
            return evaluate(node.args[index + 1], scope)
    return None


def _coalesce(node: Call, scope: Scope) -> Result:
    for arg in node.args:
        found = evaluate(arg, scope)
        if found is not None:
            return found
    return None


def _nullif(node: Call, scope: Scope) -> Result:
    ours, theirs = single_arg(node, 0, scope), single_arg(node, 1, scope)
    if ours is None or theirs is None:
        return ours
    return None if compare("=", ours, theirs, scope.readings) else ours


def _null_match(scope: Scope) -> bool | None:
    return None if scope.readings.null_match_is_null else False


def _in(node: Call, scope: Scope) -> Result:
    ours = single_arg(node, 0, scope)
    if ours is None:
        return _null_match(scope)
    found = [single_arg(node, index, scope) for index in range(1, len(node.args))]
    if any(other is not None and compare("=", ours, other, scope.readings) for other in found):
        return True
    return _null_match(scope) if None in found else False


def _match(node: Call, scope: Scope) -> Result:
    pattern, text = text_arg(node, 1, scope), text_arg(node, 0, scope)
    if pattern is None or text is None:
        return _null_match(scope)
    return regexes.found_in(pattern, text, scope.readings)


def _like(node: Call, scope: Scope) -> Result:
    pattern, text = text_arg(node, 1, scope), text_arg(node, 0, scope)
    if pattern is None or text is None:
        return _null_match(scope)
    return regexes.like(text, pattern)


def _cidrmatch(node: Call, scope: Scope) -> Result:
    cidr, text = text_arg(node, 0, scope), text_arg(node, 1, scope)
    if cidr is None or text is None:
        return _null_match(scope)
    network = block(cidr)
    if network is None:
        raise UnspecifiedError(f"cidrmatch() with {cidr!r}", node.at)
    return within(network, text)


# --- kinds of value ("Informational functions", "Conversion functions")


def _is_null(node: Call, scope: Scope) -> Result:
    return evaluate(node.args[0], scope) is None


def _is_not_null(node: Call, scope: Scope) -> Result:
    return evaluate(node.args[0], scope) is not None


def _kind(node: Call, scope: Scope) -> str | None:
    """number, text, boolean or None; raises UnspecifiedError for a field's text that reads as a number."""
    found = evaluate(node.args[0], scope)
    if isinstance(found, bool):
        return "Boolean"
    found = single(found, node.name)
    if found is None:
        return None
    if not isinstance(found, str):
        return "Number"
    if not isinstance(node.args[0], Literal) and number(found, scope.readings) is not None:
        raise UnspecifiedError(f"{node.name}() of a text that reads as a number", node.at)
    return "String"


def _typeof(node: Call, scope: Scope) -> Result:
    return _kind(node, scope) or "Invalid"


def _is_num(node: Call, scope: Scope) -> Result:
    return _kind(node, scope) == "Number"


def _is_str(node: Call, scope: Scope) -> Result:
    return _kind(node, scope) == "String"


def _tonumber(node: Call, scope: Scope) -> Result:
    """null for a field that can't be read, spaces around included; an error for a literal. A base makes text of its digits."""
    found = single_arg(node, 0, scope)
    if len(node.args) == 2:
        base, text = whole_arg(node, 1, scope), None if found is None else text_of(found)
        if text is None or base is None:
            return None
        if not re.fullmatch("[0-9A-Za-z]+", text) or not 2 <= base <= 36:
            raise UnspecifiedError(f"tonumber() of {text!r} to the base {base}", node.at)
        try:
            digits = int(text, base)
        except ValueError:
            return None
        return Fraction(digits) if scope.readings.exact else float(digits)
    if not isinstance(found, str):
        return found
    result = None if found != found.strip() else number(found, scope.readings)
    if result is None and isinstance(node.args[0], Literal):
        raise SplError(f"tonumber({found!r})", node.at)
    return result


def _tostring(node: Call, scope: Scope) -> Result:
    found = evaluate(node.args[0], scope)
    if isinstance(found, bool):
        return str(found)
    if found is None:
        raise UnspecifiedError("tostring() of null", node.at)
    return text_of(single(found, "tostring") or "")


_ANY = 10_000
_FUNCTIONS: Mapping[str, tuple[Function, int, int]] = {
    "if": (_if, 3, 3),
    "case": (_case, 2, _ANY),
    "validate": (_validate, 2, _ANY),
    "coalesce": (_coalesce, 1, _ANY),
    "nullif": (_nullif, 2, 2),
    "null": (lambda node, scope: None, 0, 0),
    "true": (lambda node, scope: True, 0, 0),
    "false": (lambda node, scope: False, 0, 0),
    "isnull": (_is_null, 1, 1),
    "isnotnull": (_is_not_null, 1, 1),
    "isnum": (_is_num, 1, 1),
    "isstr": (_is_str, 1, 1),
    "typeof": (_typeof, 1, 1),
    "tonumber": (_tonumber, 1, 2),
    "tostring": (_tostring, 1, 1),
    "in": (_in, 2, _ANY),
    "match": (_match, 2, 2),
    "like": (_like, 2, 2),
    "cidrmatch": (_cidrmatch, 2, 2),
}
