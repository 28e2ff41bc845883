"""The documents of a pack's rule files, and the Sigma rules that they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from casetrail.pack.fault import Fault
from casetrail.reading.yaml import Document, Position
from casetrail.sigma.collect import Collected, Made, collected, rule_name


def named(document: Mapping[str, Any]) -> str:
    """What a rule's document goes by."""
    return str(document.get("name") or document.get("id") or document.get("title"))


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
        return [document for documents in self.values() for document in documents if "filter" not in document.data]

    def filters(self) -> list[Document]:
        """The documents of filters."""
        return [document for documents in self.values() for document in documents if "filter" in document.data]

    @cached_property
    def written(self) -> tuple[Written, ...]:
        """The rules that could be made, each after those that it refers to."""
        return tuple(Written(self._flat[number], rule) for number, rule in self._collected.rules)

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        """Why of a document no rule or filter could be made, in the order of documents."""
        return tuple(_fault(self._flat[number], error) for number, error in sorted(self._collected.errors))

    @cached_property
    def _flat(self) -> list[Document]:
        return [document for documents in self.values() for document in documents]

    @cached_property
    def _collected(self) -> Collected:
        return collected([document.data for document in documents] for documents in self.values())


def _fault(document: Document, error: str) -> Fault:
    place = document.position(["filter"]) if "filter" in document.data else quoted(document, error)
    return Fault("sigma", document.path, place, error)


def quoted(document: Document, message: str) -> Position | None:
    """Where the first text stands that a message quotes and the document holds."""
    return next((place for text in re.findall(r"'([^']+)'", message) if (place := document.find(text))), None)
