"""What the verdict on a pack depends on, as one hash: whatever `examine` may read, and casetrail itself."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path

import casetrail
from casetrail.pack.files import FOLDERS, MANIFEST, RULES, THRESHOLDS, YAML, shipped
from casetrail.pack.lockfile import FILE as LOCK
from casetrail.pack.settings import PROJECT, SETTINGS, says

_FORM = "1"
"""Raised when the way in which verdicts are kept changes."""
_LIBRARIES = ("pysigma", "pyyaml", "jsonschema", "google-re2")


def fingerprint(folder: Path, today: date | None, overlay: Path | None, lists: Path | None) -> str | None:
    """The hash, in hex; None where a file can't be read, so that nothing can be known of it."""
    told = hashlib.blake2b(digest_size=32)
    own = (_FORM, casetrail.__version__, sys.version, *map(version, _LIBRARIES))
    asked = (today, Path.cwd(), folder, overlay, lists)
    told.update(repr((own, [None if each is None else str(each) for each in asked])).encode("utf-8", "surrogateescape"))
    try:
        for line in _program(folder):
            told.update(repr(line).encode("utf-8", "surrogateescape"))
        for name, content in _read(folder, overlay, lists):
            told.update(repr((name, len(content))).encode("utf-8", "surrogateescape"))
            told.update(content)
    except OSError:
        return None
    return told.hexdigest()


def _program(folder: Path) -> Iterator[tuple[str, int, int]]:
    """The files of casetrail and of the pack that comes with it, with their size and the time of their last change."""
    tops = [str(Path(casetrail.__file__).parent)]
    if shipped().resolve() != folder.resolve():
        tops += [str(shipped() / name) for name in FOLDERS]
    for top in tops:
        for place, inner, names in os.walk(top):
            inner[:] = sorted(name for name in inner if name != "__pycache__")
            for name in sorted(names):
                path = f"{place}{os.sep}{name}"
                facts = os.stat(path)
                yield path, facts.st_size, facts.st_mtime_ns


def _read(folder: Path, overlay: Path | None, lists: Path | None) -> Iterator[tuple[str, bytes]]:
    for above in folder.resolve().parents:
        settings = says(above)
        if settings is not None:
            yield from _file(str(settings))
            break
    for top in filter(None, (folder, overlay)):
        for name in (SETTINGS, PROJECT, THRESHOLDS, LOCK):
            yield from _file(str(top / name))
        for name in FOLDERS:
            yield from _below(str(top / name))
        if not any((top / name).is_dir() for name in RULES):
            yield from _below(str(top), (*YAML, MANIFEST))
    if lists is not None:
        yield from _below(str(lists))


def _below(top: str, endings: tuple[str, ...] = ("",)) -> Iterator[tuple[str, bytes]]:
    """The files below a folder that end so, through links, and where links lead."""
    yield from _link(top)
    seen: set[str] = set()
    for place, inner, names in os.walk(top, followlinks=True, onerror=_raised):
        real = os.path.realpath(place)
        inner[:] = [] if real in seen else sorted(inner)
        if real in seen:
            continue
        seen.add(real)
        for name in inner:
            yield f"{place}{os.sep}{name}{os.sep}", b""
            yield from _link(f"{place}{os.sep}{name}")
        for name in sorted(names):
            if name.lower().endswith(endings):
                yield from _file(f"{place}{os.sep}{name}")


def _raised(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error


def _link(path: str) -> Iterator[tuple[str, bytes]]:
    if os.path.islink(path):
        yield f"{path} -> {os.path.realpath(path)}", b""


def _file(path: str) -> Iterator[tuple[str, bytes]]:
    """A file's content, where there is a file, and where it leads when it is a link."""
    yield from _link(path)
    try:
        kind = os.stat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(kind):
        yield f"{path}: {stat.S_IFMT(kind)}", b""
        return
    with open(path, "rb") as file:
        yield path, file.read()
