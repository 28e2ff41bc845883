"""What KQL is easily got wrong in: on the engine against the reference evaluator, and in the vendor's own reading."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from casetrail.engines.base import Trial
from casetrail.engines.kusto import Kusto
from casetrail.engines.nodes.kusto import Checker
from casetrail.languages.base import Bounds
from casetrail.languages.kql.query import query_of
from casetrail.languages.kql.text import string
from casetrail.logs.event import Event
from casetrail.plan.nodes import (
    And,
    Correlation,
    Equals,
    Exists,
    Expr,
    Figure,
    InNetwork,
    Is,
    IsMissing,
    KeyPart,
    Like,
    Listed,
    Matches,
    Not,
    Op,
    Or,
    Order,
    Search,
    Threshold,
    Wildcard,
)
from casetrail.stores.store import StoredField
from tests.elastic.test_dialect import NASTY, nasty_checks
from tests.kusto.checks import check, declared, problems, refusal
from tests.kusto.stores import BACKEND, FIELDS, RAW_BACKEND, STORE
from tests.plan import regexes
from tests.worlds import CONTRACT, event

F = CONTRACT.fields
MANY = Wildcard.MANY
WORST = (
    *NASTY,
    "' or true or '",
    "'; Test_CL | take 1; '",
    "@'x' | where true //",
    "```\nx\n```",
    "h'secret'",
    "\\' or 1 == 1 or '\\",
    "''",
    "'\\",
    "\\u0041\\x41\\n",
    "a\x00b\x01\x1f\x7f",
    "\N{ZERO WIDTH JOINER}\N{RIGHT-TO-LEFT OVERRIDE}\N{NO-BREAK SPACE}\ufeff",
    "{{event_id}} {0} %s $(x)",
    "let x = 1;",
)
CONTRACTS = {CONTRACT.key: CONTRACT}


def search(expr: Expr) -> Search:
    return Search("s", CONTRACT.key, expr)


@pytest.fixture(scope="module")
def engine() -> Kusto:
    return Kusto(BACKEND, CONTRACTS)


@pytest.mark.parametrize("value", WORST, ids=range(len(WORST)))
def test_the_vendor_reads_a_value_back_as_one_literal(value: str, checker: Checker) -> None:
    read = checker.check(f"print x = {string(value)}", {})
    assert read.problems == ()
    assert read.literals == (value,)


def test_no_value_breaks_out(engine: Kusto, checker: Checker) -> None:
    trials = []
    for value in WORST:
        asked = nasty_checks(value)
        kinds = [Is(F["kind"], Equals(f"k{place}", cased=True)) for place in range(len(asked))]
        expr = Or(tuple(And((kind, one)) for kind, one in zip(kinds, asked, strict=True)))
        events = [
            event(f"e{place} {number}", number, kind=f"k{place}", code=other, tags=["other", other])
            for place in range(len(asked))
            for number, other in enumerate({value, value + "x", "x" + value, "x"})
        ]
        trials.append(Trial(search(expr), tuple(events)))
    assert check(engine, checker, trials) == []


def test_no_value_breaks_a_window(engine: Kusto, checker: Checker) -> None:
    events = tuple(
        event(f"e {number} {place}", number, kind="a", code=value, user=value)
        for place, value in enumerate(WORST)
        for number in (0, 1)
    )
    base = search(Is(F["kind"], Equals("a", cased=True)))
    by_code = (KeyPart("code", (F["code"],), F["code"].type, cased=True),)
    users = KeyPart("user", (F["user"],), F["user"].type, cased=False)
    plans = [
        Correlation("twice", (base,), by_code, 60_000_000, Threshold(Figure.EVENTS, Op.GTE, 2)),
        Correlation("users", (base,), (), 60_000_000, Threshold(Figure.DISTINCT, Op.GTE, len(WORST), users)),
    ]
    assert check(engine, checker, [Trial(plan, events) for plan in plans]) == []


def test_no_value_breaks_out_of_a_watchlist(checker: Checker) -> None:
    live = replace(BACKEND, options={"watchlists": "live"})
    expr = Is(F["code"], Listed("a' or true //", tuple(value for value in WORST if value), cased=True))
    plan = search(expr)
    events = tuple(event(f"e{number}", number, code=value) for number, value in enumerate([*WORST, "else"]))
    assert check(Kusto(live, CONTRACTS), checker, [Trial(plan, events)]) == []


@pytest.mark.parametrize("cased", [True, False])
def test_a_watchlist_is_looked_up_by_its_alias(cased: bool, checker: Checker) -> None:
    live = replace(BACKEND, options={"watchlists": "live"})
    listed = Is(F["user"], Listed("users", ("Bob",) if cased else ("bob", "äö"), cased))
    for expr in (listed, Not(listed), Is(F["user"], Listed("nobody", (), cased))):
        events = tuple(event(f"e{number}", number, user=user) for number, user in enumerate(["Bob", "BOB", "ÄÖ", "eve"]))
        assert check(Kusto(live, CONTRACTS), checker, [Trial(search(expr), events)]) == []
        assert "_GetWatchlist(" in query_of(search(expr), live, Bounds())


def test_random_regular_expressions(engine: Kusto, checker: Checker) -> None:
    draw = random.Random(7)
    values = [*regexes.LETTERS, *(regexes.text(draw) or "a" for _ in range(60))]
    events = tuple(event(f"e{number}", number, code=value) for number, value in enumerate(values))
    found = list(regexes.checks(draw, 100))
    blank = [Trial(search(Is(F["blank"], one)), tuple(_blank(one_event) for one_event in events)) for one in found]
    refused = check(engine, checker, blank)
    assert len(refused) < len(found) / 2, refused


def _blank(made: Event) -> Event:
    return replace(made, row={**made.row, "blank": made.row["code"]})


NETWORKS = [
    "192.0.2.0/24",
    "192.0.2.4/30",
    "192.0.2.5/32",
    "0.0.0.0/0",
    "::/0",
    "2001:db8::/32",
    "2001:db8::/33",
    "::fffe:0:0/95",
    "::ffff:0:0/96",
    "::ffff:192.0.2.0/120",
]
NETWORKS += [f"192.0.2.128/{prefix}" for prefix in (25, 26, 27, 29, 31)] + [
    "128.0.0.0/1",
    "2001:db8::1/128",
    "::/1",
    "2000::/3",
]
_WRITTEN = """
192.0.2.0 192.0.2.5 192.0.2.128 192.0.2.255 198.51.100.1 255.255.255.255 ::ffff:192.0.2.5 ::FFFF:C000:205 2001:DB8:0::1 :: 2001:db8:8000::
Salesforce.com unknown 192.0.2 1.2.3.4.5 2001:db8::/32 192.0.2.5/24 fe80::1%eth0
"""
ADDRESSES = _WRITTEN.split()


def test_networks_of_both_versions(engine: Kusto, checker: Checker) -> None:
    events = tuple(event(f"e{number}", number, ip=address) for number, address in enumerate(ADDRESSES))
    found = [Is(F["ip"], InNetwork(network)) for network in NETWORKS]
    trials = [Trial(search(one), events) for one in found] + [Trial(search(Not(one)), events) for one in found[:2]]
    assert check(engine, checker, trials) == []


def test_two_tests_of_a_list_need_not_hold_for_one_element(engine: Kusto, checker: Checker) -> None:
    name, number = F["items.name"], F["items.n"]
    one, two = Is(name, Equals("bob")), Is(number, Equals(2))
    rows: list[Any] = [
        [{"name": "Bob", "n": 1}, {"name": "eve", "n": 2}],
        [{"name": "Bob", "n": 2}],
        [{"name": "eve", "n": 2}],
        [],
        None,
        [{}],
        {"name": "bob", "n": "2"},
        [None, "bob", {"name": None}],
    ]
    events = tuple(event(f"e{place}", place, code="x", items=row) for place, row in enumerate(rows))
    x = Is(F["code"], Equals("x", cased=True))
    asked: list[Expr] = [
        And((one, two)), Or((one, two)), Not(one), Not(And((one, two))), And((x, Not(Or((one, two))))), Or((Not(x), one)),
        Is(name, IsMissing()), Is(name, Exists()), Is(name, Like((MANY,))), And((x, one, Is(F["tags"], IsMissing()))),
    ]  # fmt: skip
    for backend in (BACKEND, RAW_BACKEND):
        assert check(Kusto(backend, CONTRACTS), checker, [Trial(search(expr), events) for expr in asked]) == []


def test_a_list_kept_as_text_of_json(checker: Checker) -> None:
    place = {path: StoredField(f"items_s.{path[6:]}", "json", "items_s") for path in ("items.name", "items.n")}
    backend = replace(BACKEND, stores={CONTRACT.key: replace(STORE, fields=FIELDS | place)})
    expr = Is(F["items.name"], Equals("bob"))
    events = (event("p", items=[{"name": "Bob"}]), event("q", items=[{"name": "x"}]), event("r"))
    trials = [Trial(search(one), events) for one in (expr, Not(expr))]
    assert check(Kusto(backend, CONTRACTS), checker, trials) == []


def test_a_row_that_was_sent_again_is_one_event(engine: Kusto) -> None:
    once = event("p", 0, kind="a", user="u")
    engine.load([once])
    engine.connection.execute('INSERT INTO "Test_CL" SELECT * FROM "Test_CL"')
    base = search(Is(F["kind"], Equals("a", cased=True)))
    assert engine.ids(query_of(base, BACKEND, Bounds())) == ["p"]
    twice = Correlation("c", (base,), (), 60_000_000, Threshold(Figure.EVENTS, Op.GTE, 2))
    assert engine.ids(query_of(twice, BACKEND, Bounds())) == []


def test_repeated_values_of_a_list_count_each(engine: Kusto, checker: Checker) -> None:
    value = KeyPart("items.n", (F["items.n"],), F["items.n"].type, cased=False)
    base = search(Is(F["kind"], Equals("a", cased=True)))
    events = (event("p", 0, kind="a", items=[{"n": 1}, {"n": 1}]), event("q", 1, kind="a", items=[{"n": 2}, {"n": "2.0"}]))
    figures = [
        (Figure.SUM, 6, None), (Figure.AVG, 1.5, None), (Figure.MEDIAN, 1.5, None), (Figure.PERCENTILE, 2, 51), (Figure.DISTINCT, 2, None),
    ]  # fmt: skip
    plans = [
        Correlation("c", (base,), (), 60_000_000, Threshold(figure, Op.EQ, count, value, percentile))
        for figure, count, percentile in figures
    ]
    assert check(engine, checker, [Trial(plan, events) for plan in plans]) == []


@pytest.mark.parametrize("wanted", ["a", "ab", "abc"])
def test_a_chain_with_what_must_not_come_before_or_after(wanted: str, engine: Kusto, checker: Checker) -> None:
    bases = tuple(search(Is(F["kind"], Equals(kind, cased=True))) for kind in f"x{wanted}y")
    order = Order(tuple(range(1, len(bases) - 1)), (0,), (len(bases) - 1,))
    plan = Correlation("c", bases, (), 60_000_000, order)
    draw = random.Random(3)
    logs = [
        tuple(
            event(f"e{place}", draw.choice([0, 1, 20, 40, 60, 61]), kind=draw.choice(f"xy{wanted}{wanted}"))
            for place in range(7)
        )
        for _ in range(15)
    ]
    assert check(engine, checker, [Trial(plan, events) for events in logs]) == []


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        (Is(F["user"], IsMissing()), "user: Sentinel's text columns don't distinguish an empty value from a missing one"),
        (Is(F["user"], Equals("")), "user: Sentinel's text columns don't distinguish"),
        (Is(F["n"], Exists()), "n: Sentinel keeps only values that are long, so none isn't missing"),
        (Is(F["n"], Matches("1")), "n: Sentinel keeps it as long"),
        (Is(F["user"], Matches(r"a\bx")), "has a word boundary"),
    ],
)
def test_it_is_refused_by_name(expr: Expr, reason: str) -> None:
    assert reason in refusal(search(expr), BACKEND)


def test_a_store_that_names_no_event_is_refused() -> None:
    nameless = replace(BACKEND, stores={CONTRACT.key: replace(STORE, identity=())})
    assert "doesn't say what names an event of test/log" in refusal(search(Is(F["kind"], Exists())), nameless) or (
        "doesn't say what names" in refusal(search(Is(F["kind"], Equals("a", cased=True))), nameless)
    )


def test_a_count_beyond_what_kql_keeps_is_refused() -> None:
    base = search(Is(F["kind"], Equals("a", cased=True)))
    users = KeyPart("user", (F["user"],), F["user"].type, cased=False)
    plan = Correlation("c", (base,), (), 60_000_000, Threshold(Figure.DISTINCT, Op.GTE, 2_000_000, users))
    assert "1048576 different values at most" in refusal(plan, BACKEND)


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("Test_CL | where 'Kind' =~ 'a'", "constant on the left"),
        ("Test_CL | where Kind == 5", "string and long are compared"),
        ("Test_CL | where N in ('a')", "long and string are compared"),
        ("Test_CL | where isempty('Kind')", "a constant is asked"),
        ("Test_CL | where Nope == 1", "KS142"),
        ("Nope_CL | take 1", "KS204"),
        ("Test_CL | where nope(N)", "KS211"),
        ("Test_CL | where (Kind == 'a'", "KS005"),
        ("Test_CL | where N =~ 'a'", "KS106"),
        ("Test_CL | where Kind == 'DOM\\user'", "KS00"),
        ("", "empty"),
    ],
)
def test_the_vendors_check_and_our_lint_catch(query: str, word: str, checker: Checker) -> None:
    assert any(word in problem for problem in problems(checker, query, BACKEND))


def test_the_binder_says_what_a_query_returns(checker: Checker) -> None:
    base = search(Is(F["kind"], Equals("a", cased=True)))
    key = (KeyPart("ip", (F["ip"],), F["ip"].type, cased=False),)
    plan = Correlation("c", (base,), key, 60_000_000, Threshold(Figure.EVENTS, Op.GTE, 2))
    found = checker.check(query_of(plan, BACKEND, Bounds()), declared(BACKEND)).columns
    assert found == {"event_id": "string", "TimeGenerated": "datetime", "Ip": "string", "n": "long", "evidence": "dynamic"}
