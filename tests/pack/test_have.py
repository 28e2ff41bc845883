"""`logs: have:` says which logs there are: rules are built for those, and never find what the whole rule wouldn't."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casetrail.build.targets import build
from casetrail.engines.reference import evaluate
from casetrail.pack.cases import case_files
from casetrail.pack.files import PackError
from casetrail.pack.pack import Pack
from casetrail.plan.narrowed import narrowed
from casetrail.plan.nodes import (
    AllOf,
    AnyOf,
    Condition,
    Correlation,
    Figure,
    Op,
    Order,
    Present,
    Search,
    Threshold,
    Without,
    sources,
)

ROOT = Path(__file__).parents[2]
OKTA, TRAIL = "okta/okta", "salesforce/setupaudittrail"
PACK = Pack.load(ROOT)


def saying(tmp_path: Path, *logs: str) -> Pack:
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "casetrail.yml").write_text(f"over: {ROOT}\nlogs: {{have: [{', '.join(logs)}]}}\n")
    return Pack.load(ROOT, overlay=folder)


def whole(condition: Condition) -> Correlation:
    one = next(rule.plan for rule in PACK.rules.values() if isinstance(rule.plan, Search) and rule.plan.source == OKTA)
    other = next(rule.plan for rule in PACK.rules.values() if isinstance(rule.plan, Search) and rule.plan.source == TRAIL)
    assert one is not None
    assert other is not None
    return Correlation("c", (one, other), (), 60_000_000, condition)


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        (Threshold(Figure.EVENTS, Op.GTE, 2), Threshold(Figure.EVENTS, Op.GTE, 2)),
        (Threshold(Figure.EVENTS, Op.LT, 2), None),
        (Threshold(Figure.EVENTS, Op.EQ, 2), None),
        (AnyOf((Present(0), Present(1))), Present(0)),
        (AllOf((Present(0), Present(1))), None),
        (AllOf((Present(0), Without(Present(1)))), None),
        (Order((0, 1)), None),
        (Order((0,), after=(1,)), None),
        (Order((0,), before=(1,)), None),
    ],
)
def test_a_condition_does_without_a_log_only_where_it_says_no_more_without_it(
    condition: Condition, left: Condition | None
) -> None:
    found = narrowed(whole(condition), {OKTA})
    assert (found.condition if isinstance(found, Correlation) else found) == left
    assert narrowed(whole(condition), {OKTA, TRAIL}) == whole(condition)


@pytest.mark.parametrize(
    "gone", sorted({source for rule in PACK.rules.values() if rule.plan for source in sources(rule.plan)})
)
def test_what_a_narrower_rule_finds_the_whole_one_finds_too(gone: str) -> None:
    have = set(PACK.contracts) - {gone}
    for file in case_files(PACK):
        plan = PACK.rules[file.rule].plan
        assert plan is not None
        less = narrowed(plan, have)
        if less is None or less == plan:
            continue
        for case in file.cases:
            if case.seen_until is None and not case.watchlists:
                assert evaluate(less, case.events).ids <= evaluate(plan, case.events).ids, (case.rule, case.name)


def test_a_rule_of_a_log_that_is_not_there_is_left_out_by_name_and_the_manifest_says_what_others_no_longer_see(
    tmp_path: Path,
) -> None:
    pack = saying(tmp_path, OKTA, "salesforce/realtime")
    manifest = json.loads(build(pack, ["splunk"]).files["manifest.json"])
    shipped = {rule["rule"] for rule in manifest["rules"]}
    assert "okta_api_token_created" in shipped
    assert "salesforce_service_account_reset" not in shipped
    reasons = {one["rule"]: one["reason"] for one in manifest["left_out"]}
    assert reasons["salesforce_service_account_reset"] == f"it needs {TRAIL}, and `logs: have:` doesn't name that log"
    assert manifest["logs"]["have"] == [OKTA, "salesforce/realtime"]
    assert manifest["logs"]["narrowed"]
    for one in manifest["logs"]["narrowed"]:
        assert one["rule"] in shipped
        assert not set(one["no_longer_sees"]) & {OKTA, "salesforce/realtime"}


def test_a_pack_that_says_nothing_of_its_logs_is_built_for_all() -> None:
    assert PACK.have is None
    assert PACK.unseen() == {}


def test_a_log_that_nobody_defined_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="no log source definition for okta/octa; did you mean okta/okta"):
        saying(tmp_path, "okta/octa").shippable()
