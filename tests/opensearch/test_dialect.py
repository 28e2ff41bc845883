"""What the query DSL, Lucene and Painless are easily got wrong in, on a real OpenSearch against the reference evaluator."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from casetrail.engines.base import Trial
from casetrail.engines.connect import connect
from casetrail.engines.documents import TRIAL, actions
from casetrail.engines.opensearch import OpenSearchEngine, run_query
from casetrail.engines.reference import evaluate
from casetrail.languages.base import Ago, Bounds
from casetrail.languages.querydsl.expressions import MOST_CLAUSES
from casetrail.languages.querydsl.query import query_of
from casetrail.logs.event import Event
from casetrail.plan.nodes import (
    AllOf,
    And,
    Check,
    Compare,
    Correlation,
    Equals,
    Exists,
    Expr,
    Figure,
    InNetwork,
    Is,
    KeyPart,
    Like,
    Listed,
    Not,
    OneOf,
    Op,
    Overlap,
    Plan,
    Present,
    SameAs,
    Search,
    Threshold,
    Wildcard,
)
from casetrail.plan.values import fold
from casetrail.stores.unsupported import UnsupportedError
from tests.elastic.test_dialect import NASTY
from tests.engines.test_reference import ABSENT, COUNT2, FIRST, plan
from tests.laws import strategies
from tests.laws.agree import refusals
from tests.opensearch.stores import BACKEND, STORE
from tests.plan import regexes
from tests.worlds import CONTRACT, SECOND, event

F = CONTRACT.fields
MANY, ONE = Wildcard.MANY, Wildcard.ONE
CONTRACTS = {CONTRACT.key: CONTRACT}
MORE_NASTY = (
    *NASTY,
    "{{period_end}}",
    "{{{x}}}",
    "{{=<% %>=}}",
    "{{",
    "doc['x'].value; return true",
    "' + '",
    "\x1b[2J\x01",
)


@pytest.fixture(scope="module")
def engine(opensearch_url: str) -> Iterator[OpenSearchEngine]:
    made = OpenSearchEngine(connect(opensearch_url, "OpenSearch"), BACKEND, CONTRACTS)
    yield made
    made.close()


def search(expr: Expr, name: str = "s") -> Search:
    return Search(name, CONTRACT.key, expr)


def test_random_regular_expressions(engine: OpenSearchEngine) -> None:
    draw = random.Random(4)
    values = [*regexes.LETTERS, *(regexes.text(draw) for _ in range(60))]
    events = tuple(event(f"e{number}", number, user=value, tags=["-", value]) for number, value in enumerate(values))
    tested = [Trial(search(Is(F[path], one)), events) for one in regexes.checks(draw, 100) for path in ("user", "tags")]
    refused = refusals(engine.verdicts, tested)
    assert len(refused) < len(tested) / 2, refused


def test_random_searches(engine: OpenSearchEngine) -> None:
    refused: list[int] = []

    @settings(
        max_examples=10, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(trials=st.lists(st.builds(Trial, strategies.searches("s"), strategies.logs()), min_size=30, max_size=30))
    def batch(trials: list[Trial]) -> None:
        refused.append(len(refusals(engine.verdicts, trials)))

    batch()
    assert sum(refused) < 30 * len(refused) / 2, "most searches must be run, not refused"


CASED = ["äÄ", "ßẞ", "σΣ", "ςΣ", "éÉ", "åÅ", "µΜ", "ǆǅ", "ſs", "𐐨𐐀", "ı", "日", "ж[Ж", "a{{É", "ÀB*c?\\É"]


def test_case_is_not_regarded_in_any_alphabet(engine: OpenSearchEngine) -> None:
    """But for the Kelvin sign and the dotted İ, which a plain query doesn't take for k and i (backends/opensearch/README.md)."""
    texts = [*CASED, *(text.upper() for text in CASED), *(text.lower() for text in CASED), "ΑΣ", "ας", "ασ"]
    events = tuple(event(f"e{number}", number, user=text, other=text[::-1]) for number, text in enumerate(texts))
    folded = [expr for text in texts for expr in without_case(fold(text))]
    pairs = [Is(F["user"], SameAs(F["other"], overlap)) for overlap in Overlap]
    assert refusals(engine.verdicts, [Trial(search(expr), events) for expr in [*folded, *pairs]]) == []
    user = KeyPart("user", (F["user"],), F["user"].type, cased=False)
    each = Correlation("c", (search(Is(F["user"], Exists())),), (user,), 600 * SECOND, Threshold(Figure.EVENTS, Op.GTE, 2))
    assert refusals(engine.verdicts, [Trial(each, events)]) == []


