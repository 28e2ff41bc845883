"""Comments in a query, for whoever finds it in a SIEM: a header that says what it is, and before each stage what that does.

Comments are put into a query that is whole, so they change nothing of what it means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

_WIDTH = 110


@dataclass(frozen=True, slots=True)
class Comments:
    """How a language says what only people read.

    before, after: what a comment stands between, on a line of its own.
    unsafe: characters that no comment may hold, each with what stands for it there.
    leading: how many lines of a query come before its header.
    quote: what stands around a text that may hold line breaks; empty where texts hold none.
    stages: what a stage does, said once, by how the first line of it begins; of several that fit a line the longest is meant.
    """

    before: str
    after: str = ""
    unsafe: Mapping[str, str] = field(default_factory=dict)
    leading: int = 0
    quote: str = ""
    stages: Mapping[str, str] = field(default_factory=dict)

    def line(self, text: str) -> str:
        """A text as a comment on one line: nothing in it ends the comment."""
        seen = "".join(self.unsafe.get(char, char) if char.isprintable() else " " for char in text)
        return f"{self.before}{' '.join(seen.split())}{self.after}"


def commented(query: str, header: Sequence[str], comments: Comments) -> str:
    """A query with its header, each text of which may be of any length and content, and a comment before each stage."""
    told = [comments.line(part) for text in header for part in _wrapped(text)]
    lines = list(_whole_lines(query, comments.quote))
    staged = list(_staged(lines[comments.leading :], comments))
    return "\n".join([*lines[: comments.leading], *told, *staged])


def _wrapped(text: str) -> list[str]:
    return wrap(" ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)


def _staged(lines: Sequence[str], comments: Comments) -> Iterator[str]:
    said = {""}
    for line in lines:
        note = _note(line, comments.stages)
        if note not in said:
            yield comments.line(note)
        said.add(note)
        yield line


def _note(line: str, stages: Mapping[str, str]) -> str:
    if line.startswith((" ", "\t")):
        return ""
    fitting = [start for start in stages if line.removeprefix("| ").startswith(start)]
    return stages[max(fitting, key=len)] if fitting else ""


def _whole_lines(query: str, quote: str) -> Iterator[str]:
    """The lines of a query, those in one text together."""
    whole = ""
    for line in query.split("\n"):
        whole = f"{whole}\n{line}" if whole else line
        if not quote or len(re.findall(rf"(?<!\\)(?:\\\\)*{quote}", whole)) % 2 == 0:
            yield whole
            whole = ""
    if whole:
        yield whole
