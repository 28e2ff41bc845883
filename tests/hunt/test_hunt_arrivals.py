"""A hunt for what rows completed that arrived since a time, by every way into it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench.rows import write
from casetrail.engines.reference import evaluate
from casetrail.hunt.hunt import hunt
from casetrail.incidents.record import time_of
from casetrail.logs.event import Event, event_of
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import Correlation, Plan, sources
from tests.cli.ways import okta, run

ROOT = Path(__file__).parents[2]
PACK = Pack.load(ROOT)
OKTA = PACK.contracts["okta/okta"]
PLANS = {name: plan for name, plan in PACK.rules.plans().items() if sources(plan) == ("okta/okta",)}
MINUTE = 60_000_000
Found = set[tuple[str, str]]


@pytest.fixture(scope="module")
def came(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, Any], Event, int]]:
    """Rows, each with its event and when it came, a few minutes late or some hours."""
    path, draw = tmp_path_factory.mktemp("rows") / "rows.ndjson", random.Random(3)
    write(path, 1200)
    made = []
    for line in path.read_bytes().splitlines():
        row = orjson.loads(line)
        event = event_of(row, OKTA)
        if event is not None:
            arrived = (event.time + draw.choice([1, 5, 300]) * MINUTE) // 1_000_000 * 1_000_000
            made.append(({**row, "arrived": time_of(arrived)}, event, arrived))
    return made


def middle(came: list[tuple[dict[str, Any], Event, int]]) -> int:
    return sorted(arrived for _, _, arrived in came)[len(came) // 2]


def expected(came: list[tuple[dict[str, Any], Event, int]], since: int) -> Found:
    def ids(plan: Plan, before: int | None) -> frozenset[str]:
        events = [event for _, event, arrived in came if before is None or arrived < before]
        newest = max(event.time for _, event, _ in came)
        until = (newest if before is None else min(newest, before)) - OKTA.delay.greatest
        return evaluate(plan, events, until).ids

    return {(name, identity) for name, plan in PLANS.items() for identity in ids(plan, None) - ids(plan, since)}


def lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


FORMS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "rows.ndjson": lines,
    "faulty.ndjson": lambda rows: lines(rows) + b"{no\n",
    "array.json": orjson.dumps,
}


@pytest.mark.parametrize("form", FORMS)
def test_what_rows_completed_that_arrived_since(
    came: list[tuple[dict[str, Any], Event, int]], form: str, tmp_path: Path
) -> None:
    since = middle(came)
    path = tmp_path / form
    path.write_bytes(FORMS[form]([row for row, _, _ in came]))
    report = hunt(PLANS, PACK.contracts, [path], since=since)
    wanted = expected(came, since)
    assert {(hit.rule, hit.id) for hit in report.hits} == wanted
    assert wanted
    assert any(isinstance(PLANS[rule], Correlation) for rule, _ in wanted)
    assert len(wanted) < len(expected(came, 1 << 61) | expected(came, 0))


def test_rows_that_say_nothing_came_when_their_file_was_written(tmp_path: Path) -> None:
    old, new = tmp_path / "old.ndjson", tmp_path / "new.ndjson"
    old.write_bytes(lines([okta("a", kind="app.oauth2.token.detect_reuse")]))
    new.write_bytes(lines([okta("b", 5, kind="app.oauth2.token.detect_reuse")]))
    os.utime(old, (1_700_000_000, 1_700_000_000))
    os.utime(new, (1_700_003_600, 1_700_003_600))
    plans = {name: plan for name, plan in PLANS.items() if not isinstance(plan, Correlation)}

    def found(since: int | None) -> set[str]:
        return {hit.id for hit in hunt(plans, PACK.contracts, [tmp_path], since=since).hits}

    assert found(None) == found(1_699_999_999_000_000) == {"a", "b"}
    assert found(1_700_000_001_000_000) == {"b"}
    assert found(1_700_003_601_000_000) == set()


def test_a_window_of_old_and_new_rows_completes(tmp_path: Path) -> None:
    """The old row alone completed nothing, so the completion is new, though its event isn't."""
    rule = "okta_account_two_countries"
    rows = [
        okta("a", 0, **_from("DE")) | {"arrived": "2026-01-15T12:00:00Z"},
        okta("b", 60, **_from("FR")) | {"arrived": "2026-01-15T09:02:00Z"},
    ]
    path = tmp_path / "rows.ndjson"
    path.write_bytes(lines(rows))
    plans = {rule: PLANS[rule]}

    def found(since: str) -> set[str]:
        return {hit.id for hit in hunt(plans, PACK.contracts, [path], since=_micros(since)).hits}

    whole = {hit.id for hit in hunt(plans, PACK.contracts, [path]).hits}
    assert whole == {"b"} == found("2026-01-15T11:00:00Z")
    assert found("2026-01-15T12:00:01Z") == set()


def _from(country: str) -> dict[str, Any]:
    return {
        "actor": {"id": "u", "type": "User", "alternateId": "user@example.com"},
        "outcome": {"result": "SUCCESS"},
        "client": {"geographicalContext": {"country": country}, "ipAddress": "192.0.2.1"},
        "securityContext": {"asNumber": 1, "isProxy": False},
    }


def _micros(text: str) -> int:
    from casetrail.cli.show.cluster import instant

    return instant(text, 0)


def test_the_command_takes_a_time_or_a_span(tmp_path: Path) -> None:
    path = tmp_path / "rows.ndjson"
    path.write_bytes(lines([okta("a", kind="app.oauth2.token.detect_reuse") | {"arrived": "2026-01-15T10:00:00Z"}]))

    def ids(*words: str) -> set[str]:
        told = run("hunt", path, "--json", "--since-arrival", *words, pack=ROOT).stdout
        return {orjson.loads(line)["id"] for line in told.splitlines()}

    assert ids("2026-01-15T10:00:00Z") == {"a"}
    assert ids("2026-01-15T10:00:01Z") == ids("1h") == set()
    assert run("hunt", path, "--since-arrival", "yesterday", pack=ROOT).exit_code == 2
    refused = run("hunt", "--engine", "elasticsearch", "--url", "https://x", "--since-arrival", "1h", pack=ROOT)
    assert "--since-arrival is for files" in refused.stderr
