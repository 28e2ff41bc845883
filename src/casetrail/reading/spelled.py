"""Text of others as a format can hold it: what the format would take for its own is spelled out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

_BEYOND = re.compile("[^\t\n\r -~]")
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COMMAND = re.compile(r"#(#[A-Za-z]*\[)")
_WORKFLOW = re.compile(r":(?=:[A-Za-z][\w-]*(?:::|\s.*::))")
_FORMULA = re.compile('(^|[;|\t\r\n])(?=[\\s"]*[=+\\-@\t\r＝＋－＠])')


def visible(text: str) -> str:
    """The text with control characters, line ends and marks of direction spelled out (`\\x1b`)."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def printable(text: str) -> str:
    """A visible text with no command to a CI in it.

    GitHub takes `::name …::` for a command where a line starts, which a table may do anywhere, and `##[`, as Azure Pipelines
    `##vso[` and TeamCity `##teamcity[`, in any place. GitLab's need a control character.
    """
    text = visible(text)
    return _WORKFLOW.sub(r"\\x3a", _COMMAND.sub(r"\\x23\1", text)) if "##" in text or "::" in text else text


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode()


def printable_json(text: str) -> str:
    """The same JSON, with what JSON allows and a terminal or a CI obeys written as escapes."""
    if not text.isprintable():
        text = _BEYOND.sub(lambda found: found[0] if found[0].isprintable() else _json_escaped(found[0]), text)
    return _COMMAND.sub(r"\\u0023\1", text)


def _json_escaped(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def json_text(value: Any, indent: int = 1) -> str:
    """A value as JSON that may be printed anywhere."""
    return printable_json(json.dumps(value, indent=indent, default=str))


def xml_text(text: str) -> str:
    """The text with what XML 1.0 can't hold, and half characters, spelled out."""
    return _NO_XML.sub(lambda found: _escaped(found[0]), text)


def cell(text: str) -> str:
    """The text as a cell of CSV: on one line, and with an apostrophe where a spreadsheet would take it for a formula.

    A spreadsheet may part a line at semicolons, bars or tabs, as its country has it, so each of them may begin a cell.
    """
    return printable(_FORMULA.sub(r"\1'", text))


def uri(path: Path) -> str:
    """A path as a reference of a URI (RFC 3986), every other character percent-encoded."""
    return quote(path.as_posix().encode("utf-8", "surrogateescape"), safe="/-._~!$&'()*+,;=@")


def is_web_address(text: str) -> bool:
    """Whether a text is an address of http or https, in characters that an address has."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and text.isprintable()
        and not set(text) & set(" \"'<>\\`")
    )
