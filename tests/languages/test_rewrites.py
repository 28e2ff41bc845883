"""Rewrites of looks: what becomes of which, and what is left as it is."""

from __future__ import annotations

from typing import Any as Whatever

import pytest

from casetrail.languages.rewrites import figures, first_seen
from casetrail.plan.nodes import Correlation
from casetrail.plan.window import All, Fails, Holds, Of, Range, Seen, window
from tests.engines.test_reference import ABSENT, COUNT2, FIRST, FIRST_CHAIN, ORDERED, WITHOUT, plan

HOUR = 3_600_000_000


def test_a_first_seen_asks_whether_there_is_any_strictly_before() -> None:
    found = plan(FIRST)
    assert isinstance(found, Correlation)
    rewritten = first_seen(window(found))
    assert figures(rewritten) == {"seen": Seen(Of.ANY, Range(-HOUR, -1), (0,))}
    assert rewritten.keep.test == All((Fails(Holds("seen")),))


@pytest.mark.parametrize("correlation", [COUNT2, WITHOUT, ORDERED, FIRST_CHAIN, ABSENT])
def test_what_is_no_first_seen_is_left_as_it_is(correlation: dict[str, Whatever]) -> None:
    found = plan(correlation)
    assert isinstance(found, Correlation)
    assert first_seen(window(found)) == window(found)
