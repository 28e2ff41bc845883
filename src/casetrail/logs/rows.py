"""From a JSON document to rows of known logs: envelopes peeled, names settled, the source told by the row itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from casetrail.logs.contract import Contract, Flatten
from casetrail.logs.open import concerns, open_events
from casetrail.plan.values import plain

_MISSING = object()
Row = Mapping[str, Any]


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


def _found(document: object, known: list[Contract], *, forced: bool) -> Iterator[tuple[Contract, Row]]:
    if isinstance(document, list):
        for item in document:
            yield from _found(item, known, forced=forced)
    elif isinstance(document, Mapping):
        for contract in known:
            peeled = [row for envelope in contract.envelopes for row in _peel(document, envelope.rows)]
            settled = [settle(row, contract) for row in peeled]
            detected = [row for row in settled if detects(row, contract)]
            if detected:
                yield from ((contract, row) for row in detected)
                return
        if forced:
            yield known[0], settle(document, known[0])
            return
        for value in document.values():
            if isinstance(value, list | Mapping):
                yield from _found(value, known, forced=False)


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
    elif not step.endswith("[]") and isinstance(inner, Mapping):
        yield from _peel({**outer, **inner}, rest)


def settle(row: Row, contract: Contract) -> Row:
    """The row with its keys as the contract names them."""
    if contract.aliases:
        row = {contract.aliases.get(key, key): value for key, value in row.items()}
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
    if not isinstance(items, list):
        return row
    plain = {key: value for key, value in row.items() if key != flatten.path}
    for item in items:
        if not isinstance(item, Mapping) or not isinstance(item.get(flatten.name), str):
            continue
        name = item[flatten.name].upper() if flatten.upper else item[flatten.name]
        plain[name] = next((item[key] for key in flatten.values if key in item), None)
    return plain


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
