"""A field by the name that Sigma's taxonomy or another case gives it means the log's own, and `check --fix` writes that one."""

from __future__ import annotations

from pathlib import Path

import pytest

from casetrail.check.check import check
from casetrail.cli.check import mend
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import Equals, Is, Search
from tests.pack.test_logsources import folder

RULE = """
title: A role was given
name: role_given
id: 5f1a1e1e-0f3b-4a51-8d9b-6d5e0d6f5b11
status: test
logsource: {product: gcp, service: google_workspace.admin}
detection:
  selection:
    eventService: admin.googleapis.com
    eventName: [ASSIGN_ROLE]
    'new_value|contains': eventName
  condition: selection
level: low
---
title: Often
name: often
id: 5f1a1e1e-0f3b-4a51-8d9b-6d5e0d6f5b12
status: test
correlation: {type: event_count, rules: [role_given], group-by: [actor.Email], timespan: 1h, condition: {gte: 2}}
level: low
"""
OWN = (
    RULE.replace("eventService: admin.googleapis.com", "id.applicationName: admin")
    .replace("eventName: [", "name: [")
    .replace("'new_value|", "'NEW_VALUE|")
    .replace("actor.Email", "actor.email")
)


def test_a_name_of_the_taxonomy_means_the_logs_own_field_and_value(tmp_path: Path) -> None:
    said, own = (Pack.load(folder(tmp_path / name, rules__a=text)).rules for name, text in (("said", RULE), ("own", OWN)))
    assert said["role_given"].plan == own["role_given"].plan
    plan = said["role_given"].plan
    assert isinstance(plan, Search)
    assert "Equals(value='admin'" in repr(plan.where)


def test_each_such_name_is_a_warning_and_fix_writes_the_own_one_and_nothing_else(tmp_path: Path) -> None:
    top = folder(tmp_path, rules__a=RULE)
    found = [finding for finding in check(top) if finding.code == "CT113"]
    assert [(finding.line, finding.severity) for finding in found] == [(n, "warning") for n in (8, 8, 9, 10, 18)]
    assert mend(found) == 5
    assert (top / "rules" / "a.yml").read_text() == OWN.lstrip()
    assert [finding for finding in check(top) if finding.code == "CT113"] == []


@pytest.mark.parametrize("name", ["eventtype", "EVENTTYPE"])
def test_upper_and_lower_case_of_a_field_name_are_one_where_the_log_has_one_such_field(tmp_path: Path, name: str) -> None:
    rule = (
        f"title: a\nname: a\nlogsource: {{product: okta, service: okta}}\ndetection:\n  s: {{{name}: x}}\n  condition: s\n"
    )
    plan = Pack.load(folder(tmp_path, rules__a=rule)).rules["a"].plan
    assert isinstance(plan, Search)
    assert isinstance(plan.where, Is)
    assert (plan.where.field.path, plan.where.check) == ("eventType", Equals("x", True))
