"""Files of a pack: where the shipped one is, and YAML documents read with errors that name their file."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib.resources import files
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from casetrail.reading.yaml import SHAPE, Document, YamlError, read

FOLDERS = ("rules", "fixtures", "logsources", "watchlists", "backends")
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
            raise PackError(f"{path}: it isn't as its schema says ({error}); run `casetrail check` to see where") from error

    return reading


def shipped() -> Path:
    """The folder of the pack that comes with casetrail: in the wheel, or the checkout it runs from."""
    wheel = Path(str(files("casetrail"))) / "data"
    return wheel if wheel.is_dir() else Path(__file__).resolve().parents[3]


def is_own(folder: Path) -> bool:
    """Whether a folder is a whole pack, and not one of plain Sigma rules that borrows what they are about."""
    return (folder / "logsources").is_dir()


def lender(folder: Path) -> Path:
    """The folder whose log sources and watchlists a pack has: its own, or the shipped pack's."""
    return folder if is_own(folder) else shipped()


def rule_files(folder: Path) -> list[Path]:
    """The files of a pack's rules and filters, in order."""
    return sorted((folder / "rules" if (folder / "rules").is_dir() else folder).rglob("*.yml"))


class Files:
    """YAML files, each of which is read once."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Document, ...] | YamlError] = {}

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