def without_case(text: str) -> list[Expr]:
    likes: list[tuple[str | Wildcard, ...]] = [(text, MANY), (MANY, text), (ONE, text[1:]), (MANY, text[:1], ONE)]
    checks: list[Check] = [Equals(text), OneOf((text, "x")), *(Like(tuple(part for part in like if part)) for like in likes)]
    return [Is(F["user"], one) for one in checks]


def with_case(value: str) -> list[Expr]:
    likes: list[tuple[str | Wildcard, ...]] = [(value, MANY), (MANY, value), (ONE, value[1:], MANY)]
    checks: list[Check] = [Equals(value, cased=True), OneOf((value, "x"), cased=True)]
    checks += [Like(tuple(part for part in like if part), cased=True) for like in likes]
    return [Is(F[path], one) for path in ("code", "tags") for one in checks]


def test_no_value_breaks_out(engine: OpenSearchEngine) -> None:
    events = tuple(
        event(f"e{number}", number, code=value, user=value, tags=["other", value]) for number, value in enumerate(MORE_NASTY)
    )
    tested = [expr for value in MORE_NASTY for expr in [*with_case(value), *without_case(fold(value))]]
    assert refusals(engine.verdicts, [Trial(search(expr), events) for expr in tested]) == []


def test_no_value_breaks_a_window(engine: OpenSearchEngine) -> None:
    events = tuple(
        event(f"e {number} {place} {{{{x}}}} ' \"", number, kind="a", code=value, user=value)
        for place, value in enumerate(MORE_NASTY)
        for number in (0, 1)
    )
    base = search(Is(F["kind"], Equals("a", cased=True)))
    by_code = (KeyPart("code", (F["code"],), F["code"].type, cased=True),)
    users = KeyPart("user", (F["user"],), F["user"].type, cased=False)
    plans = [
        Correlation("twice", (base,), by_code, 60_000_000, Threshold(Figure.EVENTS, Op.GTE, 2)),
        Correlation("users", (base,), (), 60_000_000, Threshold(Figure.DISTINCT, Op.GTE, len(MORE_NASTY), users)),
    ]
    assert refusals(engine.verdicts, [Trial(plan, events) for plan in plans]) == []


def test_a_long_list_is_looked_up_by_a_script(engine: OpenSearchEngine) -> None:
    values = tuple(f"user{number}@exämple.com" for number in range(2 * MOST_CLAUSES))
    events = tuple(
        event(f"e{number}", number, user=value)
        for number, value in enumerate([values[0].upper(), values[-1], "other", [None, values[7]]])
    )
    found = Is(F["user"], Listed("users", values))
    assert refusals(engine.verdicts, [Trial(search(found), events), Trial(search(Not(found)), events)]) == []
    assert evaluate(search(found), events).ids == {"e0", "e1", "e3"}


def test_numbers_beyond_what_an_index_takes(engine: OpenSearchEngine) -> None:
    events = tuple(event(f"e{number}", number, n=n) for number, n in enumerate([-(2**63), -1, 0, 2**63 - 1, "junk"]))
    bounds = [1e30, -1e30, 2**63, 2**63 - 1, -(2**63), -(2**63) - 1, -1.5]
    tested = [Is(F["n"], Compare(op, bound)) for bound in bounds for op in (Op.LT, Op.LTE, Op.GT, Op.GTE)]
    assert refusals(engine.verdicts, [Trial(search(expr), events) for expr in tested]) == []


def test_networks_of_both_kinds_over_lists(engine: OpenSearchEngine) -> None:
    addresses = [*strategies.ADDRESSES, ["192.0.2.5", "2001:db8::1"], ["192.0.2.5", "::1"], "::fffe:0:1", "::1:0:0:0"]
    events = tuple(event(f"e{number}", number, ip=address) for number, address in enumerate(addresses))
    networks = [*strategies.NETWORKS, "::/64", "::/80", "::ffff:0:0/96", "::ffff:192.0.2.0/120", "::fffe:0:0/96", "::/95"]
    tested: list[Expr] = [Is(F["ip"], InNetwork(network)) for network in networks]
    tested += map(Not, tested.copy())
    assert refusals(engine.verdicts, [Trial(search(expr), events) for expr in tested]) == []


def test_a_score_tells_many_base_rules_apart(engine: OpenSearchEngine) -> None:
    bases = tuple(search(Is(F["n"], Compare(Op.GTE, number)), f"b{number}") for number in range(24))
    every = Correlation("every", bases, (), SECOND, AllOf(tuple(map(Present, range(24)))))
    events = tuple(event(f"e{number}", 10 * number, n=number) for number in range(30))
    assert refusals(engine.verdicts, [Trial(every, events)]) == []
    more = Correlation("more", (*bases, search(Is(F["n"], Compare(Op.GTE, 24)), "x")), (), SECOND, AllOf((Present(24),)))
    assert refusals(engine.verdicts, [Trial(more, events)]) == [
        "it references more than 24 rules, the most that a score tells apart"
    ]


