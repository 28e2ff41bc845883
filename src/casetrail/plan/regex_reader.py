"""Reads RE2's syntax, all that RE2 reads, into the tree of `plan.regex`.

Which names a group may have, and which classes Unicode has, RE2 itself says: both are tables of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import NoReturn

import re2

from casetrail.plan.characters import LAST, NAMED
from casetrail.plan.nodes import Matches
from casetrail.plan.regex import (
    Anchor,
    AnyByte,
    AnyChar,
    Chars,
    Choice,
    Concat,
    Group,
    Item,
    Literal,
    Named,
    Node,
    Repeat,
    Span,
    Unicode,
    children,
)

DEEPEST = 100
"""How many groups may lie in one another."""
MOST = 1000
"""How often RE2 repeats at most, repetitions in one another multiplied."""
_REPETITION = re.compile(r"\*|\+|\?|\{(0|[1-9][0-9]{0,8})(?:(,)(0|[1-9][0-9]{0,8})?)?\}")
_SIGNS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_NAME = re.compile(r"\(\?P?<([^>]*)>")
_POSIX = re.compile(r"\[:(\^?)(.*?):\]", re.DOTALL)
_PERL = re.compile(r"\\([dswDSW])")
_UNICODE = re.compile(r"\\([pP])(?:\{(\^?)([^}]*)\}|([^{]))", re.DOTALL)
_OCTAL = re.compile(r"[1-7][0-7]{1,2}|0[0-7]{0,2}")
_HEXADECIMAL = re.compile(r"x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))")
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_PLACES = {"A": Anchor.TEXT_START, "z": Anchor.TEXT_END, "b": Anchor.WORD_EDGE, "B": Anchor.NO_WORD_EDGE}


class PatternError(ValueError):
    """A pattern that RE2 doesn't read, or that nests deeper than `DEEPEST`. `what` is what it has, as the end of a sentence."""

    def __init__(self, pattern: str, what: str) -> None:
        super().__init__(f"the regular expression {pattern!r} has {what}")
        self.what = what


class NestingError(PatternError):
    """A pattern whose groups nest deeper than `DEEPEST`."""


@cache
def read(check: Matches) -> Node:
    """The tree of a check's pattern. Raises PatternError."""
    return _Reader(check.pattern, _Flags(check.ignore_case, check.multiline, check.dotall)).whole()


@dataclass(frozen=True, slots=True)
class _Flags:
    i: bool = False
    m: bool = False
    s: bool = False
    U: bool = False


