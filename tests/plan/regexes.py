"""Random RE2: trees, the text of a tree, texts that may be patterns, and texts to look in."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

import re2

from casetrail.plan.characters import NAMED
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
    finds,
)

LETTERS = "aAbBckKsSzZ0129_\n\t\r\f\v \\*.@&~#<>\"'/-:,=!%`{}][$^|()éÉßẞσςΣiIıİ\N{KELVIN SIGN}ſ日😀ﬅﬆ"
LOWEST, HIGHEST = "\0", "\U0010ffff"
_WRITTEN = r"""
a b A k é ſ 1 _ - ^ $ . | | ( ( ) ) ) [ ] { } * + ? , : = ! < > P i s U m 0 7 8 x \ \\ \d \W \b \B \A \z \Z \C \Q \E \p \pL \p{ Greek
L} Lu} ^ [: :] alpha word digit (?i) (?U) (?: (?: (?P<n> (?<n> (?<é> (?<!> (?-s: (? (?i-s) {2} {1,3} {0} {01} {1000} {1001} {2,} {,2}
{3,1} {9999999999} *? +? \x41 \x{ 1F600} 110000} D800} \101 \08 \18 \1 \x4 \_ \é \n \t \v \a \q a-z z-a A-Z 0-9 [^ []] [a- \- [\d [^\W
[[:^punct:]] [[:space:] [^\s\S] / & && ~~ # @ < > " ' % ` = (a+)+ (?:a|b) (^|a) ($|\W) \bfoo\b \b(a|b)
"""
TOKENS = [*_WRITTEN.split(), " ", "\n", "\0"]
_BOUNDS = ((0, None), (1, None), (0, 1), (2, 2), (1, 3), (2, None), (0, 0), (1, 1))


def text(draw: random.Random) -> str:
    """A text to look in."""
    return "".join(draw.choices(LETTERS, k=draw.randint(0, 5)))


def words(draw: random.Random) -> str:
    """Pieces of RE2's syntax one after another, a pattern or not, with anchors at its ends now and then."""
    found = "".join(draw.choices(TOKENS, k=draw.randint(1, draw.choice([3, 6, 10]))))
    return draw.choice(("", "", "", "^", r"\A", "(?m)^", "(?i)")) + found + draw.choice(("", "", "", "$", r"\z"))


def checks(draw: random.Random, number: int) -> Iterator[Matches]:
    """Checks with patterns that RE2 takes, half of them from trees."""
    found = 0
    while found < number:
        pattern = re2_text(tree(draw)) if draw.random() < 0.5 else words(draw)
        check = Matches(pattern, draw.random() < 0.3, draw.random() < 0.2, draw.random() < 0.2)
        try:
            finds(check, "")
        except re2.error:
            continue
        found += 1
        yield check


def tree(draw: random.Random, depth: int = 3) -> Node:
    """A tree as the reader makes them."""
    if depth and draw.random() < 0.2:
        return Choice(tuple(_branch(draw, depth) for _ in range(draw.randint(2, 3))))
    return _branch(draw, depth)


def _branch(draw: random.Random, depth: int) -> Node:
    parts = tuple(_piece(draw, depth) for _ in range(draw.choice([0, 1, 1, 2, 2, 3, 4])))
    return parts[0] if len(parts) == 1 else Concat(parts)


def _piece(draw: random.Random, depth: int) -> Node:
    atom = _atom(draw, depth)
    if draw.random() < 0.25:
        low, high = draw.choice(_BOUNDS)
        return Repeat(atom, low, high, draw.random() < 0.3)
    return atom


def _atom(draw: random.Random, depth: int) -> Node:
    match draw.randrange(14):
        case 0:
            return AnyChar(draw.random() < 0.5)
        case 1 if draw.random() < 0.05:
            return AnyByte()
        case 2 | 3:
            return draw.choice(tuple(Anchor))
        case 4 | 5 | 6:
            items = tuple(_item(draw) for _ in range(draw.randint(1, 3)))
            return Chars(items, draw.random() < 0.3, draw.random() < 0.3)
        case 7 | 8 if depth:
            captures = draw.random() < 0.4
            return Group(tree(draw, depth - 1), captures, draw.choice(("", "n", "é1")) if captures else "")
        case _:
            return Literal(draw.choice(LETTERS), draw.random() < 0.3)


def _item(draw: random.Random) -> Item:
    match draw.randrange(10):
        case 0 | 1:
            return Named(draw.choice(tuple(NAMED)), draw.random() < 0.4)
        case 2 if draw.random() < 0.4:
            return Unicode(draw.choice(("L", "Lu", "Greek", "Any", "N")), draw.random() < 0.4)
        case 3:
            low, high = sorted(draw.choices(LETTERS + LOWEST + HIGHEST, k=2))
            return Span(low, high)
        case _:
            char = draw.choice(LETTERS)
            return Span(char, char)


def re2_text(node: Node) -> str:
    """A tree as a pattern that RE2 reads as that tree."""
    return "(?m)" + _Writer().text(node)


@dataclass
class _Writer:
    """The flags that hold where the writer is."""

    i: bool = False
    s: bool = False

    def text(self, node: Node) -> str:
        match node:
            case Literal(char=char, any_case=any_case):
                return self.flag("i", any_case) + _escaped(char)
            case AnyChar(newline=newline):
                return self.flag("s", newline) + "."
            case AnyByte():
                return r"\C"
            case Chars(items=items, negated=negated, any_case=any_case):
                return f"{self.flag('i', any_case)}[{'^' * negated}{''.join(map(_written, items))}]"
            case Anchor.LINE_START:
                return "^"
            case Anchor.LINE_END:
                return "$"
            case Anchor():
                return str(node.value)
            case Group(of=inner, captures=captures, name=name):
                i, s = self.i, self.s
                opening = f"(?P<{name}>" if name else "(" if captures else "(?:"
                found = f"{opening}{self.text(inner)})"
                self.i, self.s = i, s
                return found
            case Repeat(of=inner, low=low, high=high, lazy=lazy):
                bounds = f"{low}," if high is None else f"{low},{high}"
                return f"{self.text(inner)}{{{bounds}}}{'?' * lazy}"
            case Concat(parts=parts):
                return "".join(map(self.text, parts))
            case Choice(branches=branches):
                return "|".join(map(self.text, branches))
            case never:
                assert_never(never)

    def flag(self, name: str, on: bool) -> str:
        if getattr(self, name) == on:
            return ""
        setattr(self, name, on)
        return f"(?{name})" if on else f"(?-{name})"


def _escaped(char: str) -> str:
    return char if char.isalnum() else f"\\x{{{ord(char):x}}}"


def _written(item: Item) -> str:
    match item:
        case Span(low=low, high=high):
            return f"{_escaped(low)}-{_escaped(high)}"
        case Named(name=name, negated=negated) if len(name) == 1:
            return f"\\{name.upper() if negated else name}"
        case Named(name=name, negated=negated):
            return f"[:{'^' * negated}{name}:]"
        case Unicode(name=name, negated=negated):
            return rf"\{'P' if negated else 'p'}{{{name}}}"
        case never:
            assert_never(never)
