"""Writing a build so that it is either the old one or the new one, whole."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from casetrail.pack.files import MANIFEST, PackError
from casetrail.reading.files import exchange, held
from casetrail.reading.words import of_os

_TAKEN = (errno.ENOTEMPTY, errno.EEXIST)


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put the files into a folder in place of an earlier build.

    Whoever looks, or stops the process, at any moment finds the old build or the new one; of two builds at once the later one stays.
    Where the system can't exchange two folders (Windows, some network disks) there is a moment between them without either, and the
    next build puts the old one back if the process was killed in it.

    Raises PackError when the folder holds anything that no build wrote, or can't be written.
    """
    if folder.is_symlink():
        # What a link leads to is built, and the link stays.
        folder = Path(os.path.realpath(folder))
        if not folder.parent.is_dir():
            raise PackError(f"{folder}: nothing was built: {folder.parent} isn't there")
    if folder.resolve() in (here := Path.cwd(), *here.parents):
        raise PackError(f"{folder}: nothing was built: it holds the current folder")
    try:
        stranger = _stranger(folder)
        if stranger:
            raise PackError(f"{folder}: {stranger}; choose an empty folder or that of an earlier build")
        folder.parent.mkdir(parents=True, exist_ok=True)
        _tidy(folder)
        with _workshop(folder) as made:
            new = made / "new"
            for path, content in files.items():
                place = new / path
                if new.resolve() not in place.resolve().parents:
                    raise PackError(f"{path}: it would lie outside {folder}")
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
            _put(new, folder, made / "old")
    except OSError as error:
        raise PackError(f"{folder}: nothing was built: {of_os(error)}") from error


def _put(new: Path, folder: Path, old: Path) -> None:
    while True:
        with suppress(FileNotFoundError):
            if exchange(new, folder):
                return
            folder.rename(old)
        try:
            new.rename(folder)
        except BaseException as error:
            if old.exists() and not folder.exists():
                old.rename(folder)
            if not isinstance(error, OSError) or error.errno not in _TAKEN or _stranger(folder):
                raise
            # Another build put its folder there meanwhile; ours takes its place in turn.
            shutil.rmtree(old, ignore_errors=True)
        else:
            return


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A new folder beside one, held as long as it is used."""
    with ExitStack() as stack:
        while True:
            made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
            stack.callback(_clear, made)
            with suppress(FileNotFoundError):
                stack.enter_context(held(made))
            # Another build may have tidied it away before it was held.
            if made.exists():
                break
        yield made


def _clear(made: Path) -> None:
    """Clear a workshop away, to the end even when the process is stopped meanwhile."""
    try:
        shutil.rmtree(made, ignore_errors=True)
    except KeyboardInterrupt:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _tidy(folder: Path) -> None:
    """Clear away what builds that were killed left beside a folder, and put back the old build where one was between old and new."""
    workshop = re.compile(rf"\.{re.escape(folder.name)}-\w{{8}}")
    for made in folder.parent.iterdir():
        if not workshop.fullmatch(made.name) or made.is_symlink():
            continue
        with suppress(OSError), held(made, wait=False) as ours:
            if ours and {path.name for path in made.iterdir()} <= {"new", "old"}:
                if (made / "old").is_dir() and not folder.exists():
                    (made / "old").rename(folder)
                shutil.rmtree(made, ignore_errors=True)


def _stranger(folder: Path) -> str:
    """What is in the way of a build in a folder; empty when nothing is. Looks again when another build took its place meanwhile."""
    while True:
        before = _identity(folder)
        with suppress(FileNotFoundError):
            found = _seen(folder)
            if _identity(folder) == before:
                return found


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _seen(folder: Path) -> str:
    if not folder.exists():
        return ""
    if not folder.is_dir():
        return "it is a file"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    if not found:
        return ""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        known = {MANIFEST, *(file["path"] for file in manifest["files"])} if "casetrail" in manifest else set()
    except (OSError, ValueError, TypeError, KeyError):
        known = set()
    strangers = sorted(found - known)
    return f"{strangers[0]} in it is of no earlier build" if strangers else ""
