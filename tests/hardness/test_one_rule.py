"""One rule that can't be asked, or that needs much, never ends a hunt: the others are answered, and it is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casetrail.hunt.hunt import hunt
from casetrail.plan.nodes import (
    Correlation,
    Equals,
    Figure,
    Is,
    KeyPart,
    Like,
    Matches,
    Op,
    Or,
    Plan,
    Search,
    Threshold,
    Type,
    Wildcard,
)
from tests.worlds import CONTRACT, SECOND

F = CONTRACT.fields
PATTERN_TOO_LARGE = "(a{1000}){10}"
GOOD = Search("good", CONTRACT.key, Is(F["kind"], Equals("a", cased=True)))
BAD = Search("bad", CONTRACT.key, Is(F["user"], Matches(PATTERN_TOO_LARGE)))
MALFORMED = "{"


def log(folder: Path, *more: str, **parts: object) -> Path:
    rows = [{"id": f"e{n}", "at": f"2026-01-15T09:00:0{n}Z", "kind": "a", "user": "b", **parts} for n in range(5)]
    path = folder / "log.ndjson"
    path.write_text("\n".join([*map(json.dumps, rows), *more]))
    return path


def counted(base: Plan, threshold: Threshold) -> Correlation:
    return Correlation("counted", (base,), (KeyPart("user", (F["user"],), Type.TEXT, cased=True),), 60 * SECOND, threshold)


TWO_EVENTS = Threshold(Figure.EVENTS, Op.GTE, 2)


@pytest.mark.parametrize("more", [(), (MALFORMED,)], ids=["fast", "patient"])
def test_a_rule_that_cannot_be_asked_is_named_and_the_others_are_answered(more: tuple[str, ...], tmp_path: Path) -> None:
    plans: dict[str, Plan] = {
        "good": GOOD,
        "bad": BAD,
        "on good": counted(GOOD, TWO_EVENTS),
        "on bad": counted(BAD, TWO_EVENTS),
    }
    report = hunt(plans, {CONTRACT.key: CONTRACT}, [log(tmp_path, *more)])
    assert report.hits.by_rule() == {"good": 5, "on good": 4}
    told = [fault for fault in report.faults.fatal if "couldn't be asked" in fault]
    assert [fault.partition(":")[0] for fault in told] == ["bad", "on bad"]
    assert report.rows[CONTRACT.key] == 5


@pytest.mark.parametrize("figure", [Figure.SUM, Figure.AVG, Figure.MEDIAN])
def test_a_figure_of_numbers_at_the_end_of_their_range_costs_no_other_rule(figure: Figure, tmp_path: Path) -> None:
    value = KeyPart("f", (F["f"],), Type.NUMBER, cased=True)
    plans: dict[str, Plan] = {"good": GOOD, "counted": counted(GOOD, Threshold(figure, Op.GT, 1, value))}
    report = hunt(plans, {CONTRACT.key: CONTRACT}, [log(tmp_path, f=1.7e308)])
    assert report.hits.by_rule()["good"] == 5


@pytest.mark.parametrize("more", [(), (MALFORMED,)], ids=["fast", "patient"])
def test_a_rule_of_very_many_values_is_answered_in_time(more: tuple[str, ...], tmp_path: Path) -> None:
    parts = [Like((Wildcard.MANY, f"v{number}", Wildcard.MANY)) for number in range(200)]
    many = Search("many", CONTRACT.key, Or(tuple(Is(F["tags"], each) for each in parts)))
    report = hunt({"good": GOOD, "many": many}, {CONTRACT.key: CONTRACT}, [log(tmp_path, *more, tags=["x", "v199"])])
    assert report.hits.by_rule() == {"good": 5, "many": 5}
