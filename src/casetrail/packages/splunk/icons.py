"""The app's pictures, drawn from text (PNG, https://www.w3.org/TR/png-3/): a folder, and the trail that leads into it."""

from __future__ import annotations

import struct
import zlib

from casetrail.reading.archive import stored

_PICTURE = """\
............
............
.ffff.......
.fffffffff..
.f.......f..
.f..t....f..
.f...t...f..
.f....ttt...
.f.......t..
.fffffff..t.
...........t
............"""
_DARK = {".": (0, 0, 0, 0), "f": (31, 58, 95, 255), "t": (226, 88, 34, 255)}
_LIGHT = {".": (0, 0, 0, 0), "f": (235, 240, 246, 255), "t": (255, 138, 76, 255)}


def icons() -> dict[str, bytes]:
    """The pictures that Splunk Web looks for, 36 and 72 pixels wide, by path in the app; `Alt` is for a dark ground."""
    return {
        f"static/{name}{size}.png": png(_PICTURE, colours, scale)
        for name, colours in (("appIcon", _DARK), ("appIconAlt", _LIGHT))
        for size, scale in (("", 3), ("_2x", 6))
    }


def png(picture: str, colours: dict[str, tuple[int, int, int, int]], scale: int) -> bytes:
    """A picture of one character a square, each square `scale` pixels wide. colours: red, green, blue and opacity."""
    rows = [[char for char in line for _ in range(scale)] for line in picture.splitlines() for _ in range(scale)]
    places = {char: place for place, char in enumerate(colours)}
    pixels = b"".join(b"\0" + bytes(places[char] for char in row) for row in rows)
    body = b"\x78\x01" + stored(pixels) + struct.pack(">I", zlib.adler32(pixels))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", b"".join(bytes(colour[:3]) for colour in colours.values())),
            _chunk(b"tRNS", bytes(colour[3] for colour in colours.values())),
            _chunk(b"IDAT", body),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
