"""Files of a pack: where the shipped one is, and YAML documents read with errors that name their file."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib.resources import files
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from casetrail.reading.yaml import SHAPE, YamlError, read


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


def documents(path: Path) -> list[dict[str, Any]]:
    """The YAML documents of a file.

    Raises PackError when it can't be read or one is no mapping.
    """
    try:
        found = [document.data for document in read(path)]
    except YamlError as error:
        raise PackError(f"{path}:{error.position.line}:{error.position.column}: {error.message}") from error
    if not all(isinstance(document, dict) for document in found):
        raise PackError(f"{path}: a mapping is expected")
    return found
