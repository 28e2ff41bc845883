"""A strict tokenizer for SPL: the stages of a pipeline, and the tokens of a stage in either of its two grammars.

`search` and the arguments of most commands are words; `eval` and `where` are expressions. Both are cut here, and
whatever isn't plainly one thing is an error with its offset in the text after macros are expanded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from casetrail.engines.spl_model.errors import SplError, UnspecifiedError


class TokenKind(Enum):
    WORD = auto()
    STRING = auto()
    """In double quotes; text is what it stands for."""
    FIELD = auto()
    """In single quotes; text is what is between them."""
    NUMBER = auto()
    MARK = auto()
    """An operator, a parenthesis or a comma."""
    EVAL = auto()
    """The inside of eval(...) in an aggregate."""
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """spaced: whether white space stands before it."""

    kind: TokenKind
    text: str
    at: int
    spaced: bool = True

    def says(self, *words: str) -> bool:
        """Whether it is one of these words or marks, written exactly so."""
        return self.kind in (TokenKind.WORD, TokenKind.MARK) and self.text in words


@dataclass(frozen=True, slots=True)
class Stage:
    """The text of one command: text[start:end] of the whole."""

    text: str
    start: int
    end: int


_MACRO = re.compile(r"`([^`]*)`")
_MACRO_DEPTH = 20
_COMMENT = "```"
_WORD = re.compile(r"""[^\s"'()=!<>,|\[\]`\\]+""")
_WORD_MARK = re.compile(r"!=|<=|>=|[=<>(),]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DIGITS = re.compile(r"[0-9]+(\.[0-9]+)?")
_EVAL_MARK = re.compile(r"==|!=|<=|>=|[-+*/%.=<>!(),]")
_CONTROLS = "nrfvab0xue'`|"


def expand(text: str, macros: Mapping[str, str]) -> str:
    """The text with its macros replaced by their definitions ("Use search macros in searches").

    Comments are blank ("Add comments to searches"). Raises SplError for a macro that isn't given, for arguments, for macros in a circle,
    for a comment without an end and for backticks in quotes.
    """
    text = _without_comments(text)
    for _ in range(_MACRO_DEPTH):
        for start, end in _quoted(text):
            if "`" in text[start:end]:
                raise UnspecifiedError("a backtick in a string", start)
        found = _MACRO.search(text)
        if found is None:
            if "`" in text:
                raise SplError("an unbalanced backtick", text.index("`"))
            return text
        if found[1] not in macros:
            raise SplError(f"the macro {found[1]!r} isn't defined", found.start())
        text = text[: found.start()] + macros[found[1]] + text[found.end() :]
    raise SplError("macros nested too deep")


def _without_comments(text: str) -> str:
    at = 0
    while at < len(text):
        if text.startswith(_COMMENT, at):
            end = text.find(_COMMENT, at + len(_COMMENT))
            if end < 0:
                raise SplError("a comment without an end", at)
            end += len(_COMMENT)
            text = text[:at] + " " * (end - at) + text[end:]
            at = end
        elif text[at] == '"':
            at = _closing(text, at) + 1
        else:
            at += 1
    return text


def _quoted(text: str) -> list[tuple[int, int]]:
    spans, at = [], 0
    while (start := text.find('"', at)) >= 0:
        at = _closing(text, start) + 1
        spans.append((start, at))
    return spans


def _closing(text: str, start: int) -> int:
    at = start + 1
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == '"':
            return at
        else:
            at += 1
    raise SplError("an unclosed double quote", start)


def stages(text: str) -> list[Stage]:
    """Cut at the pipes outside quotes; parentheses must balance within a stage, brackets are refused."""
    found, start, at, depth = [], 0, 0, list[int]()
    while at < len(text):
        match text[at]:
            case '"':
                at = _closing(text, at)
            case "(":
                depth.append(at)
            case ")":
                if not depth:
                    raise SplError("an unbalanced closing parenthesis", at)
                depth.pop()
            case "[" | "]":
                raise SplError("a bracket: subsearches aren't modelled", at)
            case "|":
                if depth:
                    raise SplError("an unbalanced opening parenthesis", depth[-1])
                found.append(Stage(text, start, at))
                start = at + 1
        at += 1
    if depth:
        raise SplError("an unbalanced opening parenthesis", depth[-1])
    found.append(Stage(text, start, len(text)))
    for number, stage in enumerate(found):
        if not text[stage.start : stage.end].strip():
            raise SplError("a leading pipe or an empty search" if number == 0 else "an empty command", stage.start)
    return found


def words(stage: Stage) -> list[Token]:
    """The tokens of a stage in the grammar of `search` and of command arguments."""
    return _scan(stage, _word)


def expression(stage: Stage) -> list[Token]:
    """The tokens of a stage in the grammar of `eval` and `where`."""
    return _scan(stage, _operand)


def _scan(stage: Stage, other: Callable[[Stage, int, bool], tuple[Token, int]]) -> list[Token]:
    tokens: list[Token] = []
    at, spaced = stage.start, True
    while at < stage.end:
        if stage.text[at].isspace():
            if stage.text[at] not in " \t\n\r":
                raise SplError(f"the white space {stage.text[at]!r}", at)
            at, spaced = at + 1, True
            continue
        token, end = other(stage, at, spaced)
        solid = (TokenKind.WORD, TokenKind.STRING, TokenKind.FIELD, TokenKind.NUMBER)
        if tokens and not spaced and token.kind in solid and tokens[-1].kind in solid:
            raise SplError(f"{token.text!r} right behind {tokens[-1].text!r}", at)
        tokens.append(token)
        at, spaced = end, False
    return [*tokens, Token(TokenKind.END, "", stage.end)]


def _word(stage: Stage, at: int, spaced: bool) -> tuple[Token, int]:
    text = stage.text
    if text[at] == '"':
        end = _closing(text, at)
        return Token(TokenKind.STRING, _search_string(text[at + 1 : end], at + 1), at, spaced), end + 1
    if text[at] == "'":
        return _field(stage, at, spaced)
    for kind, pattern in ((TokenKind.MARK, _WORD_MARK), (TokenKind.WORD, _WORD)):
        if found := pattern.match(text, at, stage.end):
            return Token(kind, found[0], at, spaced), found.end()
    raise SplError(f"the character {text[at]!r} outside quotes", at)


def _operand(stage: Stage, at: int, spaced: bool) -> tuple[Token, int]:
    text = stage.text
    if text[at] == '"':
        end = _closing(text, at)
        return Token(TokenKind.STRING, _eval_string(text[at + 1 : end], at + 1), at, spaced), end + 1
    if text[at] == "'":
        return _field(stage, at, spaced)
    for kind, pattern in ((TokenKind.NUMBER, _DIGITS), (TokenKind.WORD, _NAME), (TokenKind.MARK, _EVAL_MARK)):
        if found := pattern.match(text, at, stage.end):
            return Token(kind, found[0], at, spaced), found.end()
    raise SplError(f"the character {text[at]!r} outside quotes", at)


def _field(stage: Stage, at: int, spaced: bool) -> tuple[Token, int]:
    end = stage.text.find("'", at + 1, stage.end)
    name = stage.text[at + 1 : end]
    if end < 0:
        raise SplError("an unclosed single quote", at)
    if not name or name != name.strip() or set(name) & set('\\"*|'):
        raise UnspecifiedError(f"the field name {name!r}", at)
    return Token(TokenKind.FIELD, name, at, spaced), end + 1


def _search_string(raw: str, at: int) -> str:
    r"""`\"`, `\\` and `\|` stand for the second character; others are left alone ("search: Quotes and escaping").

    Raises UnspecifiedError for `\*`: an asterisk can't be escaped, and what `\*` matches is told in two ways ("rename").
    """
    out, index = "", 0
    while index < len(raw):
        if raw[index] != "\\":
            out, index = out + raw[index], index + 1
            continue
        following = raw[index + 1]
        if following == "*":
            raise UnspecifiedError("a backslash before an asterisk in a search string", at + index)
        out, index = out + (following if following in '"\\|' else "\\" + following), index + 2
    return out


def _eval_string(raw: str, at: int) -> str:
    r"""`\"` and `\\` stand for the second character, `\t` for a tab ("Types of expressions"); others are left alone,
    as the regular expressions in the examples of "Comparison and Conditional functions" need.

    Raises UnspecifiedError for those that may be read either way, such as `\n` or `\|`.
    """
    out, index = "", 0
    while index < len(raw):
        if raw[index] != "\\":
            out, index = out + raw[index], index + 1
            continue
        following = raw[index + 1]
        if following in _CONTROLS:
            raise UnspecifiedError(f"the escape \\{following} in an expression; write \\\\{following}", at + index)
        known = {"\\": "\\", '"': '"', "t": "\t"}
        out, index = out + known.get(following, "\\" + following), index + 2
    return out
