"""Settings: what a folder says of itself in `casetrail.yml`, or under `[tool.casetrail]` of `pyproject.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from casetrail.pack.fault import Fault, unreadable
from casetrail.pack.files import Files
from casetrail.reading.schema import form_faults
from casetrail.reading.words import in_words
from casetrail.reading.yaml import START, Document, Position, YamlError

SETTINGS = "casetrail.yml"
PROJECT = "pyproject.toml"
SHIPPED = "shipped"
HOUSE = "house"
_TABLE = re.compile(rb"^\[tool\.casetrail[.\]]", re.M)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a folder says of itself, as `settings.schema.json` has it; everything is empty where it says nothing.

    path: the file that says it, None where there is none; document: that file when it is YAML, for places.
    """

    path: Path | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    document: Document | None = None

    @property
    def house(self) -> bool:
        """Whether casetrail's own style is asked for."""
        return self.data.get("profile") == HOUSE

    @property
    def strict(self) -> bool:
        return bool(self.data.get("strict"))

    @property
    def targets(self) -> Mapping[str, Mapping[str, Any]]:
        """What is otherwise at each target, by its name."""
        told = self.data.get("targets")
        return told if isinstance(told, Mapping) else {}

    @property
    def chosen(self) -> tuple[str, ...]:
        """The targets to build; empty for all."""
        told = self.data.get("targets")
        return tuple(told) if isinstance(told, list) else ()

    @property
    def have(self) -> tuple[str, ...] | None:
        """The logs that there are; None where nothing is said of them."""
        told = self.data.get("logs")
        return tuple(told["have"]) if isinstance(told, Mapping) and "have" in told else None

    @property
    def baseline(self) -> Path | None:
        """The file of known findings."""
        return self.path.parent / str(self.data["baseline"]) if self.path and "baseline" in self.data else None

    def position(self, *keys: str | int) -> Position:
        """Where the last of the keys stands; the file's beginning where places aren't known."""
        return self.document.position(keys) if self.document else START


def says(folder: Path) -> Path | None:
    """The file in which a folder says something of itself."""
    if (folder / SETTINGS).is_file():
        return folder / SETTINGS
    project = folder / PROJECT
    try:
        return project if project.is_file() and _TABLE.search(project.read_bytes()) else None
    except OSError:
        return None


def settings_for(folder: Path, files: Files) -> tuple[Settings, list[Fault]]:
    """What is said of a pack: in its folder, or where a folder above names it as its pack. Faults as of `read_settings`."""
    if says(folder) is None:
        for above in folder.resolve().parents:
            if says(above) is not None:
                settings, faults = read_settings(above, files)
                named = settings.data.get("pack")
                if named is not None and (above / named).resolve() == folder.resolve():
                    return settings, faults
                break
    return read_settings(folder, files)


def read_settings(folder: Path, files: Files) -> tuple[Settings, list[Fault]]:
    """What a folder says of itself, and why that can't be read or isn't of its schema's form. What is at fault is left out."""
    path = says(folder)
    if path is None:
        return Settings(), []
    document = None
    if path.name == PROJECT:
        try:
            data = tomllib.loads(path.read_text("utf-8")).get("tool", {}).get("casetrail") or {}
        except (OSError, ValueError) as error:
            return Settings(path), [Fault("yaml", path, None, in_words(error))]
    else:
        try:
            document = next(iter(files.read(path)), None)
        except YamlError as error:
            return Settings(path), [unreadable(path, error)]
        data = (document.data if document else None) or {}
    wrong = list(form_faults("settings", data))
    places = [document.position(keys) if document else None for _, keys in wrong]
    faults = [Fault("schema", path, place, words) for (words, _), place in zip(wrong, places, strict=True)]
    return Settings(path, {} if wrong else data, document), faults
