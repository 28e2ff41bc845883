"""What is kept in the user's cache: downloads, and small texts by the hash of what they were made of."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from casetrail.reading.files import replace

_MOST_BYTES = 32 * 1024 * 1024
_MOST_FILES = 60


def cache_folder() -> Path:
    """Where downloads and the like are kept: $CASETRAIL_CACHE, or a folder of the user's cache."""
    named = os.environ.get("CASETRAIL_CACHE")
    if named:
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "casetrail"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "casetrail"


def kept(kind: str, key: str) -> bytes | None:
    """What was kept of a kind by a key; None where there is nothing that can be read, or that others than the user can have written."""
    folder = cache_folder() / kind
    try:
        if not (stat.S_ISDIR(folder.lstat().st_mode) and _is_ours(folder.lstat())):
            return None
        with open(folder / key, "rb", opener=_no_link) as file:
            told = os.fstat(file.fileno())
            sound = stat.S_ISREG(told.st_mode) and _is_ours(told) and told.st_size <= _MOST_BYTES
            return file.read() if sound else None
    except OSError:
        return None


def keep(kind: str, key: str, content: bytes) -> None:
    """Keep something in place of what has that key. Where nothing can be written nothing is kept; the oldest are let go."""
    folder = cache_folder() / kind
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(folder / key, content)
        for old in sorted(folder.iterdir(), key=lambda path: path.lstat().st_mtime_ns, reverse=True)[_MOST_FILES:]:
            old.unlink()


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _is_ours(told: os.stat_result) -> bool:
    """Whether nobody but the user can write a file or folder."""
    return sys.platform == "win32" or (told.st_uid == os.getuid() and not told.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
