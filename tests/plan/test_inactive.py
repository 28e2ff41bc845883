"""A rule sleeps while a watchlist that it waits for is empty."""

from __future__ import annotations

import pytest

from casetrail.plan.inactive import inactive
from casetrail.plan.nodes import (
    And,
    AnyOf,
    Condition,
    Correlation,
    Equals,
    Figure,
    Is,
    Listed,
    Not,
    Op,
    Or,
    Order,
    Present,
    Search,
    Threshold,
    Without,
)
from tests.worlds import CONTRACT

F = CONTRACT.fields
KIND = Is(F["kind"], Equals("a", cased=True))
EMPTY = Is(F["user"], Listed("nobody", ()))
FULL = Is(F["user"], Listed("users", ("a",)))


def search(expr: And | Or | Not | Is) -> Search:
    return Search("s", CONTRACT.key, expr)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (And((KIND, EMPTY)), True),
        (And((KIND, FULL)), False),
        (And((KIND, Not(EMPTY))), False),
        (And((KIND, Or((EMPTY, FULL)))), False),
        (And((KIND, Or((EMPTY, EMPTY)))), True),
    ],
)
def test_searches(expr: And, expected: bool) -> None:
    assert inactive(search(expr)) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Threshold(Figure.EVENTS, Op.GTE, 2), False),
        (Order((0, 1)), True),
        (Order((0,), before=(1,)), False),
        (Order((1,), before=(0,)), True),
        (AnyOf((Present(0), Present(1))), False),
        (Without(Present(1)), False),
        (Present(1), True),
    ],
)
def test_correlations(condition: Condition, expected: bool) -> None:
    bases = (search(KIND), search(And((KIND, EMPTY))))
    assert inactive(Correlation("c", bases, (), 1_000_000, condition)) is expected
