"""What every engine does: take events and a plan, give back the ids that complete it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from casetrail.logs.event import Event
from casetrail.plan.nodes import Plan


@dataclass(frozen=True, slots=True)
class Trial:
    """A plan over a log of its own.

    seen_until: the time (microseconds, UTC) up to which the log is known to be whole; None when it is all there is.
    """

    plan: Plan
    events: tuple[Event, ...]
    seen_until: int | None = None


class Engine(Protocol):
    """Runs plans over events.

    Trials come many at a time, so that an engine can load them at once.
    """

    name: str

    def verdicts(self, trials: Sequence[Trial]) -> list[frozenset[str] | Exception]:
        """For each trial the ids of the completing events, or what says why there are none.

        An UnsupportedError says that the rule can't be said there, another error that the engine didn't run it.
        """
        ...
