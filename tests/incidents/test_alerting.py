"""What a rule on a schedule tells of a log that comes late and out of order: exactly what the whole log holds, each once."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casetrail.engines.reference import evaluate
from casetrail.incidents.alerting import Alerted, ArrivalLog, alerted
from casetrail.incidents.rows import Arrival
from casetrail.logs.event import Event
from casetrail.plan.nodes import Correlation, Figure, KeyPart, Op, Order, Plan, Search, Threshold, Type
from casetrail.schedule.schedule import Schedule
from casetrail.schedule.schedule import schedule as shipped_schedule
from tests.elastic.stores import BACKEND
from tests.engines.test_reference import ABSENT, COUNT2, FIRST, ORDERED, plan
from tests.laws import strategies
from tests.worlds import CONTRACT, SECOND, START, event

MINUTE = 60 * SECOND
INTERVAL = 5 * MINUTE
DELAY = CONTRACT.delay.greatest
CONTRACTS = {CONTRACT.key: CONTRACT}


def waits(found: Plan) -> bool:
    return isinstance(found, Correlation) and isinstance(found.condition, Order) and bool(found.condition.after)


def schedule(found: Plan) -> Schedule:
    span = found.span if isinstance(found, Correlation) else 0
    fresh = DELAY + 2 * INTERVAL + (span if waits(found) else 0)
    return Schedule(INTERVAL, fresh, fresh + span, DELAY)


def tell(document: dict[str, Any], *came: tuple[Event, float]) -> list[Alerted]:
    """What is told when each event comes so many minutes after START."""
    log = ArrivalLog([Arrival(one, START + round(minutes * MINUTE)) for one, minutes in came], CONTRACTS)
    found = plan(document)
    return alerted(found, log, schedule(found))


def shown(found: list[Alerted]) -> list[tuple[str, float, bool]]:
    """The id, minutes after START and whether it is taken back, of each."""
    return [(one.event.id, (one.at - START) / MINUTE, one.taken_back) for one in found]


def at(minutes: float, kind: str, name: str, user: str = "u") -> Event:
    return event(name, minutes * 60, kind=kind, user=user)


def test_a_completion_is_told_by_the_first_run_after_all_of_it_came() -> None:
    found = tell(COUNT2, (at(1, "a", "x"), 7), (at(2, "a", "y"), 3))
    assert shown(found) == [("y", 10, False)]
    assert found[0].arrived == START + 7 * MINUTE
    assert set(found[0].evidence) == {"x", "y"}


def test_a_run_at_the_moment_of_arrival_sees_the_row() -> None:
    assert shown(tell(COUNT2, (at(1, "a", "x"), 5), (at(2, "a", "y"), 5))) == [("y", 5, False)]


def test_a_row_sent_twice_counts_once_and_from_its_first_arrival() -> None:
    twice = at(2, "a", "y")
    assert shown(tell(COUNT2, (twice, 3), (twice, 44))) == []
    assert shown(tell(COUNT2, (twice, 3), (twice, 44), (at(2.5, "a", "z"), 4))) == [("z", 5, False)]


def test_first_seen_is_told_at_once_and_taken_back_when_the_history_comes_late() -> None:
    before, now = at(1, "x", "before"), at(3, "a", "now")
    assert shown(tell(FIRST, (now, 4))) == [("now", 5, False)]
    assert shown(tell(FIRST, (now, 4), (before, 12))) == [("now", 5, True)]
    assert shown(tell(FIRST, (now, 12), (before, 4))) == []


def test_absence_is_told_when_the_log_is_known_that_far() -> None:
    found = plan(ABSENT)
    assert isinstance(found, Correlation)
    (only,) = tell(ABSENT, (at(1, "a", "x"), 2))
    due = START + MINUTE + found.span + DELAY
    assert due <= only.at < due + INTERVAL
    assert not only.taken_back


def test_a_row_later_than_any_run_looks_back_is_never_told() -> None:
    late = (DELAY + 2 * INTERVAL) / MINUTE
    assert shown(tell(COUNT2, (at(0, "a", "x"), 1), (at(1, "a", "y"), late)))
    assert not shown(tell(COUNT2, (at(0, "a", "x"), 1), (at(1, "a", "y"), late + 11)))


def test_a_schedule_grants_the_time_for_a_wait_inside_a_chain() -> None:
    """The inner rule is known a timespan and the greatest delay after its event; the outer one completes on that same event."""
    inner = plan(ABSENT)
    assert isinstance(inner, Correlation)
    part = KeyPart("user", (None,), Type.TEXT, cased=False)
    outer = Correlation("outer", (inner,), (part,), SECOND, Threshold(Figure.EVENTS, Op.GTE, 1))
    assert [part.name for part in inner.key] == ["user"]
    when = shipped_schedule(outer, BACKEND, CONTRACTS)
    (only,) = alerted(outer, ArrivalLog([Arrival(at(1, "a", "x"), START + 2 * MINUTE)], CONTRACTS), when)
    assert only.at >= START + MINUTE + inner.span + DELAY


@st.composite
def arriving(draw: st.DrawFn) -> list[Arrival]:
    """Events with the times of their arrival, each within the greatest delay."""
    lateness = st.sampled_from([0, SECOND, INTERVAL, DELAY]) | st.integers(0, DELAY)
    return [Arrival(one, one.time + draw(lateness)) for one in draw(strategies.logs(most=10))]


def nested_waiting(found: Plan) -> bool:
    return isinstance(found, Correlation) and any(waits(base) or nested_waiting(base) for base in found.bases)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(found=strategies.correlations(depth=1) | strategies.searches("s"), log=arriving())
def test_all_that_is_told_and_stands_is_what_the_whole_log_holds(found: Plan, log: list[Arrival]) -> None:
    """But for a wait inside a chain, which no schedule grants the chain's own last step time for."""
    if nested_waiting(found):
        return
    tellings = alerted(found, ArrivalLog(log, CONTRACTS), schedule(found))
    whole = evaluate(found, [one.event for one in log])
    assert {(one.event.id, one.key) for one in tellings if not one.taken_back} == whole.completions
    if isinstance(found, Search):
        assert not any(one.taken_back for one in tellings)
    for one in tellings:
        assert one.at % INTERVAL == 0
        assert one.at >= one.arrived
        assert one.event.id in one.evidence


@pytest.mark.parametrize("document", [COUNT2, ORDERED, ABSENT, FIRST], ids=["count", "ordered", "absent", "first"])
def test_many_random_logs(document: dict[str, Any]) -> None:
    draw = random.Random(5)
    found = plan(document)
    held = 0
    for _ in range(60):
        log = [
            Arrival(one, one.time + draw.choice([0, DELAY, draw.randrange(DELAY)]))
            for one in (
                event(f"e{number}", draw.randrange(0, 3 * 3600, 60), kind=draw.choice("aabx"), user=draw.choice("uv"))
                for number in range(24)
            )
        ]
        standing = {
            one.event.id for one in alerted(found, ArrivalLog(log, CONTRACTS), schedule(found)) if not one.taken_back
        }
        whole = evaluate(found, [one.event for one in log]).ids
        assert standing == whole
        held += len(whole)
    assert held
