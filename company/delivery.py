"""When a row arrives, and which come twice; and the log files that are written in that order."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import orjson
import zstandard

from company.assumptions import rate
from company.chance import Chance
from company.event import ADMIN, CHROME, ELF, OKTA, REALTIME, Event
from company.times import DAY, HOUR, MINUTE, SECOND

_LEVEL = 1
LATENESS = "_lateness"
"""The field of how late a row came, in seconds."""


def arrival(event: Event, draw: Chance) -> int:
    """When a row arrives, in milliseconds since 1970."""
    at = event.at
    if event.source == OKTA:
        if draw.happens(rate("delivery.okta_late")):
            return at + draw.randrange(2 * MINUTE, 4 * HOUR)
        return at + draw.randrange(SECOND, 50 * SECOND)
    if event.source == ELF:
        hour = at // HOUR * HOUR
        ready = hour + HOUR + draw.randrange(2 * HOUR, 5 * HOUR)
        return ready + draw.randrange(HOUR, DAY) if draw.happens(rate("delivery.file_late")) else ready
    if event.source == REALTIME:
        return at + draw.randrange(SECOND, 90 * SECOND)
    if event.source == CHROME:
        if draw.happens(rate("delivery.chrome_offline")):
            return at + draw.randrange(HOUR, DAY)
        return at + draw.randrange(2 * MINUTE, 30 * MINUTE)
    return at + draw.randrange(MINUTE, 10 * MINUTE if event.source == ADMIN else 15 * MINUTE)


def delivered(days: Iterable[tuple[int, Iterable[Event]]], draw: Chance) -> Iterator[tuple[int, Event]]:
    """The rows of days in the order in which they arrive, some of them twice. What comes the next day is kept till then."""
    waiting: list[tuple[int, int, Event]] = []
    number = itertools.count()
    for day, events in days:
        for event in events:
            at = arrival(event, draw)
            heapq.heappush(waiting, (at, next(number), event))
            if draw.happens(rate("delivery.twice")):
                heapq.heappush(waiting, (at + draw.randrange(MINUTE, HOUR), next(number), event))
        while waiting and waiting[0][0] < (day + 1) * DAY - 12 * HOUR:
            at, _, event = heapq.heappop(waiting)
            yield at, event
    while waiting:
        at, _, event = heapq.heappop(waiting)
        yield at, event


class Writer:
    """Log files of a folder, one a source, as NDJSON.zst, in order of arrival."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, IO[bytes]] = {}
        self.rows: Counter[str] = Counter()
        self.late: Counter[str] = Counter()

    def __enter__(self) -> Writer:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        for file in self.files.values():
            file.close()

    def write(self, event: Event, arrived: int) -> None:
        """arrived: when the row came, in milliseconds since 1970."""
        file = self.files.get(event.source)
        if file is None:
            path = self.folder / f"{event.source.replace('/', '.')}.ndjson.zst"
            file = self.files[event.source] = zstandard.open(path, "wb", cctx=zstandard.ZstdCompressor(level=_LEVEL))
        row = {**event.row, LATENESS: (arrived - event.at) / SECOND}
        file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        self.rows[event.source] += 1
