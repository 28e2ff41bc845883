"""Times as the logs write them. A moment is milliseconds since 1970, UTC; a day is its number since then."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_EPOCH = date(1970, 1, 1)


def number_of(day: date) -> int:
    return (day - _EPOCH).days


@lru_cache(maxsize=512)
def date_of(day: int) -> date:
    return _EPOCH + timedelta(days=day)


def weekend(day: int) -> bool:
    return date_of(day).weekday() >= 5


def month_begins(day: int) -> bool:
    """Whether it is the month's first working day."""
    return not weekend(day) and all(weekend(day - back) for back in range(1, date_of(day).day))


@lru_cache(maxsize=512)
def _day(day: int) -> tuple[str, str]:
    text = date_of(day).isoformat()
    return text, text.replace("-", "")


def iso(moment: int) -> str:
    day, rest = divmod(moment, DAY)
    seconds, thousandths = divmod(rest, 1000)
    return f"{_day(day)[0]}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}Z"


def compact(moment: int) -> str:
    day, rest = divmod(moment, DAY)
    seconds, thousandths = divmod(rest, 1000)
    return f"{_day(day)[1]}{seconds // 3600:02}{seconds // 60 % 60:02}{seconds % 60:02}.{thousandths:03}"
