r"""`\b` and `\B` at either end of a pattern, said by the characters beside them: `\ba` is `(?:\A|\W)a`.

A pattern may take the character before what it finds, since nothing else looks at it. An edge further in stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from casetrail.plan.characters import LAST, NAMED, complement, of_spans, spans
from casetrail.plan.regex import (
    Anchor,
    AnyByte,
    AnyChar,
    Chars,
    Choice,
    Concat,
    Group,
    Literal,
    Named,
    Node,
    Repeat,
    Span,
    below,
)

_Parts = tuple[Node, ...]
_WORD = Chars((Named("w"),))
_BEFORE_WORD = Group(Choice((Anchor.TEXT_START, Chars((Named("w"),), negated=True))))
_MIRRORED = {
    Anchor.TEXT_START: Anchor.TEXT_END,
    Anchor.TEXT_END: Anchor.TEXT_START,
    Anchor.LINE_START: Anchor.LINE_END,
    Anchor.LINE_END: Anchor.LINE_START,
}
_STARTS = (Anchor.TEXT_START, Anchor.LINE_START)
_EDGES = (Anchor.WORD_EDGE, Anchor.NO_WORD_EDGE)


def without_edges(node: Node) -> Node:
    """A tree that finds in the same texts, without those word boundaries that can be said otherwise."""
    return _mirror(_each(_mirror(_each(node, _opened)), _opened)) if _has_edge(node) else node


def _has_edge(node: Node) -> bool:
    return any(held in _EDGES for held in below(node))


def _each(node: Node, change: Callable[[_Parts], _Parts]) -> Node:
    """A node with each of its branches changed."""
    if isinstance(node, Choice):
        return Choice(tuple(_concat(change(_parts(branch))) for branch in node.branches))
    return _concat(change(_parts(node)))


def _parts(node: Node) -> _Parts:
    return node.parts if isinstance(node, Concat) else (node,)


def _concat(parts: _Parts) -> Node:
    return parts[0] if len(parts) == 1 else Concat(parts)


def _opened(parts: _Parts) -> _Parts:
    """A branch at the beginning of a pattern."""
    if not parts:
        return parts
    first, rest = parts[0], parts[1:]
    if first in _STARTS and rest and rest[0] in _EDGES:
        return (first, *_split(rest[0], rest[1:], started=True))
    if first in _EDGES:
        return _split(first, rest, started=False)
    if isinstance(first, Group) and _has_edge(first):
        return (Group(_each(first.of, _opened)), *rest)
    return parts


def _split(edge: Node, parts: _Parts, *, started: bool) -> _Parts:
    """An edge before a branch; `started`: at the start of a text or of a line, so no word is before it."""
    unsaid = (edge, *parts)
    if not parts:
        return unsaid
    first, rest = parts[0], parts[1:]
    match first:
        case Group(of=inner):
            return (Group(_each(inner, lambda branch: _split(edge, branch, started=started))), *rest)
        case Repeat():
            some = _split(edge, (*_unrolled(first), *rest), started=started) if first.high != 0 else ()
            none = _split(edge, rest, started=started) if first.low == 0 else ()
            return (Group(Choice((_concat(some), _concat(none)))),) if some and none else some or none
        case Literal() | AnyChar() | Chars():
            found = _sides(edge, first, started=started)
            return (*found, *rest) if found else unsaid
        case AnyByte() | Anchor() | Concat() | Choice():
            return unsaid
        case never:
            assert_never(never)


def _unrolled(node: Repeat) -> _Parts:
    """The first time, and the times that are left."""
    if node.high == 1:
        return (node.of,)
    return node.of, Repeat(node.of, max(node.low - 1, 0), node.high and node.high - 1, node.lazy)


def _sides(edge: Node, node: Literal | AnyChar | Chars, *, started: bool) -> _Parts:
    """One character and what is before it; nothing where there is no way to say it."""
    held = _held(node)
    if held is None:
        return ()
    word = _common(held, NAMED["w"])
    other = _common(held, complement(NAMED["w"]))
    after_other, after_word = (word, other) if edge is Anchor.WORD_EDGE else (other, word)
    before: _Parts = () if started else (_BEFORE_WORD,)
    ways = [(*before, node if after_other == held else of_spans(after_other))] if after_other else []
    if after_word and not started:
        ways.append((_WORD, node if after_word == held else of_spans(after_word)))
    if len(ways) == 2:
        return (Group(Choice(tuple(map(_concat, ways)))),)
    return ways[0] if ways else ()


def _held(node: Literal | AnyChar | Chars) -> tuple[Span, ...] | None:
    match node:
        case Literal(char=char, any_case=any_case):
            return spans(Chars((Span(char, char),), any_case=any_case))
        case AnyChar(newline=newline):
            return (Span("\0", LAST),) if newline else complement((Span("\n", "\n"),))
        case Chars(negated=negated):
            found = spans(node)
            return complement(found) if found is not None and negated else found
        case never:
            assert_never(never)


def _common(one: tuple[Span, ...], two: tuple[Span, ...]) -> tuple[Span, ...]:
    return complement((*complement(one), *complement(two)))


def _mirror(node: Node) -> Node:
    """The tree that finds each text read backwards."""
    match node:
        case Literal() | AnyChar() | AnyByte() | Chars():
            return node
        case Anchor():
            return _MIRRORED.get(node, node)
        case Group(of=inner, captures=captures, name=name):
            return Group(_mirror(inner), captures, name)
        case Repeat(of=inner, low=low, high=high, lazy=lazy):
            return Repeat(_mirror(inner), low, high, lazy)
        case Concat(parts=parts):
            return Concat(tuple(map(_mirror, reversed(parts))))
        case Choice(branches=branches):
            return Choice(tuple(map(_mirror, branches)))
        case never:
            assert_never(never)
