"""Log files, read with patience: every fault is counted with its place, and none ends the reading."""

from __future__ import annotations

import csv
import errno
import gzip
import io
import os
import re
import stat
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, Any, cast

import duckdb
import yaml

from casetrail.logs import json, zstandard
from casetrail.logs.array import ArrayError, items
from casetrail.logs.formats import foreign
from casetrail.reading.words import in_words, of_os
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
_LISTS = 8
"""The most lists within lists that the rows of a log lie in."""
_BEGINS = re.compile(rb"\s*([\[{]?)")
_WILD = re.compile(r"[*?\[]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLOCK = 256 * 1024
_HEAD = 512


@dataclass
class Faults:
    """What was wrong in the logs, by kind, with the first few places of each.

    lost: of those, rows that couldn't be read; objects: of the lost ones, those that begin as a JSON object does.
    fatal: files that couldn't be read to their end, and files of a known log of which events were lost.
    """

    counts: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[str]] = field(default_factory=dict)
    fatal: list[str] = field(default_factory=list)
    lost: int = 0
    objects: int = 0

    def lose(self, kind: str, place: str, *, is_object: bool) -> None:
        """Note a row that couldn't be read."""
        self.lost += 1
        self.objects += is_object
        self.note(kind, place)

    def note(self, kind: str, place: str) -> None:
        self.counts[kind] += 1
        shown = self.places.setdefault(kind, [])
        if len(shown) < _SHOWN:
            shown.append(place)


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
    return f"{error.filename}: the folder can't be read: {error.strerror}"


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


def suffixes(path: Path) -> tuple[str, str]:
    """The format and the compression that a file's name tells: (`ndjson`, `gz`); each may be empty."""
    names = [name.removeprefix(".").lower() for name in path.suffixes]
    packed = names.pop() if names and names[-1] in ("gz", "zst") else ""
    return (names[-1] if names else ""), packed


Text = bytes | bytearray
Follow = Callable[[Callable[[], float]], None]
"""Called with a way to learn how much of a file is read, from 0 to 1."""


def documents(path: Path, faults: Faults, follow: Follow | None = None) -> Iterator[tuple[str, object]]:
    """The JSON documents of a file with the place of each: lines of NDJSON, rows of CSV, or whole documents of JSON or YAML.

    Notes what can't be read in `faults`.
    """
    kind, packed = suffixes(path)
    try:
        if kind == "parquet":
            yield from _parquet(path, faults)
            return
        with path.open("rb") as file, unpacked(file, packed) as stream:
            if known := foreign(stream.peek(_HEAD)):
                raise ValueError(f"it holds {known}; give its logs unpacked, or by the ending of a format that is read")
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
        faults.fatal.append(damaged(path, error))
    except (OSError, ValueError, yaml.YAMLError, csv.Error, RecursionError, ImportError, duckdb.Error) as error:
        faults.fatal.append(f"{path}: {of_os(error) if isinstance(error, OSError) else in_words(error)}")


def damaged(path: Path, error: Exception) -> str:
    return f"{path}: the file is cut short or damaged: {error}; what it held was read"


def _share(file: IO[bytes], size: int) -> float:
    try:
        return file.tell() / size
    except ValueError:
        return 1.0


def unpacked(file: io.BufferedReader, packed: str) -> io.BufferedReader:
    """The content of a file that is packed as its name tells. Raises ImportError where nothing can unpack it.

    Reading raises EOFError, zlib.error or gzip.BadGzipFile where the file is damaged, after what comes before the damage.
    """
    if packed == "gz":
        return io.BufferedReader(_Pieces(gzip.GzipFile(fileobj=file, mode="rb")), _BLOCK)
    if packed == "zst":
        return io.BufferedReader(_Pieces(zstandard.opened(file)), _BLOCK)
    return file


class _Pieces(io.RawIOBase):
    """What a packed file gives, piece by piece, so that what came before damage is not lost with it."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self.stream.read1(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def unglobbed(path: Path) -> str:
    """A path as DuckDB takes it for one file, whatever its name looks like."""
    return _WILD.sub(r"[\g<0>]", str(path))


def _parquet(path: Path, faults: Faults) -> Iterator[tuple[str, object]]:
    connection = duckdb.connect(config={**OFFLINE})
    rows = connection.execute("SELECT to_json(t)::VARCHAR FROM read_parquet(?) AS t", [unglobbed(path)])
    number = 0
    while chunk := rows.fetchmany(1000):
        for (text,) in chunk:
            number += 1
            yield from _read(text.encode(), f"{path}: row {number}", faults)


class _Loader(yaml.SafeLoader):
    """YAML whose times stay texts, as they are in JSON."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_scalar(self, node: Any) -> Any:
        return json.whole_text(super().construct_scalar(node))


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


