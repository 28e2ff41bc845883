"""Zstandard files: their content, frame after frame, and whether they are whole (RFC 8878)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO, Any

_PACKED = 1024
"""Bytes unpacked at once: four of them may be a block of 128 KiB."""
_MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPED = range(0x184D2A50, 0x184D2A60)
_REPEATED, _RESERVED = 1, 3


def opened(file: IO[bytes]) -> io.BufferedIOBase:
    """The content of a file. Raises ImportError where nothing can unpack it; reading raises EOFError where it is cut short."""
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return io.BufferedReader(_Frames(file))
    content: io.BufferedIOBase = zstd.open(file, "rb")
    return content


def is_whole(path: Path) -> bool:
    """Whether each frame of a file goes to its end, as the sizes of its blocks say; nothing is unpacked for that."""
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        while file.tell() < size:
            if not _skip_frame(file):
                return False
        return file.tell() == size


def _skip_frame(file: IO[bytes]) -> bool:
    magic = file.read(4)
    if int.from_bytes(magic, "little") in _SKIPPED:
        size = file.read(4)
        file.seek(int.from_bytes(size, "little"), io.SEEK_CUR)
        return len(size) == 4
    header = file.read(1)
    if magic != _MAGIC or not header:
        return False
    single, checksum = header[0] >> 5 & 1, header[0] >> 2 & 1
    dictionary, content = (0, 1, 2, 4)[header[0] & 3], (single, 2, 4, 8)[header[0] >> 6]
    file.seek((1 - single) + dictionary + content, io.SEEK_CUR)
    last = False
    while not last:
        block = file.read(3)
        number = int.from_bytes(block, "little")
        kind = number >> 1 & 3
        if len(block) < 3 or kind == _RESERVED:
            return False
        last = bool(number & 1)
        file.seek(1 if kind == _REPEATED else number >> 3, io.SEEK_CUR)
    file.seek(4 * checksum, io.SEEK_CUR)
    return True


class _Frames(io.RawIOBase):
    def __init__(self, file: IO[bytes]) -> None:
        try:
            import zstandard
        except ImportError as error:
            raise ImportError("reading .zst with patience needs `pip install casetrail[zstd]`") from error
        self.file = file
        self.frame = zstandard.ZstdDecompressor().decompressobj
        self.error = zstandard.ZstdError
        self.current: Any = None
        self.unused = b""
        self.content = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.content:
            if self.current is not None and self.current.eof:
                self.unused, self.current = self.current.unused_data, None
            packed, self.unused = self.unused or self.file.read(_PACKED), b""
            if not packed:
                if self.current is not None:
                    raise EOFError("a frame ends before its end")
                return 0
            if self.current is None:
                self.current = self.frame()
            try:
                self.content = memoryview(self.current.decompress(packed))
            except self.error as error:
                raise EOFError(str(error)) from error
        count = min(len(buffer), len(self.content))
        buffer[:count] = self.content[:count]
        self.content = self.content[count:]
        return count
