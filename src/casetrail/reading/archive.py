"""Archives whose bytes depend on nothing but what is in them."""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

_BLOCK = 0xFFFF


def tar_gz(files: Mapping[str, bytes]) -> bytes:
    """A .tar.gz of files by path: sorted, of nobody, of 1970, 644 and 755.

    Raises ValueError for a path that would lead out of the folder it is unpacked in.
    """
    text = io.BytesIO()
    with tarfile.open(fileobj=text, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for folder in sorted({str(parent) for path in files for parent in _safe(path).parents} - {"."}):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return gzip_stored(text.getvalue())


def gzip_stored(content: bytes) -> bytes:
    """A gzip file (RFC 1952) that stores its content: what a compressor writes differs from one zlib to another."""
    header = b"\x1f\x8b\x08\x00" + bytes(4) + b"\x00\xff"
    return header + stored(content) + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)


def stored(content: bytes) -> bytes:
    """Content as the stored blocks of a deflate stream (RFC 1951, 3.2.4)."""
    return b"".join(_blocks(content))


def _blocks(content: bytes) -> Iterator[bytes]:
    for start in range(0, max(len(content), 1), _BLOCK):
        part = content[start : start + _BLOCK]
        last = start + _BLOCK >= len(content)
        yield struct.pack("<BHH", last, len(part), len(part) ^ 0xFFFF) + part


def _safe(path: str) -> PurePosixPath:
    found = PurePosixPath(path)
    if (
        not path.isprintable()
        or "\\" in path
        or ":" in path
        or found.is_absolute()
        or str(found) != path
        or ".." in found.parts
    ):
        raise ValueError(f"{path!r}: no path for an archive")
    return found
