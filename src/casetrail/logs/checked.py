"""What DuckDB doesn't see of a file: a checksum of gzip that is wrong, and a last line too long for it, which it leaves out.

A packed file is looked through while DuckDB reads it.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from casetrail.logs.packed import damaged, suffixes, unpacked

LONG = 8 * 1024 * 1024
"""Bytes of a line from which on DuckDB may leave it out."""
_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Checked:
    """damage: what is wrong with a file; None for nothing; long: whether a line of it may be too long for DuckDB."""

    damage: str | None = None
    long: bool = False


@contextmanager
def checked(path: Path) -> Iterator[Callable[[], Checked]]:
    """A function that waits for what there is to say of a file. Leaving the block before it is called ends the check."""
    kind, packed = suffixes(path)
    if kind == "parquet" or not packed:
        found = Checked() if kind == "parquet" else Checked(long=_long_end(path))
        yield lambda: found
        return
    over = Event()
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(_check, path, packed, over)
        try:
            yield result.result
        finally:
            over.set()


def _long_end(path: Path) -> bool:
    """Whether the last line of a file is too long, or that can't be told."""
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - LONG))
        return size > LONG and b"\n" not in file.read(LONG).rstrip()


def _check(path: Path, packed: str, over: Event) -> Checked:
    line, long = 0, False
    try:
        with path.open("rb") as file, unpacked(file, packed) as stream:
            while not over.is_set() and (block := stream.read1(_BLOCK)):
                end = block.find(b"\n")
                long |= line + (len(block) if end < 0 else end) > LONG
                line = line + len(block) if end < 0 else len(block) - block.rfind(b"\n") - 1
    except ImportError:
        return Checked()
    except (EOFError, zlib.error, OSError) as error:
        return Checked(damaged(path, error), long)
    return Checked(long=long)
