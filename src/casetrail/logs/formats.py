"""Formats that a log may lie in and that aren't read, told by how a file begins."""

from __future__ import annotations

_MARKS = (
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"PK\x05\x06", "an empty ZIP archive"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"\x5d\x00\x00", "lzma"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"\x04\x22\x4d\x18", "lz4"),
    (0, b"\xff\x06\x00\x00sNaPpY", "snappy"),
    (0, b"\x1f\x9d", "compress (.Z)"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"\x28\xb5\x2f\xfd", "Zstandard"),
    (0, b"PAR1", "Parquet"),
    (0, b"Obj\x01", "Avro"),
    (0, b"SQLite format 3\x00", "a SQLite database"),
    (0, b"%PDF-", "a PDF"),
    (4, b"1AY&SY", "bzip2"),
    (257, b"ustar", "a tar archive"),
)
"""Where a format has its mark, the mark, and the format's name."""


def foreign(head: bytes) -> str | None:
    """The format that a file's first 512 bytes tell, where it is none that is read; None for any other."""
    return next((name for at, mark, name in _MARKS if head.startswith(mark, at)), None)
