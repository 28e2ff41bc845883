"""Random Sigma rules over the test log source, as documents, so that the lowering is put to the test as well."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

from hypothesis import strategies as st

from casetrail.plan.nodes import Type
from tests.laws.strategies import ADDRESSES, NETWORKS, PATTERNS, TEXTS
from tests.worlds import CONTRACT

Document = dict[str, Any]
Item = tuple[str, Any]
F = CONTRACT.fields
LOGSOURCE = {"product": CONTRACT.product, "service": CONTRACT.service}
_PATHS = tuple(path for path in F if path != "id")
_NEGATED = ("", "", "", "|neq")
_CASED = ("", "", "|cased")
_PLACES = ("|contains", "|startswith", "|endswith")

_SPECIAL = ("a*", "*b", "*", "?", "a?", "*a?b*", "a\\*b", "a\\?b", "a\\\\*", "a\\\\b", "\\a", "A*\\*", "ä*", "%", "_b")
_VALUES = st.one_of(st.sampled_from(TEXTS), st.sampled_from(_SPECIAL))
_NUMBERS = st.sampled_from((-2, -1, 0, 1, 2, 3, 1.5, 1.0, 1000))


def _several(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, min_size=2, max_size=3, unique_by=repr)


def _some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, values, _several(values))


def _tests(path: str, values: st.SearchStrategy[Any], *modifiers: tuple[str, ...]) -> st.SearchStrategy[Item]:
    """A field with one of each group of modifiers, and what it is tested against."""
    keys = tuple(path + "".join(chosen) for chosen in product(*modifiers))
    return st.tuples(st.sampled_from(keys), values)


def _fields(path: str, *places: str) -> st.SearchStrategy[Item]:
    same = [other for other in _PATHS if F[other].type is F[path].type]
    return _tests(path, st.sampled_from(same), ("|fieldref",), ("", "", "", *places), _NEGATED)


def _text(path: str) -> st.SearchStrategy[Item]:
    watchlists = st.sampled_from(("%users%", "%users%", "%users%", "x%users%", "%nobody%"))
    coded = ("|base64", "|base64offset|contains", "|wide|base64", "|utf16be|base64offset|contains")
    flags = ("", "|i", "|s", "|m", "|i|s")
    plain = _tests(path, _some(_VALUES), _CASED, _NEGATED)
    placed = _tests(path, _some(_VALUES), ("", "", "|windash"), _PLACES, _CASED, _NEGATED)
    return st.one_of(
        plain,
        plain,
        placed,
        placed,
        _tests(path, _several(_VALUES), ("", *_PLACES), ("|all",), _CASED),
        _tests(path, _some(st.sampled_from(PATTERNS)), ("|re",), flags, ("", "", "", *_PLACES), _NEGATED),
        _fields(path, *_PLACES),
        _tests(path, watchlists, ("|expand",), ("", "", *_PLACES), (*_CASED, ""), _NEGATED),
        _tests(path, st.sampled_from(("a", "ab", "foo")), coded),
        _tests(path, _several(st.one_of(_VALUES, st.sampled_from((None, 42, 1.5, True)))), ("",)),
    )


def _number(path: str, whole: st.SearchStrategy[Any], *texts: str) -> st.SearchStrategy[Item]:
    equal = _tests(path, _some(st.one_of(whole, whole, st.sampled_from(texts))), _NEGATED)
    return st.one_of(equal, _tests(path, _some(_NUMBERS), ("|gt", "|gte", "|lt", "|lte")), _fields(path, "|contains"))


def _typed(path: str) -> st.SearchStrategy[Item]:
    match F[path].type:
        case Type.INTEGER:
            return _number(path, st.integers(-2, 3), "1", "2.0", "-2", "02")
        case Type.NUMBER:
            return _number(path, _NUMBERS, "1.5", "1e3", "-2.50")
        case Type.BOOLEAN:
            values = st.sampled_from((True, False, "true", "FALSE", [True, "false"]))
            return st.one_of(_tests(path, values, _NEGATED), _fields(path, "|endswith"))
        case Type.ADDRESS:
            addresses = st.sampled_from((*ADDRESSES[:4], *ADDRESSES, "2001:DB8:0::1", "192.0.2.0/24"))
            networks = st.sampled_from((*NETWORKS, "198.0.0.0/9", "2001:db8:8000::/33", "::ffff:0:0/96", "::/64"))
            equal = _tests(path, _some(addresses), _NEGATED)
            return st.one_of(equal, _tests(path, _some(networks), ("|cidr",), _NEGATED), _fields(path, "|startswith"))
        case Type.TIME:
            parts = ("|minute", "|hour", "|day", "|week", "|month", "|year")
            ops = ("", "", "|gt", "|gte", "|lt", "|lte")
            return _tests(path, _some(st.sampled_from((0, 1, 3, 9, 15, 2026))), parts, ops)
    return _text(path)


@cache
def items(path: str) -> st.SearchStrategy[Item]:
    """A field with modifiers, and what it is tested against."""
    present = st.sampled_from(((path, None), (f"{path}|neq", None), (f"{path}|exists", True), (f"{path}|exists", False)))
    return st.integers(0, 7).flatmap(lambda number: present if number == 0 else _typed_once(path))


_typed_once = cache(_typed)
_KIND = st.tuples(st.just("kind"), _some(st.sampled_from("abc")))
_ANY = st.sampled_from(_PATHS).flatmap(items)
_MAPS = st.lists(st.one_of(_KIND, _ANY, _ANY), min_size=1, max_size=3).map(dict)
_SELECTIONS = st.one_of(_MAPS, _MAPS, st.lists(_MAPS, min_size=1, max_size=2))


def _braced(condition: str) -> str:
    return f"({condition})" if " and " in condition or " or " in condition or condition.startswith("not") else condition


def _joined(leaves: st.SearchStrategy[str], *more: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Conditions of any shape over leaves."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds("not {}".format, inner.map(_braced)),
            st.builds("{} and {}".format, inner.map(_braced), inner.map(_braced)),
            st.builds("{} or {}".format, inner.map(_braced), inner.map(_braced)),
            *more,
        ),
        max_leaves=4,
    )


@cache
def _conditions(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    name = st.sampled_from(names)
    several = ["1 of them", "all of them", "1 of s*", "all of s*"]
    several += ["1 of f*", "all of f*"] if any(each.startswith("f") for each in names) else []
    unbraced = st.builds("{} and not {} or {}".format, name, name, name)
    return _joined(st.one_of(name, name, name, st.sampled_from(several)), unbraced)


@st.composite
def rules(draw: st.DrawFn, name: str = "rule") -> Document:
    """Rules of up to three selections."""
    names = draw(st.sampled_from((("s1",), ("s1", "s2"), ("s1", "f1"), ("s1", "s2", "f1"))))
    detection: Document = {each: draw(_SELECTIONS) for each in names}
    conditions = _conditions(names)
    two = draw(st.integers(0, 3)) == 0
    detection["condition"] = [draw(conditions), draw(conditions)] if two else draw(conditions)
    return _document(name, detection=detection, logsource=LOGSOURCE)


def _document(name: str, **parts: Any) -> Document:
    return {"title": name, "name": name, **parts}


@st.composite
def _bases(draw: st.DrawFn, name: str) -> Document:
    """Rules that match often, so that correlations have steps."""
    if draw(st.integers(0, 3)) == 0:
        return draw(rules(name))
    kind = draw(st.one_of(st.sampled_from("abc"), st.sampled_from("abc"), _several(st.sampled_from("abc"))))
    return _document(name, detection={"s": {"kind": kind}, "condition": "s"}, logsource=LOGSOURCE)


_TEMPORAL = ("temporal", "temporal_ordered")
_FIGURES = ("value_sum", "value_avg", "value_median", "value_percentile")
_KINDS = st.sampled_from(("event_count", "value_count", *_FIGURES, *_TEMPORAL, *_TEMPORAL))
_KEYS = st.lists(st.sampled_from(("user", "user", "code", "n", "ip", "flag", "tags")), max_size=2, unique=True)
_RENAMED = st.sampled_from(("user", "user", "other", "other", "code"))
_OPS = st.sampled_from(("lt", "lte", "gt", "gte", "gte", "gte", "eq", "neq"))
_COUNTS = st.sampled_from((0, 1, 2, 2, 3, 4))
_BOUNDS = st.sampled_from((-1, 0, 1, 1.5, 2, 3))
_PERCENTILES = st.sampled_from((0, 100, 50, 90, 33))
_SPANS = st.sampled_from(("1m", "2m", "60s"))
_TIMES = st.sampled_from((["before"], ["after"], ["before", "after"], ["before", "before"], []))
_LINKS = st.sampled_from(("and", "or", "and not"))
_wishes = cache(lambda names: _joined(st.sampled_from(names)))


@st.composite
def _together(draw: st.DrawFn, names: tuple[str, ...]) -> str:
    """Conditions that name every rule, as they must."""
    written: str = draw(_wishes(names))
    for name in names:
        if name not in {word.strip("()") for word in written.split()}:
            written = f"{_braced(written)} {draw(_LINKS)} {name}"
    return written


@st.composite
def _orders(draw: st.DrawFn, names: tuple[str, ...]) -> str:
    marks = draw(_TIMES)[: len(names) - 1]
    wanted = names[marks.count("before") : len(names) - marks.count("after")]
    return " and ".join(name if name in wanted else f"not {name}" for name in names)


@st.composite
def _written(draw: st.DrawFn, kind: str, names: tuple[str, ...], figures: tuple[str, ...]) -> Any:
    """The condition of a correlation, or None where it may have none."""
    if kind in _TEMPORAL:
        if draw(st.integers(0, 2)) == 0:
            return None
        return draw(_orders(names) if kind == "temporal_ordered" else _together(names))
    condition: Document = {draw(_OPS): draw(_COUNTS if kind.endswith("count") else _BOUNDS)}
    if kind != "event_count":
        condition["field"] = draw(st.sampled_from(figures))
    if kind == "value_percentile":
        condition["percentile"] = draw(_PERCENTILES)
    return condition


@st.composite
def correlations(draw: st.DrawFn, depth: int = 1, name: str = "c") -> list[Document]:
    """Correlations of all kinds over up to three bases, one of which may be a correlation; what they stand on comes first."""
    names = tuple(f"{name}{number}" for number in range(draw(st.integers(1, 3))))
    kind, keys = draw(_KINDS), draw(_KEYS)
    figures: tuple[str, ...] = ("user", "code", "n", "ip", "tags") if kind == "value_count" else ("n", "n", "f", "items.n")
    before: list[Document] = []
    chained = None
    if depth and draw(st.booleans()):
        chained = draw(st.sampled_from(names))
        before = draw(correlations(depth=depth - 1, name=f"{chained}_"))
        before[-1] |= {"title": chained, "name": chained}
        given = before[-1]["correlation"]["group-by"]
        keys = [key for key in keys if key in given] or given[:1]
        figures = tuple(figure for figure in figures if figure in given)
        if not figures and kind != "event_count":
            kind = draw(st.sampled_from(_TEMPORAL))
    plain = [each for each in names if each != chained]
    correlation: Document = {"type": kind, "rules": list(names), "group-by": keys, "timespan": draw(_SPANS)}
    if plain and ("who" in keys or (not chained and draw(st.integers(0, 2)) == 0)):
        correlation["group-by"] = [*(key for key in keys if key != "who"), "who"]
        correlation["aliases"] = {"who": {each: draw(_RENAMED) for each in plain}}
    condition = draw(_written(kind, names, figures))
    if condition is not None:
        correlation["condition"] = condition
    if isinstance(condition, str) and draw(st.integers(0, 3)) == 0:
        del correlation["rules"]
    return [*before, *[draw(_bases(each)) for each in plain], _document(name, correlation=correlation)]
