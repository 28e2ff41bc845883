"""RE2 patterns in other languages: what is refused, in one list, and how the languages print that have flags and look-around."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import ClassVar, assert_never

from casetrail.languages.word_edges import without_edges
from casetrail.plan.characters import LAST, NAMED, complement, of_spans, spans, widened
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
    below,
)
from casetrail.plan.regex_reader import DEEPEST, NestingError, read
from casetrail.stores.unsupported import UnsupportedError


class Dialect(StrEnum):
    """A language of regular expressions, and where it is spoken."""

    LUCENE = "Lucene (ES|QL, OpenSearch)"
    PCRE = "PCRE (SPL)"
    KUSTO = "Kusto (KQL)"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What some dialects can't say: what a pattern has, an example in RE2, and why not in each of those dialects."""

    what: str
    example: str
    why: Mapping[Dialect, str]

    def of(self, pattern: str, dialect: Dialect) -> UnsupportedError:
        return UnsupportedError(f"the regular expression {pattern!r} has {self.what}, and {self.why[dialect]}")


def _everywhere(why: str) -> dict[Dialect, str]:
    return dict.fromkeys(Dialect, why)


BYTE = Refusal("a single byte", r"a\C", _everywhere("queries see characters, not bytes"))
SURROGATE = Refusal("half of a surrogate pair", r"\x{D800}", _everywhere("that is no character"))
NOTHING = Refusal("a class without any character", r"[^\s\S]", _everywhere("so it never matches"))
DEEP = Refusal(
    f"more than {DEEPEST} groups in one another",
    "(" * (DEEPEST + 1) + ")" * (DEEPEST + 1),
    _everywhere("no query is written so deep"),
)
ANCHOR = Refusal(
    "an anchor inside",
    "a^b",
    {Dialect.LUCENE: "Lucene matches whole values, where an anchor can only stand at either end"},
)
WORDS = Refusal(
    "a word boundary inside",
    r"a\bb",
    {
        Dialect.LUCENE: "Lucene can't look beside a character",
        Dialect.KUSTO: "Kusto's words are of all alphabets where RE2's are of ASCII",
    },
)
UNICODE = Refusal(
    "a class of Unicode",
    r"\p{Greek}",
    {
        Dialect.LUCENE: "Lucene has none",
        Dialect.PCRE: "Splunk doesn't say whether its PCRE has them",
    },
)
ENDLESS = Refusal(
    "an endless repetition of a repetition",
    "(a+)+",
    {Dialect.PCRE: "Splunk may give up on it and find nothing, since PCRE tries every way of dividing the text"},
)
REFUSALS = (BYTE, SURROGATE, NOTHING, DEEP, ANCHOR, WORDS, UNICODE, ENDLESS)
_HALVES = Span("\ud800", "\udfff")


def tree(check: Matches, dialect: Dialect) -> Node:
    """The tree of a pattern as a dialect can say it. Raises UnsupportedError for what none can say."""
    try:
        found = read(check)
    except NestingError as error:
        raise DEEP.of(check.pattern, dialect) from error
    for node in below(found):
        if any(_HALVES.low <= end <= _HALVES.high for end in _ends(node)):
            raise SURROGATE.of(check.pattern, dialect)
        if isinstance(node, Chars) and _is_empty(node):
            raise NOTHING.of(check.pattern, dialect)
    return without_edges(found) if dialect in WORDS.why else found


def _ends(node: Node) -> Iterable[str]:
    if isinstance(node, Literal):
        return node.char
    items = node.items if isinstance(node, Chars) else ()
    return "".join(item.low + item.high for item in items if isinstance(item, Span))


def _is_empty(node: Chars) -> bool:
    found = spans(node)
    return found is not None and not (complement(found) if node.negated else found)


@dataclass(frozen=True, slots=True)
class Plain:
    """A class of spans and classes of Unicode alone."""

    items: tuple[Span | Unicode, ...]
    negated: bool


def plain(node: Chars) -> Plain | AnyChar:
    r"""The same class without names: `[\d_]` is `[0-9_]`, `[^\D_]` is `[0-9]`, `[\s\S]` any character.

    Where something is a complement the whole is worked out, unless that takes Unicode's tables. What other cases there are the reader
    of the class adds.
    """
    found = spans(node)
    if found is None or not any(isinstance(item, Named) and item.negated for item in node.items):
        return Plain(tuple(part for item in node.items for part in _parts(item, node.any_case)), node.negated)
    held = complement(found) if node.negated else found
    if held == (Span("\0", LAST),):
        return AnyChar(newline=True)
    settled = of_spans(held)
    return Plain(tuple(part for item in settled.items for part in _parts(item, node.any_case)), settled.negated)


