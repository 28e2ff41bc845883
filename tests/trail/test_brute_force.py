"""A walk written apart, from docs/trail.md, that reads every event for every question, agrees on random logs."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from casetrail.trail.node import Strength
from casetrail.trail.walk import Limits
from tests.trail.rows import elf, log, stored, trail

SHARED, IDLE = 2, 120
USERS = [f"005000000000{name}" for name in ("Eve", "Bob", "Cyd", "Dan")]
PLACES = [f"198.51.100.{number}" for number in range(1, 7)]


@dataclass(frozen=True)
class Happened:
    """An event of Salesforce. minute: after the beginning; empty texts for what it doesn't name."""

    name: str
    minute: int
    user: str
    place: str
    session: str
    agent: str
    request: str


def draw(seed: int) -> list[Happened]:
    """Random events: sessions that move, programs that some share, downloads without a key."""
    chance = random.Random(seed)
    sessions = [(f"s{number}", chance.choice(USERS), chance.choice(PLACES), chance.choice("abcde")) for number in range(9)]
    found = []
    for number in range(chance.randint(10, 45)):
        session, user, place, agent = chance.choice(sessions)
        minute = int(session[1:]) * 50 + chance.choice([chance.randrange(60), chance.randrange(600)])
        name = f"e{number}"
        match chance.randrange(6):
            case 0 | 1:
                found.append(Happened(name, minute, user, "", "", "", chance.choice([name, "shared"])))
            case 2:
                found.append(Happened(name, minute, user, place, "", agent, name))
            case 3:
                found.append(Happened(name, minute, user, chance.choice(PLACES), session, agent, name))
            case _:
                found.append(Happened(name, minute, user, place, session, agent, chance.choice([name, name, "shared"])))
    return sorted(found, key=lambda one: (one.minute, int(one.name[1:])))


def row(one: Happened) -> dict[str, Any]:
    named = {"CLIENT_IP": one.place, "LOGIN_KEY": one.session, "USER_AGENT": one.agent, "REQUEST_ID": one.request}
    return elf("RestApi", one.minute, one.user, one.name, QUERY_ID=one.name, **named)


def brute(events: list[Happened], place: str) -> dict[str, Strength]:
    """How strong each event of the trail of an address is."""

    def users(holds: Callable[[Happened], bool]) -> set[str]:
        return {one.user for one in events if holds(one)}

    def shared(thing: tuple[str, str]) -> bool:
        kept = users(lambda one: getattr(one, thing[0]) == thing[1] and bool(one.session)) if thing[0] == "place" else set()
        return thing[0] != "session" and len(kept or users(lambda one: getattr(one, thing[0]) == thing[1])) > SHARED

    if shared(("place", place)):
        return {}
    begin = min((one.minute for one in events if one.place == place), default=0)

    def had(one: Happened) -> bool:
        return any(other.minute < begin and other.user == one.user and other.place == one.place for other in events)

    walked = {("place", place)}
    while True:
        exact = [one for one in events if any(getattr(one, kind) == value for kind, value in walked)]
        more = {(kind, getattr(one, kind)) for one in exact for kind in ("session", "request") if getattr(one, kind)}
        more |= {("place", one.place) for one in exact if one.place and not had(one)}
        more = {thing for thing in more - walked if not shared(thing)}
        if not more:
            break
        walked |= more
    found = {one.name: Strength.EXACT for one in exact}
    own = {one.place for one in exact if one.place and had(one)} - {value for kind, value in walked if kind == "place"}
    own = {each for each in own if all(had(one) for one in exact if one.place == each)}
    for user in sorted({one.user for one in exact}):
        follow([one for one in events if one.user == user], events, walked, own, found)
    return found


def follow(
    mine: list[Happened], events: list[Happened], walked: set[tuple[str, str]], own: set[str], found: dict[str, Strength]
) -> None:
    programs = {one.agent for one in mine if one.name in found and ("place", one.place) in walked and one.agent}
    programs -= {one.agent for one in mine if one.place in own}
    programs = {agent for agent in programs if len({one.user for one in events if one.agent == agent}) == 1}
    alike = {one.session for one in mine if one.session and one.agent in programs}
    for one in mine:
        if one.session in alike:
            found.setdefault(one.name, Strength.LIKELY)
    of_trail = {one.session for one in mine if one.session and one.name in found}
    for one in mine:
        keyed = [other for other in mine if other.place == one.place and other.session]
        if one.place and not one.session and keyed and all(other.name in found for other in keyed):
            found.setdefault(one.name, Strength.LIKELY)
    seen: dict[str, list[int]] = {one.session: [] for one in mine if one.session}
    for one in mine:
        if one.session:
            seen[one.session].append(one.minute)
            continue
        if one.place:
            continue
        span = {key: [other.minute for other in mine if other.session == key] for key in seen}
        lasts = [key for key in sorted(of_trail) if min(span[key]) <= one.minute <= max(*span[key], *seen[key], 0) + IDLE]
        using = [key for key, at in seen.items() if at and one.minute <= at[-1] + IDLE]
        others = [key for key in using if key not in of_trail]
        for key in (*lasts, *others):
            seen[key].append(one.minute)
        if lasts:
            sure = not others and any(key in using for key in lasts)
            found.setdefault(one.name, Strength.LIKELY if sure else Strength.POSSIBLE)


@pytest.mark.parametrize("start", range(0, 60, 15))
def test_the_walk_finds_what_reading_every_event_for_every_question_finds(start: int, tmp_path: Path) -> None:
    trails = 0
    for seed in range(start, start + 15):
        events = draw(seed)
        store = stored(log(tmp_path, map(row, events), f"{seed}.ndjson"))
        for place in PLACES[:3]:
            found = trail(store, f"address:{place}", limits=Limits(accounts=SHARED))
            by_line = {f"{tmp_path / f'{seed}.ndjson'}:{number}": one.name for number, one in enumerate(events, 1)}
            walked = {by_line[step.event.place]: step.strength for step in found.steps.values()}
            assert walked == brute(events, place), (seed, place)
            trails += bool(walked)
    assert trails > 10


def test_the_random_logs_hold_every_strength() -> None:
    held = {strength for seed in range(60) for place in PLACES[:3] for strength in brute(draw(seed), place).values()}
    assert held == set(Strength)
