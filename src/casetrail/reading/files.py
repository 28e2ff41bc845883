"""Writing files so that each is either the old one or the new one, whole."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_HERE, _EXCHANGE = -100, 2
"""AT_FDCWD, and RENAME_EXCHANGE (Linux, rename(2)), which is RENAME_SWAP on macOS (renamex_np(2))."""
_UNKNOWN = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)


def replace(path: Path, content: bytes) -> None:
    """Write a file in place of one that may be there. Raises OSError; nothing is changed then."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def create_all(files: Mapping[Path, bytes]) -> None:
    """Write files that aren't there yet, with their folders; all of them, or none. Raises OSError, FileExistsError among them."""
    made: list[Path] = []
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                made.append(path)
                file.write(content)
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise


def exchange(one: Path, other: Path) -> bool:
    """Put each of two folders or files in the place of the other, at one stroke. False where the system or the disk can't.

    Raises OSError, FileNotFoundError among them; nothing is changed then.
    """
    first, second = os.fsencode(one), os.fsencode(other)
    try:
        system = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            failed = system.renamex_np(first, second, _EXCHANGE)
        else:
            failed = system.renameat2(_HERE, first, _HERE, second, _EXCHANGE)
    except (TypeError, AttributeError, OSError):
        return False
    if not failed:
        return True
    code = ctypes.get_errno()
    if code in _UNKNOWN:
        return False
    raise OSError(code, os.strerror(code), str(other))


@contextmanager
def held(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a folder while the block runs, as long as the process lives. Gives whether it is held.

    wait: until nobody else holds it. It never is on Windows, nor on a disk without locks. Raises OSError.
    """
    if sys.platform == "win32":
        yield False
        return
    import fcntl

    number = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(number)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
