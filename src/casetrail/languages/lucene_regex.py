"""RE2 in Lucene's regular expressions, which match the whole value and have neither flags nor anchors."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import assert_never

from casetrail.languages.regex import ANCHOR, BYTE, UNICODE, WORDS, Dialect, plain, repetition, tree
from casetrail.plan.characters import variants, widened
from casetrail.plan.nodes import Matches
from casetrail.plan.regex import Anchor, AnyByte, AnyChar, Chars, Choice, Concat, Group, Literal, Node, Repeat, Span, below

_ANY_TEXT = ".*"
_ALONE = frozenset("\\]^-{")
"""What isn't written as a span's end: signs of classes, and the brace, two of which begin a template."""
_Parts = tuple[Node, ...]


def lucene(check: Matches) -> str:
    """The Lucene expression that matches a whole value exactly where RE2's finds something in it.

    Raises UnsupportedError for what Lucene can't say.
    """
    return _Printer(check.pattern).choice(tree(check, Dialect.LUCENE), left=True, right=True)


@dataclass(frozen=True, slots=True)
class _Printer:
    """`left`, `right`: the node stands at that end of the value, so any text may lie there unless an anchor forbids it.

    pattern: as its author wrote it, for what is refused.
    """

    pattern: str

    def choice(self, node: Node, *, left: bool = False, right: bool = False) -> str:
        """A node; several branches in parentheses."""
        if not isinstance(node, Choice):
            return self.branch(node, left=left, right=right)
        return f"({'|'.join(self.branch(branch, left=left, right=right) for branch in node.branches)})"

    def branch(self, node: Node, *, left: bool, right: bool) -> str:
        parts = node.parts if isinstance(node, Concat) else (node,)
        if len(parts) == 1 and isinstance(parts[0], Group) and _has_anchor(parts[0]):
            return self.choice(parts[0].of, left=left, right=right)
        before, parts = self.opening(parts) if left else ("", parts)
        after, parts = self.closing(parts) if right else ("", parts)
        return before + "".join(map(self.inside, parts)) + after or "()"

    def opening(self, parts: _Parts) -> tuple[str, _Parts]:
        """What begins a value before its parts, and the parts that are left."""
        anchors = tuple(takewhile(lambda part: part in (Anchor.TEXT_START, Anchor.LINE_START), parts))
        rest = parts[len(anchors) :]
        if anchors:
            return "" if Anchor.TEXT_START in anchors else "(.*\n)?", rest
        if rest and isinstance(rest[0], Group) and _has_anchor(rest[0]):
            return self.choice(rest[0].of, left=True), rest[1:]
        return _ANY_TEXT, rest

    def closing(self, parts: _Parts) -> tuple[str, _Parts]:
        """What ends a value after its parts, and the parts that are left."""
        anchors = tuple(takewhile(lambda part: part in (Anchor.TEXT_END, Anchor.LINE_END), reversed(parts)))
        rest = parts[: len(parts) - len(anchors)]
        if anchors:
            return "" if Anchor.TEXT_END in anchors else "(\n.*)?", rest
        if rest and isinstance(rest[-1], Group) and _has_anchor(rest[-1]):
            return self.choice(rest[-1].of, right=True), rest[:-1]
        return _ANY_TEXT, rest

    def inside(self, node: Node) -> str:
        match node:
            case Literal(char=char, any_case=any_case):
                return _literal(variants(char) if any_case else char)
            case AnyChar(newline=newline):
                return "." if newline else "[^\n]"
            case AnyByte():
                raise BYTE.of(self.pattern, Dialect.LUCENE)
            case Chars():
                return self.chars(node)
            case Anchor.WORD_EDGE | Anchor.NO_WORD_EDGE:
                raise WORDS.of(self.pattern, Dialect.LUCENE)
            case Anchor.TEXT_START | Anchor.TEXT_END | Anchor.LINE_START | Anchor.LINE_END:
                raise ANCHOR.of(self.pattern, Dialect.LUCENE)
            case Group(of=Choice() as inner):
                return self.choice(inner)
            case Group(of=inner):
                return f"({self.choice(inner)})"
            case Repeat(of=inner):
                return self.inside(inner) + repetition(node)
            case Concat(parts=parts):
                return "".join(map(self.inside, parts))
            case Choice():
                return self.choice(node)
            case never:
                assert_never(never)

    def chars(self, node: Chars) -> str:
        found = plain(node)
        if isinstance(found, AnyChar):
            return self.inside(found)
        spans = tuple(item for item in found.items if isinstance(item, Span))
        if len(spans) < len(found.items):
            raise UNICODE.of(self.pattern, Dialect.LUCENE)
        items = "".join(map(_span, widened(spans) if node.any_case else spans))
        return f"[{'^' if found.negated else ''}{items}]"


def _has_anchor(node: Node) -> bool:
    return any(isinstance(held, Anchor) for held in below(node))


def _literal(chars: str) -> str:
    return _quoted(chars) if len(chars) == 1 else f"[{''.join(map(_quoted, chars))}]"


def _span(span: Span) -> str:
    """A span of a class, where what needs a backslash can't be an end and so stands beside the rest."""
    low, high = span.low, span.high
    if ord(high) - ord(low) < 2:
        return "".join(map(_quoted, dict.fromkeys((low, high))))
    if low in _ALONE:
        return _quoted(low) + _span(Span(chr(ord(low) + 1), high))
    if high in _ALONE:
        return _span(Span(low, chr(ord(high) - 1))) + _quoted(high)
    return f"{low}-{high}"


def _quoted(char: str) -> str:
    return char if char.isalnum() or not char.isascii() or char.isspace() or char == "_" else f"\\{char}"
