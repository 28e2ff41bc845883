"""Text into Markdown, so that it shows as it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from casetrail.reading.spelled import is_web_address, printable

_MARKS = re.compile(r"([\\`*_\[\]<>|~$]|&(?=#?\w+;)|@(?=\w)|^[#+\-=](?=\s|$|[#=\-]))")
_NUMBER = re.compile(r"^(\d+)([.)])(?=\s|$)")
_NAME = re.compile(r"(?<!\S)(\(?)([A-Za-z0-9]+(?:[_.][A-Za-z0-9]+)*_[A-Za-z0-9]+(?:[_.][A-Za-z0-9]+)*)(?![\w/])")


def plain(text: str, pages: Collection[str] = ()) -> str:
    """Text on one line with Markdown's marks escaped. A name with an underscore becomes code, and a link where it has a page."""
    words = printable(" ".join(text.split()))
    numbered = _NUMBER.match(words)
    parts, last = ([f"{numbered[1]}\\{numbered[2]}"], numbered.end()) if numbered else ([], 0)
    for found in _NAME.finditer(words):
        name = found.group(2)
        shown = link(code(name), f"{name}.md") if name in pages else code(name)
        parts += [_MARKS.sub(r"\\\1", words[last : found.start(2)]), shown]
        last = found.end()
    return "".join([*parts, _MARKS.sub(r"\\\1", words[last:])])


def code(text: str) -> str:
    """Text as code on one line, whatever backticks are in it."""
    text = printable(text).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if not text.strip() or text[0] in " `" or text[-1] in " `" else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def fenced(lines: Iterable[str], kind: str = "text") -> Iterator[str]:
    """Lines that are shown as they stand, whatever backticks are in them."""
    shown = [printable(line) for line in lines]
    fence = "`" * max(3, 1 + max((len(run) for line in shown for run in re.findall(r"`+", line)), default=0))
    yield f"{fence}{kind}"
    yield from shown
    yield fence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table, a line each. The cells are Markdown already."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def address(text: str) -> str:
    """A link to an address of http or https, and as plain text what is none."""
    return f"<{text}>" if is_web_address(text) else plain(text)


def link(text: str, target: str) -> str:
    """A link. text is Markdown already."""
    return f"[{text}]({target})"
