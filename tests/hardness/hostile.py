"""Broken and hostile input: what is done to a good file, by a seeded chance."""

from __future__ import annotations

import gzip
import io
import json
import math
import random
import zlib
from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime
from functools import cache
from typing import Any

import yaml
import zstandard

Chance = random.Random
DEEP = 3000
BOMB = 600 * 1024 * 1024

TOKENS = [
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    b"\x85",
    b"\xe2\x80\xa8",
    b"\r",
    b"\n\n",
    b"\t",
    b"'",
    b'"',
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"*",
    b"?",
    b"%",
    b"{",
    b"}",
    b"[",
    b"]",
    b": ",
    b"- ",
    b"---\n",
    b"...\n",
    b"? ",
    b"| \n",
    b"&a ",
    b"*a",
    b"&a [*a]",
    b"<<: *a",
    b"!!python/object/apply:os.system [touch owned]",
    b"!!binary aGk=",
    b"!!set {a}",
    b"!!timestamp 2026-99-99",
    b"!!float .nan",
    b"!!int 0x",
    b"!x ",
    b"%YAML 9.9\n---\n",
    b"2026-02-31",
    b"2026-01-15T09:00:00Z",
    b"9999-12-31T23:59:59+23:59",
    b"0001-01-01",
    b"1e999",
    b"-0",
    b"1" * 5000,
    b"0x" + b"f" * 300,
    b"0" * 400 + b".1",
    b"NaN",
    b"null",
    b"~",
    b"true",
    b"[" * DEEP,
    b'{"a":' * DEEP,
    b"- " * DEEP,
    b"(" * 500 + b")" * 500,
    b"../../etc/passwd",
    b"=cmd|' /C calc'!A0",
    b"${jndi:x}",
    b"{{ 7*7 }}",
    b"{n}",
    b"\x1b[2J",
    b"a" * 70_000,
    b"(a+)+$",
    b"(?P<x>",
    b"\\Z(?<=a)",
    b"not " * 900 + b"selection",
    b"1 of * and " * 300 + b"selection",
    b"99999999999999d",
    b"-1d",
    b"0s",
    b"5M",
]

VALUES: list[Any] = [
    None,
    True,
    "",
    " ",
    "\x00",
    "*",
    "x" * 5000,
    "\u202e\u2028\x85",
    "FILL IN",
    "2026-99-99T99:99:99Z",
    "9999-12-31T23:59:59Z",
    "0000-00-00T00:00:00Z",
    "../../outside",
    "a|b|c",
    0,
    -1,
    2**63,
    10**400,
    1.5,
    math.inf,
    math.nan,
    [],
    {},
    [[]],
    [None],
    [{}],
    {"": ""},
    {"a": {"b": {"c": None}}},
    [1, "a", None, {"b": []}],
    date(2026, 1, 15),
    datetime(2026, 1, 15, 9),
    "1 of them",
    "1e400",
    "9" * 5000,
    "999999999999999d",
    "%service_accounts%",
    "%nothing%",
    "10.0.0.0/99",
    "::/0",
]


def bytes_spoilt(content: bytes, chance: Chance) -> bytes:
    """A few bytes flipped, cut, repeated or put in."""
    made = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        at = chance.randrange(len(made) + 1)
        match chance.randrange(6):
            case 0 if made:
                made[at % len(made)] = chance.randrange(256)
            case 1:
                del made[at : at + chance.choice((1, 1, 4, 40, 400))]
            case 2:
                del made[at:]
            case 3:
                made[at:at] = made[at : at + chance.choice((1, 8, 80))] * chance.choice((1, 2, 50))
            case _:
                made[at:at] = chance.choice(TOKENS)
    return bytes(made)


def _spots(document: Any, found: list[tuple[Any, Any]]) -> None:
    items = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for key, value in items:
        found.append((document, key))
        _spots(value, found)


def _deep(value: Any, chance: Chance) -> Any:
    for _ in range(chance.choice((1, 60, 400))):
        value = [value] if chance.random() < 0.5 else {"a": value}
    return value


