"""The tree of an RE2 pattern, with its flags resolved: what it finds can be read off each node alone.

Facts: https://github.com/google/re2/wiki/Syntax. `plan.regex_reader` makes the tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import assert_never

import re2

from casetrail.plan.nodes import Matches


class Anchor(Enum):
    """A place in the text. A word is of ASCII's letters, digits and the underscore."""

    TEXT_START = r"\A"
    TEXT_END = r"\z"
    LINE_START = "(?m:^)"
    LINE_END = "(?m:$)"
    WORD_EDGE = r"\b"
    NO_WORD_EDGE = r"\B"


@dataclass(frozen=True, slots=True)
class Literal:
    """One character."""

    char: str
    any_case: bool = False


@dataclass(frozen=True, slots=True)
class AnyChar:
    """Any character; a newline only with `newline`."""

    newline: bool = False


@dataclass(frozen=True, slots=True)
class AnyByte:
    """One byte of the text's UTF-8."""


@dataclass(frozen=True, slots=True)
class Span:
    """The characters from `low` to `high`, both included."""

    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Named:
    """A class by its name, of ASCII alone: Perl's `d`, `s` and `w`, or one of POSIX (`alpha`)."""

    name: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Unicode:
    """A category or a script of Unicode (`L`, `Greek`), or `Any`."""

    name: str
    negated: bool = False


Item = Span | Named | Unicode


@dataclass(frozen=True, slots=True)
class Chars:
    """One character that is in any of the items, or in none where negated. `any_case` widens each item before it is negated."""

    items: tuple[Item, ...]
    negated: bool = False
    any_case: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """What stands in parentheses. The name is empty where there is none."""

    of: Node
    captures: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Repeat:
    """`of` from `low` to `high` times, without end where `high` is None. `of` is never a concatenation, a choice or a repetition."""

    of: Node
    low: int
    high: int | None
    lazy: bool = False


@dataclass(frozen=True, slots=True)
class Concat:
    """The parts one after another; never one alone, and none is a concatenation or a choice. Without parts it is the empty text."""

    parts: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """Any of two branches or more. It stands on top or in a group."""

    branches: tuple[Node, ...]


Node = Literal | AnyChar | AnyByte | Chars | Anchor | Group | Repeat | Concat | Choice


def below(node: Node) -> Iterator[Node]:
    """A node and all that it holds."""
    yield node
    for child in children(node):
        yield from below(child)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes right below one."""
    match node:
        case Literal() | AnyChar() | AnyByte() | Chars() | Anchor():
            return ()
        case Group(of=inner) | Repeat(of=inner):
            return (inner,)
        case Concat(parts=parts):
            return parts
        case Choice(branches=branches):
            return branches
        case never:
            assert_never(never)


def finds(check: Matches, text: str) -> bool:
    """Whether RE2 itself finds the pattern in a text. Raises `re2.error` for what is no RE2."""
    return _compiled(check).search(text) is not None


@lru_cache(maxsize=4096)
def _compiled(check: Matches) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not check.ignore_case
    flags = "m" * check.multiline + "s" * check.dotall
    return re2.compile(f"(?{flags}){check.pattern}" if flags else check.pattern, options)
