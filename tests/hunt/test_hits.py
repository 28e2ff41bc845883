"""Completions come back as they went in, in order, and as the alerts that a plain count of them gives."""

from __future__ import annotations

import random
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casetrail.engines.reference import evaluate
from casetrail.hunt.hits import Alert, Hit, Hits, Shape
from casetrail.hunt.hunt import hunt
from casetrail.hunt.scratch import Scratch
from casetrail.logs.event import Event
from casetrail.plan.nodes import Correlation, Type
from tests.engines.test_reference import COUNT2, plan
from tests.worlds import CONTRACT, SECOND, START, event

SHAPES = {
    "alone": Shape(),
    "keyed": Shape(10, (("user", Type.TEXT), ("n", Type.INTEGER))),
    "global": Shape(3),
    "quiet": Shape(),
}
KEYS: dict[str, list[dict[str, str]]] = {
    "alone": [{}],
    "quiet": [{}],
    "global": [{}],
    "keyed": [{"user": "a", "n": "1"}, {"user": "a", "n": "2"}, {"user": "b", "n": "1"}],
}
HITS = st.sampled_from(["alone", "keyed", "global"]).flatmap(
    lambda rule: st.builds(
        Hit,
        st.just(rule),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=4),
        st.integers(-50, 50),
        st.sampled_from(KEYS[rule]),
        st.tuples(st.just("x"), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))),
    )
)


def expected_alerts(hits: list[Hit]) -> list[Alert]:
    runs: list[list[Hit]] = []
    latest: dict[tuple[str, tuple[tuple[str, str], ...]], list[Hit]] = {}
    for hit in sorted(hits, key=lambda hit: (hit.time, hit.id)):
        name, span = (hit.rule, tuple(hit.key.items())), SHAPES[hit.rule].span
        run = latest.get(name)
        if run is None or span is None or hit.time - run[-1].time > span:
            run = latest[name] = []
            runs.append(run)
        run.append(hit)
    return [Alert(Hit(run[0].rule, run[0].id, run[0].time, run[0].key, (run[0].id,)), len(run)) for run in runs]


def order(hit: Hit) -> tuple[object, ...]:
    return hit.time, hit.rule, hit.id, tuple(hit.key.values())


@settings(max_examples=60, deadline=None)
@given(st.lists(HITS, max_size=40, unique_by=order))
def test_they_come_back_in_order_and_as_alerts(found: list[Hit]) -> None:
    hits = Hits(Scratch(), SHAPES)
    hits.add(found[:7])
    hits.add(found[7:])
    assert list(hits) == sorted(found, key=order)
    assert list(hits) == list(hits), "they can be read again"
    assert len(hits) == len(found) == sum(hits.by_rule().values())
    alerts, total = hits.alerts(1000)
    wanted = sorted(expected_alerts(found), key=lambda alert: order(alert.first))
    assert (alerts, total) == (wanted, len(wanted))
    assert hits.alerts(3) == (wanted[:3], len(wanted))


def test_two_readers_do_not_disturb_each_other() -> None:
    hits = Hits(Scratch(), SHAPES)
    hits.add(Hit("alone", f"{number:05d}", number, {}, ("x",)) for number in range(9_000))
    once, again = iter(hits), iter(hits)
    pairs = [(next(once).id, next(again).id, len(hits)) for _ in range(5_000)]
    assert all(one == other and count == 9_000 for one, other, count in pairs)


def test_the_scratch_folder_goes_with_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    hits = Hits(Scratch(), SHAPES)
    assert [path.name.startswith("casetrail-") for path in tmp_path.iterdir()] == [True]
    del hits
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seed", range(4))
def test_the_evidence_is_the_latest_twenty_events_of_the_window(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    counted = plan(COUNT2)
    assert isinstance(counted, Correlation)
    moments = [chance.choice([0, 1, 5, 30, 200]) for _ in range(120)]
    events: list[Event] = []
    at = 0
    for number, moment in enumerate(moments):
        at += moment * chance.choice([0, 1, 1])
        events.append(event(f"e{number:03d}", at, kind="a", user=chance.choice(["alice", "Alice", "bob"])))
    (tmp_path / "log.ndjson").write_bytes(b"\n".join(orjson.dumps(dict(one.row)) for one in events))
    report = hunt({"counted": counted}, {CONTRACT.key: CONTRACT}, [tmp_path])
    found = {hit.id: hit for hit in report.hits}
    assert set(found) == evaluate(counted, events).ids
    assert len(found) > 20
    for hit in found.values():
        window = [
            one
            for one in events
            if one.row["user"].lower() == hit.key["user"] and hit.time - counted.span <= one.time <= hit.time
        ]
        latest = sorted(window, key=lambda one: (one.time, one.id), reverse=True)[:20]
        assert hit.evidence == tuple(one.id for one in latest)
        assert hit.id in hit.evidence
    assert (found[min(found)].time - START) % SECOND == 0
