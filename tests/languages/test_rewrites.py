"""Rewrites of looks: what becomes of which, and what is left as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any as Whatever

import pytest

from casetrail.languages.rewrites import fewest_looks, figures, first_seen, near_starts
from casetrail.languages.stretches import Beside, Side, Stretched, stretched
from casetrail.plan.nodes import Correlation
from casetrail.plan.window import AT, All, Fails, Holds, Look, Mark, Of, Range, Seen, Window, window
from tests.engines.test_reference import ABSENT, COUNT2, FIRST, FIRST_CHAIN, ORDERED, WITHOUT, plan

HOUR = 3_600_000_000
EARLIER = Seen(Of.LAST, Range(None, -1))
BEFORE, AFTER = Seen(Of.ANY, Range(-HOUR, -1), (0,)), Seen(Of.ANY, Range(1, HOUR), (1,))
FOLLOWED_CHAIN = {"type": "temporal_ordered", "rules": ["a", "b", "x"], "condition": "a and b and not x"}
THREE = {"type": "temporal_ordered", "rules": ["a", "x", "b"]}


def lowered(correlation: dict[str, Whatever]) -> Window:
    found = plan(correlation)
    assert isinstance(found, Correlation)
    return window(found)


def test_a_first_seen_asks_whether_there_is_any_strictly_before() -> None:
    rewritten = first_seen(lowered(FIRST))
    assert figures(rewritten) == {"seen": Seen(Of.ANY, Range(-HOUR, -1), (0,))}
    assert rewritten.keep.test == All((Fails(Holds("seen")),))


@pytest.mark.parametrize("correlation", [COUNT2, WITHOUT, ORDERED, FIRST_CHAIN, ABSENT])
def test_what_is_no_first_seen_is_left_as_it_is(correlation: dict[str, Whatever]) -> None:
    assert first_seen(lowered(correlation)) == lowered(correlation)


def test_a_look_that_asks_for_no_start_is_one_with_the_look_before() -> None:
    followed = Seen(Of.ANY, Range(1, HOUR), (2,))
    nodes = (Mark(0, AT), Look((("earlier", EARLIER), ("followed", followed))), Mark(1, "earlier"))
    assert fewest_looks(lowered(FOLLOWED_CHAIN)).nodes == nodes


@pytest.mark.parametrize("correlation", [COUNT2, WITHOUT, ORDERED, ABSENT, THREE])
def test_looks_that_can_be_no_fewer_are_left_as_they_are(correlation: dict[str, Whatever]) -> None:
    assert fewest_looks(lowered(correlation)) == lowered(correlation)


def test_a_column_that_a_mark_is_of_is_not_overwritten_before_it() -> None:
    looks = [Look((("one", BEFORE),)), Look((("two", EARLIER),)), Look((("one", AFTER),))]
    found = replace(lowered(ORDERED), nodes=(looks[0], looks[1], Mark(1, "one"), looks[2]))
    assert fewest_looks(found) == found


@pytest.mark.parametrize("correlation", [ORDERED, THREE, FIRST_CHAIN, FOLLOWED_CHAIN])
def test_a_chain_looks_back_no_further_than_it_may_be_long(correlation: dict[str, Whatever]) -> None:
    looks = [dict(node.figures) for node in near_starts(lowered(correlation)).nodes if isinstance(node, Look)]
    assert {look["earlier"] for look in looks if "earlier" in look} == {Seen(Of.LAST, Range(-HOUR, -1))}


@pytest.mark.parametrize("correlation", [COUNT2, WITHOUT, FIRST, ABSENT])
def test_what_is_no_chain_looks_as_far_back_as_it_did(correlation: dict[str, Whatever]) -> None:
    assert near_starts(lowered(correlation)) == lowered(correlation)


def test_a_start_that_is_no_chains_is_looked_for_wherever_it_is() -> None:
    found = lowered(ORDERED)
    later = replace(
        found, nodes=(Look((("opening", Seen(Of.FIRST, Range(1, HOUR))),)), Mark(0, "opening"), *found.nodes[1:])
    )
    assert near_starts(later) == later


def test_whether_a_step_is_there_before_or_after_is_told_in_stretches() -> None:
    found = Look((("seen", BEFORE), ("followed", AFTER)))
    told = (("seen", Beside(Side.BEFORE, (0,))), ("followed", Beside(Side.AFTER, (1,))))
    assert stretched(found) == Stretched(HOUR, told)


@pytest.mark.parametrize(
    "other",
    [
        EARLIER,
        replace(BEFORE, range=Range(None, -1)),
        replace(BEFORE, range=Range(-HOUR, 0)),
        replace(BEFORE, range=Range(-2 * HOUR, -1)),
        replace(BEFORE, range=Range(1, 1 - HOUR)),
        replace(BEFORE, of=Of.FIRST),
        replace(AFTER, range=Range(0, HOUR)),
    ],
)
def test_a_look_that_asks_for_more_is_in_no_stretches(other: Seen) -> None:
    look = Look((("seen", BEFORE), ("other", other)))
    assert stretched(look) == look