def shape_spoilt(document: Any, chance: Chance) -> Any:
    """A copy of a document in which a few parts are of another type, gone, renamed or moved."""
    document = deepcopy(document)
    for _ in range(chance.choice((1, 1, 2, 3))):
        spots: list[tuple[Any, Any]] = []
        _spots(document, spots)
        if not spots:
            return chance.choice(VALUES)
        holder, key = chance.choice(spots)
        match chance.randrange(8):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[chance.choice((*map(str, holder), "x", "a|b", "", "|", "field|nothing"))] = holder.pop(key)
            case 2 if isinstance(holder, dict):
                holder[chance.choice((1, None, True, 2.5, "\x00", "name", "casetrail"))] = deepcopy(holder[key])
            case 3:
                other, name = chance.choice(spots)
                holder[key] = deepcopy(
                    other[name] if name in other or (isinstance(other, list) and name < len(other)) else None
                )
            case 4:
                holder[key] = _deep(holder[key], chance)
            case _:
                holder[key] = deepcopy(chance.choice(VALUES))
    return document


def as_json(value: Any) -> bytes:
    return json.dumps(value, default=str, ensure_ascii=False).encode("utf-8", "surrogatepass")


def as_yaml(documents: list[Any]) -> bytes:
    return yaml.safe_dump_all(documents, allow_unicode=True, sort_keys=False).encode("utf-8", "replace")


def yaml_spoilt(content: bytes, chance: Chance) -> bytes:
    """A YAML file, spoilt as bytes or as a document."""
    if chance.random() < 0.4:
        return bytes_spoilt(content, chance)
    if chance.random() < 0.1:
        return laughing(chance)
    try:
        documents = list(yaml.safe_load_all(content))
        made = as_yaml([shape_spoilt(document, chance) for document in documents])
    except (yaml.YAMLError, ValueError, RecursionError):
        return bytes_spoilt(content, chance)
    return bytes_spoilt(made, chance) if chance.random() < 0.1 else made


def laughing(chance: Chance) -> bytes:
    """A small YAML file that unfolds to very much, or that holds itself."""
    return chance.choice(
        (
            b"a0: &a0 [x, x]\n"
            + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12)),
            b"a: &a [*a]\n",
            b"&a {uuid: *a, published: *a, eventType: *a, events: [*a]}\n",
            b"a: &a {<<: [*a, *a]}\n",
            b"".join(b"a%d: &a%d {<<: [%s]}\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 7)),
            b"[" * 20_000,
            b"? " * 20_000,
            b"- " * 5_000 + b"x",
            b"a: &a x\n" + b"- *a\n" * 50_000,
            b"x: " + b"1:" * 20_000 + b"1\n",
        )
    )


@cache
def bomb(kind: str) -> bytes:
    """A small file that unpacks to one line without an end."""
    if kind == "zst":
        packer = zstandard.ZstdCompressor(level=1).compressobj()
        block = b'{"a":"' + b"x" * (1024 * 1024 - 6)
        packed = [packer.compress(block) for _ in range(BOMB // len(block))]
        return b"".join([*packed, packer.flush()])
    deflate = zlib.compressobj(1, wbits=31)
    block = b"[" + b" " * (1024 * 1024 - 1)
    return b"".join([*(deflate.compress(block) for _ in range(BOMB // len(block))), deflate.flush()])


def packed(content: bytes, kind: str, chance: Chance) -> bytes:
    """The content as .gz or .zst, now and then spoilt, doubled, or packed twice."""
    if chance.random() < 0.004:
        return bomb(kind)
    pack: Callable[[bytes], bytes] = zstandard.compress if kind == "zst" else _gzip
    made = pack(content)
    match chance.randrange(6):
        case 0 | 1:
            made = bytes_spoilt(made, chance)
        case 2:
            made += pack(content)
        case 3:
            made = pack(made)
        case 4:
            made += b"trailing"
    return made


def _gzip(content: bytes) -> bytes:
    made = io.BytesIO()
    with gzip.GzipFile(fileobj=made, mode="wb", mtime=0) as file:
        file.write(content)
    return made.getvalue()
