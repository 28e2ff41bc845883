"""Random Sigma rules, and log files as loggers write them, for hunts: places in objects and lists, doubled keys, JSON that is none.

A row is text from the start, since what is odd about it is gone once it is read. `events` reads it as docs/semantics.md says, by the
standard library alone.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import yaml

from casetrail.logs.contract import contracts
from casetrail.logs.event import Event, event_of
from casetrail.plan.values import format_time
from casetrail.sigma.lower import World
from tests.laws import seeded
from tests.laws.sigma import Document, Rules
from tests.laws.strategies import OFFSETS
from tests.worlds import CONTRACT as FLAT
from tests.worlds import SECOND, START, WORLD

CONTRACT = contracts(
    yaml.safe_load("""
product: test
sources:
  - service: log
    title: A log for hunts
    time: at
    identity: [id]
    event_type: kind
    detect: [[id, at, kind]]
    delay: {typical: 1m, greatest: 1h}
    envelopes: [{name: bare row, rows: ""}, {name: batch, rows: "rows[]"}]
    fields:
      id: {case: exact}
      at: {type: time, format: iso8601}
      kind: {case: exact}
      user: {}
      who.other: {}
      who.more.code: {case: exact}
      n: {type: integer}
      who.f: {type: number}
      flag: {type: boolean}
      who.ip: {type: address}
      tags[]: {}
      who.items[].name: {}
      who.items[].n: {type: integer}
      blank: {empty: missing}
""")
)[0]
HUNTED = World({CONTRACT.key: CONTRACT}, WORLD.watchlists)
OTHER = replace(FLAT, product="elsewhere", detect=(("elsewhere",),))
"""A log that lies in the same files, of which no rule asks."""
CONTRACTS = {each.key: each for each in (CONTRACT, OTHER)}
_DEEP = {path.rpartition(".")[2]: path for path in ("who.other", "who.more.code", "who.f", "who.ip")}
_DEEP |= {"items.name": "who.items.name", "items.n": "who.items.n"}


def deepened(value: Any, key: str = "") -> Any:
    """A rule's document with its fields at the places where this log has them."""
    match value:
        case dict():
            return {_field(name): deepened(part, name) for name, part in value.items()}
        case list():
            return [deepened(part, key) for part in value]
        case str() if "|fieldref" in key or key in ("group-by", "field"):
            return _DEEP.get(value, value)
    return value


def _field(name: Any) -> Any:
    path, bar, modifiers = str(name).partition("|")
    return _DEEP[path] + bar + modifiers if path in _DEEP else name


def rule(random: Random) -> list[Document]:
    """A rule, or now and then a correlation after what it stands on; many compare a field with another."""
    made = Rules(random)
    if random.random() < 0.25:
        found = made.correlation("c", 0)
        aliases = found[-1]["correlation"].get("aliases", {})
        for names in aliases.values():
            names.update({base: _DEEP.get(path, path) for base, path in names.items()})
        return [deepened(each) for each in found]
    found = [made.rule("rule")]
    if random.random() < 0.4:
        texts = ("user", "other", "code", "tags", "items.name", "blank", "kind")
        one, other = random.sample(texts, 2)
        place = random.choice(("", "|contains", "|startswith", "|endswith"))
        found[0]["detection"]["s1"] = {f"{one}|fieldref{place}": other}
    return [deepened(each) for each in found]


