"""RE2 to Lucene's regular expressions, which match the whole value and have neither flags nor anchors."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache

from casetrail.plan.nodes import Matches
from casetrail.stores.unsupported import UnsupportedError

_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": "\t\n\f\r "}
_WORDS_BY_CASE = "\N{LATIN SMALL LETTER LONG S}\N{KELVIN SIGN}"
"""What `\\w` takes besides when case is ignored, since these fold to s and k."""
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_QUANTIFIERS = "*+?{"
_WIDEST = 512
_LAST_CASED = 0x20000
"""No character from here on has a case."""


def lucene(check: Matches) -> str:
    """The Lucene expression that matches a whole value exactly where RE2's finds something in it.

    Raises UnsupportedError for what Lucene can't say.
    """
    return _Reader(check.pattern, check.ignore_case, check.dotall, check.multiline).read()


@dataclass
class _Reader:
    pattern: str
    ignore_case: bool
    dotall: bool
    multiline: bool
    at: int = field(default=0, init=False)

    def read(self) -> str:
        while self.flags():
            pass
        branches = self.branches(top=True)
        if self.at < len(self.pattern):
            raise self.refuse("an unbalanced parenthesis")
        return "|".join(branches) if len(branches) == 1 else f"({'|'.join(branches)})"

    def refuse(self, what: str) -> UnsupportedError:
        return UnsupportedError(f"the regular expression {self.pattern!r} has {what}, which Lucene can't say")

    def peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def take(self, text: str) -> bool:
        found = self.peek(text)
        self.at += len(text) * found
        return found

    def flags(self) -> bool:
        if not self.peek("(?") or self.pattern[self.at + 2 : self.at + 3] not in tuple("ims"):
            return False
        end = self.pattern.find(")", self.at)
        marks = self.pattern[self.at + 2 : end]
        if set(marks) - set("ims"):
            raise self.refuse(f"the group (?{marks})")
        self.ignore_case |= "i" in marks
        self.dotall |= "s" in marks
        self.multiline |= "m" in marks
        self.at = end + 1
        return True

    def branches(self, *, top: bool) -> list[str]:
        found = [self.branch(top=top)]
        while self.take("|"):
            found.append(self.branch(top=top))
        return found

    def branch(self, *, top: bool) -> str:
        start, end, parts = False, False, ""
        while self.at < len(self.pattern) and not self.peek("|") and not self.peek(")"):
            if self.peek("^") or self.peek("\\A") or self.peek("$") or self.peek("\\z"):
                if not top or self.multiline:
                    raise self.refuse("an anchor inside" if not top else "a multi-line anchor")
                opening = self.take("^") or self.take("\\A")
                if not opening and not self.take("$"):
                    self.take("\\z")
                if (opening and parts) or (not opening and not self.at_branch_end()):
                    raise self.refuse("an anchor inside")
                start, end = start or opening, end or not opening
                continue
            parts += self.piece()
        if not top:
            return parts or "()"
        whole = ("" if start else ".*") + parts + ("" if end else ".*")
        return whole or "()"

    def at_branch_end(self) -> bool:
        return self.at == len(self.pattern) or self.peek("|")

    def piece(self) -> str:
        atom = self.atom()
        if self.at < len(self.pattern) and self.pattern[self.at] in _QUANTIFIERS:
            atom += self.quantifier()
            self.take("?")
        return atom

    def quantifier(self) -> str:
        if not self.peek("{"):
            self.at += 1
            return self.pattern[self.at - 1]
        end = self.pattern.find("}", self.at)
        body = self.pattern[self.at + 1 : end]
        if end < 0 or not all(part.isdigit() or not part for part in body.split(",")) or not body[:1].isdigit():
            raise self.refuse("a brace that is no repetition")
        self.at = end + 1
        return f"{{{body}}}"

    def atom(self) -> str:
        char = self.pattern[self.at]
        self.at += 1
        match char:
            case ".":
                return "." if self.dotall else "[^\n]"
            case "(":
                return self.group()
            case "[":
                return self.char_class()
            case "\\":
                return self.escape()
            case _ if char in "*+?{":
                raise self.refuse(f"{char} with nothing before it")
            case _:
                return self.literal(char)

    def group(self) -> str:
        if self.take("?P<") or self.take("?<"):
            self.at = self.pattern.index(">", self.at) + 1
        elif self.peek("?") and not self.take("?:"):
            raise self.refuse(f"the group ({self.pattern[self.at : self.at + 3]}")
        inner = "|".join(self.branches(top=False))
        if not self.take(")"):
            raise self.refuse("an unbalanced parenthesis")
        return f"({inner})"

    def escape(self) -> str:
        char = self.pattern[self.at]
        self.at += 1
        if char.lower() in _CLASSES:
            return f"[{'^' if char.isupper() else ''}{self.shorthand(char.lower())}]"
        if char in _CONTROLS:
            return self.literal(_CONTROLS[char])
        if char.isalnum():
            raise self.refuse(f"\\{char}")
        return self.literal(char)

    def shorthand(self, name: str) -> str:
        return _CLASSES[name] + (_WORDS_BY_CASE if name == "w" and self.ignore_case else "")

    def literal(self, char: str) -> str:
        variants = _variants(char) if self.ignore_case else char
        return _quoted(char) if len(variants) == 1 else f"[{''.join(map(_quoted, variants))}]"

    def char_class(self) -> str:
        negated = self.take("^")
        items, first = "", True
        while first or not self.take("]"):
            if self.at >= len(self.pattern):
                raise self.refuse("an open class")
            if self.peek("[:"):
                raise self.refuse("a named class")
            items += self.class_item()
            first = False
        return f"[{'^' if negated else ''}{items}]"

    def class_item(self) -> str:
        if self.peek("\\") and self.pattern[self.at + 1 : self.at + 2] in ("d", "w", "s"):
            self.at += 2
            return self.shorthand(self.pattern[self.at - 1])
        low = self.class_char()
        if not self.peek("-") or self.pattern[self.at + 1 : self.at + 2] == "]":
            return "".join(map(_quoted, _variants(low) if self.ignore_case else low))
        self.at += 1
        high = self.class_char()
        if self.ignore_case and ord(high) - ord(low) >= _WIDEST:
            raise self.refuse("a range too wide to write out in both cases")
        if self.ignore_case:
            span = [chr(code) for code in range(ord(low), ord(high) + 1)]
            return "".join(_quoted(char) for char in dict.fromkeys(other for char in span for other in _variants(char)))
        return f"{_quoted(low)}-{_quoted(high)}"

    def class_char(self) -> str:
        char = self.pattern[self.at]
        self.at += 1
        if char != "\\":
            return char
        char = self.pattern[self.at]
        self.at += 1
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char.isalnum():
            raise self.refuse(f"\\{char} in a class")
        return char


def _quoted(char: str) -> str:
    return char if char.isalnum() or not char.isascii() or char.isspace() else f"\\{char}"


def _variants(char: str) -> str:
    """The characters that RE2 takes for one when it ignores case: those of one simple case folding in Unicode."""
    return _ASCII_VARIANTS[char] if char in _ASCII_VARIANTS else _orbits().get(_simple_fold(char), char)


_ASCII_VARIANTS = {char: "".join(sorted({char.lower(), char.upper()})) for char in map(chr, range(128))} | {
    char: f"{char.upper()}{char.lower()}{extra}"
    for chars, extra in (("kK", "\N{KELVIN SIGN}"), ("sS", "\N{LATIN SMALL LETTER LONG S}"))
    for char in chars
}


@cache
def _orbits() -> dict[str, str]:
    found: defaultdict[str, str] = defaultdict(str)
    for char in map(chr, range(_LAST_CASED)):
        found[_simple_fold(char)] += char
    return {folded: chars for folded, chars in found.items() if len(chars) > 1}


def _simple_fold(char: str) -> str:
    return next((folded for folded in (char.casefold(), char.lower()) if len(folded) == 1), char)
