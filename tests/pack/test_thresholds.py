"""A customer's thresholds and watchlists, in a folder beside the pack."""

from __future__ import annotations

from pathlib import Path

import pytest

from casetrail.pack.files import PackError
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import Correlation, Threshold

ROOT = Path(__file__).parents[2]
RULE = "salesforce_files_in_volume"


def loaded(folder: Path, thresholds: str) -> Correlation:
    (folder / "thresholds.yml").write_text(thresholds)
    plan = Pack.load(ROOT, folder).rules[RULE].plan
    assert isinstance(plan, Correlation)
    return plan


def test_number_and_timespan_are_replaced(tmp_path: Path) -> None:
    plan = loaded(tmp_path, f"{RULE}: {{count: 80, timespan: 2h}}")
    assert isinstance(plan.condition, Threshold)
    assert (plan.condition.count, plan.span) == (80, 7_200_000_000)


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ("no_such_rule: {count: 1}", "no rule is named no_such_rule"),
        (f"{RULE}: {{most: 1}}", "most is no threshold"),
        (f"{RULE}: {{count: many}}", "not a number"),
        ("okta_session_protection_weakened: {count: 1}", "is no correlation"),
        ("okta_signin_new_network: {count: 1}", "has no number"),
    ],
)
def test_what_is_no_threshold_is_an_error_with_the_file(tmp_path: Path, thresholds: str, message: str) -> None:
    with pytest.raises(PackError, match=f"thresholds.yml:1:1: .*{message}"):
        loaded(tmp_path, thresholds)


def test_a_list_of_the_customer_replaces_the_packs(tmp_path: Path) -> None:
    (tmp_path / "service_accounts.csv").write_text("value,note\nsvc@corp.example,made up\n")
    pack = Pack.load(ROOT, tmp_path)
    assert pack.watchlists["service_accounts"] == ("svc@corp.example",)
    assert pack.watchlists["sensitive_file_patterns"] == Pack.load(ROOT).watchlists["sensitive_file_patterns"]


def test_an_unknown_list_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "service_acounts.csv").write_text("value\na\n")
    with pytest.raises(PackError, match=r"service_acounts\.csv: no watchlist of the pack is named so"):
        Pack.load(ROOT, tmp_path)
