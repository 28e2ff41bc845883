r"""RE2 to PCRE, as the text of an SPL string literal.

What the two read differently is written out: `$` is the very end, `\d`, `\w` and `\s` are ASCII's, `(?m)` is look-around. In a
literal `\\` is a backslash, and so before `x` and `n`; before `d`, `z` and signs a single one stays, as in Splunk's own examples.
A backslash of the pattern's own is four in a class, where two would mean the same.
https://help.splunk.com/en/splunk-enterprise/search/search-manual/9.4/expressions-and-predicates (string literals),
https://www.pcre.org/original/doc/html/pcrepattern.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from casetrail.plan.nodes import Matches, Wildcard
from casetrail.stores.unsupported import UnsupportedError

END = r"\z"
_METACHARACTERS = ".^*+?()[]{}"
_OUTSIDE = {'"': r"\"", "\\": r"[\\\\]", "`": r"\\x60", "$": r"\\x24", "|": "[|]"} | {
    char: f"\\{char}" for char in _METACHARACTERS
}
_INSIDE = {'"': r"\"", "\\": r"\\\\", "`": r"\\x60", "$": r"\\x24"} | {char: f"\\{char}" for char in "]^-["}
_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r" \\t\\n\\r\\x0C"}
_COMPLEMENTS = {"D": r"\D", "W": r"\W", "S": r"\S\\x0B"}
"""Without PCRE's option for Unicode classes these take all that isn't ASCII, as in RE2."""
_NAMED = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\\x00-\\x7F",
    "blank": r" \\t",
    "cntrl": r"\\x00-\\x1F\\x7F",
    "digit": "0-9",
    "lower": "a-z",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_WRITTEN = {"\n": r"\\n", "\t": r"\\t", "\r": r"\\r"}
_OPENING = r"(?:^|(?<=\\n))"
_CLOSING = r"(?=\\n|\z)"


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
    return _Reader(check.pattern, check.ignore_case, check.dotall, check.multiline).read()


def _character(char: str, escapes: dict[str, str]) -> str:
    if char in escapes:
        return escapes[char]
    if char in _WRITTEN:
        return _WRITTEN[char]
    return char if char.isprintable() or not char.isascii() else f"\\\\x{ord(char):02X}"


@dataclass
class _Reader:
    """unbounded: whether what was read last in a group may repeat without end."""

    pattern: str
    ignore_case: bool
    dotall: bool
    multiline: bool
    at: int = field(default=0, init=False)
    unbounded: bool = field(default=False, init=False)

    def read(self) -> str:
        while re.match(r"\(\?[ims]+\)", self.pattern[self.at :]):
            self.at += 2
            self.flags()
            self.take(")")
        opening = "(?i)" if self.ignore_case else ""
        found = self.alternatives()
        if self.at < len(self.pattern):
            raise self.refuse("an unbalanced parenthesis")
        return opening + found

    def refuse(self, what: str) -> UnsupportedError:
        return UnsupportedError(f"the regular expression {self.pattern!r} has {what}, which Splunk may read otherwise")

    def peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def take(self, text: str) -> bool:
        found = self.peek(text)
        self.at += len(text) * found
        return found

    def next(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1]

    def alternatives(self) -> str:
        found, told = "", self.ignore_case
        while self.at < len(self.pattern) and not self.peek(")"):
            if self.take("|"):
                found += "|"
                continue
            piece = self.piece()
            # Flags hold from where they stand to the end of the group, over its alternatives too: so each piece tells its own.
            found += piece if self.ignore_case == told else f"(?{'i' if self.ignore_case else '-i'}:{piece})"
        return found

    def piece(self) -> str:
        before, self.unbounded = self.unbounded, False
        atom = self.atom()
        inner = self.unbounded
        repeat = self.repeat()
        if repeat is not None:
            endless = repeat[-1:] in "*+" or repeat.endswith(",}")
            if endless and inner:
                raise self.refuse("an endless repetition of a repetition")
            atom += repeat + ("?" if self.take("?") else "")
            self.unbounded = endless or inner
        self.unbounded = self.unbounded or before
        return atom

    def repeat(self) -> str | None:
        if self.at < len(self.pattern) and self.pattern[self.at] in "*+?":
            return self.next()
        if not self.peek("{"):
            return None
        end = self.pattern.find("}", self.at)
        low, comma, high = self.pattern[self.at + 1 : end].partition(",")
        if end < 0 or not low.isdigit() or not (high.isdigit() or not high):
            return None
        self.at = end + 1
        return f"{{{low}{comma}{high}}}"

    def atom(self) -> str:
        char = self.next()
        match char:
            case ".":
                return r"[\s\S]" if self.dotall else r"[^\\n]"
            case "^":
                return _OPENING if self.multiline else "^"
            case "$":
                return _CLOSING if self.multiline else END
            case "(":
                return self.group()
            case "[":
                return self.char_class()
            case "\\":
                return self.escape()
            case "*" | "+" | "?":
                raise self.refuse(f"{char} with nothing before it")
            case _:
                return _character(char, _OUTSIDE)

    def group(self) -> str:
        kept = (self.ignore_case, self.dotall, self.multiline)
        if self.take("?P<") or self.take("?<"):
            self.at = self.pattern.index(">", self.at) + 1
        elif self.take("?"):
            self.flags()
            if self.take(")"):
                return ""
            self.take(":")
        opening = "(?:" if self.ignore_case == kept[0] else f"(?{'i' if self.ignore_case else '-i'}:"
        inner = self.alternatives()
        if not self.take(")"):
            raise self.refuse("an unbalanced parenthesis")
        self.ignore_case, self.dotall, self.multiline = kept
        return f"{opening}{inner})"

    def flags(self) -> None:
        """Take flags up to `:` or `)`."""
        on = True
        while not self.peek(":") and not self.peek(")"):
            match self.next() if self.at < len(self.pattern) else "":
                case "-":
                    on = False
                case "i":
                    self.ignore_case = on
                case "s":
                    self.dotall = on
                case "m":
                    self.multiline = on
                case other:
                    raise self.refuse(f"the flag {other or 'of an open group'}")

    def escape(self) -> str:
        char = self.next()
        if char in _CLASSES:
            return f"[{_CLASSES[char]}]"
        if char.lower() in _CLASSES:
            return f"[^{_CLASSES[char.lower()]}]"
        if char in "bB":
            return f"\\{char}"
        if char == "A":
            return "^"
        if char == "z":
            return END
        return _character(self.escaped(char), _OUTSIDE)

    def escaped(self, char: str) -> str:
        """The character that an escape stands for."""
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char == "x":
            return chr(int(self.hexadecimal(), 16))
        if char.isalnum() or not char.isascii():
            raise self.refuse(f"\\{char}")
        return char

    def hexadecimal(self) -> str:
        if self.take("{"):
            end = self.pattern.index("}", self.at)
            digits, self.at = self.pattern[self.at : end], end + 1
            return digits
        self.at += 2
        return self.pattern[self.at - 2 : self.at]

    def char_class(self) -> str:
        negated = self.take("^")
        items, first = "", True
        while first or not self.take("]"):
            if self.at >= len(self.pattern):
                raise self.refuse("an open class")
            items += self.class_item()
            first = False
        return f"[{'^' if negated else ''}{items}]"

    def class_item(self) -> str:
        if self.take("[:"):
            end = self.pattern.find(":]", self.at)
            name, self.at = self.pattern[self.at : end], end + 2
            if name not in _NAMED:
                raise self.refuse(f"the class [:{name}:]")
            return _NAMED[name]
        if self.peek("\\") and self.pattern[self.at + 1 : self.at + 2] in (*_CLASSES, *_COMPLEMENTS):
            self.at += 2
            name = self.pattern[self.at - 1]
            return _CLASSES.get(name) or _COMPLEMENTS[name]
        low = self.class_char()
        if not self.peek("-") or self.pattern[self.at + 1 : self.at + 2] == "]":
            return _character(low, _INSIDE)
        self.at += 1
        return f"{_character(low, _INSIDE)}-{_character(self.class_char(), _INSIDE)}"

    def class_char(self) -> str:
        char = self.next()
        return self.escaped(self.next()) if char == "\\" else char