def _json(path: Path, stream: io.BufferedReader, faults: Faults) -> Iterator[tuple[str, object]]:
    number = 0
    while line := stream.readline(_LINE):
        number += 1
        text: Text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if text.isspace():
            number += _skip_blank(stream)
            continue
        if _cut(text) and _begins(text) == b"{":
            text = _longer(text, stream)
            if _cut(text, _WHOLE):
                faults.lose(f"a line of more than {_WHOLE // 1024 // 1024} MiB", f"{path}:{number}", is_object=True)
                _skip_line(stream)
                continue
        if not _is_document(text) and _begins(text):
            # The first line is no document of its own, so the file may be one document over many lines.
            yield from _document(path, text, number, stream, faults)
        else:
            yield from _lines(path, chain([(number, text)], _rest(stream, number, text)), faults)
        return


def _longer(start: Text, stream: IO[bytes]) -> Text:
    """A long line as far as it goes, or as is read of one."""
    whole = bytearray(start)
    while len(whole) < _WHOLE and not whole.endswith(b"\n") and (more := stream.readline(_BLOCK)):
        whole += more
    return whole


def _skip_line(stream: IO[bytes]) -> None:
    """Read what is left of a line."""
    while (line := stream.readline(_BLOCK)) and not line.endswith(b"\n"):
        pass


def _skip_blank(stream: io.BufferedReader) -> int:
    """Skip lines of nothing but spaces, a block at a time; gives their number."""
    skipped = 0
    while ahead := stream.peek(1):
        blank = len(ahead) - len(ahead.lstrip())
        end = ahead.rfind(b"\n", 0, blank) + 1
        if not end:
            break
        skipped += ahead.count(b"\n", 0, end)
        stream.read(end)
    return skipped


def _begins(text: Text) -> bytes:
    """The bracket that a text begins with, if any."""
    found = _BEGINS.match(text)
    return found[1] if found else b""


def _cut(line: Text, most: int | None = None) -> bool:
    """Whether what was read of a line isn't all of it, since it is too long."""
    return len(line) >= (most or _LINE) and not line.endswith(b"\n")


def _rest(stream: io.BufferedReader, number: int, before: Text = b"") -> Iterator[tuple[int, Text]]:
    """The lines of a stream with their numbers, long ones cut, blank ones left out. before: the line before, of this number."""
    line: Text = before
    while True:
        if _cut(line):
            _skip_line(stream)
        if line.isspace():
            number += _skip_blank(stream)
        if not (line := stream.readline(_LINE)):
            return
        number += 1
        if not line.isspace():
            yield number, line


def _document(
    path: Path, first: Text, number: int, stream: io.BufferedReader, faults: Faults
) -> Iterator[tuple[str, object]]:
    bracket = _begins(first)
    second = stream.readline(_LINE)
    if not _goes_on(first, bracket) and second.lstrip().startswith(b"{") and _is_document(second):
        lines = chain([(number, first), (number + 1, second)], _rest(stream, number + 1, second))
        yield from _lines(path, lines, faults)
        return
    if bracket == b"[":
        place = 0
        try:
            for place, text in enumerate(items(cast(IO[bytes], _Joined(bytes(first + second), stream)), _ITEM), 1):
                yield from _read(text, f"{path}: item {place}", faults)
        except ArrayError as error:
            faults.fatal.append(f"{path}: {error}; what came before was read")
        return
    whole = bytearray(first)
    del first
    whole += second
    whole += stream.read(max(0, _WHOLE + 1 - len(whole)))
    if len(whole) > _WHOLE:
        faults.fatal.append(f"{path}: one document of more than {_WHOLE // 1024 // 1024} MiB; give its rows as NDJSON")
        return
    if _is_document(whole):
        yield from _read(whole, str(path), faults)
    else:
        yield from _lines(path, _rest(io.BufferedReader(io.BytesIO(whole)), number - 1), faults)


def _goes_on(first: Text, bracket: bytes) -> bool:
    """Whether an object may stand on the line after this one as a part of what begins here."""
    text = first.strip()
    lists = len(text) - len(text.rstrip(b"["))
    return 0 < lists <= _LISTS or (bracket == b"[" and text.endswith(b","))


class _Joined(io.RawIOBase):
    """What was read of a stream, and the rest of it."""

    def __init__(self, first: bytes, rest: IO[bytes]) -> None:
        self.first = first
        self.rest = rest

    def read(self, size: int = -1) -> bytes:
        found, self.first = self.first, b""
        return found or self.rest.read(size)


def _lines(path: Path, lines: Iterable[tuple[int, Text]], faults: Faults) -> Iterator[tuple[str, object]]:
    for number, text in lines:
        place = f"{path}:{number}"
        if _cut(text) and not _is_document(text):
            faults.lose(f"a line of more than {_LINE // 1024 // 1024} MiB", place, is_object=_begins(text) == b"{")
        elif json.is_padding(text):
            faults.note(json.PADDING, place)
        else:
            yield from _read(text, place, faults)


def _is_document(text: Text) -> bool:
    try:
        json.read(text)
    except json.MalformedError:
        return False
    return True


def _read(text: Text, place: str, faults: Faults) -> Iterator[tuple[str, object]]:
    """The document in a text with its place, or none; what had to be amended, or couldn't be read, is noted."""
    try:
        document, amended = json.read(text)
    except json.MalformedError as error:
        faults.lose(str(error), place, is_object=_begins(text) == b"{")
        return
    for kind in amended:
        faults.note(kind, place)
    yield place, document
