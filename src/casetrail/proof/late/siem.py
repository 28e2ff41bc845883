"""A simulated SIEM: when it runs a search, what a run sees, and which of its findings it alerts.

A run has its own time, which is its clock, and looks at some time. On a SIEM that makes up for runs a late one keeps its own time; on
another its time is when it looks. A SIEM knows an alert again by its identity for so long, or one alert stands for all that is fresh.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from casetrail.schedule.schedule import Schedule

_SECOND = 1_000_000
_HOUR = 3_600 * _SECOND


class Look(NamedTuple):
    """A run: its own time, and when it looks."""

    own: int
    wall: int


@dataclass(frozen=True, slots=True)
class Clock:
    """The runs of a schedule, by number from a moment on.

    phase: the time of the run of number 0; absent: numbers of runs that don't happen in their time, with that of the next that does;
    late: how long after its time a run starts; doubled: numbers of runs that happen twice.
    back: from which run on the clock is set back, and how far, so that all runs from then on come so much later.
    """

    schedule: Schedule
    phase: int
    absent: Mapping[int, int] = field(default_factory=dict)
    late: Mapping[int, int] = field(default_factory=dict)
    doubled: frozenset[int] = frozenset()
    back: tuple[int, int] | None = None

    def time(self, number: int) -> int:
        """The time of a run."""
        later = self.back[1] if self.back and number >= self.back[0] else 0
        return self.phase + number * self.schedule.interval + later

    def number(self, moment: int) -> int:
        """The first run whose time isn't before a moment, by a clock that isn't set back."""
        return -(-(moment - self.phase) // self.schedule.interval)

    def looks(self, number: int) -> Iterator[Look]:
        """When a run looks; never, once or twice."""
        own = self.time(number)
        if number in self.absent:
            if not self.schedule.made_up:
                return
            then = self.time(self.absent[number])
        else:
            then = own
        wall = then + self.schedule.lag + self.late.get(number, 0)
        for more in (0, _SECOND) if number in self.doubled else (0,):
            yield Look(own, wall + more) if self.schedule.made_up else Look(wall + more, wall + more)

    def near(self, moments: Iterable[int]) -> list[Look]:
        """The runs about some moments and about all that is out of order, in the order in which they look.

        Between them nothing changes that a run could see.
        """
        numbers = {number + more for number in map(self.number, moments) for more in (-2, -1, 0, 1)}
        ends = {number for number in self.absent if number - 1 not in self.absent or number + 1 not in self.absent}
        odd = {*ends, *self.absent.values(), *self.late, *self.doubled, *(self.back or ())[:1]}
        numbers |= {number + more for number in odd for more in (-1, 0, 1)}
        for number in list(numbers):
            while number in self.absent and not self.schedule.made_up:
                number = self.absent[number]
            numbers.add(number)
        return sorted((look for number in numbers for look in self.looks(number)), key=lambda look: (look.wall, look.own))


def clock(when: Schedule, moments: list[int], draw: random.Random) -> Clock:
    """A clock with what may go wrong: runs missed, doubled and late, an outage as long as the schedule allows, a clock set back.

    A SIEM whose runs look at what arrived since the run before counts in UTC, which isn't set back.
    """
    phase = draw.choice([0, draw.randrange(when.interval // _SECOND) * _SECOND])
    plain = Clock(when, phase)
    absent: dict[int, int] = {}
    late: dict[int, int] = {}
    doubled: set[int] = set()
    taken: set[int] = set()
    back: tuple[int, int] | None = None
    for trouble in draw.sample(["missed", "doubled", "late", "outage", "back"], draw.randrange(4)):
        number = plain.number(draw.choice(moments)) - draw.choice([0, 0, 1])
        count = 1
        if trouble == "outage":
            most = when.outage // when.interval
            count = draw.choice([most, 1 + draw.randrange(most)])
            number -= draw.randrange(count)
        around = range(number - 2, number + count + 3)
        if taken.intersection(around):
            continue
        taken.update(around)
        if trouble == "doubled":
            doubled.add(number)
        elif trouble == "late":
            late[number] = draw.randrange(when.interval // _SECOND) * _SECOND
        elif trouble == "back":
            back = (number, min(when.interval, _HOUR)) if when.arrivals is None else None
        else:
            absent.update(dict.fromkeys(range(number, number + count), number + count))
    return Clock(when, phase, absent, late, frozenset(doubled), back)


Teller = Callable[[list[tuple[Look, frozenset[str]]]], Counter[str]]
"""From what each run found, in the order of the runs, to how often each event was alerted."""


def throttled(quiet: int) -> Teller:
    """An event is alerted again only when its alert is so long ago."""

    def tell(found: list[tuple[Look, frozenset[str]]]) -> Counter[str]:
        alerted: Counter[str] = Counter()
        last: dict[str, int] = {}
        for look, ids in found:
            for identity in ids:
                if identity not in last or look.wall - last[identity] > quiet:
                    last[identity] = look.wall
                    alerted[identity] += 1
        return alerted

    return tell


def kept(found: list[tuple[Look, frozenset[str]]]) -> Counter[str]:
    """An event is alerted once for ever: its alert's name follows from its own."""
    return Counter(dict.fromkeys((identity for _, ids in found for identity in ids), 1))


def standing(found: list[tuple[Look, frozenset[str]]]) -> Counter[str]:
    """One alert stands from the first run that finds something to the one that finds nothing; an event is in so many alerts."""
    alerted: Counter[str] = Counter()
    alert: frozenset[str] = frozenset()
    for _, ids in found:
        alerted.update(ids - alert)
        alert = alert | ids if ids else ids
    return alerted
