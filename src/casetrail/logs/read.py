"""Log files, read with patience: every fault is counted with its place, and none ends the reading."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, Any, cast

import duckdb
import yaml

from casetrail.logs import json
from casetrail.logs.array import ArrayError, items
from casetrail.logs.faults import Faults
from casetrail.logs.formats import foreign
from casetrail.logs.packed import ZIP, damaged, in_utf8, members, suffixes, unpacked
from casetrail.logs.several import SeparateError, after_prefix, several
from casetrail.reading.words import in_words, of_os
from casetrail.reading.yaml import unfolded

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


Text = bytes | bytearray
Follow = Callable[[Callable[[], float]], None]
"""Called with a way to learn how much of a file is read, from 0 to 1."""


def documents(path: Path, faults: Faults, follow: Follow | None = None) -> Iterator[tuple[str, object]]:
    """The JSON documents of a file with the place of each: lines of NDJSON, rows of CSV, or whole documents of JSON or YAML.

    Of a ZIP archive those of each file in it. Notes what can't be read in `faults`.
    """
    if suffixes(path)[0] == "parquet":
        yield from _told(path, _parquet(path, faults), faults)
    else:
        yield from _told(path, _unpacked(path, faults, follow), faults)


def _told(path: Path, found: Iterator[tuple[str, object]], faults: Faults) -> Iterator[tuple[str, object]]:
    """What is found, up to where a file can't be read further, which is noted."""
    try:
        yield from found
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, lzma.LZMAError) as error:
        faults.fatal.append(damaged(path, error))
    except (OSError, ValueError, yaml.YAMLError, csv.Error, RecursionError, ImportError, duckdb.Error) as error:
        faults.fatal.append(f"{path}: {of_os(error) if isinstance(error, OSError) else in_words(error)}")


def _unpacked(path: Path, faults: Faults, follow: Follow | None) -> Iterator[tuple[str, object]]:
    with path.open("rb") as file:
        if follow:
            follow(partial(_share, file, max(1, path.stat().st_size)))
        if not file.peek(4).startswith(ZIP):
            yield from _content(path, file, faults)
            return
        for place, content in members(path, file):
            if isinstance(content, str):
                faults.fatal.append(f"{place}: {content}")
            else:
                yield from _told(place, _content(place, content, faults), faults)


def _content(path: Path, file: io.BufferedReader, faults: Faults) -> Iterator[tuple[str, object]]:
    kind, packed = suffixes(path)
    with unpacked(file, packed) as packed_text, in_utf8(packed_text) as stream:
        if known := foreign(stream.peek(_HEAD)):
            raise ValueError(f"it holds {known}; give its logs unpacked, or by the ending of a format that is read")
        match kind:
            case "csv":
                yield from _csv(path, stream, faults)
            case "yml" | "yaml":
                yield from _yaml(path, stream)
            case _:
                yield from _json(path, stream, faults)


def _share(file: IO[bytes], size: int) -> float:
    try:
        return file.tell() / size
    except ValueError:
        return 1.0


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
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.DictReader(_short(text))
    while (row := _next(reader)) is not None:
        place = f"{path}:{reader.line_num}"
        if None in row:
            faults.note("more values than the header has names", place)
        known = {name: value for name, value in row.items() if name and value is not None}
        if any(_SURROGATE.search(value) for value in known.values()):
            faults.note("bad UTF-8", place)
            known = {name: _SURROGATE.sub("\ufffd", value) for name, value in known.items()}
        yield place, known


def _next(reader: csv.DictReader[str]) -> dict[str | Any, str | Any] | None:
    """The next row, with values as long as a line may be. The limit is the whole process's, so it is put back."""
    before = csv.field_size_limit(_LINE)
    try:
        return next(reader, None)
    finally:
        csv.field_size_limit(before)


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
    if not _goes_on(first, bracket) and second.lstrip().startswith(b"{") and _is_row(second):
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
    elif _lies_over_lines(whole):
        yield from _several(path, whole, number, faults)
    else:
        yield from _lines(path, _rest(io.BufferedReader(io.BytesIO(whole)), number - 1), faults)


def _lies_over_lines(text: bytearray) -> bool:
    """Whether more objects can be read of a text one after another than line by line."""
    found = 0
    with suppress(SeparateError):
        for _, piece in several(text):
            found += _is_document(piece)
    return found > sum(_is_row(line) for line in io.BytesIO(text))


def _several(path: Path, text: bytearray, number: int, faults: Faults) -> Iterator[tuple[str, object]]:
    """Objects one after another. number: of the text's first line."""
    told = 0
    try:
        for begin, piece in several(text):
            number, told = number + text.count(b"\n", told, begin), begin
            yield from _read(piece, f"{path}:{number}", faults)
    except SeparateError as error:
        number += text.count(b"\n", told, error.at)
        faults.lose("malformed or cut short", f"{path}:{number}", is_object=_begins(text[error.at :]) == b"{")


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


def _is_row(line: Text) -> bool:
    """Whether a line is a document, if need be with the comma after it left out."""
    return _is_document(line.rstrip().removesuffix(b","))


def _read(text: Text, place: str, faults: Faults) -> Iterator[tuple[str, object]]:
    """The documents in a text with its place, or none; what had to be amended, or couldn't be read, is noted."""
    try:
        document, amended = json.read(text)
    except json.MalformedError as error:
        found, kind = _among_others(text)
        if kind:
            faults.note(kind, place)
        else:
            faults.lose(str(error), place, is_object=_begins(text) == b"{")
        for piece in found:
            yield from _read(piece, place, faults)
        return
    for kind in amended:
        faults.note(kind, place)
    yield place, document


def _among_others(text: Text) -> tuple[list[bytes], str]:
    """The objects at the start of a text that is no document itself, and how they stand there; not said where more is left of it."""
    if len(text) > _LINE:
        return [], ""
    behind = after_prefix(text)
    found: list[bytes] = []
    try:
        for _, piece in several(text if behind is None else behind):
            if not _is_document(piece):
                return found, ""
            found.append(piece)
    except SeparateError:
        return ([], "") if behind is not None else (found, "")
    if behind is not None:
        return found, "words before an object, left out"
    return found, "several objects on a line" if len(found) > 1 else "comma beside an object, left out"
