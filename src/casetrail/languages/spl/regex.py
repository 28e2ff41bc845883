r"""RE2 to PCRE, as the text of an SPL string literal.

What the two read differently is written out: `$` is the very end, `\d`, `\w` and `\s` are ASCII's, `(?m)` is look-around. In a
literal `\\` is a backslash, and so before `x` and `n`; before `z` and signs a single one stays, as in Splunk's own examples.
A backslash of the pattern's own is four in a class, where two would mean the same.
https://help.splunk.com/en/splunk-enterprise/search/search-manual/9.4/expressions-and-predicates (string literals),
https://www.pcre.org/original/doc/html/pcrepattern.html
"""

from __future__ import annotations

from typing import assert_never

from casetrail.languages.regex import ENDLESS, UNICODE, Dialect, PerlPrinter, tree
from casetrail.plan.nodes import Matches, Wildcard
from casetrail.plan.regex import Anchor, Node, Repeat, Unicode, below

END = r"\z"
_METACHARACTERS = ".^*+?()[]{}"
_OUTSIDE = {'"': r"\"", "\\": r"[\\\\]", "`": r"\\x60", "$": r"\\x24", "|": "[|]"} | {
    char: f"\\{char}" for char in _METACHARACTERS
}
_INSIDE = {'"': r"\"", "\\": r"\\\\", "`": r"\\x60", "$": r"\\x24"} | {char: f"\\{char}" for char in "]^-["}
_WRITTEN = {"\n": r"\\n", "\t": r"\\t", "\r": r"\\r"}


def quoted(text: str) -> str:
    """A text as PCRE that matches it alone."""
    return "".join(_character(char, _OUTSIDE) for char in text)


def like(parts: tuple[str | Wildcard, ...]) -> str:
    """Literal runs and wildcards over a whole value; wildcards at either end need no text."""
    marks = {Wildcard.MANY: ".*", Wildcard.ONE: "."}
    first, last = parts[0] is Wildcard.MANY, parts[-1] is Wildcard.MANY
    inner = parts[first : len(parts) - (last and len(parts) > 1)]
    body = "".join(marks[part] if isinstance(part, Wildcard) else quoted(part) for part in inner)
    flag = "(?s)" if any(isinstance(part, Wildcard) for part in inner) else ""
    return flag + ("" if first else "^") + body + ("" if last else END)


def pcre(check: Matches) -> str:
    """The PCRE expression that finds something exactly where RE2's does. Raises UnsupportedError for what it can't say."""
    found = tree(check, Dialect.PCRE)
    if any(_endless(node) and any(map(_endless, below(node.of))) for node in below(found) if isinstance(node, Repeat)):
        raise ENDLESS.of(check.pattern, Dialect.PCRE)
    return _Printer(check.pattern).whole(found)


def _endless(node: Node) -> bool:
    return isinstance(node, Repeat) and node.high is None


class _Printer(PerlPrinter):
    __slots__ = ()
    dialect = Dialect.PCRE

    def literal(self, char: str) -> str:
        return _character(char, _OUTSIDE)

    def in_class(self, char: str) -> str:
        return _character(char, _INSIDE)

    def unicode(self, item: Unicode) -> str:
        raise UNICODE.of(self.pattern, self.dialect)

    def any_char(self, newline: bool) -> str:
        return r"[\s\S]" if newline else r"[^\\n]"

    def anchor(self, anchor: Anchor) -> str:
        match anchor:
            case Anchor.TEXT_START:
                return "^"
            case Anchor.TEXT_END:
                return END
            case Anchor.LINE_START:
                return r"(?:^|(?<=\\n))"
            case Anchor.LINE_END:
                return r"(?=\\n|\z)"
            case Anchor.WORD_EDGE:
                return r"\b"
            case Anchor.NO_WORD_EDGE:
                return r"\B"
            case never:
                assert_never(never)


def _character(char: str, escapes: dict[str, str]) -> str:
    if char in escapes:
        return escapes[char]
    if char in _WRITTEN:
        return _WRITTEN[char]
    return char if char.isprintable() or not char.isascii() else f"\\\\x{ord(char):02X}"
