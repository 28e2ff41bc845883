"""Random Sigma rules over the test log source, as documents, so that the lowering is put to the test as well.

All of an example comes from one seed: hypothesis would repeat parts of one, and spend most of the time on drawing. `smallest`
shrinks what fails.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st

from casetrail.plan.nodes import Type
from tests.laws.strategies import ADDRESSES, NETWORKS, PATTERNS, TEXTS
from tests.worlds import CONTRACT

Document = dict[str, Any]
Item = tuple[str, Any]
F = CONTRACT.fields
LOGSOURCE = {"product": CONTRACT.product, "service": CONTRACT.service}
SEEDS = st.binary(min_size=8, max_size=8).map(Random)

_PATHS = tuple(path for path in F if path != "id")
_NEGATED = ("", "", "", "|neq")
_CASED = ("", "", "|cased")
_PLACES = ("|contains", "|startswith", "|endswith")
_SPECIAL = (
    "a*",
    "*b",
    "?",
    "a?",
    "*a?b*",
    "a\\*b",
    "a\\?b",
    "a\\\\*",
    "a\\\\b",
    "\\a",
    "A*\\*",
    "\\**",
    "ä*",
    "%",
    "_b",
    "b",
)
_WORLDLY = (
    "İ",
    "i",
    "ας",
    "ΑΣ",
    "ẞ",
    "ﬀ",
    "a?",
    "á",
    "😀",
    "?",
    "\t",
    "a*\nb",
    "--",
    "/\\*",
    ";",
    "\u2028",
    "ǆ",
    "*σ",
    "İ*",
)
_VALUES = (*(text for text in TEXTS if text), *_SPECIAL, *_WORLDLY)
_NUMBERS = (-2, -1, 0, 1, 2, 3, 1.5, 1.0, 1000)
_BOOLEANS: tuple[Any, ...] = (True, False, "true", "FALSE", [True, "false"])
_SAME = (*ADDRESSES[:4], *ADDRESSES, "2001:DB8:0::1", "192.0.2.0/24")
_WITHIN = (*NETWORKS, *NETWORKS[:2], "198.0.0.0/9", "2001:db8:8000::/33", "::ffff:0:0/96", "::/64")
_WATCHLISTS = ("%users%", "%users%", "%users%", "x%users%", "%nobody%")
_CODED = ("|base64", "|base64offset|contains", "|wide|base64", "|utf16be|base64offset|contains")


class Rules:
    """Random Sigma documents."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.one = random.choice

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def several(self, values: Sequence[Any]) -> list[Any]:
        return self.random.sample(list(dict.fromkeys(values)), self.random.choice((2, 3)))

    def some(self, values: Sequence[Any]) -> Any:
        return self.several(values) if self.chance(0.3) else self.one(values)

    def item(self) -> Item:
        """A field with modifiers, and what it is tested against."""
        if self.chance(0.25):
            return "kind", self.some("abc")
        path = self.one(_PATHS)
        if self.chance(0.1):
            return self.one([(path, None), (f"{path}|neq", None), (f"{path}|exists", True), (f"{path}|exists", False)])
        negated = self.one(_NEGATED)
        if F[path].type is not Type.TIME and self.chance(0.1):
            same = [other for other in _PATHS if F[other].type is F[path].type]
            places = _PLACES if F[path].type is Type.TEXT or self.chance(0.1) else ("",)
            return f"{path}|fieldref{self.one(('', *places))}{negated}", self.one(same)
        match F[path].type:
            case Type.INTEGER:
                return self.number(path, (*range(-2, 4), "1", "2.0", "-2", "02"))
            case Type.NUMBER:
                return self.number(path, (*_NUMBERS, "1.5", "1e3", "-2.50"))
            case Type.BOOLEAN:
                return path + negated, self.one(_BOOLEANS)
            case Type.ADDRESS:
                within = self.chance(0.5)
                return f"{path}{'|cidr' if within else ''}{negated}", self.some(_WITHIN if within else _SAME)
            case Type.TIME:
                part = self.one(("|minute", "|minute", "|hour", "|day", "|week", "|month", "|year"))
                return path + part + self.one(("", "", "|gt", "|gte", "|lt", "|lte")), self.some((0, 1, 2, 3, 9, 15, 2026))
        return self.text(path)

    def number(self, path: str, values: Sequence[Any]) -> Item:
        if self.chance(0.5):
            return path + self.one(("|gt", "|gte", "|lt", "|lte")), self.some(_NUMBERS)
        return path + self.one(_NEGATED), self.some(values)

    def text(self, path: str) -> Item:
        cased, negated, place = self.one(_CASED), self.one(_NEGATED), self.one(_PLACES)
        match self.one(("plain", "plain", "placed", "placed", "all", "regex", "watchlist", "coded", "mixed")):
            case "placed":
                return path + self.one(("", "", "|windash")) + place + cased + negated, self.some(_VALUES)
            case "all":
                return f"{path}{self.one(('', place))}|all{cased}", self.several(_VALUES)
            case "regex":
                flags = self.one(("", "|i", "|s", "|m", "|i|s"))
                return f"{path}|re{flags}{self.one(('', '', '', place))}{negated}", self.some(PATTERNS)
            case "watchlist":
                return f"{path}|expand{self.one(('', place))}{self.one(('', '', cased))}{negated}", self.one(_WATCHLISTS)
            case "coded":
                return path + self.one(_CODED), self.one(("a", "ab", "foo"))
            case "mixed":
                return path, self.several((*_VALUES, *_VALUES, None, 42, 1.5, True))
        return path + cased + negated, self.some(_VALUES)

    def selection(self) -> Any:
        maps = [dict(self.item() for _ in range(self.one((1, 1, 2, 3)))) for _ in range(self.one((1, 1, 2)))]
        return maps if self.chance(0.2) or len(maps) > 1 else maps[0]

    def joined(self, leaf: Callable[[], str], depth: int = 2, negated: float = 0.3) -> str:
        """A condition of any shape."""
        if not depth or self.chance(0.35):
            return leaf()
        if self.chance(negated):
            return f"not {_braced(self.joined(leaf, depth - 1, negated))}"
        sides = [self.joined(leaf, depth - 1, negated) for _ in range(self.one((2, 2, 3)))]
        return f" {self.one(('and', 'or'))} ".join(map(_braced, sides))

    def condition(self, names: Sequence[str]) -> str:
        several = ["1 of them", "all of them", *(f"{many} of {name[0]}*" for name in names for many in ("1", "all"))]
        if self.chance(0.1):
            return f"{self.one(names)} and not {self.one(names)} or {self.one(names)}"
        return self.joined(lambda: self.one(names) if self.chance(0.8) else self.one(several))

    def rule(self, name: str) -> Document:
        """A rule of up to three selections."""
        names = self.one((["s1"], ["s1", "s2"], ["s1", "f1"], ["s1", "s2", "f1"]))
        detection = {each: self.selection() for each in names}
        two = self.chance(0.2)
        detection["condition"] = [self.condition(names), self.condition(names)] if two else self.condition(names)
        return {"title": name, "name": name, "logsource": LOGSOURCE, "detection": detection}

    def base(self, name: str, kind: str) -> Document:
        """A rule that matches often, so that correlations have steps."""
        if self.chance(0.2):
            return self.rule(name)
        kinds = self.several("abc") if self.chance(0.1) else kind
        detection = {"s": {"kind": kinds}, "condition": "s"}
        return {"title": name, "name": name, "logsource": LOGSOURCE, "detection": detection}

    def correlation(self, name: str, depth: int, inner: bool = False) -> list[Document]:
        """A correlation of any kind over up to three bases, one of which may be a correlation, after what it stands on.

        Few chains hold an order below or an absence, which SQLite can't say there.
        """
        names = [f"{name}{number}" for number in range(self.one((1, 2, 2, 3)))]
        calm = bool(inner or depth) and self.chance(0.9)
        kind = self.one([kind for kind in _KINDS if not (calm and inner and kind == "temporal_ordered")])
        keys = self.random.sample(_KEYS, self.one((0, 1, 1, 1, 2)))
        figures = ["user", "code", "n", "ip", "tags"] if kind == "value_count" else ["n", "n", "f", "items.n"]
        before: list[Document] = []
        chained = self.one(names) if depth else None
        if chained:
            before = self.correlation(chained, depth - 1, inner=True)
            given = before[-1]["correlation"]["group-by"]
            keys = [key for key in given if self.chance(0.8)]
            figures = [figure for figure in figures if figure in given]
            kind = kind if figures or kind == "event_count" else self.one(_TEMPORAL)
        plain = [each for each in names if each != chained]
        body: Document = {"type": kind, "rules": names, "group-by": list(dict.fromkeys(keys))}
        if plain and ("who" in keys or (not chained and self.chance(0.25))):
            renamed = self.one((_RENAMED[:2], _RENAMED[:2], _RENAMED[:2], _RENAMED[2:], _RENAMED))
            body["aliases"] = {"who": {each: self.one(renamed) for each in plain}}
            body["group-by"] = [*(key for key in body["group-by"] if key != "who"), "who"]
        body["timespan"] = self.one(("1m", "2m", "60s"))
        if kind not in _TEMPORAL:
            body["condition"] = self.threshold(kind, figures)
        elif self.chance(0.7):
            body["condition"] = self.order(names, calm) if kind == "temporal_ordered" else self.together(names, calm)
            if self.chance(0.2):
                del body["rules"]
        bases = map(self.base, plain, self.random.sample("abc", len(plain)))
        return [*before, *bases, {"title": name, "name": name, "correlation": body}]

    def threshold(self, kind: str, figures: Sequence[str]) -> Document:
        op = self.one(("lt", "lte", "gt", "gte", "gte", "gte", "eq", "neq"))
        condition: Document = {op: self.one((1, 2, 2, 3, 4) if kind.endswith("count") else (-1, 0, 1, 1.5, 2, 3, 5))}
        if kind != "event_count":
            condition["field"] = self.one(figures)
        if kind == "value_percentile":
            condition["percentile"] = self.one((0, 100, 100, 50, 90, 33))
        return condition

    def together(self, names: Sequence[str], calm: bool) -> str:
        """A condition that names every rule, as it must."""
        written = self.joined(lambda: self.one(names), negated=0 if calm else 0.3)
        for name in names:
            if name not in {word.strip("()") for word in written.split()}:
                written = f"{_braced(written)} {self.one(('and', 'or', 'and' if calm else 'and not'))} {name}"
        return written

    def order(self, names: Sequence[str], calm: bool) -> str:
        marks = [] if calm else self.one(([], [0], [0], [-1], [-1], [0, -1], [0, 1]))[: len(names) - 1]
        absent = {names[mark] for mark in marks}
        return " and ".join(f"not {name}" if name in absent else name for name in names)


