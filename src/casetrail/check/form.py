"""Checking the form of a file: that it is YAML without traps, is filled in, and is as its schema demands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from casetrail.pack.fault import Fault, unreadable
from casetrail.pack.files import Files
from casetrail.pack.joined import joined
from casetrail.pack.rules import UNFILLED
from casetrail.reading.schema import form_faults
from casetrail.reading.words import in_words
from casetrail.reading.yaml import SHAPE, Document, YamlError

FATAL = ("yaml", "schema")
"""The lints of a file that can't be read further, or only in part."""
RULE = "rule"
"""The name of the schema of a file of rules, whose documents may be parts of one another."""


def file_faults(path: Path, schema: str, files: Files) -> Iterator[Fault]:
    """What is wrong with the form of a file. schema: the name of that which it must be like."""
    try:
        documents = files.read(path)
    except YamlError as error:
        yield unreadable(path, error)
        return
    if not documents:
        yield Fault("yaml", path, None, "it holds nothing: write what it is for, or take it away")
    for document in documents:
        for trap in document.traps():
            yield Fault("yaml-trap", path, trap.position, f"{trap.text} {trap.why}; put it in quotes")
        for text, place in document.holding(*UNFILLED):
            yield Fault("fill-in", path, place, f"{text.strip()!r} is still to be filled in")
    if schema == RULE:
        rules, faults = joined([document for document in documents if isinstance(document.data, dict)])
        yield from faults
        documents = (*rules, *(document for document in documents if not isinstance(document.data, dict)))
    for document in documents:
        yield from guarded(path, _schema_faults(document, schema))


def guarded(path: Path, faults: Iterable[Fault]) -> Iterator[Fault]:
    """The faults of a file, up to where it is too unlike its schema for more, which is told as well."""
    try:
        yield from faults
    except SHAPE as error:
        yield Fault("schema", path, None, f"it can't be read further: {in_words(error)}")


def _schema_faults(document: Document, schema: str) -> Iterator[Fault]:
    for words, keys in form_faults(schema, _json(document.data)):
        yield Fault("schema", document.path, document.position(keys), words)


def _json(data: Any) -> Any:
    """The data as JSON has it: YAML's dates are texts there, and keys too."""
    match data:
        case dict():
            return {str(key): _json(value) for key, value in data.items()}
        case list():
            return [_json(item) for item in data]
        case date():
            return data.isoformat()
    return data
