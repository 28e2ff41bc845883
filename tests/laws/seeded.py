"""Logs from a seed: many different rows at little cost, where hypothesis repeats itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st

from casetrail.logs.event import Event
from tests.laws.sigma import SEEDS
from tests.laws.strategies import ADDRESSES, OFFSETS, TEXTS
from tests.worlds import event

_NEAR = (*(0,) * 9, 0.000_001, -0.000_001)
Row = dict[str, Any]
WORLDLY = (
    "İ",
    "i",
    "ΑΣ",
    "ας",
    "ß",
    "ẞ",
    "ﬀ",
    "a\u0301",
    "á",
    "😀",
    "\t",
    "a\r\nb",
    "--",
    "/*",
    ";",
    "\u2028",
    "\x7f",
    "ǅ",
    "ǆ",
)
_FEW = ("a", "A", "ab", "b", "äé", "ÄÉ", "a*b", "")
_NUMBERS = (-2, -1, 0, 1, 2, 3, "1", "2.0", 1.5, "junk", True, None)
_FLOATS = (1, 1.5, "1.5", "1e3", -2.5, 1000, "nan")
_FLAGS = (True, False, "true", "FALSE", 1)
_ADDRESSES = (*ADDRESSES, "192.0.2.200", "198.51.100.77", "2001:DB8:0::1", "Salesforce.com IP")
_ODD: tuple[Any, ...] = (None, [], {}, {"deep": "a"}, ["a", None, 42], True, 42, 1.5, "true")
_LIKELY: Mapping[str, Sequence[Any]] = {
    "user": (*TEXTS, *_FEW),
    "other": (*TEXTS, *_FEW),
    "code": (*TEXTS, *_FEW),
    "blank": (*TEXTS, "", ""),
    "n": _NUMBERS,
    "f": _FLOATS,
    "flag": _FLAGS,
    "ip": _ADDRESSES,
}
_CROWDED: Mapping[str, Sequence[Any]] = {
    "user": ("a", "a", "A", "b"),
    "other": ("a", "B"),
    "code": ("x", "x", "X"),
    "n": (1, 1, "1.0", 2, 3, "junk"),
    "f": (1, 1.5, -2.5),
    "flag": (True, "True", False),
    "ip": ("192.0.2.5", "::ffff:192.0.2.5", "2001:db8::1"),
}


def row(random: Random) -> Row:
    """A row of the test log, some fields missing, some of a shape that the contract doesn't know."""
    made: Row = {"kind": random.choice("aabbc")}
    for path, values in _LIKELY.items():
        if random.random() < 0.6:
            made[path] = random.choice(_ODD) if random.random() < 0.08 else random.choice(values)
            if path in ("user", "other") and random.random() < 0.2:
                made[path] = random.choice(WORLDLY)
    if random.random() < 0.5:
        made["tags"] = random.choices(TEXTS + _FEW, k=random.randrange(4))
    if random.random() < 0.5:
        made["items"] = [
            {"name": random.choice(TEXTS + _FEW), "n": random.choice(_NUMBERS)} for _ in range(random.randrange(3))
        ]
    return made


def crowded_row(random: Random) -> Row:
    """A row that shares its keys with others, so that windows fill."""
    made: Row = {"kind": random.choice("abc")}
    made |= {path: random.choice(values) for path, values in _CROWDED.items() if random.random() < 0.9}
    if random.random() < 0.3:
        made["tags"] = random.choice((["a"], ["A", "b"], ["b", "c"]))
    if random.random() < 0.05:
        made["user"] = random.choice((["a", "b"], None, {"deep": "a"}))
    return made


def _log(random: Random, least: int, most: int, make: Callable[[Random], Row]) -> tuple[Event, ...]:
    size = random.randint(least, most)
    times = [random.choice(OFFSETS) / 1000 + random.choice(_NEAR) for _ in range(size)]
    made = [event(f"e{number}", time, **make(random)) for number, time in enumerate(times)]
    doubled = random.choices(made, k=random.choice((0, 0, 1, 2)))
    return tuple(random.sample([*made, *doubled], k=len(made) + len(doubled)))


def logs(least: int, most: int, make: Callable[[Random], Row]) -> st.SearchStrategy[tuple[Event, ...]]:
    """Logs of so many different events in any order, some doubled."""
    return SEEDS.map(lambda random: _log(random, least, most, make))
