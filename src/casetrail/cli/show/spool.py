"""Standard input as a file, for what reads files more than once."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from casetrail.cli.show.terminal import say


@contextmanager
def spooled(logs: Sequence[Path]) -> Iterator[list[Path]]:
    """The paths, with a file that holds the standard input in place of `-`, for as long as the context lasts."""
    if not any(str(path) == "-" for path in logs):
        yield list(logs)
        return
    if sys.stdin.isatty():
        say("reading the standard input; end it with Ctrl-D")
    with tempfile.TemporaryDirectory(prefix="casetrail-") as folder:
        spool = Path(folder) / "-"
        with spool.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield [spool if str(path) == "-" else path for path in logs]
