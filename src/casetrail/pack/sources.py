"""The documents of a pack's rule files, and the Sigma rules that they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import Any

from casetrail.pack.fault import Fault
from casetrail.reading.yaml import Document, Position
from casetrail.sigma.collect import Collected, Made, collected, rule_name

_KINDS = ("detection", "correlation", "filter")
_SELECTION = 2
"""How deep a selection stands: below `detection`, under its name."""


def handles(documents: Mapping[Path, tuple[Document, ...]]) -> dict[int, str]:
    """What each rule goes by, by the identity of its document.

    Its `name`; where it has none its file's, or its title in small letters where a file holds several; its id where both are taken.
    """
    found: dict[int, str] = {}
    nameless: list[tuple[Document, tuple[str, ...]]] = []
    for path, held in documents.items():
        rules = [document for document in held if is_rule(document.data)]
        for document in rules:
            name = document.data.get("name")
            if name:
                found[id(document)] = str(name)
            else:
                title = re.sub(r"\W+", "_", str(document.data.get("title") or "").lower()).strip("_")
                others = (title, str(document.data.get("id") or ""))
                nameless.append((document, (path.stem, *others) if len(rules) == 1 else others))
    taken = set(found.values())
    for document, names in nameless:
        numbered = (f"{document.path.stem}_{number}" for number in count(1))
        found[id(document)] = next(name for name in chain(names, numbered) if name and name not in taken)
        taken.add(found[id(document)])
    return found


def is_rule(data: Mapping[str, Any]) -> bool:
    """Whether a document is a rule or a correlation, and no filter."""
    return "filter" not in data


@dataclass(frozen=True, slots=True)
class Written:
    """A rule as it is written, and as Sigma has it once filters are applied and references resolved."""

    document: Document
    sigma: Made

    @property
    def name(self) -> str:
        return rule_name(self.sigma)


class Sources(Mapping[Path, tuple[Document, ...]]):
    """The documents of rule files, by path. What Sigma makes of them is made when first asked for, and once."""

    def __init__(self, documents: Mapping[Path, tuple[Document, ...]]) -> None:
        self._documents = dict(documents)

    def __getitem__(self, path: Path) -> tuple[Document, ...]:
        return self._documents[path]

    def __iter__(self) -> Iterator[Path]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)

    def changed(self, change: Callable[[Document], Mapping[str, Any]]) -> Sources:
        """The same files with other data in their documents."""
        return Sources(
            {path: tuple(replace(one, data=change(one)) for one in documents) for path, documents in self.items()}
        )

    def rules(self) -> list[Document]:
        """The documents of rules, without those of filters."""
        return [document for documents in self.values() for document in documents if is_rule(document.data)]

    def named(self, document: Document) -> str:
        """What a rule goes by, as `handles` says. document: one of these."""
        return self._handles[id(document)]

    def filters(self) -> list[Document]:
        """The documents of filters."""
        return [document for documents in self.values() for document in documents if "filter" in document.data]

    @cached_property
    def written(self) -> tuple[Written, ...]:
        """The rules that could be made, each after those that it refers to."""
        return tuple(Written(self._flat[number], rule) for number, rule in self._collected.rules)

    @cached_property
    def twice(self) -> Mapping[int, Fault]:
        """Why a rule can't go by its name or its id: one before it does; by the identity of its document."""
        found: dict[int, Fault] = {}
        for key, of in (("id", _id), ("name", self.named)):
            first: dict[str, Document] = {}
            for document in self.rules():
                text = of(document)
                if text and first.setdefault(text, document) is not document:
                    found[id(document)] = _again(document, first[text], key, text)
        return found

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        """Why of a document no rule or filter could be made, in the order of documents."""
        return tuple(_fault(self._flat[number], error) for number, error in sorted(self._collected.errors))

    @cached_property
    def _flat(self) -> list[Document]:
        return [document for documents in self.values() for document in documents]

    @cached_property
    def _collected(self) -> Collected:
        names = [self._handles.get(id(document), "") for document in self._flat]
        return collected((document.data for document in self._flat), names)

    @cached_property
    def _handles(self) -> dict[int, str]:
        return handles(self._documents)


def _id(document: Document) -> str:
    return str(document.data.get("id") or "").lower()


def _again(document: Document, other: Document, key: str, text: str) -> Fault:
    place, theirs = document.position([key]), other.position([key])
    if (document.path, place) == (other.path, theirs):
        place = document.position([])
    message = f"{text} is the {key} of the rule in {other.path}:{theirs.line} as well; give one of them another"
    return Fault("duplicate", document.path, place, message)


def _fault(document: Document, error: str) -> Fault:
    place = (
        document.position(["filter"]) if "filter" in document.data else quoted(document, error) or place_of_kind(document)
    )
    return Fault("sigma", document.path, place, error)


def place_of_kind(document: Document) -> Position:
    """Where a rule says what it is about: the first part of it that is odd in its form, if one is."""
    return odd_place(document) or document.position(["correlation" if "correlation" in document.data else "detection"])


def odd_place(document: Document) -> Position | None:
    """Where the first part of a detection stands that is odd in its form."""
    keys = next(_odd(document.data.get("detection"), ("detection",)), None)
    return document.position(keys) if keys else None


def _odd(value: Any, keys: tuple[str | int, ...]) -> Iterator[Sequence[str | int]]:
    """Where a selection is empty or no mapping, a mapping stands for a value, or a modifier has no field or no value."""
    depth = sum(isinstance(key, str) for key in keys)
    plain = isinstance(value, str | int | float) and keys[-1] not in ("condition", "timeframe")
    if (
        (depth == _SELECTION and plain)
        or (depth >= _SELECTION and value in ({}, []))
        or (depth > _SELECTION and isinstance(value, dict))
    ):
        yield keys
    elif isinstance(value, dict):
        for key, inner in value.items():
            if str(key).startswith("|") or ("|" in str(key) and inner is None):
                yield (*keys, str(key))
            yield from _odd(inner, (*keys, str(key)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _odd(inner, (*keys, number))


def quoted(document: Document, message: str) -> Position | None:
    """Where the first text, modifier or key stands that a message speaks of and the document holds."""
    texts = (*re.findall(r"(?<!\w)'([^']+)'(?!\w)", message), *re.findall(r"(?<!\w)\|(\w+)", message))
    return next(filter(None, map(document.find, texts)), None) or _key(document, message)


def _key(document: Document, message: str) -> Position | None:
    """Where the value of the first key stands that a message names."""
    words = re.findall(r"[a-z][\w-]*", message.partition(": write")[0])
    for above in ((), ("correlation",)):
        held = document.data if not above else document.data.get(above[0])
        word = next((word for word in words if isinstance(held, dict) and word in held and word not in _KINDS), None)
        if word:
            return document.position([*above, word], value=True)
    return None