def _parts(item: Item, any_case: bool) -> tuple[Span | Unicode, ...]:
    match item:
        case Span() | Unicode():
            return (item,)
        case Named(name=name, negated=True):
            return complement(widened(NAMED[name]) if any_case else NAMED[name])
        case Named(name=name):
            return NAMED[name]
        case never:
            assert_never(never)


def repetition(node: Repeat) -> str:
    """How often, as all of the languages write it."""
    match node.low, node.high:
        case 0, None:
            return "*"
        case 1, None:
            return "+"
        case 0, 1:
            return "?"
        case low, None:
            return f"{{{low},}}"
        case low, high:
            return f"{{{low}}}" if low == high else f"{{{low},{high}}}"


def any_case(node: Node) -> set[bool]:
    """Whether the characters in a node are without regard to case: one answer, both or none."""
    return {held.any_case for held in below(node) if isinstance(held, Literal | Chars)}


@dataclass(frozen=True, slots=True)
class PerlPrinter(ABC):
    """Prints a tree for a dialect that has anchors, lazy repetitions and the flag `i`.

    The flag stands in front where it holds for all; elsewhere each piece that differs has its own group.
    pattern: as its author wrote it, for what is refused.
    """

    pattern: str
    dialect: ClassVar[Dialect]

    @classmethod
    def printed(cls, check: Matches) -> str:
        """A whole pattern. Raises UnsupportedError for what the dialect can't say."""
        return cls(check.pattern).whole(tree(check, cls.dialect))

    def whole(self, node: Node) -> str:
        everywhere = any_case(node) == {True}
        return ("(?i)" if everywhere else "") + self.text(node, everywhere)

    def text(self, node: Node, told: bool) -> str:
        """A node; `told`: whether case isn't regarded where it stands."""
        if any_case(node) != {not told}:
            return self.body(node, told)
        flag = "-i" if told else "i"
        return f"(?{flag}:{self.body(node.of if isinstance(node, Group) else node, not told)})"

    def body(self, node: Node, told: bool) -> str:
        match node:
            case Literal(char=char):
                return self.literal(char)
            case AnyChar(newline=newline):
                return self.any_char(newline)
            case AnyByte():
                raise BYTE.of(self.pattern, self.dialect)
            case Chars():
                return self.chars(node)
            case Anchor():
                return self.anchor(node)
            case Group(of=inner):
                return f"(?:{self.text(inner, told)})"
            case Repeat(of=inner):
                alone = Group(inner) if isinstance(inner, Anchor) else inner
                return self.text(alone, told) + repetition(node) + "?" * node.lazy
            case Concat(parts=parts):
                return self.run(parts, told)
            case Choice(branches=branches):
                return "|".join(self.text(branch, told) for branch in branches)
            case never:
                assert_never(never)

    def run(self, parts: tuple[Node, ...], told: bool) -> str:
        found = ""
        for differs, alike in groupby(parts, lambda part: any_case(part) == {not told}):
            several = tuple(alike)
            if differs:
                found += self.text(several[0] if len(several) == 1 else Concat(several), told)
            else:
                found += "".join(self.body(part, told) for part in several)
        return found

    def chars(self, node: Chars) -> str:
        found = plain(node)
        if isinstance(found, AnyChar):
            return self.any_char(found.newline)
        return f"[{'^' if found.negated else ''}{''.join(map(self.item, found.items))}]"

    def item(self, item: Span | Unicode) -> str:
        if isinstance(item, Unicode):
            return self.unicode(item)
        ends = map(self.in_class, dict.fromkeys((item.low, item.high)))
        return ("-" if ord(item.high) - ord(item.low) > 1 else "").join(ends)

    @abstractmethod
    def literal(self, char: str) -> str: ...

    @abstractmethod
    def in_class(self, char: str) -> str: ...

    @abstractmethod
    def unicode(self, item: Unicode) -> str: ...

    @abstractmethod
    def any_char(self, newline: bool) -> str: ...

    @abstractmethod
    def anchor(self, anchor: Anchor) -> str: ...