_ODD = (
    *(
        r'"\ud800"',
        r'"a\udc00b"',
        r'"\ud83d\ude00\ud83d"',
        r'"a\\ud800"',
        r'"a\u0000b"',
        '"a\x00b"',
        '"a\tb"',
        r'"a\qb"',
        r'"\u00e4\u00E9"',
    ),
    *(
        "NaN",
        "-Infinity",
        "1e999",
        "-1E+400",
        "1" * 400,
        "9" * 5000,
        "18446744073709551615",
        "18446744073709551616",
        "9" * 19,
    ),
    *(
        "-9223372036854775808",
        "-9223372036854775809",
        "1e16",
        "1E5",
        "0.00001",
        "1e-7",
        "1.10",
        "0.30000000000000004",
        "-0",
        "-0.0",
    ),
    *("123456789012345680000.0", "1.00000000000000000001", "5e-324", "2.5e15", "12345678901234567", "1.0", "100.0"),
    *(
        "[]",
        "[[]]",
        '[["a"]]',
        '["a", ["b", null]]',
        '[NaN, "a"]',
        "[1e16, 1]",
        '[{"name": "a"}]',
        '[{"name": "a", "name": "b"}]',
    ),
    *(
        '{"name": "a"}',
        '"[\\"a\\"]"',
        '"{x}"',
        '"{\\"name\\": \\"a\\"}"',
        '"NaN"',
        '"1e16"',
        '"inf"',
        "null",
        "true",
        '""',
        '["a",]',
    ),
    *('[{"name": {"x": "a"}}, {"name": ["b"]}]', '[{"n": 1e2}, {"n": 2}]', '"2026-01-15T09:00:00Z"', '"a\ufffdb"'),
)
_WHO = (
    "null",
    '"a"',
    "[]",
    "{}",
    '[{"other": "a"}, {"other": "b", "ip": "192.0.2.5"}]',
    '[[{"other": "a"}]]',
    '{"more": [{"code": "a"}]}',
)
_TIMES = (
    *("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "yesterday", "2026-99-99T00:00:00Z", "2026-01-15 09:00:01"),
    *("2026-01-15T10:00:00.1234567+01:00", "2026-01-15T09:00:00", ""),
)
_LINES = (
    *(
        b"{}",
        b"17",
        b"null",
        b'"text"',
        b"[]",
        b"",
        b"  ",
        b"\x00\x00",
        b"{",
        b'{"id": "x',
        b"# words",
        b'{"hello": "world"}',
    ),
    *(b'{"id": "x", "at": 5, "kind": "a"}', b'{"elsewhere": 1, "id": "x", "at": "2026-01-15T09:00:00Z"}', b"[{]"),
)
_KINDS = ("value", "value", "value", "doubled", "doubled", "holder", "time", "dropped", "line", "bytes")
Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Odd:
    """What is strange in a log. kinds: some of `_KINDS`; values: texts of JSON, or of what is none."""

    kinds: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what is not as the log source definition says, so that DuckDB reads it."""
    single = {path: value for path, value in row.items() if path in ("tags", "items") or not isinstance(value, list | dict)}
    single["tags"] = [tag for tag in row["tags"] if isinstance(tag, str)] if isinstance(row.get("tags"), list) else []
    items = [{**item, "n": 1} if item.get("n") == 1.5 else item for item in row.get("items", ())]
    return {**single, "items": items}


def text(random: Random, number: int, odd: Odd) -> str:
    """A row as a logger wrote it. odd: what is strange in one row or another."""

    def chance(kind: str, share: float) -> bool:
        return kind in odd.kinds and random.random() < share

    make = seeded.row if random.random() < 0.5 else seeded.crowded_row
    time = START + round((random.choice(OFFSETS) / 1000) * SECOND)
    at = random.choice(_TIMES) if chance("time", 0.2) else format_time(time, "iso8601")
    pairs: Pairs = [("id", json.dumps(f"e{number}")), ("at", json.dumps(at))]
    who: Pairs = []
    more: Pairs = []
    for path, value in _plain(make(random)).items():
        holder = more if path == "code" else who if path in ("other", "f", "ip", "items") else pairs
        told = json.dumps(value, ensure_ascii=random.random() < 0.5)
        holder.append((path, random.choice(odd.values) if chance("value", 0.2) else told))
        if chance("doubled", 0.2):
            again = random.choice(('"a"', '"b"', '"x"', "1", "[]", '[{"name": "a", "name": "b"}]'))
            holder.insert(random.randrange(len(holder) + 1), (path, again))
    if more:
        who.append(("more", _written(random, more)))
    pairs.append(("who", random.choice(_WHO) if chance("holder", 0.3) else _written(random, who)))
    if chance("doubled", 0.2):
        pair = random.choice((("at", f'"{_TIMES[-2]}"'), ("kind", '"b"'), ("who", '{"other": "b"}')))
        pairs.insert(random.randrange(len(pairs) + 1), pair)
    if chance("dropped", 0.2):
        pairs.remove(random.choice(pairs))
    return _written(random, pairs)


def _written(random: Random, pairs: Pairs) -> str:
    gap = random.choice(("", " "))
    named = [f"{_key(random, name)}:{gap}{value}" for name, value in pairs]
    return "{" + f",{gap}".join(named) + "}"


def _key(random: Random, name: str) -> str:
    return f'"\\u{ord(name[0]):04x}{name[1:]}"' if random.random() < 0.02 else f'"{name}"'


def log(random: Random) -> list[bytes]:
    """The lines of a log file, most of them rows, some of no log. Mostly one kind of thing is strange, since each may hide the others."""
    kinds = random.choice(((), *((kind,) for kind in _KINDS), *((kind,) for kind in _KINDS), _KINDS))
    odd = Odd(kinds, tuple(random.sample(_ODD, random.choice((1, 1, 3)))))
    rows = [text(random, number, odd).encode("utf-8", "surrogatepass") for number in range(random.randint(1, 10))]
    rows += random.choices(rows, k=random.choice((0, 0, 1)))
    if "line" in kinds:
        rows += random.choices(_LINES, k=random.choice((1, 2)))
    if "bytes" in kinds:
        rows = [row.replace(b'"a', b'"\xffa', 1) if random.random() < 0.3 else row for row in rows]
    before = [text(random, number, Odd()).encode() for number in range(100, 100 + random.choice((0, 20)))]
    return [*before, *random.sample(rows, len(rows))]


def events(lines: list[bytes]) -> list[Event]:
    """The events of the log for hunts in these lines, as docs/semantics.md reads them."""
    found = []
    for line in lines:
        row = _read(line)
        if not isinstance(row, dict) or any(row.get(mark) is None for mark in CONTRACT.detect[0]):
            continue
        event = event_of(row, CONTRACT)
        if event is not None:
            found.append(event)
    return found


def _read(line: bytes) -> Any:
    told = line.decode("utf-8", "replace").strip("\x00").replace(",]", "]").replace("\\q", "\\\\q")
    try:
        return _whole(json.loads(told, strict=False, parse_int=_integer, parse_float=_double))
    except ValueError:
        return None


def _integer(digits: str) -> int | float | None:
    number = int(digits) if len(digits) < 25 else 2**99
    return number if -(2**63) <= number < 2**64 else _double(digits)


def _double(digits: str) -> float | None:
    return float(digits) if math.isfinite(float(digits)) else None


def _whole(value: Any) -> Any:
    """A value with half a surrogate pair as U+FFFD, and without numbers that are none."""
    match value:
        case dict():
            return {_whole(key): _whole(part) for key, part in value.items()}
        case list():
            return [_whole(part) for part in value]
        case str():
            return re.sub("[\ud800-\udfff]", "\ufffd", value)
        case float():
            return value if math.isfinite(value) else None
    return value
