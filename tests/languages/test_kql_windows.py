"""Correlations as KQL: whole queries, and what is refused. What the queries mean is tests/every_engine's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from casetrail.languages.base import Ago, Bounds
from casetrail.languages.kql.query import query_of
from casetrail.plan.nodes import Correlation
from casetrail.stores.unsupported import UnsupportedError
from tests.engines.test_reference import ABSENT, COUNT2, FIRST, FIRST_CHAIN, ORDERED, VALUES2, plan
from tests.kusto.stores import BACKEND, FIELDS, STORE
from tests.worlds import CONTRACT

RUN = Bounds(1_700_000_000_000_000, Ago(60_000_000))
INNER = {"title": "inner", "name": "inner", "correlation": {"group-by": ["user"], "timespan": "10s", **COUNT2}}

COUNTED = """let steps0 = materialize(Test_CL
    | where Log == 'test.log'
    | where Kind == 'a'
    | project base = 0, id = Uid, at = TimeGenerated, key0 = tolower(User)
| where isnotempty(key0)
| distinct base, id, at, key0);
steps0
| where at >= datetime(2023-11-14T22:13:20.000000Z)
| distinct id, at, key0
| join kind=inner (steps0 | project key0, other_base = base, other_id = id, other_at = at) on key0
| where other_at between ((at - 1h) .. at)
| summarize n = count(), evidence = make_set(other_id, 100) by id, at, key0
| where n >= 2
| project event_id = id, TimeGenerated = at, User = key0, n, evidence
| order by TimeGenerated asc, event_id asc"""

FIRST_SEEN = """let steps0 = materialize(union
    (Test_CL
    | where Log == 'test.log'
    | where Kind == 'x'
    | project base = 0, id = Uid, at = TimeGenerated, key0 = tolower(User)),
    (Test_CL
    | where Log == 'test.log'
    | where Kind == 'a'
    | project base = 1, id = Uid, at = TimeGenerated, key0 = tolower(User))
| where isnotempty(key0)
| distinct base, id, at, key0);
steps0
| where base == 1
| where at >= datetime(2023-11-14T22:13:20.000000Z)
| distinct id, at, key0
| join kind=leftouter (steps0 | where base == 0 | project key0, other_base = base, other_id = id, other_at = at) on key0
| summarize seen = countif(other_at between ((at - 1h) .. at) and other_at < at) by id, at, key0
| where seen == 0
| extend n = 1, evidence = pack_array(id)
| project event_id = id, TimeGenerated = at, User = key0, n, evidence
| order by TimeGenerated asc, event_id asc"""


def query(correlation: dict[str, Any], *more: dict[str, Any], run: Bounds = RUN) -> str:
    return query_of(plan(correlation, *more), BACKEND, run)


def test_a_count_slides_by_a_join_of_a_keys_steps() -> None:
    assert query(COUNT2) == COUNTED


def test_first_seen_looks_for_none_before() -> None:
    assert query(FIRST) == FIRST_SEEN


def test_distinct_values_leave_out_the_missing() -> None:
    assert "n = coalesce(array_length(make_set(other_value)), 0), evidence" in query(VALUES2)
    text = {**VALUES2, "condition": {"gte": 2, "field": "other"}}
    assert "make_set(other_value)), 0) - iff(countif(isempty(other_value)) > 0, 1, 0), evidence" in query(text)


def test_nothing_follows_is_known_only_once_the_log_is_whole() -> None:
    lines = query(ABSENT).split("\n| ")
    assert "where at + 1h <= ago(1m)" in lines
    assert "summarize followed = countif(other_at between (at .. (at + 1h)) and other_at > at) by id, at, key0" in lines


def test_an_order_is_a_chain_of_joins() -> None:
    lines = query(ORDERED).split("\n| ")
    assert "where reached < at and start >= at - 1h" in lines
    assert "where isnull(seen) or seen >= opening" in query(FIRST_CHAIN).split("\n| ")


def test_a_chain_counts_first_and_correlates_then() -> None:
    text = query({"type": "temporal_ordered", "rules": ["inner", "b"]}, INNER)
    assert text.index("let done0 = steps0") < text.index("let steps1 = materialize(union\n    (done0\n")


def test_without_a_key_all_steps_are_of_one() -> None:
    text = query({**COUNT2, "group-by": []})
    assert "key0 = 0" in text
    assert "project event_id = id, TimeGenerated = at, n, evidence" in text


def test_a_key_of_addresses_shows_them_as_the_log_has_them() -> None:
    text = query({**COUNT2, "group-by": ["ip"]})
    assert "shown0 = Ip" in text
    assert "Ip = iff(isempty(shown0), key0, shown0)" in text


def test_a_key_that_is_a_list_is_expanded() -> None:
    text = query({**COUNT2, "group-by": ["tags"]})
    assert "mv-expand part0_0 = iff(array_length(Tags) == 0, dynamic([null]), Tags)" in text
    assert "key0 = tolower(tostring(part0_0))" in text


def test_on_schedule_a_completion_is_of_what_is_new() -> None:
    new = replace(BACKEND, options={"alerts": "arrivals"})
    run = Bounds(Ago(600_000_000), Ago(60_000_000), every=300_000_000)
    assert "| where arrived > ago(5m)" in query_of(plan(COUNT2), new, run)
    absent = query_of(plan(ABSENT), new, run)
    assert "| where at + 1h <= ago(1m)\n| extend arrived = max_of(arrived, at + 1h + 1m)" in absent
    assert "| where arrived > ago(5m)" in absent


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({**COUNT2, "group-by": ["n"]}, "n: Sentinel keeps it as datetime, where its values don't compare as integer"),
    (
        {**VALUES2, "condition": {"gte": 2_000_000, "field": "n"}},
        "it counts to 2000000, and KQL counts 1048576 different values",
    ),
]


@pytest.mark.parametrize(("correlation", "reason"), REFUSED)
def test_it_is_refused_by_name(correlation: dict[str, Any], reason: str) -> None:
    fields = (
        FIELDS
        if "condition" in correlation and "field" in correlation["condition"]
        else FIELDS | {"n": replace(FIELDS["n"], type="datetime")}
    )
    backend = replace(BACKEND, stores={CONTRACT.key: replace(STORE, fields=fields)})
    found = plan(correlation)
    assert isinstance(found, Correlation)
    with pytest.raises(UnsupportedError) as refused:
        query_of(found, backend, RUN)
    assert reason in refused.value.reason
