r"""RE2 in the regular expressions of Kusto, which are those of Rust's `regex` (Microsoft: "Regex syntax").

They search, as RE2 does, and mostly look alike. `\d`, `\w` and `\s` are of Unicode there, a bracket inside a class opens another, `&&`,
`--` and `~~` are operations on classes, and `\<` is the start of a word. What is written here means the same in RE2.
"""

from __future__ import annotations

from typing import assert_never

from casetrail.languages.regex import WORDS, Dialect, PerlPrinter
from casetrail.plan.nodes import Matches
from casetrail.plan.regex import Anchor, Unicode

_META = frozenset("\\.+*?()|[]{}^$")
_CLASS_META = frozenset("\\[]^-&~")
_CONTROLS = {"\a": r"\a", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}


def kusto(check: Matches) -> str:
    """The pattern as Kusto reads it, with its flags. Raises UnsupportedError for what Kusto can't say."""
    return _Printer.printed(check)


def escaped(text: str) -> str:
    """A text as a pattern that matches it alone."""
    return "".join(f"\\{char}" if char in _META else char for char in text)


class _Printer(PerlPrinter):
    __slots__ = ()
    dialect = Dialect.KUSTO

    def literal(self, char: str) -> str:
        return _character(char, _META)

    def any_char(self, newline: bool) -> str:
        return "(?s:.)" if newline else "."

    def in_class(self, char: str) -> str:
        return _character(char, _CLASS_META)

    def unicode(self, item: Unicode) -> str:
        return rf"\{'P' if item.negated else 'p'}{{{item.name}}}"

    def anchor(self, anchor: Anchor) -> str:
        match anchor:
            case Anchor.TEXT_START:
                return "^"
            case Anchor.TEXT_END:
                return "$"
            case Anchor.LINE_START:
                return "(?m:^)"
            case Anchor.LINE_END:
                return "(?m:$)"
            case Anchor.WORD_EDGE | Anchor.NO_WORD_EDGE:
                raise WORDS.of(self.pattern, self.dialect)
            case never:
                assert_never(never)


def _character(char: str, meta: frozenset[str]) -> str:
    if char in meta:
        return f"\\{char}"
    if char in _CONTROLS:
        return _CONTROLS[char]
    return char if char.isprintable() else f"\\x{{{ord(char):X}}}"
