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
from casetrail.reading.yaml import unfolded

_SHOWN = 5
_WHOLE = 512 * 1024 * 1024
_ITEM = 128 * 1024 * 1024
_LINE = 64 * 1024 * 1024
"""The most bytes of a line, and of a YAML file."""
_UNFOLDED = 2_000_000
"""The most values of a YAML document with its aliases unfolded."""
OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
"""What keeps DuckDB from the network."""
_BEGINS = re.compile(rb"\s*([\[{]?)")
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
                    yield from _yaml(path, stream)
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


class _Loader(yaml.SafeLoader):
    """YAML whose times stay texts, as they are in JSON."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _yaml(path: Path, stream: IO[bytes]) -> Iterator[tuple[str, object]]:
    content = stream.read(_LINE + 1)
    if len(content) > _LINE:
        raise ValueError(f"YAML of more than {_LINE // 1024 // 1024} MiB; give its rows as NDJSON")
    loader = _Loader(content)
    number = 0
    try:
        while loader.check_node():
            number += 1
            node = loader.get_node()
            if node is None:
                return
            if unfolded(node, _UNFOLDED) > _UNFOLDED:
                raise ValueError(f"document {number}: its aliases unfold to more than {_UNFOLDED} values")
            yield f"{path}: document {number}", loader.construct_document(node)
    finally:
        loader.dispose()


def _csv(path: Path, stream: IO[bytes], faults: Faults) -> Iterator[tuple[str, object]]:
    csv.field_size_limit(_LINE)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.DictReader(_short(text))
    for row in reader:
        place = f"{path}:{reader.line_num}"
        if None in row:
            faults.note("more values than the header has names", place)
        known = {name: value for name, value in row.items() if name and value is not None}
        if any(_SURROGATE.search(value) for value in known.values()):
            faults.note("bad UTF-8", place)
            known = {name: _SURROGATE.sub("\ufffd", value) for name, value in known.items()}
        yield place, known


def _short(text: io.TextIOWrapper) -> Iterator[str]:
    """The lines of a text. Raises csv.Error at one that is too long to be any."""
    while line := text.readline(_LINE):
        if len(line) == _LINE:
            raise csv.Error(f"a line of more than {_LINE // 1024 // 1024} MiB; what came before was read")
        yield line


def _json(path: Path, stream: IO[bytes], faults: Faults) -> Iterator[tuple[str, object]]:
    number = 0
    while line := stream.readline(_LINE):
        number += 1
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if text.isspace():
            continue
        if _cut(text) and _begins(text) == b"{":
            text += stream.readline(_WHOLE)
        if _parsed(text) is _BAD and _begins(text):
            # The first line is no document of its own, so the file may be one document over many lines.
            yield from _document(path, text, number, stream, faults)
        else:
            yield from _lines(path, chain([text], _rest(stream)), number, faults)
        return


def _begins(text: bytes) -> bytes:
    """The bracket that a text begins with, if any."""
    found = _BEGINS.match(text)
    return found[1] if found else b""


def _cut(line: bytes) -> bool:
    """Whether what was read of a line isn't all of it, since it is too long."""
    return len(line) >= _LINE and not line.endswith(b"\n")


def _rest(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of a stream, long ones cut."""
    while line := stream.readline(_LINE):
        yield line
        while _cut(line):
            line = stream.readline(_LINE)


def _document(path: Path, first: bytes, number: int, stream: IO[bytes], faults: Faults) -> Iterator[tuple[str, object]]:
    if _begins(first) == b"[":
        place = 0
        try:
            for place, text in enumerate(items(cast(IO[bytes], _Joined(first, stream)), _ITEM), 1):
                document = _parsed(text.encode())
                if document is _BAD:
                    faults.note("malformed item", f"{path}: item {place}")
                else:
                    yield f"{path}: item {place}", document
        except ArrayError as error:
            faults.fatal.append(f"{path}: {error}; what came before was read")
        return
    second = stream.readline(_LINE)
    if isinstance(_parsed(second), dict):
        yield from _lines(path, chain([first, second], _rest(stream)), number, faults)
        return
    whole = bytearray(first)
    del first
    whole += second
    whole += stream.read(max(0, _WHOLE + 1 - len(whole)))
    if len(whole) > _WHOLE:
        faults.fatal.append(f"{path}: one document of more than {_WHOLE // 1024 // 1024} MiB; give its rows as NDJSON")
        return
    document = _parsed(whole)
    if document is not _BAD:
        yield f"{path}", document
    else:
        yield from _lines(path, _rest(io.BytesIO(whole)), number, faults)


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
        if text.isspace():
            continue
        document = _parsed(text)
        if document is _BAD:
            faults.note(_why(text), f"{path}:{number}")
        else:
            yield f"{path}:{number}", document


_BAD: Any = object()


def _parsed(text: bytes | bytearray) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _BAD


def _why(text: bytes) -> str:
    if _cut(text):
        return f"a line of more than {_LINE // 1024 // 1024} MiB"
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return "bad UTF-8"
    return "malformed line"
