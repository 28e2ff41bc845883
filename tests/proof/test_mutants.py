from __future__ import annotations

from casetrail.engines.reference import evaluate
from casetrail.plan.nodes import (
    And,
    Compare,
    Correlation,
    Equals,
    Figure,
    Is,
    KeyPart,
    Like,
    Not,
    OneOf,
    Op,
    Order,
    Search,
    Threshold,
    Type,
    Wildcard,
)
from casetrail.proof.mutants import mutants
from tests.worlds import CONTRACT, event

F = CONTRACT.fields
SEARCH = Search(
    "s",
    CONTRACT.key,
    And(
        (
            Is(F["kind"], OneOf(("a", "b"), cased=True)),
            Is(F["user"], Like(("bob", Wildcard.MANY))),
            Not(Is(F["n"], Compare(Op.GT, 5))),
            Is(F["flag"], Equals(True)),
        )
    ),
)
KEY = KeyPart("user", (F["user"],), Type.TEXT, False)
COUNT = Correlation("c", (SEARCH,), (KEY,), 60_000_000, Threshold(Figure.EVENTS, Op.GTE, 3))
ORDER = Correlation("o", (SEARCH, SEARCH), (), 60_000_000, Order((1,), before=(0,)))


def test_each_part_of_a_search_is_changed() -> None:
    assert [mutant.name for mutant in mutants(SEARCH)] == [
        "s: drop kind is one of 'a', 'b'",
        "s: without 'a': kind is one of 'a', 'b'",
        "s: without 'b': kind is one of 'a', 'b'",
        "s: drop user is like 'bob*'",
        "s: unanchored at the start: user is like 'bob*'",
        "s: anchored at the end: user is like 'bob*'",
        "s: drop not: n is more than 5",
        "s: drop the not of n is more than 5",
        "s: one less in n is more than 5",
        "s: one more in n is more than 5",
        "s: drop flag is true",
        "s: the other of flag is true",
    ]


def test_a_correlation_is_changed_in_window_threshold_and_key() -> None:
    names = {mutant.name for mutant in mutants(COUNT)}
    assert names >= {
        "c: window 1m doubled",
        "c: window 1m halved",
        "c: drop the key user",
        "c: threshold 3 less one",
        "c: threshold 3 and one",
        "s: drop flag is true",
    }


def test_a_first_seen_loses_its_not() -> None:
    assert "o: drop the not s before" in {mutant.name for mutant in mutants(ORDER)}


def test_every_mutant_differs_from_the_rule_and_can_be_told_from_it() -> None:
    row = {"kind": "a", "user": "bobby", "n": 5, "flag": True}
    log = [
        event("hit", 0, **row),
        event("kind", 0, **{**row, "kind": "c"}),
        event("other", 0, **{**row, "kind": "b"}),
        event("user", 0, **{**row, "user": "x bob"}),
        event("nobody", 0, **{**row, "user": "eve"}),
        event("exact", 0, **{**row, "user": "bob"}),
        event("six", 0, **{**row, "n": 6}),
        event("seven", 0, **{**row, "n": 7}),
        event("flag", 0, **{**row, "flag": False}),
    ]
    want = evaluate(SEARCH, log).ids
    assert want == {"hit", "other", "exact"}
    survivors = [mutant.name for mutant in mutants(SEARCH) if evaluate(mutant.plan, log).ids == want]
    assert survivors == []
