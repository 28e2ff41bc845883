"""RE2 to the regular expressions of Kusto, which are those of Rust's `regex` (Microsoft: "Regex syntax").

They search, as RE2 does, and mostly look alike. What differs is written out: `\\d`, `\\w` and `\\s` are of Unicode there, a bracket
inside a class opens another, `&&`, `--` and `~~` are operations on classes, `\\<` is the start of a word, and a bare brace or one name
of two groups is an error. What is written for Kusto means the same in RE2.
"""

from __future__ import annotations

import re

from casetrail.plan.nodes import Matches
from casetrail.stores.unsupported import UnsupportedError

_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_TOKEN = re.compile(r"\\p\{\^?\w+\}|\\[pP]\w|\\x\{[0-9A-Fa-f]+\}|\\x[0-9A-Fa-f]{2}|\\.|\[:\^?\w+:\]|.", re.DOTALL)
_SAME = re.compile(r"\\[pPx].+|\\[Aznrtfav]|\[:\^?\w+:\]")
_REPETITION = re.compile(r"\{\d+(?:,\d*)?\}")
_NAMED = re.compile(r"\(\?P?<\w+>")
_META = frozenset("\\.+*?()|[]{}^$")
_CLASS_META = frozenset("\\[]^-&~")
_FLAGS = (("i", "ignore_case"), ("m", "multiline"), ("s", "dotall"))


def kusto(check: Matches) -> str:
    """The pattern as Kusto reads it, with its flags. Raises UnsupportedError for what it would read otherwise."""
    flags = "".join(flag for flag, attribute in _FLAGS if getattr(check, attribute))
    return (f"(?{flags})" if flags else "") + _body(check.pattern)


def escaped(text: str) -> str:
    """A text as a pattern that matches it alone."""
    return "".join(f"\\{char}" if char in _META else char for char in text)


def _body(pattern: str) -> str:
    at, found = 0, ""
    while at < len(pattern):
        if named := _NAMED.match(pattern, at):
            text, at = "(?:", named.end()
        elif pattern[at] == "[":
            text, at = _char_class(pattern, at + 1)
        elif pattern[at] == "{" and not _REPETITION.match(pattern, at):
            text, at = r"\{", at + 1
        elif repetition := _REPETITION.match(pattern, at):
            text, at = repetition[0], repetition.end()
        elif pattern[at] in "}]":
            text, at = f"\\{pattern[at]}", at + 1
        else:
            token = _token(pattern, at)
            text, at = _atom(pattern, token), at + len(token)
        found += text
    return found


def _token(pattern: str, at: int) -> str:
    token = _TOKEN.match(pattern, at)
    return token[0] if token else pattern[at]


def _atom(pattern: str, token: str) -> str:
    if not token.startswith("\\") or _SAME.fullmatch(token):
        return token
    kind = token[1:]
    if kind.lower() in _CLASSES:
        return f"[{'^' if kind.isupper() else ''}{_CLASSES[kind.lower()]}]"
    if kind.isalnum():
        raise UnsupportedError(f"the regular expression {pattern!r} has {token}, which isn't the same in Kusto")
    return f"\\{kind}" if kind in _META else kind


def _char_class(pattern: str, at: int) -> tuple[str, int]:
    start, negated = at, pattern.startswith("^", at)
    at += negated
    items, first = "", True
    while first or not pattern.startswith("]", at):
        item = _token(pattern, at)
        at += len(item)
        is_range = item == "-" and not first and not pattern.startswith("]", at)
        items += item if is_range else _class_item(pattern, item)
        first = False
        if at >= len(pattern):
            raise UnsupportedError(f"the regular expression {pattern!r} has an open class at {start}")
    return f"[{'^' if negated else ''}{items}]", at + 1


def _class_item(pattern: str, token: str) -> str:
    if _SAME.fullmatch(token):
        return token
    kind = token.removeprefix("\\")
    if token != kind and kind in _CLASSES:
        return _CLASSES[kind]
    if token != kind and kind.isalnum():
        raise UnsupportedError(f"the regular expression {pattern!r} has {token} in a class, which isn't the same in Kusto")
    return "".join(f"\\{char}" if char in _CLASS_META else char for char in kind or "\\")
