"""Changes of a log that mean nothing: no engine's verdict on a trial may tell the changed log from the first.

`broken` names the changes after which an engine says something else than the reference evaluator says of the unchanged log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from casetrail.engines.base import Trial
from casetrail.engines.reference import evaluate, holds
from casetrail.logs.event import Event
from casetrail.plan.nodes import InPart, Plan, searches, tests
from casetrail.plan.values import format_time
from tests.engines.test_reference import ABSENT, WINDOWS, log, plan
from tests.worlds import START, event

ZONES = (330, -210, 0, 825, -720)
"""Minutes east of UTC."""
SHIFT = timedelta(days=17, hours=3, minutes=7, seconds=13, milliseconds=577) // timedelta(microseconds=1)

Change = Callable[[Trial, Random], Trial]
Verdicts = Callable[[Sequence[Trial]], "Sequence[frozenset[str] | Exception]"]


def shuffled(trial: Trial, random: Random) -> Trial:
    """The events arrive in another order."""
    return replace(trial, events=tuple(random.sample(trial.events, k=len(trial.events))))


def doubled(trial: Trial, random: Random) -> Trial:
    """Every event comes twice, and some come a third time."""
    again = random.choices(trial.events, k=2) if trial.events else []
    return replace(trial, events=(*trial.events, *again, *reversed(trial.events)))


def noise(trial: Trial, random: Random) -> Trial:
    """Events come between that no search of the plan matches, some with the keys, the values or the times of those there."""
    made = [event(f"noise-{number}", random.randrange(-4000, 8000), **row) for number, row in enumerate(_NOISE)]
    for number, one in enumerate(trial.events):
        row = {**one.row, "id": f"noise+{number}", "kind": "z"}
        made.append(replace(one, id=f"noise+{number}", row=row))
    wanted = [search.where for search in searches(trial.plan)]
    unmatched = [one for one in made if not any(holds(where, one.row) for where in wanted)]
    return shuffled(replace(trial, events=(*trial.events, *unmatched)), random)


_NOISE: tuple[dict[str, Any], ...] = (
    {"kind": "z", "user": "nobody-else", "n": "9"},
    {"kind": "z", "user": "u", "n": "1"},
    {"kind": "", "user": "u"},
    {"kind": "aa", "user": "u", "n": 2},
    {"user": "u", "n": "2"},
    {"kind": None, "user": None},
)


def other_log(trial: Trial, random: Random) -> Trial:
    """Another log source has rows just like those of this one."""
    others = [replace(one, id=f"other-{number}", source="other/log") for number, one in enumerate(trial.events)]
    return shuffled(replace(trial, events=(*trial.events, *others)), random)


def extended(trial: Trial, random: Random) -> Trial:
    """Rows have fields that the contract doesn't know, also inside the objects of a list."""

    def extend(row: dict[str, Any]) -> dict[str, Any]:
        items = row.get("items")
        if isinstance(items, list):
            row["items"] = [{**item, "more": "a"} if isinstance(item, dict) else item for item in items]
        return {**random.choice(_EXTRA), **row, **random.choice(_EXTRA)}

    return _rows(trial, extend)


_EXTRA: tuple[dict[str, Any], ...] = (
    {"added": "a", "details": {"kind": "a", "user": ["u", None]}},
    {"kinds": "b", "user2": "u", "n.n": 2, "": "x"},
    {"message": 'kind=a user=u "n": 2 | {"kind": "b"}\n', "empty": {}, "none": None},
)


def reversed_keys(trial: Trial, random: Random) -> Trial:
    """The keys of every object come in the opposite order."""
    return _rows(trial, backwards)


def backwards(value: Any) -> Any:
    """JSON with the keys of every object in the opposite order."""
    if isinstance(value, dict):
        return {name: backwards(inner) for name, inner in reversed(value.items())}
    return [backwards(item) for item in value] if isinstance(value, list) else value


def other_zone(trial: Trial, random: Random) -> Trial:
    """The text of a time names the same instant on another clock."""
    events = [replace(one, row={**one.row, "at": zoned(one.time, random)}) for one in trial.events]
    return replace(trial, events=tuple(events))


def zoned(time: int, random: Random) -> str:
    """A time in microseconds since 1970 (UTC) as ISO 8601 text in a zone other than `Z`."""
    zone = timezone(timedelta(minutes=random.choice(ZONES)))
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)
    return moment.astimezone(zone).isoformat(timespec="milliseconds" if time % 1000 == 0 else "microseconds")


def shifted(trial: Trial, random: Random) -> Trial:
    """All happens as much earlier or later."""
    by = random.choice((-SHIFT, SHIFT))
    events = [
        replace(one, time=one.time + by, row={**one.row, "at": format_time(one.time + by, "iso8601")})
        for one in trial.events
    ]
    return replace(trial, events=tuple(events), seen_until=None if trial.seen_until is None else trial.seen_until + by)


CHANGES: dict[str, Change] = {
    "shuffled": shuffled,
    "doubled": doubled,
    "noise": noise,
    "another log": other_log,
    "more fields": extended,
    "keys reversed": reversed_keys,
    "another zone": other_zone,
    "shifted": shifted,
}


def changed(trial: Trial, seed: int) -> list[tuple[str, Trial]]:
    """The trial after each change, and after all of them, by the change's name.

    A plan that tests a part of a time (its hour, say) isn't shifted: its verdict would rightly be another.
    """
    changes = [(name, change) for name, change in CHANGES.items() if change is not shifted or not _tells_time(trial.plan)]
    found = [(name, change(trial, Random(f"{seed} {name}"))) for name, change in changes]
    last = trial
    for name, change in reversed(changes):
        last = change(last, Random(f"{seed} {name} of all"))
    return [*found, ("all", last)]


def laws() -> list[tuple[str, Trial]]:
    """The laws of windows, by name; those of what doesn't follow once more, in a log that is known for one timespan only."""
    found = []
    for law, correlation, events, _ in WINDOWS:
        trial = Trial(plan(correlation), tuple(log(events)))
        found.append((law, trial))
        if correlation is ABSENT:
            found += [(f"{law}, {name}", replace(trial, seen_until=START + until)) for name, until in _SEEN.items()]
    return found


_SEEN = {"seen just long enough": 3_600_000_000, "not seen long enough": 3_599_999_000}


def broken(trials: Sequence[tuple[str, Trial]], verdicts: Verdicts) -> list[str]:
    """`CHANGE: TRIAL: VERDICT, not EXPECTED` for every change of a named trial that changes what an engine says.

    What is right is the reference evaluator's verdict on the unchanged trial; a refusal is none.
    """
    named = [
        (f"{change}: {name}", after, evaluate(trial.plan, trial.events, trial.seen_until).ids)
        for seed, (name, trial) in enumerate(trials)
        for change, after in changed(trial, seed)
    ]
    got = verdicts([after for _, after, _ in named])
    return [
        f"{name}: {sorted(verdict) if isinstance(verdict, frozenset) else repr(verdict)}, not {sorted(expected)}"
        for (name, _, expected), verdict in zip(named, got, strict=True)
        if verdict != expected
    ]


def _rows(trial: Trial, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Trial:
    events: list[Event] = [replace(one, row=change(dict(one.row))) for one in trial.events]
    return replace(trial, events=tuple(events))


def _tells_time(made: Plan) -> bool:
    return any(isinstance(test.check, InPart) for search in searches(made) for test in tests(search.where))
