"""Objects one after another, as exporters write what is no line each: without a break, spread over lines, or with commas between."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
_BETWEEN = b" \t\r\n,\x1e"
"""What may stand between two of them; the last is RFC 7464's record separator."""
_KEY = re.compile(rb'"\s*:')


class SeparateError(ValueError):
    """What stands there isn't one object or list after another. at: where the rest begins."""

    def __init__(self, at: int) -> None:
        super().__init__("not one object after another")
        self.at = at


def several(text: bytes | bytearray) -> Iterator[tuple[int, bytes]]:
    """The objects and lists that a text holds, each with where it begins.

    Raises SeparateError where something else stands, or the last one doesn't end, after those before it were given.
    """
    depth, begin, last = 0, 0, 0
    for found in _TOKEN.finditer(text):
        char = found[0][:1]
        if depth == 0:
            if char not in b"[{" or text[last : found.start()].strip(_BETWEEN):
                raise SeparateError(last)
            begin = found.start()
        depth += (char in b"[{") - (char in b"]}")
        if depth == 0:
            last = found.end()
            yield begin, bytes(text[begin:last])
    if text[last:].strip(_BETWEEN):
        raise SeparateError(last)


def after_prefix(text: bytes | bytearray) -> bytes | None:
    """The object that stands behind words such as a syslog header; None where the words look like a part of an object themselves."""
    at = text.find(b"{")
    if at <= 0 or _KEY.search(text, 0, at) or text[:1] in b']}"':
        return None
    return bytes(text[at:])
