"""What the logs can't show: hours with fewer events than usual, kinds of event that never came, rows that may still come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from casetrail.logs.contract import Contract

HOUR = 3_600_000_000
_DAY = 24
_WEEK = 7
_EARLIEST = 3
"""The weekday of 1 January 1970, counted from Monday."""
_SATURDAY = 5
_LEAST_DAYS = 3
_LEAST_USUAL = 8.0
_FEW = 0.2
ALL = "all kinds"


@dataclass(frozen=True, slots=True)
class Gap:
    """Hours in which a log has far fewer events than at the same hours of other such days. begin, end: hours since 1970 (UTC)."""

    source: str
    type: str
    begin: int
    end: int
    had: int
    usual: float


@dataclass(frozen=True, slots=True)
class Completeness:
    """Until when a log is sure to be whole, and when to ask again; microseconds since 1970 (UTC)."""

    source: str
    whole_until: int
    ask_again: int
    whole: bool


def gaps(counts: Mapping[tuple[str, str, int], int], begin: int, end: int) -> list[Gap]:
    """Runs of hours from `begin` to before `end` with less than a fifth of the usual events, where at least eight are usual.

    counts: events by log, kind and hour. Usual is the median of the same hour on other working days, or other days of weekends, that
    the log has; of three such days at least.
    """
    by_log: defaultdict[tuple[str, str], defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    for (source, kind, hour), count in counts.items():
        by_log[source, kind][hour] += count
        by_log[source, ALL][hour] += count
    found: list[Gap] = []
    for (source, kind), had in sorted(by_log.items(), key=lambda item: (item[0][0], item[0][1] != ALL, item[0][1])):
        days = range(min(by_log[source, ALL]) // _DAY, max(by_log[source, ALL]) // _DAY + 1)
        for one in _runs(source, kind, had, days, range(begin, end)):
            whole = (gap for gap in found if gap.source == source and gap.type == ALL)
            if not any(gap.begin <= one.begin and one.end <= gap.end for gap in whole):
                found.append(one)
    return found


def _runs(source: str, kind: str, had: Mapping[int, int], days: range, hours: range) -> Iterable[Gap]:
    run: list[tuple[int, int, float]] = []
    for hour in (*hours, None):
        usual = None if hour is None else _usual(had, days, hour)
        if hour is not None and usual is not None and had.get(hour, 0) < usual * _FEW:
            run.append((hour, had.get(hour, 0), usual))
            continue
        if sum(each[2] for each in run) >= _LEAST_USUAL:
            yield Gap(source, kind, run[0][0], run[-1][0] + 1, sum(each[1] for each in run), sum(each[2] for each in run))
        run = []


def _usual(had: Mapping[int, int], days: range, hour: int) -> float | None:
    day, of_day = divmod(hour, _DAY)
    alike = [other for other in days if other != day and _weekend(other) == _weekend(day)]
    return median(had.get(other * _DAY + of_day, 0) for other in alike) if len(alike) >= _LEAST_DAYS else None


def _weekend(day: int) -> bool:
    return (day + _EARLIEST) % _WEEK >= _SATURDAY


def completeness(read_until: int, last: int, contracts: Iterable[Contract]) -> list[Completeness]:
    """Of each log whether rows may still come for what happened up to `last`.

    read_until: the latest that any row happened or arrived.
    """
    return [
        Completeness(
            one.key, read_until - one.delay.greatest, last + one.delay.greatest, read_until >= last + one.delay.greatest
        )
        for one in contracts
    ]


def never_came(kinds: Mapping[str, Sequence[str]], contracts: Mapping[str, Contract]) -> list[tuple[str, str, str]]:
    """The kinds of event of the products at hand that a trail needs and that never came: (log, kind, what can't be seen without it).

    kinds: those that came, by log.
    """
    products = {source.partition("/")[0] for source in kinds}
    return [
        (contract.key, kind, blind)
        for contract in contracts.values()
        if contract.product in products
        for kind, blind in contract.needs.items()
        if kind not in kinds.get(contract.key, ())
    ]