_TEMPORAL = ("temporal", "temporal_ordered")
_FIGURES = ("value_sum", "value_avg", "value_median", "value_percentile")
_KINDS = ("event_count", "event_count", "value_count", "value_count", *_FIGURES, *_TEMPORAL, *_TEMPORAL)
_KEYS = ("user", "code", "n", "ip", "flag", "tags", "other")
_RENAMED = ("user", "other", "code")


def _braced(condition: str) -> str:
    return f"({condition})" if " and " in condition or " or " in condition or condition.startswith("not") else condition


def rules() -> st.SearchStrategy[list[Document]]:
    return SEEDS.map(lambda random: [Rules(random).rule("rule")])


def correlations(depth: int) -> st.SearchStrategy[list[Document]]:
    """Correlations that stand on others up to `depth` times, the last document of each list; what it stands on comes first."""
    return SEEDS.map(lambda random: Rules(random).correlation("c", depth))


def smallest(failing: Callable[[Any], bool], example: Any) -> Any:
    """The example with everything taken out of its dicts and lists without which it still fails."""
    smaller = True
    while smaller:
        smaller = False
        for path in _places(example):
            shorter = _without(example, path)
            if failing(shorter):
                example, smaller = shorter, True
                break
    return example


def _places(value: Any) -> list[tuple[Any, ...]]:
    """Where the parts of a document are, the largest first."""
    keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [*((key,) for key in keys), *((key, *path) for key in keys for path in _places(value[key]))]


def _without(value: Any, path: Sequence[Any]) -> Any:
    made = copy.deepcopy(value)
    holder = made
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return made
