"""Which faults are told: by the settings of the folder that a file is of, and by comments in the file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from casetrail.check.lints import Lint, catalogue
from casetrail.pack.fault import Fault
from casetrail.pack.settings import Settings
from casetrail.reading.suggest import suggestion
from casetrail.reading.yaml import START, Position

_COMMENT = re.compile(r"#\s*casetrail:\s*ignore\s*=\s*([A-Za-z0-9-]+(?:\s*,\s*[A-Za-z0-9-]+)*)(.*)")
_MARK = b"casetrail:"


@dataclass(frozen=True, slots=True)
class Ruled:
    """A folder and its settings."""

    folder: Path
    settings: Settings


def told(faults: Iterable[Fault], ruled: Sequence[Ruled], files: Iterable[Path]) -> list[Fault]:
    """The faults that the settings of their folder and the comments of their file leave, and those of comments that leave none out.

    ruled: the folders, innermost first; files: all those whose comments count.
    """
    kept = [fault for fault in faults if _applies(fault, ruled)]
    by_path: dict[Path, list[Fault]] = {}
    for fault in kept:
        by_path.setdefault(fault.path, []).append(fault)
    dropped: set[int] = set()
    more: list[Fault] = []
    for path in sorted({*files, *by_path}):
        for comment in _comments(path):
            hit = [fault for fault in by_path.get(path, ()) if comment.covers(fault)]
            dropped.update(map(id, hit) if comment.reason else ())
            more += comment.faults(path, hit)
    return [*(fault for fault in kept if id(fault) not in dropped), *(fault for fault in more if _applies(fault, ruled))]


def _applies(fault: Fault, ruled: Sequence[Ruled]) -> bool:
    lint = catalogue()[fault.lint]
    one = _ruling(fault.path, ruled)
    data = one.settings.data
    wanted = data.get("select")
    if not (_named(lint, wanted) if wanted else one.settings.house or not lint.house) or _named(lint, data.get("ignore")):
        return False
    patterns: Mapping[str, Sequence[str]] = data.get("per-file-ignores") or {}
    inner = Path(os.path.relpath(fault.path.resolve(), one.folder.resolve())).as_posix() if patterns else ""
    return not any(_named(lint, names) and fnmatch(inner, pattern) for pattern, names in patterns.items())


def _ruling(path: Path, ruled: Sequence[Ruled]) -> Ruled:
    """The folder whose settings a file is under."""
    if len(ruled) == 1:
        return ruled[0]
    place = path.resolve()
    return next((each for each in ruled if each.folder.resolve() in (place, *place.parents)), ruled[-1])


def _named(lint: Lint, names: Sequence[str] | None) -> bool:
    return any(lint.name == name or (name[:2] == "CT" and lint.code.startswith(name)) for name in names or ())


def settings_faults(settings: Settings, targets: Sequence[str]) -> Iterator[Fault]:
    """The lints and targets that settings name and that aren't there. targets: all that are."""
    if settings.path is None:
        return
    data, path = settings.data, settings.path
    listed = [
        ("select", data.get("select") or ()),
        ("ignore", data.get("ignore") or ()),
        *((("per-file-ignores", pattern), names) for pattern, names in (data.get("per-file-ignores") or {}).items()),
    ]
    known = [word for lint in catalogue().values() for word in (lint.code, lint.name)]
    for keys, names in listed:
        for number, name in enumerate(names):
            if not any(_named(lint, [name]) for lint in catalogue().values()):
                place = settings.position(*((keys,) if isinstance(keys, str) else keys), number)
                yield Fault("settings", path, place, f"no lint is named {name}{suggestion(name, known)}")
    for number, name in enumerate(settings.chosen):
        if name not in targets:
            message = f"no target is named {name}{suggestion(name, targets) or '; there are ' + ', '.join(targets)}"
            yield Fault("settings", path, settings.position("targets", number), message)


@dataclass(frozen=True, slots=True)
class _Comment:
    """place: its own; line: the one that it is about; whole: whether it is about what is wrong with the whole file too."""

    names: tuple[str, ...]
    reason: str
    place: Position
    line: int
    whole: bool

    def covers(self, fault: Fault) -> bool:
        here = (fault.place or START).line == self.line or (self.whole and fault.place in (None, START))
        return here and _named(catalogue()[fault.lint], self.names)

    def faults(self, path: Path, hit: Sequence[Fault]) -> Iterator[Fault]:
        if not self.reason:
            message = f"say why {', '.join(self.names)} is ignored, after the code"
            yield Fault("idle-ignore", path, self.place, message)
        for name in self.names:
            if not any(_named(lint, [name]) for lint in catalogue().values()):
                yield Fault("idle-ignore", path, self.place, f"no lint is named {name}")
            elif not any(_named(catalogue()[fault.lint], [name]) for fault in hit):
                yield Fault("idle-ignore", path, self.place, f"{name} isn't found here: take the comment away")


def _comments(path: Path) -> Iterator[_Comment]:
    """The comments of a file that ignore something: about their own line, or on a line of their own about the next."""
    try:
        content = path.read_bytes()
    except OSError:
        return
    if _MARK not in content:
        return
    lines = content.decode("utf-8", "replace").splitlines()
    first = next((number for number, line in enumerate(lines, 1) if _is_told(line)), 1)
    for number, line in enumerate(lines, 1):
        found = _COMMENT.search(line)
        if found is None:
            continue
        about = number
        if not _is_told(line):
            about = next((later for later in range(number + 1, len(lines) + 1) if _is_told(lines[later - 1])), number)
        names = tuple(name.strip() for name in found[1].split(","))
        yield _Comment(names, found[2].strip(), Position(number, found.start() + 1), about, number <= first)


def _is_told(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#") and line.strip() != "---"
