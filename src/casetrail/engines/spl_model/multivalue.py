"""The functions of eval and where on several values of one field ("Multivalue eval functions")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from casetrail.engines.spl_model import regexes
from casetrail.engines.spl_model.errors import SplError, UnspecifiedError
from casetrail.engines.spl_model.evaluate import Function, Result, Scope, truth, value
from casetrail.engines.spl_model.nodes import Binary, Call, EvalExpr, FieldRef, Unary
from casetrail.engines.spl_model.values import Single, as_number, joined, many, single, text_of, utf8

_COMMA = ","


def _values(node: Call, index: int, scope: Scope) -> tuple[Single, ...]:
    return many(value(node.args[index], scope, node.name))


def _texts(node: Call, index: int, scope: Scope) -> list[str]:
    return [text_of(one) for one in _values(node, index, scope)]


def _delimiter(node: Call, index: int, scope: Scope) -> str:
    found = single(value(node.args[index], scope, node.name), node.name)
    if found is None:
        raise UnspecifiedError(f"{node.name}() with a delimiter that is null", node.at)
    return text_of(found)


def _fields(expr: EvalExpr) -> Iterator[str]:
    match expr:
        case FieldRef(name=name):
            yield name
        case Unary(arg=arg):
            yield from _fields(arg)
        case Binary(left=left, right=right):
            yield from _fields(left)
            yield from _fields(right)
        case Call(args=args):
            for arg in args:
                yield from _fields(arg)
        case _:
            pass


def only_field(node: Call) -> str:
    """The one field in the first argument of mvfilter or mvmap; raises SplError for none or several."""
    names = set(_fields(node.args[0]))
    if len(names) != 1:
        raise SplError(f"{node.name}() over an expression with {len(names)} fields instead of one", node.at)
    return names.pop()


def _mvcount(node: Call, scope: Scope) -> Result:
    return Fraction(len(found)) if (found := _values(node, 0, scope)) else None


def _mvappend(node: Call, scope: Scope) -> Result:
    return joined([one for index in range(len(node.args)) for one in _values(node, index, scope)])


def _mvdedup(node: Call, scope: Scope) -> Result:
    """Each text once, where it first stands."""
    found: dict[str, Single] = {}
    for one in _values(node, 0, scope):
        found.setdefault(text_of(one), one)
    return joined(list(found.values()))


def _mvsort(node: Call, scope: Scope) -> Result:
    return joined(_sorted(_texts(node, 0, scope)))


def _sorted(texts: list[str]) -> list[str]:
    return sorted(texts, key=utf8)


def _mvjoin(node: Call, scope: Scope) -> Result:
    texts = _texts(node, 0, scope)
    return _delimiter(node, 1, scope).join(texts) if texts else None


def _mvzip(node: Call, scope: Scope) -> Result:
    """Pairs as Python's zip makes them."""
    delimiter = _delimiter(node, 2, scope) if len(node.args) == 3 else _COMMA
    pairs = zip(_texts(node, 0, scope), _texts(node, 1, scope), strict=False)
    return joined([left + delimiter + right for left, right in pairs])


def _split(node: Call, scope: Scope) -> Result:
    """An empty delimiter cuts into characters ("split")."""
    found = single(value(node.args[0], scope, "split"), "split")
    delimiter = _delimiter(node, 1, scope)
    if found is None:
        return None
    text = text_of(found)
    if not text:
        raise UnspecifiedError("split() of an empty text", node.at)
    return joined(list(text.split(delimiter) if delimiter else text))


def _mvindex(node: Call, scope: Scope) -> Result:
    """One value, or those from start to end; null when an index is out of range."""
    found = _values(node, 0, scope)
    places = []
    for index in range(1, len(node.args)):
        place = single(value(node.args[index], scope, node.name), node.name)
        whole = None if place is None else as_number(place, scope.readings)
        if whole is None or whole % 1:
            raise UnspecifiedError(f"mvindex() at {place}", node.at)
        places.append(int(whole) + (len(found) if whole < 0 else 0))
    start, end = places[0], places[-1]
    if not 0 <= start <= end < len(found):
        return None
    return joined(found[start : end + 1])


def _mvfind(node: Call, scope: Scope) -> Result:
    pattern = _delimiter(node, 1, scope)
    for index, text in enumerate(_texts(node, 0, scope)):
        if regexes.found_in(pattern, text, scope.readings):
            return Fraction(index)
    return None


def _mvfilter(node: Call, scope: Scope) -> Result:
    """The values of which the condition is true; null when none is left. It may name one field alone."""
    name = only_field(node)
    kept = []
    for one in many(scope.row.get(name)):
        verdict = truth(node.args[0], scope.with_field(name, one), node.at)
        if verdict is None:
            raise UnspecifiedError("mvfilter() with a condition that is null", node.at)
        if verdict:
            kept.append(one)
    return joined(kept)


def _mvmap(node: Call, scope: Scope) -> Result:
    """The expression on each value; the field that it runs over is the one in the first argument."""
    name = only_field(node)
    results = []
    for one in _values(node, 0, scope):
        result = value(node.args[1], scope.with_field(name, one), node.name)
        if result is None or isinstance(result, tuple):
            raise UnspecifiedError("mvmap() with a result of no or several values", node.at)
        results.append(result)
    return joined(results)


_ANY = 10_000
FUNCTIONS: Mapping[str, tuple[Function, int, int]] = {
    "mvcount": (_mvcount, 1, 1),
    "mvappend": (_mvappend, 1, _ANY),
    "mvdedup": (_mvdedup, 1, 1),
    "mvsort": (_mvsort, 1, 1),
    "mvjoin": (_mvjoin, 2, 2),
    "mvzip": (_mvzip, 2, 3),
    "mvindex": (_mvindex, 2, 3),
    "mvfind": (_mvfind, 2, 2),
    "mvfilter": (_mvfilter, 1, 1),
    "mvmap": (_mvmap, 2, 2),
    "split": (_split, 2, 2),
}
