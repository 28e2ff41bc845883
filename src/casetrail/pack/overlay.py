"""A customer's own, laid over a pack without touching it: settings, rules, filters, cases, watchlists and thresholds.

| in the folder | what it is |
|---|---|
| `casetrail.yml` | levels, disabled rules, and what is otherwise at each SIEM |
| `thresholds.yml` | numbers and timespans of correlations |
| `watchlists/*.csv` | lists in place of the pack's, and those that own rules ask for |
| `rules/`, `filters/` | own rules, and Sigma filters on those of the pack |
| `fixtures/` | cases of own rules, and cases in place of the pack's |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from casetrail.pack.thresholds import FILE as THRESHOLDS
from casetrail.pack.thresholds import apply_thresholds
from casetrail.reading.schema import form_faults
from casetrail.reading.yaml import START, Document, Position, YamlError, read

SETTINGS = "casetrail.yml"
Sources = Mapping[Path, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Unused:
    """An entry that hits nothing: where it stands and why."""

    path: Path
    place: Position
    message: str


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is laid over a pack.

    folder: its top; None where there are only lists and thresholds. lists: the folder of watchlists; thresholds: the file of them.
    disabled: reasons by the rule's name; targets: settings by the target's name, as `overlay.schema.json` has them.
    """

    folder: Path | None
    lists: Path
    thresholds: Path
    levels: Mapping[str, str] = field(default_factory=dict)
    disabled: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def own_files(self) -> list[Path]:
        """The files of own rules and filters."""
        if self.folder is None:
            return []
        return [path for name in ("rules", "filters") for path in sorted((self.folder / name).rglob("*.yml"))]

    def holds(self, path: Path) -> bool:
        """Whether a file is of this folder, and not of the pack below it."""
        return self.folder is not None and self.folder.resolve() in path.resolve().parents

    def at(self, message: str, *keys: str) -> Unused:
        """An idle entry of `casetrail.yml`."""
        path = (self.folder or self.lists) / SETTINGS
        return Unused(path, place_of(path, *keys), message)


def only_lists(folder: Path) -> Overlay:
    """A folder with no more than watchlists and thresholds, as `--watchlists` names it."""
    return Overlay(None, folder, folder / THRESHOLDS)


def read_overlay(folder: Path) -> Overlay:
    """The overlay in a folder. Raises ValueError, with file and line, for settings that aren't of their schema's form."""
    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder; `casetrail init {folder}` makes one")
    path = folder / SETTINGS
    if not path.is_file():
        raise ValueError(f"{path}: no such file; `casetrail init` makes a folder that has one")
    try:
        found = read(path)
    except YamlError as error:
        raise ValueError(f"{path}:{error.position.line}: {error.message}") from error
    data: Mapping[str, Any] = {}
    for document in found[:1]:
        for fault in ill_formed(document):
            raise ValueError(f"{path}:{fault[1].line}: {fault[0]}")
        data = document.data or {}
    return Overlay(
        folder,
        folder / "watchlists",
        folder / THRESHOLDS,
        data.get("levels") or {},
        data.get("disabled") or {},
        data.get("targets") or {},
    )


def ill_formed(document: Document) -> Iterator[tuple[str, Position]]:
    """What in `casetrail.yml` isn't of the form that its schema demands, with its place."""
    for words, keys in form_faults("overlay", document.data):
        yield words, document.position(keys)


def place_of(path: Path, *keys: str) -> Position:
    """Where an entry of a file stands; the file's beginning when it can't be told."""
    try:
        found = read(path)
    except YamlError:
        return START
    return found[0].position(keys) if found else START


def with_thresholds_of(sources: Sources, path: Path, wanted: Mapping[str, Any]) -> tuple[Sources, list[Unused]]:
    """The documents with the thresholds of a file, and those of its entries that no rule has a place for."""
    idle = []
    for name, numbers in wanted.items():
        try:
            sources = apply_thresholds(sources, {name: numbers})
        except (ValueError, TypeError) as error:
            idle.append(Unused(path, place_of(path, name), str(error)))
    return sources, idle


def named(document: Mapping[str, Any]) -> str:
    """What a rule's document goes by."""
    return str(document.get("name") or document.get("id") or document.get("title"))


def with_levels(sources: Sources, levels: Mapping[str, str]) -> Sources:
    """The documents with other levels."""
    return {
        path: [
            {**document, "level": levels[named(document)]} if named(document) in levels else document
            for document in documents
        ]
        for path, documents in sources.items()
    }
