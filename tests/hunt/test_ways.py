"""Random Sigma rules on random log files: a hunt's fast way, its patient way and the reference evaluator say the same."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from sigma.collection import SigmaCollection

from casetrail.engines.reference import evaluate
from casetrail.hunt.hunt import hunt
from casetrail.plan.nodes import Plan
from casetrail.sigma.correlate import lower
from tests.laws import hunted
from tests.laws.fuzz import EXAMPLES
from tests.laws.sigma import Document

RULES = 12
"""Rules of one hunt: most of the time of a short one is its beginning."""
PARTS = 4
HUNTS = max(1, EXAMPLES // (4 * RULES * PARTS))
"""Hunts of each part, so that a quarter of CASETRAIL_FUZZ is rules on logs; each is tried twice."""
Found = dict[str, set[str]]
UNREADABLE = b"{"
"""What sends a file the patient way."""


def plan_of(rules: Sequence[Document]) -> Plan | None:
    return lower(SigmaCollection.from_dicts(copy.deepcopy(list(rules)))[rules[-1]["name"]], hunted.HUNTED)[0]


def found(plans: dict[str, Plan], lines: list[bytes], path: Path) -> Found:
    path.write_bytes(b"\n".join(lines))
    told: Found = {name: set() for name in plans}
    for hit in hunt(plans, hunted.CONTRACTS, [path]).hits:
        told[hit.rule].add(hit.id)
    return told


def expected(plans: dict[str, Plan], lines: list[bytes]) -> Found:
    events = hunted.events(lines)
    newest = max((event.time for event in events), default=0)
    until = newest - hunted.CONTRACT.delay.greatest
    return {name: set(evaluate(plan, events, until).ids) for name, plan in plans.items()}


@pytest.mark.parametrize("part", range(PARTS))
def test_each_way_of_a_hunt_says_what_the_reference_says(part: int, tmp_path: Path) -> None:
    for number in range(HUNTS):
        seed = f"{part} {number}"
        random = Random(seed)
        rules = {f"r{each}": hunted.rule(random) for each in range(RULES)}
        plans = {name: plan for name, documents in rules.items() if (plan := plan_of(documents)) is not None}
        lines = hunted.log(random)
        wanted = expected(plans, lines)
        ways = {"fast": found(plans, lines, tmp_path / "fast.ndjson")}
        ways["patient"] = found(plans, [*lines, UNREADABLE], tmp_path / "patient.ndjson")
        for way, told in ways.items():
            apart = [name for name in plans if told[name] != wanted[name]]
            shown = [(rules[name], sorted(told[name] ^ wanted[name])) for name in apart[:2]]
            assert not apart, f"seed {seed!r}, {way} way: {shown} on {lines}"
