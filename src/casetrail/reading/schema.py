"""The JSON schemas of the files that are ours, and what in a document isn't of the form that one demands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


@cache
def _validator(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads((files("casetrail.schemas") / f"{name}.schema.json").read_text("utf-8")))


def form_faults(name: str, data: Any) -> Iterator[tuple[str, list[str | int]]]:
    """What in data isn't as the schema of that name says, in words, and the keys of its place."""
    for fault in _validator(name).iter_errors(data):
        where = ".".join(map(str, fault.absolute_path))
        yield f"{where}: {fault.message}" if where else fault.message, list(fault.absolute_path)
