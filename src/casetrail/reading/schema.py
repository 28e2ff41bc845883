"""The JSON schemas of the files that are ours, and what in a document isn't of the form that one demands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from casetrail.reading.suggest import suggestion

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

_SHOWN = 60


@cache
def _validator(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads((files("casetrail.schemas") / f"{name}.schema.json").read_text("utf-8")))


def form_faults(name: str, data: Any) -> Iterator[tuple[str, list[str | int]]]:
    """What in data isn't as the schema of that name says, in words, and the keys of its place."""
    found: list[Any] = list(_validator(name).iter_errors(data))
    strange = {tuple(fault.absolute_path): fault for fault in found if fault.validator == "additionalProperties"}
    for fault in found:
        other = strange.get(tuple(fault.absolute_path))
        if other is not None and _follows(fault, other):
            continue
        where = ".".join(map(str, fault.absolute_path))
        keys = list(fault.absolute_path)
        words = _words(fault)
        if fault.validator == "additionalProperties" and isinstance(fault.instance, dict):
            known = list(fault.schema.get("properties", {}))
            strangers = [str(key) for key in fault.instance if key not in known]
            for key in strangers:
                hint = suggestion(key, known) or (f"; there are {', '.join(known)}" if known else "")
                yield f"{where}: {key} is no key here{hint}" if where else f"{key} is no key here{hint}", [*keys, key]
            continue
        yield f"{where}: {words}" if where else words, keys


def _follows(fault: Any, other: Any) -> bool:
    """Whether what is missing is what a key that isn't known was meant to be. other: that key's fault."""
    strangers = [str(key) for key in other.instance if key not in other.schema.get("properties", {})]
    match fault.validator:
        case "required":
            return bool(suggestion(str(fault.message).split("'")[1], strangers))
        case "oneOf" | "anyOf":
            return True
    return False


_KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def _words(fault: Any) -> str:
    value = json.dumps(fault.instance, ensure_ascii=False, default=str)
    shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
    match fault.validator:
        case "required":
            name = str(fault.message).split("'")[1]
            return f"{name} is missing: write {name}:"
        case "enum":
            known = [str(each) for each in fault.validator_value if each is not None]
            return f"{shown} isn't possible{suggestion(str(fault.instance), known) or ': there are ' + ', '.join(known)}"
        case "type":
            kinds = [fault.validator_value] if isinstance(fault.validator_value, str) else fault.validator_value
            return f"{shown} isn't {' or '.join(_KINDS[kind] for kind in kinds)}"
        case "minLength" if fault.validator_value == 1 and "description" not in fault.schema:
            return "it is empty"
        case "pattern" | "minLength" | "format" | "const" | "propertyNames":
            told = fault.schema.get("description")
            return f"{shown} isn't written as it must be" + (f": {told}" if told else "")
        case "minItems" | "minProperties":
            return "it is empty" if fault.validator_value == 1 else f"{shown} is too short: {fault.validator_value} at least"
        case "maxLength":
            return f"it is longer than {fault.validator_value} characters"
        case "minimum":
            return f"{shown} is too small: {fault.validator_value} at least"
        case "oneOf" | "anyOf" if all("required" in way for way in fault.validator_value):
            ways = [" and ".join(way["required"]) for way in fault.validator_value]
            return f"it says none, or several, of what it may be told by: {' | '.join(ways)}"
    return f"{shown} isn't of a form that is known here"
