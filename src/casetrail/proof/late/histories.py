"""Random histories of a log: when each row of a rule's own cases came, late, early, doubled and out of order, among other rows.

The rows are those of the cases, moved in time as a whole; what a row says of its own time stays as it was, so a rule finds in it what it
found in the case. A row that says how late it was comes just so late. In some histories the clock of a log is ahead, so that rows come
before their time; in some a watchlist changes, or the rule is turned on, while rows come.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from casetrail.logs.contract import Contract, Delay
from casetrail.logs.event import Event, arrival
from casetrail.pack.cases import Case
from casetrail.plan.nodes import Correlation, Plan, sources

_START = 1_772_323_200_000_000
"""2026-03-01, a Sunday, at midnight in UTC."""
_MILLI = 1_000
_EDGE = 300_000_000
_MOST_BATCHES = 6
_TURNED = 0.2
_AHEAD = (0, 0, 0, 5_000_000, 60_000_000, _EDGE, 12 * 3_600_000_000)
"""How far the clock of a log may be ahead, in microseconds."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row and when it came, in microseconds since 1970 (UTC)."""

    event: Event
    arrived: int


@dataclass(frozen=True, slots=True)
class History:
    """A plan and the rows of a log in order of arrival; a row that was sent again is there again.

    after: the plan from the time `turned` on, when a watchlist changes then.
    turned: when that is, or else when the rule is turned on; None when it runs from the start and nothing changes.
    """

    plan: Plan
    rows: tuple[Row, ...]
    after: Plan | None = None
    turned: int | None = None

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple({one.event.id: one.event for one in self.rows}.values())


@dataclass(frozen=True, slots=True)
class Material:
    """What histories of a rule are made of.

    groups: a plan and the cases that it is the plan of, with those among them that complete it; noise: other rows of its logs.
    """

    groups: tuple[tuple[Plan, tuple[Case, ...], tuple[Case, ...]], ...]
    noise: tuple[Event, ...]
    contracts: Mapping[str, Contract]


def material(
    cases: Sequence[Case], planner: Callable[[Case], Plan], contracts: Mapping[str, Contract], noise: Sequence[Event]
) -> Material:
    """What histories of a rule's cases are made of: cases under other watchlists have another plan."""
    plans = list({id(planner(case)): planner(case) for case in cases}.values())
    groups = []
    for plan in plans:
        like = tuple(case for case in cases if planner(case) is plan)
        hits = tuple(case for case in like if case.completes)
        if hits:
            groups.append((plan, like, hits))
    read = {source for plan in plans for source in sources(plan)}
    others = (event for event in noise if event.source in read)
    return Material(tuple(groups), tuple(event for event in others if _in_time(event, contracts[event.source])), contracts)


def _in_time(event: Event, contract: Contract) -> bool:
    """Whether a row keeps to its log's contract, as far as it says."""
    said = arrival(event, contract)
    return said is None or said - event.time <= contract.delay.greatest


def history(made_of: Material, draw: random.Random, *, punctual: bool = False) -> History:
    """A history of a rule. draw: the chance, from which alone it follows; punctual: no row is later than its log's typical delay."""
    plan, like, hits = draw.choice(made_of.groups)
    contracts = {name: _punctual(each) if punctual else each for name, each in made_of.contracts.items()}
    noise = made_of.noise
    chosen = [draw.choice(hits), *(draw.choice(like) for _ in range(draw.choice([0, 1, 1, 2])))]
    span = plan.span if isinstance(plan, Correlation) else _EDGE
    at, rows = _START + _milli(draw.random() * 86_400_000_000), []
    for number, case in enumerate(chosen):
        moved = _moved(case, at, number, draw)
        rows += _arriving(moved, contracts, draw)
        last = max(event.time for event in moved)
        at = last + draw.choice(
            [_MILLI, span, span + _MILLI, _milli(draw.random() * span), _milli(draw.random() * 2 * span)]
        )
    ahead = 0 if punctual else draw.choice(_AHEAD)
    start, end = min(one.event.time for one in rows), max(one.event.time for one in rows)
    for number in range(draw.randrange(4)):
        kept = draw.choice([*(event for case in like for event in case.events), *noise])
        time = draw.choice([*(one.event.time for one in rows), start + _milli(draw.random() * (end - start + span))])
        rows += _arriving([replace(kept, id=f"{kept.id}#n{number}", time=time)], contracts, draw)
    rows = [_early(one, ahead, contracts, draw) for one in rows]
    rows += [
        Row(one.event, one.arrived + _milli(draw.random() * contracts[one.event.source].delay.greatest))
        for one in draw.sample(rows, min(len(rows), draw.choice([0, 0, 1, 3])))
    ]
    rows.sort(key=lambda one: (one.arrived, one.event.id))
    others = [other for other, _, _ in made_of.groups if other is not plan]
    after = draw.choice(others) if others and not punctual and draw.random() < _TURNED else None
    turns = after is not None or (not punctual and draw.random() < _TURNED)
    return History(plan, tuple(rows), after, _moment(rows, draw) if turns else None)


def _moment(rows: Sequence[Row], draw: random.Random) -> int:
    """A moment about the arrival of a row, mostly not its own."""
    return draw.choice(rows).arrived + draw.choice([0, _MILLI, -_MILLI, _EDGE, -_EDGE])


def _early(row: Row, ahead: int, contracts: Mapping[str, Contract], draw: random.Random) -> Row:
    """A row of a log whose clock is ahead, of which some come before their time; one that says how late it was comes so late."""
    said = arrival(row.event, contracts[row.event.source])
    if said is not None:
        return replace(row, arrived=said)
    early = ahead and draw.random() < 0.5
    return replace(row, arrived=row.event.time - _milli(draw.random() * ahead)) if early else row


def _punctual(contract: Contract) -> Contract:
    return replace(contract, delay=Delay(contract.delay.typical, contract.delay.typical))


def _milli(micros: float) -> int:
    return int(micros) // _MILLI * _MILLI


def _moved(case: Case, at: int, number: int, draw: random.Random) -> list[Event]:
    """A case's events from a moment on: the first of them, or another, on a clock edge or beside it, now and then."""
    if draw.random() < 0.3:
        edge = draw.choice(case.events).time - min(event.time for event in case.events)
        at += (-(at + edge)) % _EDGE + draw.choice([0, _MILLI, -_MILLI])
    first = min(event.time for event in case.events)
    return [replace(event, id=f"{event.id}#{number}", time=at + event.time - first) for event in case.events]


def _arriving(events: Sequence[Event], contracts: Mapping[str, Contract], draw: random.Random) -> list[Row]:
    """Each event with its arrival, within its log's contract: in batches, as logs come."""
    shuffled = draw.sample(events, len(events))
    cuts = sorted(draw.sample(range(1, len(events)), min(len(events) - 1, draw.randrange(_MOST_BATCHES))))
    rows = []
    for start, stop in pairwise([0, *cuts, len(events)]):
        batch = shuffled[start:stop]
        newest = max(batch, key=lambda event: event.time)
        came = newest.time + _late(contracts[newest.source], draw)
        came += (-came) % _EDGE if draw.random() < 0.2 else 0
        for event in batch:
            greatest = contracts[event.source].delay.greatest
            rows.append(Row(event, min(max(came, event.time), event.time + greatest)))
    return rows


def _late(contract: Contract, draw: random.Random) -> int:
    delay = contract.delay
    return draw.choice([0, _milli(draw.random() * delay.typical), _milli(draw.random() * delay.greatest), delay.greatest])
