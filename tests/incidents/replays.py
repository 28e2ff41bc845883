"""Each incident replayed once for all tests of a worker."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from casetrail.incidents.replay import Replay, Replayed, replay
from casetrail.incidents.story import read_incident
from casetrail.pack.backend import targets
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import searches

ROOT = Path(__file__).parents[2]
NAMES = ("okta-2023", "salesloft-drift-2025", "unc6040-2025")


@cache
def pack() -> Pack:
    return Pack.load(ROOT)


@cache
def indicators() -> tuple[str, ...]:
    """The rules that rest on the addresses of 2023, which none of the tests may need."""
    marked = {rule.name for rule in pack().rules.values() if "%incident_2023_addresses%" in str(rule.meta.get("detection"))}
    return tuple(name for name, plan in pack().rules.plans().items() if marked & {search.name for search in searches(plan)})


@cache
def replayed(name: str) -> Replay:
    """On every target, without any rule that rests on indicators."""
    return replay(pack(), read_incident(pack(), name), targets(pack()), indicators())


def company(incident: str, name: str) -> Replayed:
    return next(each for each in replayed(incident).companies if each.company.name == name)
