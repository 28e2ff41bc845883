"""An event, as every engine takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casetrail.logs.contract import Contract
from casetrail.plan.values import TIME_FORMATS, bag, parse_number


@dataclass(frozen=True, slots=True)
class Event:
    """One row of a log.

    id: names the event; two rows with one id are one event.
    time: when it happened, in microseconds since 1970 (UTC).
    source: the key of its log source (`okta/okta`).
    row: the row as the contract describes it: out of its envelope, flattened, keys as documented.
    """

    id: str
    time: int
    source: str
    row: Mapping[str, Any]


def event_of(row: Mapping[str, Any], contract: Contract) -> Event | None:
    """The row as an event, named and timed by its contract; None when it carries no readable time or no identity."""
    times = [TIME_FORMATS[contract.time.time_format](text) for text in bag(row, contract.time)]
    time = next((moment for moment in times if moment is not None), None)
    names = ["|".join(bag(row, field)) for field in contract.identity]
    if time is None or not any(names):
        return None
    return Event("|".join(names), time, contract.key, row)


def arrival(event: Event, contract: Contract) -> int | None:
    """When the row of an event arrived, in microseconds since 1970 (UTC), by its field of lateness; None when that isn't told."""
    texts = bag(event.row, contract.lateness) if contract.lateness else []
    late = next((seconds for seconds in map(parse_number, texts) if seconds is not None), None)
    return None if late is None else event.time + round(late * 1_000_000)
