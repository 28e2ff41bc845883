"""Events of an account that name no session and no address, and the sessions that they may be of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from casetrail.trail.kin import Kin
from casetrail.trail.node import Named, Node, Strength


@dataclass(frozen=True, slots=True)
class Unkeyed:
    """An event and a session of the trail that lasted then. told: why it isn't surer, in words."""

    event: Named
    session: Node
    strength: Strength
    told: str


def unkeyed(events: Sequence[Named], groups: Kin, mine: Collection[Node], idle: int) -> Iterator[Unkeyed]:
    """The events of one account, given by time, that name no session and no address, while one of the sessions `mine` lasts.

    A session lasts from its first event until an idle time (in microseconds) after its last. It is in use for an idle time after each of
    its events; an event that may be of it counts as one, and makes it last on. `likely` is an event while one of `mine` is in use and no
    other session is.
    """
    first: dict[Node, int] = {}
    last: dict[Node, int] = {}
    for event in events:
        for session in {groups.one(node) for node in event.of("session")}:
            first.setdefault(session, event.time)
            last[session] = event.time
    used: dict[Node, int] = {}
    for event in events:
        keys = {groups.one(node) for node in event.of("session")}
        used |= dict.fromkeys(keys, event.time)
        if keys or event.of("address"):
            continue
        lasting = sorted(one for one in mine if one in first and first[one] <= event.time <= last[one] + idle)
        others = sorted(one for one, at in used.items() if one not in mine and event.time <= at + idle)
        in_use = [one for one in lasting if one in used and event.time <= used[one] + idle]
        for one in (*lasting, *others):
            used[one] = event.time
            last[one] = max(last[one], event.time)
        if not lasting:
            continue
        session = (in_use or lasting)[0]
        if others:
            yield Unkeyed(event, session, Strength.POSSIBLE, "another session of it was in use too")
        elif not in_use:
            yield Unkeyed(event, session, Strength.POSSIBLE, "no session of it was in use")
        else:
            yield Unkeyed(event, session, Strength.LIKELY, "no other session of it was in use")
