"""Correlations as ES|QL: one whole query, and what is refused. What the queries mean is tests/every_engine/'s."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from casetrail.languages.base import Ago, Bounds
from casetrail.languages.esql.windows import correlation_query
from casetrail.plan.nodes import Correlation
from casetrail.stores.store import Backend, StoredField
from casetrail.stores.unsupported import UnsupportedError
from tests.elastic.stores import BACKEND, FIELDS, FLAT_BACKEND, STORE
from tests.engines.test_reference import ABSENT, COUNT2, FIRST, ORDERED, plan
from tests.worlds import CONTRACT

RUN = Bounds(1_700_000_000_000_000, Ago(60_000_000))
FLAT_KIND = {**FIELDS, "kind": StoredField("test.more.kind", "flattened", "test.more")}
KIND_BACKEND = replace(BACKEND, stores={CONTRACT.key: replace(STORE, fields=FLAT_KIND)})
INNER = {"title": "inner", "name": "inner", "correlation": {"group-by": ["user"], "timespan": "10s", **COUNT2}}
ORDER = {**INNER, "correlation": {"group-by": ["user"], "timespan": "10s", **ORDERED}}

FIRST_SEEN = (
    f"FROM {STORE.index} METADATA _id"
    + """
| WHERE (test.kind == "x") OR (test.kind == "a")
| EVAL base = SPLIT(TRIM(CONCAT(CASE(test.kind == "x", "0 ", ""), CASE(test.kind == "a", "1 ", ""))), " ")
| MV_EXPAND base
| EVAL key0 = TO_LOWER(test.user)
| WHERE key0 IS NOT NULL
| EVAL at = TO_LONG(@timestamp), id = _id
| EVAL step = CONCAT(TO_STRING(at), " ", base, " ", id)
| EVAL place = at / 3600000
| EVAL near = MV_APPEND(place, place + 1)
| MV_EXPAND near
| STATS seen_here = MIN(CASE(base == "0" AND near == place, at, NULL)), \
seen_there = MAX(CASE(base == "0" AND near == place + 1, at, NULL)), \
steps = VALUES(CASE(near == place AND base == "1" AND at >= 1700000000000, step, NULL)) BY key0, near
| WHERE steps IS NOT NULL
| MV_EXPAND steps
| DISSECT steps "%{at} %{base} %{id}"
| EVAL at = TO_LONG(at)
| EVAL seen = CASE(seen_here < at OR seen_there >= at - 3600000, 1, 0)
| WHERE seen == 0
| EVAL n = 1, evidence = id
| STATS n = MAX(n), evidence = VALUES(evidence) BY id, at, key0
| EVAL event_id = id, @timestamp = TO_DATETIME(at), test.user = key0
| KEEP event_id, @timestamp, test.user, n, evidence
| SORT @timestamp, event_id
| LIMIT 10000"""
)

REFUSED: list[tuple[Backend, dict[str, Any], list[dict[str, Any]], str]] = [
    (BACKEND, {"type": "value_median", "rules": ["a"], "condition": {"gte": 1, "field": "n"}}, [], "estimated"),
    (BACKEND, {"type": "value_sum", "rules": ["a"], "condition": {"gte": 1, "field": "items.n"}}, [], "is over a list"),
    (BACKEND, {"type": "temporal", "rules": ["inner", "b"]}, [ORDER], "it references inner, and in ES|QL only counts"),
    (FLAT_BACKEND, {**COUNT2, "group-by": ["ip"]}, [], "ip: Elastic keeps it in the flattened test.more"),
    (FLAT_BACKEND, {**COUNT2, "group-by": ["code"]}, [], "code: ES|QL can't read a field of the flattened test.more"),
    (KIND_BACKEND, ORDERED, [], "flattened field in one of several referenced rules"),
]


def query(correlation: dict[str, Any], more: list[dict[str, Any]], backend: Backend) -> str:
    found = plan(correlation, *more)
    assert isinstance(found, Correlation)
    return correlation_query(found, backend.stores, RUN)


def test_a_first_seen_looks_at_two_stretches_as_long_as_its_window() -> None:
    assert query(FIRST, [], BACKEND) == FIRST_SEEN


def test_an_absence_costs_no_more_than_its_steps() -> None:
    lines = query(ABSENT, [], BACKEND).split("\n| ")
    assert "EVAL near = MV_APPEND(place, place - 1)" in lines
    assert lines.count("MV_EXPAND steps") == 1
    assert "MV_EXPAND others" not in lines


def test_a_chain_counts_first_and_correlates_then() -> None:
    lines = query({"type": "temporal_ordered", "rules": ["inner", "b"]}, [INNER], BACKEND).split("\n| ")
    assert lines.index("EVAL base = part") > lines.index(
        """WHERE (part == "0" AND COALESCE(MV_COUNT(events), 0) >= 2) OR (part == "1")"""
    )


@pytest.mark.parametrize(("backend", "correlation", "more", "reason"), REFUSED)
def test_it_is_refused_by_name(
    backend: Backend, correlation: dict[str, Any], more: list[dict[str, Any]], reason: str
) -> None:
    with pytest.raises(UnsupportedError) as refused:
        query(correlation, more, backend)
    assert reason in refused.value.reason


def test_a_timespan_finer_than_a_millisecond_is_refused() -> None:
    found = plan(COUNT2)
    assert isinstance(found, Correlation)
    with pytest.raises(UnsupportedError, match="finer"):
        correlation_query(replace(found, span=1500), BACKEND.stores, RUN)
