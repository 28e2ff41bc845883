"""Runs on schedule, one after another over a log that arrives late and out of order: what arrived since the run before is alerted, once.

duckdb-kql knows no `ingestion_time()`, so a column with the time of each row's arrival stands in its place.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from casetrail.engines.kusto import ARRIVED, Kusto
from casetrail.engines.reference import evaluate
from casetrail.logs.event import Event
from casetrail.plan.nodes import Equals, Is, Plan, Search
from casetrail.schedule.schedule import schedule, shipped_query
from tests.engines.test_reference import ABSENT, COUNT2, FIRST, ORDERED, TOGETHER, plan
from tests.kusto.stores import BACKEND
from tests.worlds import CONTRACT, SECOND, START, event

CONTRACTS = {CONTRACT.key: CONTRACT}
MINUTE = 60 * SECOND
SCHEDULED = replace(BACKEND, options={"alerts": "arrivals"}, clocks={"interval": 5 * MINUTE})
INNER = {"title": "inner", "name": "inner", "correlation": {**ABSENT, "group-by": ["user"], "timespan": "10m"}}
SEARCH = Search("s", CONTRACT.key, Is(CONTRACT.fields["kind"], Equals("a", cased=True)))
PLANS: dict[str, Plan] = {
    "search": SEARCH,
    "count": plan(COUNT2),
    "ordered": plan(ORDERED),
    "together": plan(TOGETHER),
    "absent": plan(ABSENT),
    "first": plan(FIRST),
    "count of absences": plan({**COUNT2, "rules": ["inner"]}, INNER),
}


def moment(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def arriving(draw: random.Random, greatest: int) -> list[tuple[Event, int]]:
    """Events of two hours, each with the time of its arrival, which is late by up to a delay."""
    made = []
    for number in range(14):
        one = event(f"e{number}", draw.randrange(0, 2 * 3600, 60), kind=draw.choice("aabx"), user=draw.choice("uv"))
        made.append((one, one.time + draw.choice([0, SECOND, greatest - 1, draw.randrange(max(1, greatest))])))
    return made


def alerts(found: Plan, log: list[tuple[Event, int]]) -> Counter[str]:
    """How often each event is alerted by all runs together; each run sees what had arrived by then."""
    engine = Kusto(SCHEDULED, CONTRACTS)
    when = schedule(found, SCHEDULED, CONTRACTS)
    query = shipped_query(found, SCHEDULED, CONTRACTS).replace("ingestion_time()", ARRIVED)
    arrived = {one.id: moment(at).replace(tzinfo=None) for one, at in log}
    seen: Counter[str] = Counter()
    now = START
    while now < START + 5 * 60 * MINUTE:
        now += when.interval
        here = [one for one, at in log if at <= now and now - when.lookback <= one.time <= now]
        if here:
            engine.load(here, arrived)
            seen.update(set(engine.ids(query, moment(now))))
    return seen


@pytest.mark.parametrize("name", PLANS)
def test_every_completion_is_alerted_and_of_a_punctual_log_once(name: str) -> None:
    draw = random.Random(5)
    found = PLANS[name]
    log = arriving(draw, SECOND)
    expected = evaluate(found, [one for one, _ in log]).ids
    assert expected
    assert alerts(found, log) == Counter(expected)


@pytest.mark.parametrize("name", PLANS)
def test_what_comes_before_its_time_is_alerted_once_its_time_has_come(name: str) -> None:
    draw = random.Random(7)
    found = PLANS[name]
    log = [(one, one.time - draw.randrange(40 * MINUTE)) for one, _ in arriving(draw, SECOND)]
    expected = evaluate(found, [one for one, _ in log]).ids
    assert expected
    assert alerts(found, log) == Counter(expected)


@pytest.mark.parametrize("name", ["count", "ordered", "absent", "count of absences"])
def test_every_completion_of_a_late_log_is_alerted(name: str) -> None:
    draw = random.Random(6)
    found = PLANS[name]
    log = arriving(draw, CONTRACT.delay.greatest)
    expected = evaluate(found, [one for one, _ in log]).ids
    assert expected
    assert set(alerts(found, log)) == expected


def test_a_search_alerts_a_late_row_once() -> None:
    log = arriving(random.Random(7), CONTRACT.delay.greatest)
    assert alerts(SEARCH, log) == Counter(evaluate(SEARCH, [one for one, _ in log]).ids)


def _row(**more: Any) -> Event:
    return event("p", 0, kind="a", **more)


def test_a_row_that_is_sent_again_later_alerts_again_only_as_the_same_event() -> None:
    engine = Kusto(SCHEDULED, CONTRACTS)
    engine.load([_row()], {"p": moment(START).replace(tzinfo=None)})
    engine.connection.execute(
        f'INSERT INTO "Test_CL" SELECT * REPLACE ("{ARRIVED}" + INTERVAL 7 MINUTE AS "{ARRIVED}") FROM "Test_CL"'
    )
    query = shipped_query(SEARCH, SCHEDULED, CONTRACTS).replace("ingestion_time()", ARRIVED)
    runs = [engine.ids(query, moment(START + minutes * MINUTE)) for minutes in (4, 9, 14)]
    assert runs == [["p"], ["p"], []]


@pytest.mark.parametrize("name", ["search", "count"])
def test_a_run_looks_at_the_log_as_it_was_at_its_own_time(name: str) -> None:
    """Sentinel evaluates a run five minutes after its time, or later when it is tried again: what came since is the next run's."""
    found = PLANS[name]
    log = [(event("p", 0, kind="a", user="u"), START + MINUTE), (event("q", 120, kind="a", user="u"), START + 7 * MINUTE)]
    engine = Kusto(SCHEDULED, CONTRACTS)
    query = shipped_query(found, SCHEDULED, CONTRACTS).replace("ingestion_time()", ARRIVED)
    engine.load([one for one, _ in log], {one.id: moment(at).replace(tzinfo=None) for one, at in log})
    runs = [engine.ids(query, moment(START + minutes * MINUTE)) for minutes in (5, 10, 15)]
    assert runs == ([["p"], ["q"], []] if name == "search" else [[], ["q"], []])
