"""JSON as logs hold it: read strictly, and with patience where a strict reader refuses.

Some loggers write what is no JSON (a lone surrogate, a raw control character, NaN, bad UTF-8). The event is there all the same, and who
sends a request often chooses the text.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter

import orjson

BAD_UTF8 = "bad UTF-8, read as U+FFFD"
SURROGATE = "lone surrogate, read as U+FFFD"
CONTROL = "control character in a text, kept"
ESCAPE = "unknown escape in a text, kept as it stands"
NO_NUMBER = "number that isn't finite, read as null"
COMMA = "comma before a closing bracket, left out"
PADDING = "NUL bytes around a value, left out"
_PATIENT = 64 * 1024 * 1024
"""The longest text, in bytes, that is read with patience: it takes several times its size."""
_AROUND = b"\x00 \t\r\n"
_TOKEN = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)'
    r"|,(?=[ \t\r\n]*[\]}])"
    r"|-?\b(?:nan|inf(?:inity)?)\b"
    r"|-?(?<![0-9.eE+])[0-9]+(?:\.[0-9]+)?e\+?[0-9]{3,}"
    r"|-?(?<![0-9.eE+])[0-9]{309,}(?:\.[0-9]+)?",
    re.DOTALL | re.IGNORECASE,
)
_ESCAPE = re.compile(
    r'\\(?:(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(u[dD][89a-fA-F][0-9a-fA-F]{2})|(u[0-9a-fA-F]{4}|["\\/bfnrt]))?'
)
_RAW = re.compile(r"[\x00-\x1f]")
_SURROGATES = re.compile("[\ud800-\udfff]")


class MalformedError(ValueError):
    """A text is no JSON, with all patience. The message says why."""


def read(text: bytes | bytearray) -> tuple[object, Counter[str]]:
    """The document in a text, with what was amended to read it, by kind.

    Of a key that is there twice the last holds. Raises MalformedError where the text can't be read.
    """
    try:
        return orjson.loads(text), Counter()
    except orjson.JSONDecodeError as error:
        if len(text) > _PATIENT:
            raise MalformedError("malformed line") from error
    return _amended(text)


def is_padding(text: bytes | bytearray) -> bool:
    """Whether there is nothing in a text but NUL bytes and spaces."""
    return not text.strip(_AROUND)


def whole_text(text: str) -> str:
    """A text without lone surrogates: each is U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)


def _amended(raw: bytes | bytearray) -> tuple[object, Counter[str]]:
    noted: Counter[str] = Counter()
    stripped = raw.strip(_AROUND).removeprefix(b"\xef\xbb\xbf")
    if b"\x00" in raw[: len(raw) - len(raw.lstrip(_AROUND))] or b"\x00" in raw[len(raw.rstrip(_AROUND)) :]:
        noted[PADDING] += 1
    try:
        text = stripped.decode("utf-8")
    except UnicodeDecodeError:
        text = stripped.decode("utf-8", "replace")
        noted[BAD_UTF8] += 1
    amended = _TOKEN.sub(lambda found: _token(found[0], noted), text)
    try:
        return json.loads(amended, strict=False), noted
    except RecursionError as error:
        raise MalformedError("nested too deeply") from error
    except ValueError as error:
        raise MalformedError("bad UTF-8" if noted[BAD_UTF8] else "malformed line") from error


def _token(token: str, noted: Counter[str]) -> str:
    match token[0]:
        case '"':
            return _string(token, noted)
        case ",":
            noted[COMMA] += 1
            return ""
    if token[-1].isdigit() and math.isfinite(float(token)):
        return token
    noted[NO_NUMBER] += 1
    return "null"


def _string(token: str, noted: Counter[str]) -> str:
    if _RAW.search(token):
        noted[CONTROL] += 1
    return _ESCAPE.sub(lambda found: _escape(found, noted), token) if "\\" in token else token


def _escape(found: re.Match[str], noted: Counter[str]) -> str:
    _, lone, plain = found.groups()
    if lone:
        noted[SURROGATE] += 1
        return "\\ufffd"
    if not found[1] and not plain:
        noted[ESCAPE] += 1
        return "\\\\"
    return found[0]
