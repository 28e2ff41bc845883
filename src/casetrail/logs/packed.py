"""The bytes of a log file: unpacked, out of an archive, and in UTF-8."""

from __future__ import annotations

import codecs
import gzip
import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from casetrail.logs import zstandard

_BLOCK = 256 * 1024
_HEAD = 30
"""Bytes before the name and the content of a file in an archive."""
_END = b"PK\x05\x06"
_LONGEST_END = 22 + 65_535
_LONGEST_LIST = 16 * 1024 * 1024
"""The most bytes of the list of an archive's files."""
_WIDE = {
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
    b"{\x00": "utf-16-le",
    b"[\x00": "utf-16-le",
    b"\x00{": "utf-16-be",
    b"\x00[": "utf-16-be",
}
"""How text of two bytes a character begins, as PowerShell writes it."""
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
"""How an archive begins, and an empty one."""


def suffixes(path: Path) -> tuple[str, str]:
    """The format and the compression that a file's name tells: (`ndjson`, `gz`); each may be empty."""
    names = [name.removeprefix(".").lower() for name in path.suffixes]
    packed = names.pop() if names and names[-1] in ("gz", "zst") else ""
    return (names[-1] if names else ""), packed


def damaged(path: Path, error: Exception) -> str:
    return f"{path}: the file is cut short or damaged: {error}; what it held was read"


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


class _Recoded(io.RawIOBase):
    """Text of two bytes a character as UTF-8. Half of a pair stays what it is, which no reader of UTF-8 takes for text."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self.stream = stream
        self.decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        self.ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.ready:
            piece = self.stream.read(_BLOCK)
            try:
                self.ready = self.decoder.decode(piece, not piece).encode("utf-8", "surrogatepass")
            except UnicodeDecodeError as error:
                raise ValueError("its UTF-16 text ends in the middle of a character; what it held was read") from error
            if not piece:
                break
        found, self.ready = self.ready[: len(buffer)], self.ready[len(buffer) :]
        buffer[: len(found)] = found
        return len(found)


def in_utf8(stream: io.BufferedReader) -> io.BufferedReader:
    """A stream's text in UTF-8. Reading raises ValueError where it ends in the middle of a character."""
    encoding = _WIDE.get(stream.peek(2)[:2])
    return io.BufferedReader(_Recoded(stream, encoding), _BLOCK) if encoding else stream


def members(path: Path, file: IO[bytes]) -> Iterator[tuple[Path, io.BufferedReader | str]]:
    """The files in a ZIP archive in order, each with its content, or why it can't be read. Nothing is written to a disk.

    A file is named as `archive.zip!folder/file`, hidden ones are left out. Raises ValueError for what is no archive or no honest one.
    """
    if _size_of_list(file) > _LONGEST_LIST:
        raise ValueError("the archive holds too many files; give them unpacked")
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        raise ValueError(f"the archive is cut short or damaged: {error}") from error
    entries = [one for one in archive.infolist() if not one.is_dir() and not _is_hidden(one.filename)]
    if not entries:
        raise ValueError("the archive holds no files")
    _require_apart(archive)
    for entry in entries:
        place = Path(f"{path}!{entry.filename}")
        if entry.flag_bits & 1:
            yield place, "it is encrypted"
            continue
        try:
            content = archive.open(entry)
        except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError) as error:
            yield place, f"it can't be unpacked: {error}"
            continue
        with content:
            yield place, io.BufferedReader(_Pieces(cast(io.BufferedIOBase, content)), _BLOCK)


def _is_hidden(name: str) -> bool:
    parts = [part for part in name.split("/") if part not in (".", "..")]
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _size_of_list(file: IO[bytes]) -> int:
    """Bytes of the list of files, by the archive's end, which stands in its last bytes."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _LONGEST_END))
    end = file.read()
    at = end.rfind(_END)
    file.seek(0)
    if at < 0 or at + 16 > len(end):
        raise ValueError("the archive is cut short: its list of files is missing")
    return int(struct.unpack_from("<L", end, at + 12)[0])


def _require_apart(archive: zipfile.ZipFile) -> None:
    """Raises ValueError where files of an archive share bytes: a small one could then hold any amount."""
    last = 0
    for entry in sorted(archive.infolist(), key=lambda one: one.header_offset):
        if entry.header_offset < last:
            raise ValueError("files of the archive overlap; it isn't read")
        last = entry.header_offset + _HEAD + entry.compress_size
