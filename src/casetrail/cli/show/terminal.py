"""What may be printed: nothing in a rule or a log steers a terminal, a spreadsheet or a reader of JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import click

_UNSEEN = re.compile("[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def printable(text: str) -> str:
    """The text with control characters, line ends and marks of direction spelled out (`\\x1b`)."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def printable_json(text: str) -> str:
    """The same JSON, with what JSON allows and a terminal obeys written as escapes."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def cell(text: str) -> str:
    """The text as a cell of CSV: on one line, and after an apostrophe where a spreadsheet would take it for a formula."""
    return printable(f"'{text}" if text.startswith(_FORMULA) else text)


def count(number: int, thing: str) -> str:
    """`1 file`, `2 files`, `2 matches`."""
    return f"{number} {thing}{'' if number == 1 else 'es' if thing.endswith('ch') else 's'}"


def table(rows: Sequence[Mapping[str, object]]) -> Iterable[str]:
    """Lines of columns under the names that the rows share."""
    lines = [list(rows[0]), *([printable(str(value)) for value in row.values()] for row in rows)] if rows else []
    wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(text.ljust(width) for text, width in zip(line, wide, strict=True)).rstrip()


def say(text: str) -> None:
    """Print a line about the work, not of the result: on the standard error."""
    click.echo(text, err=True)
