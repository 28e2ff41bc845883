"""What SPL is easily got wrong in, on a model of Splunk against the reference evaluator, and that no value breaks out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from casetrail.engines.base import Trial
from casetrail.engines.reference import evaluate, holds
from casetrail.engines.spl_model import Lookup, run
from casetrail.engines.spl_model.tokens import TokenKind, expand, expression, stages
from casetrail.engines.splunk_model import SplunkModel, stored
from casetrail.languages.base import Ago, Bounds
from casetrail.languages.spl.query import query_of
from casetrail.plan.nodes import (
    Check,
    Correlation,
    Equals,
    Expr,
    Figure,
    InPart,
    Is,
    KeyPart,
    Like,
    Listed,
    Op,
    Part,
    Search,
    Threshold,
    Type,
    Wildcard,
)
from tests.elastic.test_dialect import NASTY
from tests.engines.test_reference import ABSENT, COUNT2, log, plan
from tests.laws.agree import refusals
from tests.splunk.stores import BACKEND, STORE
from tests.worlds import CONTRACT, SECOND, START, event

F = CONTRACT.fields
MORE = (
    '"] | delete',
    "[search index=*]",
    "`secret`",
    "$env:x$",
    '\\"',
    "'",
    "a|b",
    "\x00\x1b",
    "#",
    "null",
    "nan",
    "007",
    "0x10",
    "\\",
)
MANY = Wildcard.MANY
ENGINE = SplunkModel(BACKEND, {CONTRACT.key: CONTRACT})
BASE = Search("s", CONTRACT.key, Is(F["kind"], Equals("a", cased=True)))


def search(expr: Expr) -> Search:
    return Search("s", CONTRACT.key, expr)


def checks(value: str) -> list[Check]:
    return [Equals(value, cased=True), Like((value, MANY), cased=True), Like((MANY, value), cased=True)]


@pytest.mark.parametrize("value", [value for value in (*NASTY, *MORE) if value != "null"])
def test_no_value_breaks_out(value: str) -> None:
    events = tuple(event(f"e{number}", number, code=one, tags=["other", one]) for number, one in enumerate((*NASTY, *MORE)))
    for path in ("code", "tags"):
        for one in checks(value):
            assert refusals(ENGINE.verdicts, [Trial(search(Is(F[path], one)), events)]) == []


@pytest.mark.parametrize("value", [value for value in (*NASTY, *MORE) if value != "null"])
def test_every_value_is_one_literal(value: str) -> None:
    query = expand(
        query_of(search(Is(F["code"], Like((value, MANY), cased=True))), BACKEND, Bounds()), {"casetrail_test": ""}
    )
    _, where, *rest = stages(query)
    assert [query[one.start : one.end].split()[0] for one in rest] == ["eval", "dedup", "table"]
    kinds = [token.kind for token in expression(replace(where, start=query.index("match", where.start)))]
    assert kinds.count(TokenKind.STRING) == 1
    assert kinds.count(TokenKind.WORD) == 2


def test_no_value_breaks_a_window() -> None:
    values = [value for value in (*NASTY, *MORE) if value != "null"]
    events = tuple(
        event(f"e {number} {place}", number, kind="a", code=value, user=value)
        for place, value in enumerate(values)
        for number in (0, 1)
    )
    by_code = (KeyPart("code", (F["code"],), Type.TEXT, cased=True),)
    users = KeyPart("user", (F["user"],), Type.TEXT, cased=False)
    for found in (
        Correlation("twice", (BASE,), by_code, 60 * SECOND, Threshold(Figure.EVENTS, Op.GTE, 2)),
        Correlation("users", (BASE,), (), 60 * SECOND, Threshold(Figure.DISTINCT, Op.GTE, len(values), users)),
    ):
        assert refusals(ENGINE.verdicts, [Trial(found, events)]) == []


@pytest.mark.parametrize(
    "addresses",
    [
        ("2001:db8::1", "2001:DB8:0:0::0001"),
        ("::ffff:192.0.2.5", "192.0.2.5"),
        ("::ffff:c000:0205", "192.0.2.5"),
        ("::", "0:0:0:0:0:0:0:0"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("1::", "1:0:0:0:0:0:0:0"),
        ("::1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"),
        ("192.0.2.5", "192.0.2.05"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::8"),
        ("1::2::3", "1::2::3"),
        (":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:"),
        (":::", ":"),
        ("12345::", "fe80::1%eth0"),
        ("", "Salesforce.com IP"),
    ],
)
def test_addresses_group_by_what_they_are(addresses: tuple[str, str]) -> None:
    events = tuple(event(f"e{number}", number, kind="a", ip=text) for number, text in enumerate(addresses))
    key = (KeyPart("ip", (F["ip"],), Type.ADDRESS, cased=True),)
    twice = Correlation("c", (BASE,), key, 60 * SECOND, Threshold(Figure.EVENTS, Op.GTE, 2))
    assert refusals(ENGINE.verdicts, [Trial(twice, events)]) == []


def test_a_window_is_exact_to_the_microsecond() -> None:
    found = plan(COUNT2)
    for gap, expected in ((3_600_000_000, ["q"]), (3_600_000_001, []), (3_599_999_999, ["q"])):
        for start in (0, 1, 123_456, 999_999):
            first, second = log("p a 0, q a 0")
            events = (replace(first, time=START + start), replace(second, time=START + start + gap))
            assert ENGINE.verdict(Trial(found, events)) == frozenset(expected)


@pytest.mark.parametrize("part", list(Part))
def test_parts_of_a_time_are_in_utc(part: Part) -> None:
    days = [*range(-1400, 1400, 13), *range(350, 375), *range(715, 740), 17, -15]
    events = tuple(event(f"e{place}", day * 86_400 + place * 977) for place, day in enumerate(days))
    for number in (1, 2, 12, 29, 31, 52, 53, 2026, 2028):
        expr = Is(F["at"], InPart(part, Op.LTE, number))
        query = query_of(search(expr), BACKEND, Bounds())
        answer = run(
            query, [stored(one, STORE, CONTRACT) for one in events], macros={"casetrail_test": "index=casetrail_test"}
        )
        assert {row["event_id"] for row in answer} == {one.id for one in events if holds(expr, one.row)}


def test_a_run_looks_back_from_the_end_of_its_time_range() -> None:
    events = tuple(log("p a 0, q a 100, r a 200"))
    macros = {"casetrail_test": "index=casetrail_test"}
    rows = [stored(one, STORE, CONTRACT) for one in events]
    query = query_of(plan(COUNT2), BACKEND, Bounds(Ago(50 * SECOND)))
    at = Fraction(START, SECOND)
    for until, expected in ((210, ["r"]), (150, ["q", "r"]), (400, [])):
        for now, latest in ((at + until, None), (at + 9_999, at + until)):
            answer = run(query, rows, macros=macros, now=now, latest=latest)
            assert [row["event_id"] for row in answer] == expected


def test_absence_is_waited_for() -> None:
    events = tuple(log("p a 0, q a 100"))
    rows = [stored(one, STORE, CONTRACT) for one in events]
    query = query_of(plan(ABSENT), BACKEND, Bounds(known=Ago(60 * SECOND)))
    for until, expected in ((3659, []), (3660, ["p"]), (3760, ["p", "q"])):
        at = Fraction(START, SECOND) + until
        answer = run(query, rows, macros={"casetrail_test": "index=casetrail_test"}, now=at, latest=at)
        assert [row["event_id"] for row in answer] == expected


def test_rows_tell_the_key_the_number_and_the_evidence() -> None:
    rows = [stored(one, STORE, CONTRACT) for one in log("p a 0 Bob, q a 1 bob, r a 3601 BOB, s a 2 eve")]
    answer = run(query_of(plan(COUNT2), BACKEND, Bounds()), rows, macros={"casetrail_test": "index=casetrail_test"})
    assert [(row["event_id"], row["user"], row["n"], row["evidence"]) for row in answer] == [
        ("q", "bob", 2, ["p", "q"]),
        ("r", "bob", 2, ["q", "r"]),
    ]


@pytest.mark.parametrize("cased", [False, True])
def test_a_looked_up_watchlist(cased: bool) -> None:
    backend = replace(BACKEND, options={"watchlists": "live"})
    expr = Is(F["user"], Listed("users", ("Alice",) if cased else ("alice",), cased))
    events = [event(f"e{number}", number, user=user) for number, user in enumerate(("ALICE", "Alice", "bob"))]
    rows = [stored(one, STORE, CONTRACT) for one in (*events, event("none", 9))]
    lookups = {
        "casetrail_users": Lookup(({"value": "Alice"},), case_sensitive_match=False),
        "casetrail_users_cased": Lookup(({"value": "Alice"},)),
    }
    query = query_of(search(expr), backend, Bounds())
    answer = run(query, rows, macros={"casetrail_test": "index=casetrail_test"}, lookups=lookups)
    assert {row["event_id"] for row in answer} == evaluate(search(expr), events).ids
