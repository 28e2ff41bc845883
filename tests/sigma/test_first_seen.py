"""A first seen needs no copied base rule: `not a and a` means what it means with a second rule that asks the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from casetrail.build.targets import build
from casetrail.engines.base import Trial
from casetrail.engines.duckdb import Duckdb
from casetrail.engines.reference import Reference, evaluate
from casetrail.logs.event import Event
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import Correlation
from tests.pack.test_logsources import folder

RULES = """
title: New
name: new_country
id: 5f1a1e1e-0f3b-4a51-8d9b-6d5e0d6f5b11
status: test
correlation:
  type: temporal_ordered
  rules: {rules}
  group-by: [actor.alternateId]
  timespan: 7d
  condition: {condition}
level: high
---
title: Sign-in
name: signin
id: 5f1a1e1e-0f3b-4a51-8d9b-6d5e0d6f5b12
status: test
logsource: {{product: okta, service: okta}}
detection: {{s: {{eventType: user.session.start}}, condition: s}}
level: low
---
title: Sign-in again
name: again
id: 5f1a1e1e-0f3b-4a51-8d9b-6d5e0d6f5b13
status: test
logsource: {{product: okta, service: okta}}
detection: {{s: {{eventType: user.session.start}}, condition: s}}
level: low
"""
DAY = 86_400_000_000
EVENTS = tuple(
    Event(name, day * DAY, "okta/okta", {"uuid": name, "eventType": "user.session.start", "actor": {"alternateId": who}})
    for name, day, who in (("a", 1, "ana"), ("b", 3, "ana"), ("c", 20, "ana"), ("d", 4, "ben"))
)


def plan(top: Path, rules: str, condition: str) -> Correlation:
    found = Pack.load(folder(top, rules__new=RULES.format(rules=rules, condition=condition))).rules["new_country"].plan
    assert isinstance(found, Correlation)
    return found


def test_a_rule_may_stand_twice_in_the_condition_of_a_sequence(tmp_path: Path) -> None:
    short = plan(tmp_path / "short", "[signin]", "not signin and signin")
    long = plan(tmp_path / "long", "[again, signin]", "not again and signin")
    assert [base.name for base in short.bases] == ["signin", "signin_2"]
    assert short.condition == long.condition
    assert [replace(base, name="") for base in short.bases] == [replace(base, name="") for base in long.bases]
    assert evaluate(short, EVENTS).ids == evaluate(long, EVENTS).ids == {"a", "c", "d"}
    assert Reference().verdicts([Trial(short, EVENTS, None)]) == Duckdb().verdicts([Trial(short, EVENTS, None)])


def test_every_target_builds_it(tmp_path: Path) -> None:
    plan(tmp_path, "[signin]", "not signin and signin")
    built = build(Pack.load(tmp_path))
    assert {target for target, rules in built.rules.items() if "new_country" in rules} >= {
        "elastic",
        "opensearch",
        "splunk",
        "sentinel",
    }


@pytest.mark.parametrize("condition", ["signin and not other", "not signin"])
def test_a_condition_that_names_other_rules_is_refused(tmp_path: Path, condition: str) -> None:
    pack = Pack.load(folder(tmp_path, rules__new=RULES.format(rules="[signin, again]", condition=condition)))
    assert "new_country" not in pack.rules or pack.rules["new_country"].plan is None
