"""Files of a pack: where the shipped one is, and YAML documents read with errors that name their file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import wraps
from importlib.resources import files
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from casetrail.reading.words import in_words
from casetrail.reading.yaml import SHAPE, Document, YamlError, read

RULES = ("rules", "filters")
FOLDERS = (*RULES, "fixtures", "logsources", "watchlists", "backends")
THRESHOLDS = "thresholds.yml"
_NO_RULES = ("casetrail.yml", THRESHOLDS, "mkdocs.yml", "docker-compose.yml", "compose.yml", "action.yml")
_DATA = (".csv", ".json", ".toml")
YAML = (".yml", ".yaml")
MANIFEST = "manifest.json"
"""What a build says of itself, in its folder."""
_HEAD = 100
NO_MAPPING = "a mapping is expected"


class PackError(Exception):
    """A pack can't be read. The message names the file and what to do."""


Rest = ParamSpec("Rest")


Result = TypeVar("Result")


def shaped(reader: Callable[Concatenate[Path, Rest], Result]) -> Callable[Concatenate[Path, Rest], Result]:
    """A reader of a file or folder that raises PackError, naming it, also where a document isn't as its schema says."""

    @wraps(reader)
    def reading(path: Path, /, *rest: Rest.args, **named: Rest.kwargs) -> Result:
        try:
            return reader(path, *rest, **named)
        except SHAPE as error:
            raise PackError(
                f"{path}: it isn't as its schema says ({in_words(error)}); run `casetrail check` to see where"
            ) from error

    return reading


def shipped() -> Path:
    """The folder of the pack that comes with casetrail: in the wheel, or the checkout it runs from."""
    wheel = Path(str(files("casetrail"))) / "data"
    return wheel if wheel.is_dir() else Path(__file__).resolve().parents[3]


def is_own(folder: Path) -> bool:
    """Whether a folder is a whole pack, and not one of plain Sigma rules that borrows what they are about."""
    return (folder / "logsources").is_dir()


def lists_of(folder: Path) -> Path:
    """The folder of the watchlists that a pack has: its own, or the shipped pack's."""
    own = folder / "watchlists"
    return own if is_own(folder) and own.is_dir() else shipped() / "watchlists"


def rule_files(folder: Path) -> list[Path]:
    """The files of a pack's rules and filters, in order.

    In a folder without `rules/` they are all YAML files but those in folders named as a pack's others, of builds and of well-known tools.
    """
    if any((folder / name).is_dir() for name in RULES):
        return [path for name in RULES for path in yaml_files(folder / name)]
    others = {*FOLDERS} - {*RULES}
    found = (path for path in yaml_files(folder) if not others & {*path.relative_to(folder).parent.parts})
    builds = {
        path.parent for path in _walked(folder) if path.name == MANIFEST and path.parent != folder and _is_of_a_build(path)
    }
    found = (path for path in found if not builds & {*path.parents})
    return [path for path in found if path.parent != folder or path.name not in _NO_RULES]


def _is_of_a_build(manifest: Path) -> bool:
    try:
        return b'"casetrail"' in manifest.read_bytes()[:_HEAD]
    except OSError:
        return False


def yaml_files(folder: Path) -> list[Path]:
    """The YAML files below a folder in order, whatever the case of their ending; through links, but in no hidden folder."""
    return sorted(path for path in _walked(folder) if path.suffix.lower() in YAML)


def yaml_right_in(folder: Path) -> list[Path]:
    """The YAML files of a folder in order, without those of the folders in it."""
    return [path for path in yaml_files(folder) if path.parent == folder]


def data_files(folder: Path) -> list[Path]:
    """The files below a folder, in order, that could be meant for a pack: YAML, CSV, JSON and TOML."""
    return sorted(path for path in _walked(folder) if path.suffix.lower() in (*YAML, *_DATA) and path.is_file())


def _walked(folder: Path) -> Iterator[Path]:
    """All that lies below a folder and isn't hidden. A link that leads back to where it stands is followed once."""
    seen = set()
    for place, inner, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        inner[:] = [] if real in seen else sorted(name for name in inner if not name.startswith("."))
        if real not in seen:
            # A folder that is named like a file is a fault, which whoever reads it tells.
            yield from (Path(place, name) for name in (*names, *inner) if not name.startswith("."))
        seen.add(real)


class Files:
    """YAML files, each of which is read once."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Document, ...] | YamlError] = {}

    @property
    def known(self) -> list[Path]:
        """All that was read."""
        return list(self._known)

    def read(self, path: Path) -> tuple[Document, ...]:
        """The documents of a file. Raises YamlError."""
        if path not in self._known:
            try:
                self._known[path] = tuple(read(path))
            except YamlError as error:
                self._known[path] = error
        found = self._known[path]
        if isinstance(found, YamlError):
            raise found
        return found

    def documents(self, path: Path) -> list[dict[str, Any]]:
        """What the documents of a file hold.

        Raises PackError when it can't be read or one is no mapping.
        """
        try:
            found = [document.data for document in self.read(path)]
        except YamlError as error:
            raise PackError(f"{path}:{error.position.line}:{error.position.column}: {error.message}") from error
        if not all(isinstance(document, dict) for document in found):
            raise PackError(f"{path}: {NO_MAPPING}")
        return found


def documents(path: Path) -> list[dict[str, Any]]:
    """What the documents of one file hold. Raises PackError as `Files.documents`."""
    return Files().documents(path)
