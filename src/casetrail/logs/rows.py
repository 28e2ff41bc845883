"""From a JSON document to rows of known logs: envelopes peeled, names settled, the source told by the row itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from casetrail.logs.contract import Contract, Flatten
from casetrail.logs.open import concerns, open_events
from casetrail.logs.spread import Row, as_json, may_be_respelt, nested, opened, respelt
from casetrail.plan.values import plain

_MISSING = object()
_TEXTS = 3


def rows(document: object, contracts: Mapping[str, Contract], source: str | None = None) -> Iterator[tuple[Contract, Row]]:
    """The rows in a document with the contract of each, in the order in which they stand.

    A list is walked; an object is a row of the first source that detects it, in one of its envelopes, or else is searched for rows
    within. With `source` only that contract is asked, and a bare object is its row without being detected.

    Where no defined log detects anything, an event is one of each open log of which it has a field.
    """
    known = [contracts[source]] if source else list(contracts.values())
    defined, undefined = [each for each in known if not each.open], [each for each in known if each.open]
    any_found = False
    if defined:
        for contract, row in _found(document, defined, forced=source is not None):
            any_found = True
            yield contract, row
    if undefined and not any_found:
        for event in open_events(document):
            yield from ((contract, event) for contract in undefined if source or concerns(event, contract))


def _found(document: object, known: list[Contract], *, forced: bool, texts: int = _TEXTS) -> Iterator[tuple[Contract, Row]]:
    """texts: how many texts within texts may hold JSON."""
    if isinstance(document, list):
        for item in document:
            yield from _found(item, known, forced=forced, texts=texts)
    elif isinstance(document, Mapping):
        whole = nested(document)
        found = next(filter(None, (_of(whole, contract) for contract in known)), None)
        if not found:
            likely = [contract for contract in known if may_be_respelt(whole, contract)]
            found = next(filter(None, (_of(respelt(whole, contract), contract) for contract in likely)), None)
        if found:
            yield from found
        elif forced:
            yield known[0], settle(opened(whole, known[0]), known[0])
        else:
            for value in whole.values():
                yield from _found(value, known, forced=False, texts=texts)
    elif isinstance(document, str) and texts and not forced:
        inner = as_json(document)
        if inner is not document:
            yield from _found(inner, known, forced=False, texts=texts - 1)


def _of(document: Row, contract: Contract) -> list[tuple[Contract, Row]]:
    """The rows of a log in a document, in whichever of its envelopes."""
    peeled = [row for envelope in contract.envelopes for row in _peel(document, envelope.rows)]
    settled = (settle(opened(row, contract), contract) for row in peeled)
    return [(contract, row) for row in settled if detects(row, contract)]


def _peel(document: Row, path: str) -> Iterator[Row]:
    """The rows at a path such as `items[].events[]`, each with the keys of the objects that hold it below its own."""
    if not path:
        yield document
        return
    step, _, rest = path.partition(".")
    name = step.removesuffix("[]")
    inner = document.get(name)
    outer = {key: value for key, value in document.items() if key != name}
    if step.endswith("[]") and isinstance(inner, list):
        for item in inner:
            if isinstance(item, Mapping):
                yield from _peel({**outer, **item}, rest)
    elif isinstance(inner, Mapping):
        # Some exporters write a list of one as what it holds.
        yield from _peel({**outer, **inner}, rest)


def settle(row: Row, contract: Contract) -> Row:
    """The row with its keys as the contract names them."""
    if contract.aliases and not contract.aliases.keys().isdisjoint(row):
        row = respelt({contract.aliases.get(key, key): value for key, value in row.items()}, contract)
    if contract.flatten:
        row = _flattened(row, contract.flatten)
    for derived in contract.derived:
        told = next(
            (value for value in (_at(row, path) for path in derived.paths) if isinstance(value, str) and value), None
        )
        if told is not None:
            row = {**row, derived.field.path: plain(told, derived.field)}
    return row


def _flattened(row: Row, flatten: Flatten) -> Row:
    items = row.get(flatten.path)
    if not isinstance(items, list | Mapping):
        return row
    plain = {key: value for key, value in row.items() if key != flatten.path}
    for name, item in _named(items, flatten):
        value = next((item[key] for key in flatten.values if key in item), None) if isinstance(item, Mapping) else item
        plain[name.upper() if flatten.upper else name] = value
    return plain


def _named(items: list[Any] | Mapping[str, Any], flatten: Flatten) -> Iterator[tuple[str, object]]:
    """The values of a list by name, which some exporters write as an object."""
    if isinstance(items, Mapping) and flatten.name not in items:
        yield from items.items()
        return
    for item in [items] if isinstance(items, Mapping) else items:
        if isinstance(item, Mapping) and isinstance(name := item.get(flatten.name), str):
            yield name, item


def detects(row: Row, contract: Contract) -> bool:
    """Whether the row shows itself to be of the contract's log."""
    return any(all(_shows(row, mark) for mark in group) for group in contract.detect)


def _shows(row: Row, mark: str) -> bool:
    path, _, wanted = mark.partition("=")
    value = _at(row, path)
    return value == wanted if wanted else value is not _MISSING and value is not None


def _at(row: object, path: str) -> object:
    for step in path.split("."):
        if not isinstance(row, Mapping) or step not in row:
            return _MISSING
        row = row[step]
    return row
