"""Log files, read with patience: every fault is counted with its place, and none ends the reading."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, Any, cast

import duckdb
import orjson
import yaml

from casetrail.logs import zstandard
from casetrail.logs.array import ArrayError, items

_SHOWN = 5
_WHOLE = 512 * 1024 * 1024
_FIELD = 100 * 1024 * 1024
OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
"""What keeps DuckDB from the network."""
_WILD = re.compile(r"[*?\[]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass
class Faults:
    """What was wrong in the logs, by kind, with the first few places of each; `fatal` are files that couldn't be read to their end."""

    counts: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[str]] = field(default_factory=dict)
    fatal: list[str] = field(default_factory=list)

    def note(self, kind: str, place: str) -> None:
        self.counts[kind] += 1
        shown = self.places.setdefault(kind, [])
        if len(shown) < _SHOWN:
            shown.append(place)


def log_files(path: Path) -> list[Path]:
    """The log files at a path: itself, or all files below a folder in order, hidden ones left out."""
    if not path.is_dir():
        return [path]
    files = (each for each in sorted(path.rglob("*")) if each.is_file())
    return [each for each in files if not any(part.startswith(".") for part in each.relative_to(path).parts)]


def suffixes(path: Path) -> tuple[str, str]:
    """The format and the compression that a file's name tells: (`ndjson`, `gz`); each may be empty."""
    names = [name.removeprefix(".").lower() for name in path.suffixes]
    packed = names.pop() if names and names[-1] in ("gz", "zst") else ""
    return (names[-1] if names else ""), packed


Follow = Callable[[Callable[[], float]], None]
"""Called with a way to learn how much of a file is read, from 0 to 1."""


def documents(path: Path, faults: Faults, follow: Follow | None = None) -> Iterator[tuple[str, object]]:
    """The JSON documents of a file with the place of each: lines of NDJSON, rows of CSV, or whole documents of JSON or YAML.

    Notes what can't be read in `faults`.
    """
    kind, packed = suffixes(path)
    try:
        if kind == "parquet":
            yield from _parquet(path)
            return
        with path.open("rb") as file, _unpacked(file, packed) as stream:
            if follow:
                follow(partial(_share, file, max(1, path.stat().st_size)))
            match kind:
                case "csv":
                    yield from _csv(path, stream, faults)
                case "yml" | "yaml":
                    for number, document in enumerate(yaml.safe_load_all(stream.read(_WHOLE)), 1):
                        yield f"{path}: document {number}", document
                case _:
                    yield from _json(path, stream, faults)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        faults.fatal.append(f"{path}: the file is cut short or damaged: {error}; what it held was read")
    except (OSError, ValueError, yaml.YAMLError, csv.Error, RecursionError, ImportError, duckdb.Error) as error:
        faults.fatal.append(f"{path}: {error}")


def _share(file: IO[bytes], size: int) -> float:
    try:
        return file.tell() / size
    except ValueError:
        return 1.0


def _unpacked(file: IO[bytes], packed: str) -> IO[bytes]:
    if packed == "gz":
        return cast(IO[bytes], gzip.GzipFile(fileobj=file, mode="rb"))
    if packed == "zst":
        return zstandard.opened(file)
    return file


def unglobbed(path: Path) -> str:
    """A path as DuckDB takes it for one file, whatever its name looks like."""
    return _WILD.sub(r"[\g<0>]", str(path))


def _parquet(path: Path) -> Iterator[tuple[str, object]]:
    connection = duckdb.connect(config={**OFFLINE})
    rows = connection.execute("SELECT to_json(t)::VARCHAR FROM read_parquet(?) AS t", [unglobbed(path)])
    number = 0
    while chunk := rows.fetchmany(1000):
        for (text,) in chunk:
            number += 1
            yield f"{path}: row {number}", orjson.loads(text)


def _csv(path: Path, stream: IO[bytes], faults: Faults) -> Iterator[tuple[str, object]]:
    csv.field_size_limit(_FIELD)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.DictReader(text)
    for row in reader:
        place = f"{path}:{reader.line_num}"
        if None in row:
            faults.note("more values than the header has names", place)
        known = {name: value for name, value in row.items() if name and value is not None}
        if any(_SURROGATE.search(value) for value in known.values()):
            faults.note("bad UTF-8", place)
            known = {name: _SURROGATE.sub("\ufffd", value) for name, value in known.items()}
        yield place, known


def _json(path: Path, stream: IO[bytes], faults: Faults) -> Iterator[tuple[str, object]]:
    for number, line in enumerate(stream, 1):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not text.strip():
            continue
        if _parsed(text) is _BAD and text.lstrip()[:1] in (b"{", b"["):
            # The first line is no document of its own, so the file may be one document over many lines.
            yield from _document(path, text, number, stream, faults)
        else:
            yield from _lines(path, chain([text], stream), number, faults)
        return


def _document(path: Path, first: bytes, number: int, stream: IO[bytes], faults: Faults) -> Iterator[tuple[str, object]]:
    if first.lstrip().startswith(b"["):
        place = 0
        try:
            for place, text in enumerate(items(cast(IO[bytes], _Joined(first, stream)), _WHOLE), 1):
                document = _parsed(text.encode())
                if document is _BAD:
                    faults.note("malformed item", f"{path}: item {place}")
                else:
                    yield f"{path}: item {place}", document
        except ArrayError as error:
            faults.fatal.append(f"{path}: {error}; what came before was read")
        return
    second = stream.readline()
    if isinstance(_parsed(second), dict):
        yield from _lines(path, chain([first, second], stream), number, faults)
        return
    whole = first + second + stream.read(_WHOLE)
    document = _parsed(whole)
    if document is not _BAD:
        yield f"{path}", document
    elif len(whole) > _WHOLE:
        faults.fatal.append(f"{path}: one document of more than {_WHOLE // 1024 // 1024} MiB; give its rows as NDJSON")
    else:
        yield from _lines(path, whole.split(b"\n"), number, faults)


class _Joined(io.RawIOBase):
    """What was read of a stream, and the rest of it."""

    def __init__(self, first: bytes, rest: IO[bytes]) -> None:
        self.first = first
        self.rest = rest

    def read(self, size: int = -1) -> bytes:
        found, self.first = self.first, b""
        return found or self.rest.read(size)


def _lines(path: Path, lines: Iterable[bytes], start: int, faults: Faults) -> Iterator[tuple[str, object]]:
    for number, text in enumerate(lines, start):
        if not text.strip():
            continue
        document = _parsed(text)
        if document is _BAD:
            faults.note(_why(text), f"{path}:{number}")
        else:
            yield f"{path}:{number}", document


_BAD: Any = object()


def _parsed(text: bytes) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _BAD


def _why(text: bytes) -> str:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return "bad UTF-8"
    return "malformed line"
