"""A fault of a pack's files: what is wrong, where, and by which lint it is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from casetrail.pack.files import PackError
from casetrail.reading.yaml import Position, YamlError

_LIBRARY = ("schema", "sigma")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, by the name of its lint, and where. place: None where it is of the whole file.

    rules: those that can't be used for it.
    """

    lint: str
    path: Path
    place: Position | None
    message: str
    rules: frozenset[str] = frozenset()

    def error(self) -> PackError:
        """The fault as what stops whoever needs the file whole."""
        where = f"{self.path}:{self.place.line}:{self.place.column}" if self.place else str(self.path)
        more = "; run `casetrail check` to see where" if self.lint in _LIBRARY and not self.place else ""
        return PackError(f"{where}: {self.message}{more}")


def unreadable(path: Path, error: YamlError) -> Fault:
    """The fault of a file that is no YAML."""
    return Fault("yaml", path, error.position, error.message)
