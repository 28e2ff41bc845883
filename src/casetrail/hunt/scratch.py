"""A place for more than memory holds: DuckDB with a bound, its database in a file, and a folder that it spills to."""

from __future__ import annotations

import errno
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb

from casetrail.engines.duckdb import connect
from casetrail.languages.sql.duckdb import DUCKDB
from casetrail.reading.words import of_os

MEMORY = "256MB"
"""What DuckDB keeps at most before it spills."""
_ROW_GROUP = 20_480
"""Rows that each thread gathers before they go to the file: a table of many lists has wide rows."""
_IN_FILE = "USE found"


REFUSED = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError)
"""What DuckDB raises at a query that it can't run, whatever memory and disk there are."""


class FullError(Exception):
    """There is no room to work in. The message says where, and how to name another place."""


@contextmanager
def room() -> Iterator[None]:
    """Raises FullError when the disk that a scratch lies on is full or read-only while the block runs."""
    try:
        yield
    except (duckdb.IOException, duckdb.FatalException, duckdb.TransactionException, OSError) as error:
        full = OSError(errno.ENOSPC, "") if "No space left" in str(error) else None
        told = of_os(error) if isinstance(error, OSError) else of_os(full) if full else " ".join(str(error).split())
        raise FullError(f"{tempfile.gettempdir()}: {told}; TMPDIR names another place to work in") from error


class Scratch:
    """A connection in bounded memory and a folder of its own. Both go with the object, or at the end of the process."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="casetrail-"))
        self._open = ExitStack()
        self._open.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self._finalizer = weakref.finalize(self, self._open.close)
        self.connection = connect(
            memory_limit=MEMORY, temp_directory=str(self.folder / "spill"), preserve_insertion_order="false"
        )
        self._open.callback(self.connection.close)
        file = DUCKDB.literal(str(self.folder / "found"))
        self.connection.execute(f"ATTACH {file} AS found (ROW_GROUP_SIZE {_ROW_GROUP})")
        self.connection.execute(_IN_FILE)
        self.connection.execute(DUCKDB.setup)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Another connection to the same database."""
        cursor = self.connection.cursor()
        cursor.execute(_IN_FILE)
        return cursor

    @contextmanager
    def more_memory(self) -> Iterator[None]:
        """Most of the machine's memory, for what must be held at once."""
        self.connection.execute("SET memory_limit = '80%'")
        try:
            yield
        finally:
            self.connection.execute(f"SET memory_limit = {DUCKDB.literal(MEMORY)}")

    def within_memory(self, work: Callable[[], None]) -> bool:
        """Whether work could be done: within the bound, or else with most of the machine's memory.

        A window function holds the steps of one key at once, so one key with very many is what the bound can't hold.
        """
        try:
            work()
        except duckdb.OutOfMemoryException:
            try:
                with self.more_memory():
                    work()
            except duckdb.OutOfMemoryException:
                return False
        return True

    def close(self) -> None:
        """Give up the connection and the folder now."""
        self._finalizer()
