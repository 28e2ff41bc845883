"""What is said to find all that another finds, does so on every log."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from casetrail.engines.reference import evaluate
from casetrail.logs.event import Event
from casetrail.plan.covers import covers, implies
from casetrail.plan.nodes import And, Correlation, Equals, Expr, Field, InNetwork, Is, Listed, Not, OneOf, Or, Search, Type
from casetrail.proof.mutants import mutants
from tests.laws.strategies import correlations, logs, searches

A = Is(Field("a"), Equals("x"))
B = Is(Field("b"), Equals("y"))
IP = Field("ip", Type.ADDRESS)


@settings(max_examples=150, deadline=None)
@given(st.one_of(correlations(), searches("s")), st.data(), st.lists(logs(), min_size=1, max_size=4))
def test_a_changed_plan_that_covers_misses_nothing(
    plan: Search | Correlation, data: st.DataObject, events: list[tuple[Event, ...]]
) -> None:
    changed = [mutant.plan for mutant in mutants(plan)]
    if isinstance(plan, Correlation):
        changed += [replace(plan, span=plan.span * 2), replace(plan, span=plan.span // 2)]
    assume(changed)
    other = data.draw(st.sampled_from(changed))
    for new, old in ((other, plan), (plan, other)):
        if covers(new, old):
            for log in events:
                assert evaluate(old, log).completions <= evaluate(new, log).completions
    assert covers(plan, plan)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (And((A, B)), A),
        (A, Or((A, B))),
        (Or((A, B)), Or((B, A))),
        (Not(Or((A, B))), Not(A)),
        (And((A, Not(Is(Field("b"), Listed("l", ("p", "q")))))), And((A, Not(Is(Field("b"), Listed("l", ("p",))))))),
        (A, Is(Field("a"), OneOf(("w", "x")))),
        (Is(IP, InNetwork("192.0.2.0/28")), Is(IP, InNetwork("192.0.2.0/24"))),
        (Or(()), A),
    ],
)
def test_what_is_shown(narrow: Expr, wide: Expr) -> None:
    assert implies(narrow, wide)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (A, And((A, B))),
        (Or((A, B)), A),
        (Not(A), Not(Or((A, B)))),
        (A, Is(Field("a"), Equals("x", cased=True))),
        (Is(IP, InNetwork("192.0.2.0/24")), Is(IP, InNetwork("2001:db8::/32"))),
        (Is(IP, InNetwork("192.0.2.0/24")), Is(IP, InNetwork("192.0.2.0/28"))),
    ],
)
def test_what_is_not(narrow: Expr, wide: Expr) -> None:
    assert not implies(narrow, wide)
