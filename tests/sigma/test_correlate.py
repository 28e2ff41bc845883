from __future__ import annotations

from typing import Any

import pytest
from sigma.collection import SigmaCollection

from casetrail.plan.nodes import (
    AllOf,
    AnyOf,
    Condition,
    Correlation,
    Figure,
    Op,
    Order,
    Plan,
    Present,
    Threshold,
    Type,
    Without,
)
from casetrail.sigma.correlate import lower
from casetrail.sigma.problem import Problem
from tests.worlds import CONTRACT, WORLD

BASES = [
    {"title": name, "name": name, "logsource": {"product": "test", "service": "log"}, "detection": detection}
    for name, detection in (
        ("a", {"s": {"kind": "a"}, "condition": "s"}),
        ("b", {"s": {"kind": "b"}, "condition": "s"}),
        ("x", {"s": {"kind": "x"}, "condition": "s"}),
    )
]


def lowered(correlation: dict[str, Any], *more: dict[str, Any]) -> tuple[Plan | None, list[Problem]]:
    last = {"title": "c", "name": "c", "correlation": {"timespan": "1h", **correlation}}
    documents: list[Any] = [*BASES, *more, last]
    rules = SigmaCollection.from_dicts(documents)
    return lower(rules["c"], WORLD)


CONDITIONS: list[tuple[dict[str, Any], Condition]] = [
    ({"type": "event_count", "rules": ["a"], "condition": {"gte": 3}}, Threshold(Figure.EVENTS, Op.GTE, 3)),
    ({"type": "temporal", "rules": ["a", "b"]}, AllOf((Present(0), Present(1)))),
    ({"type": "temporal", "rules": ["a", "b"], "condition": "a and not b"}, AllOf((Present(0), Without(Present(1))))),
    (
        {"type": "temporal", "rules": ["a", "b", "x"], "condition": "a and (b or not x)"},
        AllOf((Present(0), AnyOf((Present(1), Without(Present(2)))))),
    ),
    ({"type": "temporal", "condition": "b and not a"}, AllOf((Present(0), Without(Present(1))))),
    ({"type": "temporal_ordered", "rules": ["a", "b"]}, Order((0, 1))),
    ({"type": "temporal_ordered", "rules": ["x", "a"], "condition": "not x and a"}, Order((1,), before=(0,))),
    ({"type": "temporal_ordered", "rules": ["a", "b", "x"], "condition": "a and b and not x"}, Order((0, 1), after=(2,))),
]


@pytest.mark.parametrize(("correlation", "condition"), CONDITIONS)
def test_conditions(correlation: dict[str, Any], condition: Condition) -> None:
    plan, problems = lowered(correlation)
    assert isinstance(plan, Correlation), problems
    assert plan.condition == condition
    assert plan.span == 3_600_000_000


@pytest.mark.parametrize("kind", ["value_count", "value_sum", "value_avg", "value_median", "value_percentile"])
def test_figures_carry_their_field(kind: str) -> None:
    condition = {"gte": 2, "field": "n", "percentile": 95} if kind == "value_percentile" else {"gte": 2, "field": "n"}
    plan, problems = lowered({"type": kind, "rules": ["a", "b"], "condition": condition})
    assert isinstance(plan, Correlation), problems
    assert isinstance(plan.condition, Threshold)
    assert plan.condition.figure == Figure(kind)
    assert plan.condition.value is not None
    assert plan.condition.value.fields == (CONTRACT.fields["n"], CONTRACT.fields["n"])


def test_an_alias_renames_a_key_per_base_rule() -> None:
    alias = {"who": {"a": "user", "b": "code"}}
    plan, problems = lowered({"type": "temporal", "rules": ["a", "b"], "group-by": ["who"], "aliases": alias})
    assert isinstance(plan, Correlation), problems
    (part,) = plan.key
    assert (part.name, part.type, part.cased) == ("who", Type.TEXT, False)
    assert [field and field.path for field in part.fields] == ["user", "code"]


def test_a_correlation_stands_on_a_correlation() -> None:
    inner = {
        "title": "inner",
        "name": "inner",
        "correlation": {
            "type": "event_count",
            "rules": ["a"],
            "group-by": ["user"],
            "timespan": "1m",
            "condition": {"gte": 2},
        },
    }
    plan, problems = lowered({"type": "temporal_ordered", "rules": ["inner", "b"], "group-by": ["user"]}, inner)
    assert isinstance(plan, Correlation), problems
    assert plan.key[0].fields == (None, CONTRACT.fields["user"])


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "temporal_ordered", "rules": ["a", "x", "b"], "condition": "a and not x and b"}, "order", "middle"),
    ({"type": "temporal_ordered", "rules": ["a", "b"], "condition": "not a and not b"}, "order", "matches nothing"),
    ({"type": "temporal_ordered", "rules": ["a", "b"], "condition": "a or b"}, "order", "joins rules by"),
    ({"type": "temporal_ordered", "rules": ["a", "b"], "condition": "b and a"}, "order", "in the order of"),
    (
        {"type": "event_count", "rules": ["a"], "group-by": ["usr"], "condition": {"gte": 1}},
        "unknown-field",
        "did you mean user",
    ),
    ({"type": "event_count", "rules": ["a"], "group-by": ["at"], "condition": {"gte": 1}}, "value-type", "no key"),
    ({"type": "value_count", "rules": ["a"], "condition": {"gte": 1, "field": ["n", "f"]}}, "value-field", "one field"),
    ({"type": "value_sum", "rules": ["a"], "condition": {"gte": 1, "field": "user"}}, "value-type", "computes with numbers"),
    ({"type": "value_percentile", "rules": ["a"], "condition": {"gte": 1, "field": "n"}}, "percentile", "0 to 100"),
    (
        {"type": "value_percentile", "rules": ["a"], "condition": {"gte": 1, "field": "n", "percentile": 200}},
        "percentile",
        "0 to 100",
    ),
    ({"type": "temporal", "rules": ["a", "b"], "aliases": {"who": {"a": "user"}}}, "unused-alias", "neither"),
    (
        {"type": "temporal", "rules": ["a", "b"], "group-by": ["who"], "aliases": {"who": {"a": "user", "b": "n"}}},
        "value-type",
        "never share",
    ),
]


@pytest.mark.parametrize(("correlation", "lint", "words"), REFUSED)
def test_what_has_no_meaning_is_refused_by_name(correlation: dict[str, Any], lint: str, words: str) -> None:
    plan, problems = lowered(correlation)
    assert plan is None
    assert [problem.lint for problem in problems] == [lint]
    assert words in problems[0].message
