"""A JSON array of any length, item by item."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import IO

_CHUNK = 1024 * 1024
_SPACE = " \t\r\n"
_NUMBER = ("", *"0123456789.eE+-")


class ArrayError(Exception):
    """An array can't be read further. The message says after which item, and why."""


def items(stream: IO[bytes], most: int) -> Iterator[bytes]:
    """The JSON texts of the items of an array, as they are read.

    most: the most characters of one item. Raises ArrayError where the text is no array any more, or ends before it does.
    """
    text = _Text(stream)
    text.expect("[", "it is no array")
    number = 0
    going = text.next() != "]"
    while going:
        number += 1
        yield text.item(number, most).encode("utf-8", "surrogateescape")
        going = text.next() != "]"
        if going:
            text.expect(",", f"after item {number} comes no comma")
    text.expect("]", f"after item {number} it doesn't end")
    if text.next():
        raise ArrayError(f"after the array of {number} items there is more")


class _Text:
    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self.json = json.JSONDecoder(parse_int=float, strict=False)
        self.text = ""
        self.at = 0
        self.whole = False

    def read(self, size: int) -> None:
        content = self.stream.read(size)
        self.whole = not content
        more = self.decoder.decode(content, self.whole)
        self.text, self.at = self.text[self.at :] + more, 0

    def next(self) -> str:
        """The next character that is no space, not taken; empty at the end."""
        while True:
            while self.at < len(self.text) and self.text[self.at] in _SPACE:
                self.at += 1
            if self.at < len(self.text) or self.whole:
                return self.text[self.at : self.at + 1]
            self.read(_CHUNK)

    def expect(self, char: str, fault: str) -> None:
        if self.next() != char:
            raise ArrayError(fault if self.next() else "the file is cut short")
        self.at += 1

    def item(self, number: int, most: int) -> str:
        size = _CHUNK
        self.next()
        while True:
            try:
                _, end = self.json.raw_decode(self.text, self.at)
            except (json.JSONDecodeError, RecursionError) as error:
                if self.whole or len(self.text) - self.at > most:
                    raise ArrayError(f"item {number} is malformed or cut short") from error
            else:
                # A number may go on in what isn't read yet, so its end is known only where something else stands.
                if self.whole or self.text[end : end + 1] not in _NUMBER:
                    found, self.at = self.text[self.at : end], end
                    return found
            self.read(size)
            size *= 2
