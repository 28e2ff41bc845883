"""PCRE, run by Python's `re`, and LIKE.

Where Python's syntax or meaning is another than PCRE's the pattern is refused. Classes such as `\\w` are ASCII, as
in PCRE without the option for Unicode classes.
"""

from __future__ import annotations

import re
from functools import lru_cache

from casetrail.engines.spl_model.errors import SplError, UnspecifiedError
from casetrail.engines.spl_model.readings import Readings

_OTHERWISE = re.compile(
    r"\\[pPXRhHvVKGQEZceoglkNC]|\\x\{|\[\[?:|\(\?[|R0-9&>+(]|\(\?P[>=]|\(\?<[A-Za-z_]|\(\*|\{,|[*+?}]\+|\\[0-9]{2}|\\[UuL]"
)

_PYTHONS = {"z": r"\Z", "B": r"(?:(?<=\w)(?=\w)|(?<!\w)(?!\w))"}
"""What Python says otherwise: its `\\B` isn't in an empty text."""
_IGNORES_CASE = re.compile(r"\(\?[a-z]*i")


@lru_cache(maxsize=4096)
def compiled(pattern: str, *, unicode: bool = False) -> re.Pattern[str]:
    plain = re.sub(r"\\\\", "", pattern)
    if found := _OTHERWISE.search(plain):
        raise SplError(f"the regular expression {pattern!r} has {found[0]!r}, which isn't modelled")
    pattern = re.sub(r"\\(.)", lambda found: _PYTHONS.get(found[1], found[0]), pattern, flags=re.DOTALL)
    try:
        return re.compile(pattern, re.NOFLAG if unicode else re.ASCII)
    except (re.error, RecursionError, OverflowError) as error:
        raise SplError(f"the regular expression {pattern!r}: {error}") from error


def found_in(pattern: str, text: str, readings: Readings) -> bool:
    """Whether the pattern matches any substring, case-sensitively ("Comparison and Conditional functions: match")."""
    narrow = compiled(pattern).search(text) is not None
    if pattern.isascii() and text.isascii():
        return narrow
    wide = compiled(pattern, unicode=True).search(text) is not None
    return wide if readings.unicode_case and _IGNORES_CASE.search(pattern) else narrow


def replaced(text: str, pattern: str, replacement: str) -> str:
    r"""Every occurrence; `\1` to `\9` in the replacement are groups ("Text functions: replace")."""
    if re.search(r"\\(?![1-9])", replacement):
        raise UnspecifiedError(f"a backslash in the replacement {replacement!r}")
    try:
        return compiled(pattern).sub(re.sub(r"\\([1-9])", r"\\g<\1>", replacement), text)
    except (re.error, IndexError) as error:
        raise SplError(f"the replacement {replacement!r}: {error}") from error


def like(text: str, pattern: str) -> bool:
    """`%` any characters, `_` one, the whole text, case-sensitively; how to escape them isn't documented."""
    if "\\" in pattern:
        raise UnspecifiedError(f"a backslash in the LIKE pattern {pattern!r}")
    parts = (".*" if char == "%" else "." if char == "_" else re.escape(char) for char in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None
