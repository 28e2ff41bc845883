"""Text into Markdown, so that it shows as it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

_MARKS = re.compile(r"([\\`*_\[\]<>|])")
_NAME = re.compile(r"(?<!\S)(\(?)([A-Za-z0-9]+(?:[_.][A-Za-z0-9]+)*_[A-Za-z0-9]+(?:[_.][A-Za-z0-9]+)*)(?![\w/])")


def plain(text: str, pages: Collection[str] = ()) -> str:
    """Text on one line with Markdown's marks escaped. A name with an underscore becomes code, and a link where it has a page."""
    words = " ".join(text.split())
    parts, last = [], 0
    for found in _NAME.finditer(words):
        name = found.group(2)
        shown = link(code(name), f"{name}.md") if name in pages else code(name)
        parts += [_MARKS.sub(r"\\\1", words[last : found.start(2)]), shown]
        last = found.end()
    return "".join([*parts, _MARKS.sub(r"\\\1", words[last:])])


def code(text: str) -> str:
    """Text as code on one line, whatever backticks are in it."""
    text = text.replace("\r", "\\r").replace("\n", "\\n").replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if not text.strip() or text[0] in " `" or text[-1] in " `" else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def fenced(lines: Iterable[str]) -> Iterator[str]:
    """Lines that are shown as they stand."""
    yield "```text"
    yield from lines
    yield "```"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table, a line each. The cells are Markdown already."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def link(text: str, target: str) -> str:
    """A link. text is Markdown already."""
    return f"[{text}]({target})"
