"""A place in a list of tokens, and the few questions that every parser asks there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from casetrail.engines.spl_model.errors import SplError
from casetrail.engines.spl_model.tokens import Token, TokenKind

_BOOLEANS = {"t": True, "true": True, "1": True, "f": False, "false": False, "0": False}


@dataclass
class Cursor:
    tokens: Sequence[Token]
    index: int = field(default=0, init=False)

    @property
    def now(self) -> Token:
        return self.tokens[self.index]

    def ahead(self, count: int) -> Token:
        return self.tokens[min(self.index + count, len(self.tokens) - 1)]

    @property
    def done(self) -> bool:
        return self.now.kind is TokenKind.END

    def next(self) -> Token:
        token = self.now
        if token.kind is not TokenKind.END:
            self.index += 1
        return token

    def take(self, *words: str) -> bool:
        """Step over one of these words or marks if it stands here."""
        if self.now.says(*words):
            self.index += 1
            return True
        return False

    def keyword(self, *words: str) -> bool:
        """The same for a word such as AS or BY, in upper or lower case."""
        return self.take(*words, *(word.lower() for word in words))

    def need(self, *words: str) -> None:
        if not self.take(*words):
            raise self.refuse(f"expected {' or '.join(words)}")

    def refuse(self, what: str) -> SplError:
        here = repr(self.now.text) if not self.done else "the end of the command"
        return SplError(f"{what}, found {here}", self.now.at)

    def end(self) -> None:
        if not self.done:
            raise SplError(f"unexpected {self.now.text!r}", self.now.at)

    def name(self, *, wildcard: bool = False) -> str:
        """A field name: a word, or a string in double quotes ("rename", "stats": names with spaces)."""
        token = self.next()
        if token.kind not in (TokenKind.WORD, TokenKind.STRING) or not token.text or token.text != token.text.strip():
            raise SplError(f"expected a field name, found {token.text!r}", token.at)
        if "*" in token.text and not wildcard:
            raise SplError(f"a wildcard in the field name {token.text!r}", token.at)
        return token.text

    def names(self, *stop: str, wildcard: bool = False) -> tuple[str, ...]:
        """Names, by commas or spaces, up to the end or a stop word."""
        found = [self.name(wildcard=wildcard)]
        while not self.done and not self.now.says(*stop) and not self.at_option():
            self.take(",")
            found.append(self.name(wildcard=wildcard))
        return tuple(found)

    def at_option(self) -> bool:
        return self.now.kind is TokenKind.WORD and self.ahead(1).says("=")

    def option(self) -> tuple[Token, Token]:
        """name=value."""
        key = self.next()
        self.need("=")
        value = self.next()
        if value.kind not in (TokenKind.WORD, TokenKind.STRING):
            raise SplError(f"the option {key.text} without a value", key.at)
        return key, value


def boolean(key: Token, value: Token) -> bool:
    if value.text.lower() not in _BOOLEANS:
        raise SplError(f"{key.text}={value.text} is no boolean", value.at)
    return _BOOLEANS[value.text.lower()]


def whole(token: Token) -> int:
    if not (token.kind is TokenKind.WORD and token.text.isascii() and token.text.isdigit()):
        raise SplError(f"{token.text!r} is no whole number", token.at)
    return int(token.text)
