"""The invented company: the same for the same seed, and its rows as the contracts say."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

import orjson
import pytest
import yaml

from casetrail.logs.event import event_of
from casetrail.logs.rows import rows
from casetrail.pack.pack import Pack
from casetrail.pack.watchlist import faults, parse_watchlist
from company import lists
from company.assumptions import assumptions
from company.chance import chance
from company.days import days
from company.delivery import delivered
from company.event import SOURCES, Event
from company.services import AUTOMATIONS, services
from company.times import DAY, number_of

_FIRST = number_of(date(2026, 3, 2))
_ROOT = Path(__file__).parents[2]


def _day(seed: int = 1) -> list[tuple[int, Event]]:
    return list(delivered(days(seed, _FIRST, 1, share=0.1), chance(seed, "delivery")))


@pytest.fixture(scope="module")
def day() -> list[tuple[int, Event]]:
    return _day()


def test_the_same_seed_gives_the_same_log(day: list[tuple[int, Event]]) -> None:
    again, other = _day(), _day(seed=2)
    assert [(at, orjson.dumps(event.row)) for at, event in day] == [(at, orjson.dumps(event.row)) for at, event in again]
    assert orjson.dumps([event.row for _, event in day]) != orjson.dumps([event.row for _, event in other])


def test_every_log_is_there(day: list[tuple[int, Event]]) -> None:
    counts = Counter(event.source for _, event in day)
    assert set(counts) == set(SOURCES)
    assert counts["okta/okta"] > 1000
    assert counts["salesforce/eventlogfile"] > 1000


def test_each_row_is_an_event_of_its_own_log_alone(day: list[tuple[int, Event]]) -> None:
    contracts = Pack.load(_ROOT).contracts
    for _, event in day:
        found = [(contract.key, event_of(row, contract)) for contract, row in rows(event.row, contracts)]
        assert [key for key, _ in found] == [event.source], event.row
        (seen,) = (one for _, one in found)
        assert seen is not None
        assert seen.time == event.at * 1000


def test_each_key_of_a_row_is_in_its_contract(day: list[tuple[int, Event]]) -> None:
    contracts = Pack.load(_ROOT).contracts
    heads = {key: {field.steps[0] for field in contract.fields.values()} for key, contract in contracts.items()}
    for _, event in day:
        ((contract, row),) = rows(event.row, contracts)
        strange = set(row) - heads[contract.key] - {"kind"}
        assert not strange - _EXTENSIONS, (event.source, strange)


_EXTENSIONS = {
    # Documented parameters that no rule needs.
    "APP_NAME",
    "EXTENSION_ACTION",
    "EXTENSION_SOURCE",
}


def test_rows_arrive_after_they_happen_and_some_twice(day: list[tuple[int, Event]]) -> None:
    moments = [at for at, _ in day]
    assert moments == sorted(moments)
    assert all(at > event.at for at, event in day)
    assert all(abs(event.at - _FIRST * DAY) < 2 * DAY for _, event in day)
    texts = Counter(orjson.dumps(event.row) for _, event in day)
    assert max(texts.values()) == 2


def test_the_watchlists_are_those_of_the_pack_and_without_fault() -> None:
    held = yaml.safe_load((_ROOT / "watchlists" / "watchlists.yml").read_text("utf-8"))
    for name, entries in lists.watchlists().items():
        lines = ["value,note", *(f"{value},{note}" for value, note in entries)]
        assert parse_watchlist(lines)
        assert not list(faults(lines, held[name]["holds"])), name


def test_every_assumption_is_read_by_the_generator() -> None:
    code = "".join(path.read_text("utf-8") for path in sorted((_ROOT / "company").glob("*.py")))
    named = set(re.findall(r"[a-z]+\.[a-z_0-9]+", code))
    looped = {name for name in assumptions() if name.startswith("chrome.")}
    told = {name for name, each in assumptions().items() if isinstance(each.value, str)}
    people = {name for name in assumptions() if name.startswith("people.") and f'"{name.partition(".")[2]}"' in code}
    assert set(assumptions()) - named - looped - told - people == set()


def test_there_are_forty_service_accounts() -> None:
    assert len(services()) + len(AUTOMATIONS) == 40
