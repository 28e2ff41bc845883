"""A plan's hash stays while the meaning stays, and changes with it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casetrail.engines.reference import evaluate
from casetrail.logs.event import Event
from casetrail.pack.lock import meanings
from casetrail.pack.pack import Pack
from casetrail.plan.digest import digest
from casetrail.plan.nodes import (
    And,
    Compare,
    Correlation,
    Equals,
    Field,
    Is,
    KeyPart,
    Listed,
    OneOf,
    Op,
    Or,
    Order,
    Plan,
    Search,
    Type,
)
from casetrail.proof.mutants import mutants
from tests.cli.ways import ROOT, RULE, put, small_pack
from tests.laws.strategies import correlations, logs, searches

A, B = Is(Field("a"), Equals("x")), Is(Field("b"), Equals("y"))
ONE, TWO = Search("one", "p/s", A), Search("two", "p/s", B)
F, G = Field("f"), Field("g")


def ordered(bases: tuple[Plan, ...], fields: tuple[Field, ...], wanted: tuple[int, ...]) -> Correlation:
    return Correlation("c", bases, (KeyPart("k", fields, Type.TEXT, False),), 60_000_000, Order(wanted))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Search("n", "p/s", And((A, B))), Search("m", "p/s", And((B, A)))),
        (Search("n", "p/s", Or((A, B))), Search("n", "p/s", Or((B, A)))),
        (Search("n", "p/s", Is(F, OneOf(("a", "b")))), Search("n", "p/s", Is(F, OneOf(("b", "a"))))),
        (Search("n", "p/s", Is(F, Listed("l", ("a",)))), Search("n", "p/s", Is(F, Listed("l", ())))),
        (Search("n", "p/s", Is(F, Compare(Op.GT, 5))), Search("n", "p/s", Is(F, Compare(Op.GT, 5.0)))),
        (ordered((ONE, TWO), (F, G), (0, 1)), ordered((TWO, ONE), (G, F), (1, 0))),
    ],
)
def test_the_same_meaning(one: Plan, other: Plan) -> None:
    assert digest(one) == digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Search("n", "p/s", And((A, B))), Search("n", "p/s", Or((A, B)))),
        (Search("n", "p/s", A), Search("n", "p/t", A)),
        (Search("n", "p/s", A), Search("n", "p/s", Is(Field("a", exact=True), Equals("x")))),
        (Search("n", "p/s", Is(F, Equals("1"))), Search("n", "p/s", Is(F, Equals(1)))),
        (Search("n", "p/s", Is(F, Equals(True))), Search("n", "p/s", Is(F, Equals(1)))),
        (Search("n", "p/s", Is(F, Listed("l", ()))), Search("n", "p/s", Is(F, Listed("m", ())))),
        (ordered((ONE, TWO), (F, G), (0, 1)), ordered((ONE, TWO), (F, G), (1, 0))),
        (ordered((ONE, TWO), (F, G), (0, 1)), ordered((ONE, TWO), (G, F), (0, 1))),
        (ordered((ONE, TWO), (F, G), (0, 1)), replace(ordered((ONE, TWO), (F, G), (0, 1)), span=1)),
    ],
)
def test_another_meaning(one: Plan, other: Plan) -> None:
    assert digest(one) != digest(other)


@settings(max_examples=60, deadline=None)
@given(st.one_of(correlations(), searches("s")), st.lists(logs(), min_size=1, max_size=3))
def test_mutants_of_one_hash_find_the_same(plan: Search | Correlation, events: list[tuple[Event, ...]]) -> None:
    for mutant in mutants(plan):
        if digest(mutant.plan) == digest(plan) and "watchlist" not in mutant.name:
            for log in events:
                assert evaluate(mutant.plan, log).ids == evaluate(plan, log).ids, mutant.name


def test_mutants_of_the_rules_have_hashes_of_their_own() -> None:
    """But for those that only change what a list holds, or turn round what has no order."""
    plans = list(Pack.load(ROOT).rules.plans().values())[::4]
    pairs = [(plan, mutant) for plan in plans for mutant in mutants(plan) if "watchlist" not in mutant.name]
    same = [mutant.name for plan, mutant in pairs if digest(mutant.plan) == digest(plan)]
    assert len(pairs) > 500
    assert same == []


def test_words_and_the_order_of_keys_do_not_count(tmp_path: Path) -> None:
    detection = {"one": {"eventType": ["a", "b"], "outcome.result": "SUCCESS"}, "two": {"actor.type": "User"}}
    rule = {**RULE, "detection": {**detection, "condition": "one and not two"}}
    before = meanings(Pack.load(small_pack(tmp_path, {"example": rule}, None)))["example"]
    turned = {"two": {"actor.type": "User"}, "first": {"outcome.result": "SUCCESS", "eventType": ["b", "a"]}}
    other = {**RULE, "title": "Other", "level": "low", "detection": {**turned, "condition": "not two and first"}}
    put(tmp_path / "rules" / "okta" / "example.yml", dict(reversed(other.items())))
    assert meanings(Pack.load(tmp_path))["example"] == before
    put(tmp_path / "rules" / "okta" / "example.yml", {**rule, "detection": {**detection, "condition": "one or not two"}})
    assert meanings(Pack.load(tmp_path))["example"] != before


@pytest.mark.parametrize(
    ("field", "name", "other", "value"),
    [
        ("actor.alternateId|expand", "service_accounts", "integration_clients", "a"),
        ("client.ipAddress|expand", "corporate_networks", "incident_2023_addresses", "192.0.2.0/24"),
        ("securityContext.asNumber|expand", "known_proxies", None, "64496"),
        ("actor.alternateId|expand|endswith", "corporate_domains", "service_accounts", "@a.example"),
    ],
)
def test_what_a_list_holds_does_not_count_and_which_list_does(
    tmp_path: Path, field: str, name: str, other: str | None, value: str
) -> None:
    def rule(watchlist: str) -> dict[str, object]:
        return {**RULE, "detection": {"selection": {field: f"%{watchlist}%"}, "condition": "selection"}}

    pack = Pack.load(small_pack(tmp_path, {"example": rule(name)}, None))
    before = meanings(pack)["example"]
    assert meanings(pack.with_watchlists({name: (value,)}))["example"] == before
    assert meanings(pack.with_watchlists({name: ()}))["example"] == before
    if other:
        put(tmp_path / "rules" / "okta" / "example.yml", rule(other))
        assert meanings(Pack.load(tmp_path))["example"] != before


def test_the_machine_does_not_count() -> None:
    code = (
        "from pathlib import Path; from casetrail.pack.pack import Pack; from casetrail.pack.lock import meanings; "
        f"print(sorted(meanings(Pack.load(Path({str(ROOT)!r}))).items()))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env={"PYTHONPATH": "src", "PYTHONHASHSEED": seed},
            cwd=ROOT,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
