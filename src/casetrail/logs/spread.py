"""Rows as exporters spread them: dotted names for objects, lists as text, names in small letters. Each is put back as the vendor has it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from casetrail.logs import json
from casetrail.logs.contract import Contract

Row = Mapping[str, Any]
_INDEX = re.compile(r"\[(\d{1,6})\]")
_DEEPEST = 32
_LONGEST = 4 * 1024 * 1024
"""Characters of a text that is looked into for JSON."""


def as_json(text: str) -> object:
    """The object or list that a text holds; the text itself where it holds neither."""
    if len(text) > _LONGEST or text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        found, _ = json.read(text.encode("utf-8", "surrogatepass"))
    except json.MalformedError:
        return text
    return found if isinstance(found, dict | list) else text


def nested(row: Row) -> Row:
    """A row with its dotted names as objects: `actor.id`, `target.0.id`, `target[0].id`, and Splunk's `target{}.id`, a list of values.

    What a row holds as an object already stays. A row without such names is given back itself.
    """
    dotted = [key for key in row if "." in key or key.endswith("{}")]
    if not dotted:
        return row
    made: dict[str, Any] = {key: value for key, value in row.items() if key not in dotted}
    for key in dotted:
        for steps, value in _places(key, row[key]):
            _put(made, steps, value)
    return {key: _with_lists(value) for key, value in made.items()}


def _places(key: str, value: object) -> Iterator[tuple[Sequence[str], object]]:
    steps = _INDEX.sub(r".\1", key).split(".")
    if len(steps) > _DEEPEST or not all(steps):
        return
    spread = [number for number, step in enumerate(steps) if step.endswith("{}")]
    plain = [step.removesuffix("{}") for step in steps]
    if not spread:
        yield plain, value
        return
    at = spread[0] + 1
    for number, item in enumerate(value if isinstance(value, list) else [value]):
        yield [*plain[:at], str(number), *plain[at:]], item


def _put(place: dict[str, Any], steps: Sequence[str], value: object) -> None:
    *before, last = steps
    for step in before:
        inner = place.get(step)
        if inner not in (None, "") and not isinstance(inner, Mapping):
            return
        inner = dict(inner or {})
        place[step] = inner
        place = inner
    place.setdefault(last, value)


def _with_lists(value: object) -> object:
    """A value in which objects with the keys 0, 1, 2 … are lists."""
    if not isinstance(value, Mapping):
        return value
    inner = {key: _with_lists(each) for key, each in value.items()}
    if inner and set(inner) == set(map(str, range(len(inner)))):
        return [inner[str(number)] for number in range(len(inner))]
    return inner


def opened(row: Row, contract: Contract) -> Row:
    """A row with JSON read that stands as text where the log has an object or a list, as in the cells of a CSV file."""
    texts = [key for key, value in row.items() if isinstance(value, str) and value.lstrip()[:1] in ("{", "[") and value]
    if not texts:
        return row
    holders = {field.steps[0] for field in contract.fields.values() if field.many or len(field.steps) > 1}
    return {**row, **{key: as_json(row[key]) for key in texts if key in holders}}


def may_be_respelt(row: Row, contract: Contract) -> bool:
    """Whether a row may be one of a log whose names an exporter wrote in other letter case."""
    small = {key.lower() for key in row}
    return any(all(mark.partition("=")[0].split(".")[0].lower() in small for mark in group) for group in contract.detect)


def respelt(row: Row, contract: Contract) -> Row:
    """A row with its names as the log has them, where they differ in letter case only. Those of all levels are looked at."""
    names = {step.lower(): step for field in contract.fields.values() for step in field.steps}
    marks = (mark.partition("=")[0] for group in contract.detect for mark in group)
    names |= {step.lower(): step for mark in marks for step in mark.split(".")}
    found = _renamed(row, names, _DEEPEST)
    return found if isinstance(found, Mapping) else row


def _renamed(value: object, names: Mapping[str, str], depth: int) -> object:
    if isinstance(value, list) and depth:
        return [_renamed(item, names, depth - 1) for item in value]
    if isinstance(value, Mapping) and depth:
        return {names.get(key.lower(), key): _renamed(inner, names, depth - 1) for key, inner in value.items()}
    return value
