"""The arguments of a function of eval: one value, its text or its number, or null."""

from __future__ import annotations

from casetrail.engines.spl_model.errors import UnspecifiedError
from casetrail.engines.spl_model.evaluate import Scope, value
from casetrail.engines.spl_model.nodes import Call
from casetrail.engines.spl_model.values import Number, Single, as_number, single, text_of


def single_arg(node: Call, index: int, scope: Scope) -> Single | None:
    return single(value(node.args[index], scope, node.name), node.name)


def text_arg(node: Call, index: int, scope: Scope) -> str | None:
    found = single_arg(node, index, scope)
    return None if found is None else text_of(found)


def number_arg(node: Call, index: int, scope: Scope) -> Number | None:
    """Raises UnspecifiedError for a text that is no number."""
    found = single_arg(node, index, scope)
    if found is None:
        return None
    result = as_number(found, scope.readings)
    if result is None:
        raise UnspecifiedError(f"{node.name}() of {text_of(found)!r}", node.at)
    return result


def whole_arg(node: Call, index: int, scope: Scope) -> int | None:
    found = number_arg(node, index, scope)
    if found is None:
        return None
    if found % 1:
        raise UnspecifiedError(f"{node.name}() with {float(found)}", node.at)
    return int(found)
