"""Whether a gzip file is as its checksums say, worked out while another reads it: DuckDB doesn't look at them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from casetrail.logs.read import damaged, suffixes

_BLOCK = 1024 * 1024


@contextmanager
def checked(path: Path) -> Iterator[Callable[[], str | None]]:
    """A function that waits for what is wrong with a file, None for nothing. Leaving the block before it is called ends the check."""
    if suffixes(path)[1] != "gz":
        yield lambda: None
        return
    over = Event()
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(_check, path, over)
        try:
            yield result.result
        finally:
            over.set()


def _check(path: Path, over: Event) -> str | None:
    try:
        with gzip.open(path) as stream:
            while stream.read(_BLOCK) and not over.is_set():
                pass
    except (EOFError, zlib.error, OSError) as error:
        return damaged(path, error)
    return None
