"""A hunt loses nothing in silence: what can be read is matched, what can't is counted, and events that were lost are exit code 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from casetrail.engines.duckdb import connect
from casetrail.engines.reference import evaluate
from casetrail.hunt.hunt import Report, hunt
from casetrail.plan.nodes import Is, Not, Overlap, Plan, SameAs, Search
from casetrail.plan.values import TIME_FORMATS
from tests.worlds import CONTRACT, event

F = CONTRACT.fields
AT = "2026-01-15T09:00:00.000Z"
MALFORMED = b'{"id": '


def row(identity: str, **parts: Any) -> dict[str, Any]:
    return {"id": identity, "at": AT, "kind": "a", **parts}


def hunted(path: Path, *plans: Plan) -> tuple[dict[str, set[str]], Report]:
    """The ids that complete each plan, and the report."""
    named = {plan.name: plan for plan in plans}
    report = hunt(named, {CONTRACT.key: CONTRACT}, [path])
    found: dict[str, set[str]] = {name: set() for name in named}
    for hit in report.hits:
        found[hit.rule].add(hit.id)
    return found, report


@pytest.mark.parametrize("way", ["fast", "patient"])
@pytest.mark.parametrize("overlap", list(Overlap))
@pytest.mark.parametrize(
    ("one", "other"), [("tags", "user"), ("user", "tags"), ("tags", "items.name"), ("items.name", "tags")]
)
def test_a_field_is_compared_with_another_alike_by_each_way(
    one: str, other: str, overlap: Overlap, way: str, tmp_path: Path
) -> None:
    same = Is(F[one], SameAs(F[other], overlap, cased=False))
    plans = (Search("same", CONTRACT.key, same), Search("other", CONTRACT.key, Not(same)))
    rows = [
        row("p", tags=["x", "ab"], user="ab", items=[{"name": "b"}, {"name": "AB"}]),
        row("q", tags=["x"], user="b", items=[{"name": "bx"}]),
        row("r", tags=[], user="b"),
    ]
    lines = [json.dumps(each).encode() for each in rows]
    (tmp_path / "log.ndjson").write_bytes(b"\n".join([*lines, *([MALFORMED] if way == "patient" else [])]))
    found, report = hunted(tmp_path / "log.ndjson", *plans)
    events = [
        event(**{key: value for key, value in each.items() if key not in ("at", "id")}, identity=each["id"]) for each in rows
    ]
    assert found == {plan.name: set(evaluate(plan, events).ids) for plan in plans}
    assert bool(report.faults.counts) == (way == "patient")


ENDS = {
    "iso8601": [
        ("9999-12-31T23:59:59.999999Z", True),
        ("9999-12-31T23:59:59-14:00", False),
        ("9999-12-31T23:59:59+14:00", True),
        ("0001-01-01T00:00:00Z", True),
        ("0001-01-01T00:00:00+14:00", False),
        ("0001-01-01T00:00:00-00:01", True),
        ("0000-12-31T23:59:59Z", False),
        ("9999-99-99T00:00:00Z", False),
    ],
    "compact": [("99991231235959.999999", True), ("00010101000000", True), ("00001231235959", False)],
    "epoch_s": [("253402300799", True), ("253402300800", False), ("-62135596801", False), ("1e308", False)],
    "epoch_ms": [("253402300799999", True), ("253402300800000", False), ("-1e308", False), ("99999999999999999999", False)],
}


@pytest.mark.parametrize(("form", "text", "readable"), [(form, *each) for form, some in ENDS.items() for each in some])
def test_a_time_beyond_the_years_1_to_9999_reads_as_none(form: str, text: str, readable: bool) -> None:
    told = TIME_FORMATS[form](text)
    assert (told is not None) == readable
    assert connect().execute(f"SELECT as_time_{form}(?)", [text]).fetchall() == [(told,)]


EXTREME = [text for text, readable in ENDS["iso8601"] if not readable]


@pytest.mark.parametrize("text", EXTREME)
def test_an_event_of_no_readable_time_is_counted_and_ends_nothing(text: str, tmp_path: Path) -> None:
    plan = Search("s", CONTRACT.key, Is(F["kind"], SameAs(F["kind"], Overlap.EQUALS, cased=True)))
    rows = [row("p"), row("q", at=text), row("r")]
    (tmp_path / "log.ndjson").write_text("\n".join(map(json.dumps, rows)))
    found, report = hunted(tmp_path / "log.ndjson", plan)
    assert found == {"s": {"p", "r"}}
    assert dict(report.faults.counts) == {"event without a readable time or identity": 1}
