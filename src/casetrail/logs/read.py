"""Log files, read with patience: every fault is counted with its place, and none ends the reading."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import duckdb
import orjson
import yaml

_SHOWN = 5
_WHOLE = 512 * 1024 * 1024
_FIELD = 100 * 1024 * 1024


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


def documents(path: Path, faults: Faults) -> Iterator[tuple[str, object]]:
    """The JSON documents of a file with the place of each: lines of NDJSON, rows of CSV, or whole documents of JSON or YAML.

    Notes what can't be read in `faults`.
    """
    kind, packed = suffixes(path)
    try:
        if kind == "parquet":
            yield from _parquet(path)
            return
        with _opened(path, packed) as stream:
            match kind:
                case "csv":
                    yield from _csv(path, stream)
                case "yml" | "yaml":
                    for number, document in enumerate(yaml.safe_load_all(stream.read(_WHOLE)), 1):
                        yield f"{path}: document {number}", document
                case _:
                    yield from _json(path, stream, faults)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        faults.fatal.append(f"{path}: the file is cut short or damaged: {error}; what it held was read")
    except (OSError, ValueError, yaml.YAMLError, csv.Error, RecursionError, ImportError, duckdb.Error) as error:
        faults.fatal.append(f"{path}: {error}")


def _opened(path: Path, packed: str) -> IO[bytes]:
    if packed == "gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    if packed == "zst":
        return _zstandard(path)
    return path.open("rb")


def _zstandard(path: Path) -> IO[bytes]:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        try:
            import zstandard
        except ImportError as error:
            raise ImportError("reading .zst with patience needs `pip install casetrail[zstd]`") from error
        unpacked: IO[bytes] = zstandard.open(path, "rb")
        return unpacked
    opened: IO[bytes] = zstd.open(path, "rb")
    return opened


def _parquet(path: Path) -> Iterator[tuple[str, object]]:
    rows = duckdb.connect().execute("SELECT to_json(t)::VARCHAR FROM read_parquet(?) AS t", [str(path)])
    number = 0
    while chunk := rows.fetchmany(1000):
        for (text,) in chunk:
            number += 1
            yield f"{path}: row {number}", orjson.loads(text)


def _csv(path: Path, stream: IO[bytes]) -> Iterator[tuple[str, object]]:
    csv.field_size_limit(_FIELD)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
    reader = csv.DictReader(text)
    for row in reader:
        yield f"{path}:{reader.line_num}", {name: value for name, value in row.items() if name and value is not None}


def _json(path: Path, stream: IO[bytes], faults: Faults) -> Iterator[tuple[str, object]]:
    first = b""
    number = 0
    for line in stream:
        number += 1
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not text.strip():
            continue
        document = _parsed(text)
        if document is not _BAD:
            first = b"\n"
            yield f"{path}:{number}", document
        elif not first and number <= 2 and text.lstrip()[:1] in b"[{":
            # The first lines are no documents of their own, so the file may be one document over many lines.
            whole = text + stream.read(_WHOLE)
            document = _parsed(whole)
            if document is not _BAD:
                yield f"{path}", document
                return
            yield from _lines(path, whole, number, faults)
            return
        else:
            faults.note(_why(text), f"{path}:{number}")


def _lines(path: Path, content: bytes, start: int, faults: Faults) -> Iterator[tuple[str, object]]:
    for number, text in enumerate(content.split(b"\n"), start):
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
