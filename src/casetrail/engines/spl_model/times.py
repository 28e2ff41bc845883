"""Times: the modifiers that bound a search, and the formats of strftime and strptime. All in UTC.

Splunk uses the time zone of whoever searches; a query that rests on it is as right as that setting.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from casetrail.engines.spl_model.errors import SplError, UnspecifiedError
from casetrail.engines.spl_model.values import Number

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_RELATIVE = re.compile(r"(?:([-+][0-9]+)([smhdw]))?(?:@([smhd]))?")
_EPOCH = re.compile(r"[0-9]+(\.[0-9]+)?")
_START = datetime(1970, 1, 1, tzinfo=UTC)
_PARTS = {"Y": r"(?P<Y>\d{4})", "m": r"(?P<m>\d\d)", "d": r"(?P<d>\d\d)", "H": r"(?P<H>\d\d)", "M": r"(?P<M>\d\d)"}
_PARTS |= {"S": r"(?P<S>\d\d)"}
_SUBSECONDS = {"3N": 3, "6N": 6, "3Q": 3, "6Q": 6}


def moment(text: str, now: Fraction | None, at: int) -> Fraction:
    """The second that a time modifier names: `now`, epoch seconds, `-24h`, `-24h@h` or `@d` ("Time modifiers").

    The offset is applied first, then the time is cut down to the unit behind the @.
    """
    if _EPOCH.fullmatch(text):
        return Fraction(text)
    found = _RELATIVE.fullmatch(text)
    if text != "now" and (found is None or not text):
        raise SplError(f"the time {text!r} isn't modelled", at)
    if now is None:
        raise SplError(f"the time {text!r} needs now", at)
    if text == "now" or found is None:
        return now
    if found[1]:
        now += int(found[1]) * _UNITS[found[2]]
    return now if found[3] is None else now - now % _UNITS[found[3]]


def written(time: Number, layout: str) -> str:
    """strftime in a strict part of its formats ("Date and time format variables")."""
    instant = _START + timedelta(seconds=Fraction(time).__floor__())
    known = {
        "Y": f"{instant.year:04d}",
        "m": f"{instant.month:02d}",
        "d": f"{instant.day:02d}",
        "H": f"{instant.hour:02d}",
        "M": f"{instant.minute:02d}",
        "S": f"{instant.second:02d}",
        "V": f"{instant.isocalendar().week:02d}",
        "s": str(Fraction(time).__floor__()),
    }
    return re.sub(r"%(.?)", lambda found: _known(known, found[1]), layout, flags=re.DOTALL)


def _known(known: dict[str, str], variable: str) -> str:
    if variable not in known:
        raise SplError(f"the time format %{variable} isn't modelled")
    return known[variable]


def read(text: str, layout: str) -> Fraction | None:
    """strptime in a strict part of its formats; None when the text doesn't have the layout.

    Raises UnspecifiedError when more text follows.
    """
    pattern, at = "", 0
    while at < len(layout):
        if layout[at] != "%":
            pattern, at = pattern + re.escape(layout[at]), at + 1
        elif layout[at + 1 : at + 3] in _SUBSECONDS:
            pattern, at = pattern + rf"(?P<N>\d{{{_SUBSECONDS[layout[at + 1 : at + 3]]}}})", at + 3
        elif layout[at + 1 : at + 2] in _PARTS:
            pattern, at = pattern + _PARTS[layout[at + 1]], at + 2
        else:
            raise SplError(f"the time format {layout[at : at + 2]} isn't modelled")
    try:
        found = re.compile(pattern, re.ASCII).match(text)
    except re.error as error:
        raise SplError(f"the time format {layout!r}") from error
    if found is None:
        return None
    if found.end() != len(text):
        raise UnspecifiedError(f"strptime of {text!r}, which is longer than {layout!r}")
    parts = found.groupdict()
    if not {"Y", "m", "d"} <= parts.keys():
        raise UnspecifiedError(f"strptime with {layout!r}, which names no day")
    try:
        instant = datetime(*(int(parts.get(part) or 0) for part in "YmdHMS"), tzinfo=UTC)  # type: ignore[arg-type, misc]
    except ValueError:
        return None
    fraction = parts.get("N")
    return Fraction((instant - _START) // timedelta(seconds=1)) + (
        Fraction(int(fraction), 10 ** len(fraction)) if fraction else 0
    )