def test_no_key_is_lost_however_many_there_are(engine: OpenSearchEngine) -> None:
    """An aggregation by `terms` or `composite` would give the first 10,000 and leave the others out."""
    events = tuple(event(f"e{number}", number % 7, kind="a", user=f"u{number // 2}") for number in range(22_000))
    found = plan(COUNT2)
    loaded = actions([("many", Trial(found, events))], BACKEND.stores, CONTRACTS, engine.suffix)
    engine.prepare(STORE)
    assert engine.load(loaded) == {}
    ids = run_query(engine.cluster, [STORE.index], query_of(found, BACKEND, Bounds()), {"term": {TRIAL: "many"}})
    assert {identity.partition("~")[2] for identity in ids} == evaluate(found, events).ids
    assert len(ids) > 10_000
    everything = query_of(search(Is(F["kind"], Exists())), BACKEND, Bounds())
    with pytest.raises(UnsupportedError, match="22000 hits, more than the 10000"):
        run_query(engine.cluster, [STORE.index], everything, {"term": {TRIAL: "many"}})


@pytest.mark.parametrize("correlation", [COUNT2, FIRST, ABSENT, None], ids=["count", "first", "absent", "search"])
def test_a_run_is_about_the_time_at_which_it_runs(engine: OpenSearchEngine, correlation: dict[str, object] | None) -> None:
    now = time.time_ns() // 1_000_000 * 1_000
    hours = [30, 3.5, 2.5, 1.5, 0.5, 0.25]
    log = [
        Event(f"e{number}", now - round(hour * 3600 * SECOND) // 1000 * 1000, CONTRACT.key, {"kind": "a", "user": "u"})
        for number, hour in enumerate(hours)
    ]
    found: Plan = plan(correlation) if correlation else search(And((Is(F["kind"], Equals("a", cased=True)),)))
    if isinstance(found, Correlation):
        found = replace(found, span=2 * 3600 * SECOND)
    engine.verdicts([Trial(found, tuple(log))])
    run = Bounds(Ago(3 * 3600 * SECOND), Ago(1200 * SECOND), Ago(600 * SECOND))
    only = {"term": {TRIAL: str(engine.count - 1)}}
    ids = run_query(engine.cluster, [STORE.index], query_of(found, BACKEND, run), only)
    inside = {one.id for one in log if now - 3 * 3600 * SECOND <= one.time <= now - 600 * SECOND}
    expected = evaluate(found, log, now - 1200 * SECOND).ids & inside
    assert {identity.partition("~")[2] for identity in ids} == expected
    assert expected or correlation == FIRST


def test_an_empty_text_that_stands_for_no_value_is_none_even_where_it_was_stored(engine: OpenSearchEngine) -> None:
    engine.prepare(STORE)
    (index,) = engine.made
    rows = {"empty": [""], "both": ["", "a"], "full": ["a"], "none": []}
    stored = {
        name: {"@timestamp": 0, "casetrail": {"trial": "blank"}, "test": {"blank": values, "kind": "a"}}
        for name, values in rows.items()
    }
    assert engine.load({"_index": index, "_id": f"blank~{name}", "_source": one} for name, one in stored.items()) == {}
    blank = F["blank"]
    part = KeyPart("blank", (blank,), blank.type, cased=False)
    some = search(Is(F["kind"], Equals("a", cased=True)))
    tested: list[tuple[Plan, set[str]]] = [
        (search(Is(blank, Exists())), {"both", "full"}),
        (search(Not(Is(blank, Exists()))), {"empty", "none"}),
        (search(Is(blank, Like((MANY,)))), {"both", "full"}),
        (search(Is(blank, Equals(""))), set()),
        (search(Is(blank, OneOf(("", "a")))), {"both", "full"}),
        (Correlation("c", (some,), (part,), SECOND, Threshold(Figure.EVENTS, Op.GTE, 1)), {"both", "full"}),
    ]
    for found, expected in tested:
        ids = run_query(engine.cluster, [STORE.index], query_of(found, BACKEND, Bounds()), {"term": {TRIAL: "blank"}})
        assert {identity.partition("~")[2] for identity in ids} == expected, found


def test_events_between_milliseconds_are_refused(engine: OpenSearchEngine) -> None:
    assert "finer" in refusals(engine.verdicts, [Trial(search(Is(F["kind"], Exists())), (event("p", 0.0000015),))])[0]
