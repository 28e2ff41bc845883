"""The documents of a file of rules as `action` joins them, which is how Sigma 1 says once what several rules share.

| action | what the document is |
|---|---|
| `global` | a part of each search after it in the file, up to the next one |
| `reset` | the end of that |
| `repeat` | a search: the one before it, with what this one says in its place |

pySigma reads them so, and lets the shared document win where a rule says the same key otherwise. Here that is a fault, but for what
identifies a rule: its own `id`, `name` and `title` count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from casetrail.pack.fault import Fault
from casetrail.reading.suggest import suggestion
from casetrail.reading.yaml import Document

_ACTION = "action"
_ACTIONS = ("global", "reset", "repeat")
_OWN = ("id", "name", "title")
_APART = ("correlation", "filter")


def joined(documents: Sequence[Document]) -> tuple[tuple[Document, ...], tuple[Fault, ...]]:
    """The rules and filters of a file, each whole, and why others can't be. documents: mappings.

    A place in a rule is that in the document where it is written.
    """
    if not any(_ACTION in document.data for document in documents):
        return tuple(documents), ()
    found: list[Document] = []
    faults: list[Fault] = []
    shared: Document | None = None
    before: Document | None = None
    used = True
    for document in documents:
        action = document.data.get(_ACTION)
        if action is None and any(key in document.data for key in _APART):
            found.append(document)
        elif action is None:
            clashes = [_clash(document, shared, keys) for keys in _clashes(document.data, shared.data)] if shared else []
            faults += clashes
            before, used = (_under(document, shared) if shared else document), True
            found += [before] if not clashes else []
        elif action == "repeat" and before is not None:
            before = _under(_without(document, (_ACTION,)), _without(before, ("id", "name")))
            found.append(before)
        elif action in ("global", "reset"):
            faults += _idle(shared, used=used)
            shared, used = (_without(document, (_ACTION,)), False) if action == "global" else (None, True)
        else:
            faults.append(_unknown(document, action))
    return tuple(found), (*faults, *_idle(shared, used=used))


def _idle(shared: Document | None, *, used: bool) -> Iterator[Fault]:
    if shared is not None and not used:
        message = "no rule follows that this document is a part of: take `action: global` away, or write the rules below it"
        yield Fault("schema", shared.path, shared.position([]), message)


def _unknown(document: Document, action: object) -> Fault:
    if action == "repeat":
        message = "no rule is before it that it could repeat"
    else:
        known = suggestion(str(action), _ACTIONS) or f": there are {', '.join(_ACTIONS)}"
        message = f"action: {action} isn't possible{known}"
    return Fault("schema", document.path, document.position([_ACTION]), message)


def _clash(document: Document, shared: Document, keys: Sequence[str]) -> Fault:
    line = shared.position(keys).line
    message = f"{'.'.join(keys)} is said otherwise in line {line}, for all rules of the file: say it in one of the two alone"
    return Fault("schema", document.path, document.position(keys), message)


def _clashes(own: Mapping[str, Any], shared: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The keys that both say, each otherwise."""
    for key in own.keys() & shared.keys():
        keys = (*above, key)
        if isinstance(own[key], Mapping) and isinstance(shared[key], Mapping):
            yield from _clashes(own[key], shared[key], keys)
        elif own[key] != shared[key] and keys[0] not in _OWN:
            yield keys


def _without(document: Document, keys: Sequence[str]) -> Document:
    data = {key: value for key, value in document.data.items() if key not in keys}
    pairs = [pair for pair in document.node.value if pair[0].value not in keys]
    return replace(document, data=data, node=_mapping(document.node, pairs))


def _under(document: Document, below: Document) -> Document:
    """A document with what it doesn't say taken from another one."""
    return replace(document, data=_merged(document.data, below.data), node=_merged_nodes(document.node, below.node))


def _merged(own: Any, below: Any) -> Any:
    if not isinstance(own, dict) or not isinstance(below, dict):
        return own
    return {**below, **{key: _merged(value, below[key]) if key in below else value for key, value in own.items()}}


def _merged_nodes(own: yaml.Node, below: yaml.Node) -> yaml.Node:
    if not isinstance(own, yaml.MappingNode) or not isinstance(below, yaml.MappingNode):
        return own
    theirs = {name.value: value for name, value in below.value}
    pairs = [(name, _merged_nodes(value, theirs.pop(name.value, value))) for name, value in own.value]
    return _mapping(own, [*pairs, *(pair for pair in below.value if pair[0].value in theirs)])


def _mapping(node: yaml.Node, pairs: list[tuple[yaml.Node, yaml.Node]]) -> yaml.MappingNode:
    return yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)
