"""The log files in a folder, and what lies there that is none."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from casetrail.logs.faults import Faults
from casetrail.reading.words import of_os


def log_files(path: Path, faults: Faults) -> Iterator[Path]:
    """The log files at a path: itself, or all files below a folder in order, hidden ones left out.

    Notes in `faults` what is left out: links to folders, links to nothing, what is no file, and folders that can't be read.
    """
    if not path.is_dir():
        if _is_file(path):
            yield path
        else:
            faults.fatal.append(
                f"{path}: {_kind(path)}, not a file; give its content on the standard input: casetrail hunt -"
            )
        return
    for folder, folders, names in os.walk(path, onerror=lambda error: faults.fatal.append(_unlisted(error))):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        here = [Path(folder) / name for name in sorted(names) if not name.startswith(".")]
        for each in [Path(folder) / name for name in folders]:
            if each.is_symlink():
                faults.note("link to a folder, not followed", str(each))
        for each in here:
            if _is_file(each):
                yield each
            else:
                faults.note(f"{_kind(each)}, left out", str(each))


def _unlisted(error: OSError) -> str:
    return f"{error.filename}: the folder can't be read: {of_os(error)}"


def _is_file(path: Path) -> bool:
    """Whether there is a file, even if it can't be read."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        return error.errno not in (errno.ENOENT, errno.ELOOP)


def _kind(path: Path) -> str:
    """What a path is that is no file."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return "link to nothing"
    if stat.S_ISFIFO(mode):
        return "pipe"
    return "socket" if stat.S_ISSOCK(mode) else "device"