@dataclass
class _Reader:
    pattern: str
    flags: _Flags
    at: int = field(default=0, init=False)
    depth: int = field(default=0, init=False)

    def whole(self) -> Node:
        found = self.choice()
        if self.at < len(self.pattern):
            self.refuse("a ) that closes no group")
        return found

    def refuse(self, what: str) -> NoReturn:
        raise PatternError(self.pattern, what)

    def peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def take(self, text: str) -> bool:
        found = self.peek(text)
        self.at += len(text) * found
        return found

    def taken(self, form: re.Pattern[str]) -> re.Match[str] | None:
        found = form.match(self.pattern, self.at)
        if found:
            self.at = found.end()
        return found

    def next(self) -> str:
        """The next character; none at the end."""
        self.at += 1
        return self.pattern[self.at - 1 : self.at]

    def choice(self) -> Node:
        branches = [self.branch()]
        while self.take("|"):
            branches.append(self.branch())
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def branch(self) -> Node:
        parts: list[Node] = []
        stacked = False
        while self.at < len(self.pattern) and not self.peek("|") and not self.peek(")"):
            repetition = self.taken(_REPETITION)
            if not repetition:
                parts += self.pieces()
            elif stacked or not parts:
                self.refuse(f"{repetition[0]} with nothing before it" if not parts else "a repetition right after another")
            else:
                parts[-1] = self.repeat(parts[-1], repetition)
            stacked = repetition is not None
        return parts[0] if len(parts) == 1 else Concat(tuple(parts))

    def repeat(self, of: Node, written: re.Match[str]) -> Node:
        low, high = _bounds(written)
        if low > MOST or (high is not None and not low <= high <= MOST):
            self.refuse(f"the repetition {written[0]}")
        found = Repeat(Group(of) if isinstance(of, Repeat) else of, low, high, self.take("?") != self.flags.U)
        if max(low, high or 0) > 1 and _left(found, MOST) == 0:
            self.refuse(f"repetitions in one another of more than {MOST}")
        return found

    def pieces(self) -> tuple[Node, ...]:
        """What one token stands for: nothing for flags, several characters for what is quoted."""
        match self.pattern[self.at]:
            case "(":
                return self.group()
            case "[":
                return (self.char_class(),)
            case "\\":
                return self.escape()
            case ".":
                found: Node = AnyChar(self.flags.s)
            case "^":
                found = Anchor.LINE_START if self.flags.m else Anchor.TEXT_START
            case "$":
                found = Anchor.LINE_END if self.flags.m else Anchor.TEXT_END
            case char:
                found = self.literal(char)
        self.at += 1
        return (found,)

    def literal(self, char: str) -> Literal:
        return Literal(char, self.flags.i)

    def group(self) -> tuple[Node, ...]:
        outer, captures, name = self.flags, True, ""
        if named := self.taken(_NAME):
            name = named[1]
            if not _is_re2(f"(?P<{name}>)"):
                self.refuse(f"a group with the name {name!r}, which is none")
        elif self.take("(?"):
            captures = False
            self.flags, opens = self.changed_flags()
            if not opens:
                return ()
        else:
            self.at += 1
        if self.depth == DEEPEST:
            raise NestingError(self.pattern, f"more than {DEEPEST} groups in one another")
        self.depth += 1
        inner = self.choice()
        if not self.take(")"):
            self.refuse("a group that isn't closed")
        self.depth -= 1
        self.flags = outer
        return (Group(inner, captures, name),)

    def changed_flags(self) -> tuple[_Flags, bool]:
        """The flags that hold from here on, and whether a group opens with them."""
        flags, on, lone = self.flags, True, False
        while (mark := self.next()) in tuple("imsU-"):
            if mark != "-":
                flags, lone = replace(flags, **{mark: on}), False
            elif on:
                on, lone = False, True
            else:
                self.refuse("two - among a group's flags")
        if lone or mark not in (":", ")"):
            self.refuse(f"the group {self.pattern[self.pattern.rindex('(?', 0, self.at) : self.at]}")
        return flags, mark == ":"

    def escape(self) -> tuple[Node, ...]:
        if known := self.named():
            return (Chars((known,), any_case=self.flags.i),)
        self.at += 1
        char = self.pattern[self.at : self.at + 1]
        if char in _PLACES:
            self.at += 1
            return (_PLACES[char],)
        if self.take("C"):
            return (AnyByte(),)
        if self.take("Q"):
            quoted, _, _ = self.pattern[self.at :].partition("\\E")
            self.at += len(quoted) + 2
            return tuple(map(self.literal, quoted))
        return (self.literal(self.escaped()),)

    def escaped(self) -> str:
        """The character that stands after a backslash."""
        if octal := self.taken(_OCTAL):
            return chr(int(octal[0], 8))
        if hexadecimal := self.taken(_HEXADECIMAL):
            code = int(hexadecimal[1] or hexadecimal[2], 16)
            return chr(code) if code <= ord(LAST) else self.refuse(f"\\{hexadecimal[0]}")
        char = self.next()
        if char in _CONTROLS:
            return _CONTROLS[char]
        if not char or char.isalnum() or not char.isascii():
            self.refuse(f"\\{char}" if char else "a backslash at its end")
        return char

    def named(self) -> Named | Unicode | None:
        """A class of characters by its name, outside of brackets or in them."""
        if perl := self.taken(_PERL):
            return Named(perl[1].lower(), perl[1].isupper())
        if unicode := self.taken(_UNICODE):
            name = unicode[3] if unicode[4] is None else unicode[4]
            if not re.fullmatch(r"\w+", name) or not _is_re2(rf"\p{{{name}}}"):
                self.refuse(f"the class {unicode[0]}")
            return Unicode(name, (unicode[1] == "P") != bool(unicode[2]))
        return None

    def char_class(self) -> Chars:
        self.at += 1
        negated = self.take("^")
        items: list[Item] = []
        while not items or not self.take("]"):
            items.append(self.item())
        return Chars(tuple(items), negated, self.flags.i)

    def item(self) -> Item:
        if posix := self.taken(_POSIX):
            if posix[2] not in NAMED or len(posix[2]) == 1:
                self.refuse(f"the class {posix[0]}")
            return Named(posix[2], bool(posix[1]))
        if known := self.named():
            return known
        low = self.class_char()
        if not self.peek("-") or self.peek("-]") or self.at + 1 == len(self.pattern):
            return Span(low, low)
        self.at += 1
        high = self.class_char()
        if high < low:
            self.refuse(f"the range {low}-{high}")
        return Span(low, high)

    def class_char(self) -> str:
        char = self.next()
        if not char:
            self.refuse("a class that isn't closed")
        return self.escaped() if char == "\\" else char


def _bounds(written: re.Match[str]) -> tuple[int, int | None]:
    if written[0] in _SIGNS:
        return _SIGNS[written[0]]
    low = int(written[1])
    if written[3]:
        return low, int(written[3])
    return low, None if written[2] else low


def _left(node: Node, times: int) -> int:
    """How often what is innermost may still be repeated, where all around it may be `times`."""
    if isinstance(node, Repeat):
        times //= (node.low if node.high is None else node.high) or 1
    return min([times, *(_left(child, times) for child in children(node))])


@cache
def _is_re2(pattern: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options) is not None
    except (re2.error, UnicodeEncodeError):
        return False
