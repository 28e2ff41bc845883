"""The law of docs/semantics.md, "Late and doubled data", for every shipped rule on every target, and that a wrong schedule breaks it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casetrail.engines.base import Trial
from casetrail.engines.reference import evaluate
from casetrail.logs.event import Event
from casetrail.pack.backend import targets
from casetrail.pack.pack import Pack
from casetrail.packages.registry import format_of
from casetrail.plan.nodes import Correlation
from casetrail.proof.late.histories import History, Row, history
from casetrail.proof.late.kept import as_kept
from casetrail.proof.late.late import SeenLog, Tally, outcome, tried
from casetrail.proof.late.law import Law
from casetrail.proof.late.seen import RowMatcher, Verdicts, View
from casetrail.proof.late.siem import Clock, Look, clock, kept, standing, throttled
from casetrail.schedule.schedule import Schedule, schedule
from tests.laws import strategies

PACK = Pack.load(Path(__file__).parents[2])
HISTORIES = 50
PARTS = 16
MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE


@cache
def law() -> Law:
    return Law(PACK, targets(PACK))


@pytest.mark.parametrize("part", range(PARTS))
def test_all_runs_together_alert_what_the_whole_log_holds_each_once(part: int) -> None:
    """0 missed, 0 doubled, and too early only where a row that comes late undoes what was true without it."""
    broken: dict[str, list[tuple[str, int]]] = {}
    empty: list[str] = []
    for rule in law().rules[part::PARTS]:
        held = law().tried(rule, range(HISTORIES))
        broken |= {rule: held.broken} if held.broken else {}
        empty += [rule] if any(tally.completions < HISTORIES // 2 for tally in held.tallies.values()) else []
        assert held.tallies, rule
    assert (broken, empty) == ({}, [])


def test_no_rule_is_left_out() -> None:
    assert set(law().rules) == {name for name, rule in PACK.rules.items() if rule.alone}
    assert set(law().backends) == {"elastic", "opensearch", "sentinel", "splunk"}


WRONG: dict[str, tuple[str, str, str, Callable[[Schedule], Schedule]]] = {
    "as fresh as the interval": ("okta_session_flapping", "opensearch", "missed", lambda w: replace(w, fresh=w.interval)),
    "no outage": ("okta_session_flapping", "opensearch", "missed", lambda w: replace(w, fresh=w.delay + w.interval)),
    "no interval": ("okta_session_flapping", "splunk", "missed", lambda w: replace(w, fresh=w.delay - w.interval)),
    "no window": ("okta_session_flapping", "splunk", "missed", lambda w: replace(w, lookback=w.fresh)),
    "no wait": ("okta_factors_reset_not_renewed", "opensearch", "missed", lambda w: replace(w, fresh=w.fresh - w.wait)),
    "no delay is waited for": ("okta_factors_reset_not_renewed", "opensearch", "early", lambda w: replace(w, delay=0)),
    "half of what arrived": ("okta_session_flapping", "sentinel", "missed", lambda w: replace(w, arrivals=w.interval // 2)),
    "runs not made up for": ("okta_session_flapping", "sentinel", "missed", lambda w: replace(w, made_up=False)),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_schedule_breaks_the_law(wrong: str) -> None:
    rule, target, how, change = WRONG[wrong]
    made, matches, tally = law().material(law().files[rule]), RowMatcher(), Tally()
    for number in range(200):
        draw = random.Random(number)
        log = SeenLog(history(made, draw), matches)
        backend = law().backends[target]
        right = schedule(log.plan, backend, PACK.contracts)
        tally.add(tried(log, replace(change(right), outage=right.outage), format_of(backend).recognises(log.plan), draw))
    assert getattr(tally, how) > 0


def test_an_alert_that_is_forgotten_while_runs_are_made_up_for_comes_twice() -> None:
    made, matches, doubled = law().material(law().files["okta_session_flapping"]), RowMatcher(), 0
    for number in range(200):
        draw = random.Random(number)
        log = SeenLog(history(made, draw), matches)
        when = schedule(log.plan, law().backends["splunk"], PACK.contracts)
        found = outcome(log, when, clock(when, log.arrivals, draw), throttled(when.fresh + when.interval), draw)
        doubled += len(found.doubled)
    assert doubled > 0


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(strategies.trials(), st.randoms(use_true_random=False))
def test_what_is_seen_completes_as_the_reference_says(trial: Trial, draw: random.Random) -> None:
    plan, verdicts = trial.plan, Verdicts(trial.plan, RowMatcher())
    events = list({event.id: event for event in trial.events}.values())
    for _ in range(4):
        some = [event for event in events if draw.random() < 0.7]
        found = verdicts.of(View(tuple(some), dict.fromkeys((event.id for event in some), 0)))
        assert {one.event.id for one in found} == evaluate(plan, some).ids


WHEN = Schedule(5 * MINUTE, 20 * MINUTE, 30 * MINUTE, 10 * MINUTE, outage=15 * MINUTE)


def test_a_siem_that_makes_up_for_nothing_goes_on_after_an_outage() -> None:
    runs = Clock(WHEN, 0, absent={3: 5, 4: 5}, late={5: MINUTE}, doubled=frozenset({2}))
    looks = runs.near([m * MINUTE for m in (10, 15, 25)])
    assert [(look.own / MINUTE, look.own == look.wall) for look in looks if look.own >= 5 * MINUTE] == [
        (5, True), (10, True), (10 + 1 / 60, True), (26, True), (30, True)
    ]  # fmt: skip


def test_a_siem_that_makes_up_for_runs_keeps_their_times() -> None:
    runs = Clock(replace(WHEN, made_up=True, lag=MINUTE), 0, absent={3: 5, 4: 5})
    looks = [(look.own / MINUTE, look.wall / MINUTE) for look in runs.near([15 * MINUTE, 25 * MINUTE])]
    assert looks == [(5, 6), (10, 11), (15, 26), (20, 26), (25, 26), (30, 31)]


def test_how_a_siem_knows_an_alert_again() -> None:
    found = [(Look(t * MINUTE, t * MINUTE), frozenset(ids)) for t, ids in ((0, "a"), (5, "ab"), (10, ""), (15, "b"))]
    assert throttled(15 * MINUTE)(found) == Counter("ab")
    assert throttled(9 * MINUTE)(found) == Counter("abb")
    assert kept(found) == Counter("ab")
    assert standing(found) == Counter("abb")


def test_a_clock_that_is_set_back_makes_all_later_runs_later() -> None:
    runs = Clock(WHEN, 0, back=(3, 2 * MINUTE))
    looks = [look.own / MINUTE for look in runs.near([15 * MINUTE, 25 * MINUTE])]
    assert looks == [5, 10, 17, 22, 27, 32]


def test_a_siem_that_replaces_an_old_time_keeps_another_event() -> None:
    """Where the event is named by its time, it is another one there; where a column of its own keeps the time, nothing is lost."""
    source = "google_workspace.chrome"
    contract = PACK.contracts[f"gcp/{source}"]
    event = Event("e", 0, contract.key, {})
    made = History(
        law().planner(law().files["google_rows_later_than_contract"].cases[0]), (Row(event, DAY), Row(event, 3 * DAY))
    )
    kept = as_kept(made, law().backends["sentinel"], PACK.contracts)
    assert [(one.event.id, one.event.time) for one in kept.history.rows] == [("e", 0), (f"e@{3 * DAY}", 3 * DAY)]
    assert kept.names == {f"e@{3 * DAY}": "e"}
    assert as_kept(made, law().backends["splunk"], PACK.contracts).history == made


def test_only_the_lateness_of_logs_without_a_time_of_their_own_is_lost_to_a_replaced_time() -> None:
    lost: dict[tuple[str, str], int] = {}
    for rule in (name for name in law().rules if "_rows_" in name and ("their_" in name or "contract" in name)):
        found = law().tried(rule, range(40))
        assert not found.broken
        lost |= {(rule, target): tally.replaced for target, tally in found.tallies.items() if tally.replaced}
    assert {target for _, target in lost} == {"sentinel"}
    assert "google_rows_later_than_contract" in {rule for rule, _ in lost}
    assert not any(rule.startswith("salesforce_") for rule, _ in lost)


def test_a_history_draws_what_logs_do() -> None:
    """Rows before their time, a watchlist that changes and a rule that is turned on, each in some of the histories."""
    made = law().material(law().files["salesforce_secret_file_by_service_account"])
    drawn = [history(made, random.Random(number)) for number in range(200)]
    assert any(row.arrived < row.event.time for one in drawn for row in one.rows)
    assert any(one.turned is not None and one.after is None for one in drawn)
    several = [rule for rule in law().rules if len(law().material(law().files[rule]).groups) > 1]
    assert several
    other = law().material(law().files[several[0]])
    assert any(one.after for one in (history(other, random.Random(number)) for number in range(100)))


def test_a_history_keeps_to_the_contracts_and_follows_from_chance_alone() -> None:
    for rule in ("okta_session_flapping", "salesforce_files_in_a_day", "cross_session_moved_then_files"):
        made = law().material(law().files[rule])
        for number in range(20):
            one, again = history(made, random.Random(number)), history(made, random.Random(number))
            assert one == again
            first: dict[str, int] = {}
            for row in one.rows:
                first.setdefault(row.event.id, row.arrived - row.event.time)
            greatest = {row.event.id: PACK.contracts[row.event.source].delay.greatest for row in one.rows}
            assert all(-12 * 60 * MINUTE <= late <= greatest[name] for name, late in first.items())
            assert isinstance(one.plan, Correlation)
