"""SQLite, by a backend that we did not write, says the same of Sigma rules as the reference evaluator, or says why it can't."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sigma.collection import SigmaCollection

from casetrail.engines.base import Trial
from casetrail.engines.duckdb import Duckdb
from casetrail.engines.reference import evaluate
from casetrail.logs.event import Event
from casetrail.plan.nodes import Plan
from casetrail.sigma.correlate import lower
from tests.engines.test_reference import log
from tests.laws import seeded, sigma
from tests.laws.fuzz import share
from tests.oracle.backend import Gap
from tests.oracle.engine import SqliteOracle, Unsupported
from tests.worlds import START, WORLD, event

Document = dict[str, Any]
ORACLE = SqliteOracle()


def rule(detection: Document, name: str = "r") -> Document:
    logsource = {"product": "test", "service": "log"}
    return {"title": name, "name": name, "logsource": logsource, "detection": {"condition": "s", **detection}}


def correlation(body: Document, name: str = "c") -> Document:
    return {"title": name, "name": name, "correlation": {"timespan": "1h", "group-by": ["user"], **body}}


BASES = [rule({"s": {"kind": name}}, name) for name in "abx"]


def plan_of(rules: Sequence[Document]) -> Plan | None:
    return lower(SigmaCollection.from_dicts(copy.deepcopy(list(rules)))[rules[-1]["name"]], WORLD)[0]


def expected(rules: Sequence[Document], events: Sequence[Event], seen_until: int | None = None) -> frozenset[str]:
    plan = plan_of(rules)
    assert plan is not None
    return evaluate(plan, events, seen_until).ids


def told(rules: Sequence[Document], events: Iterable[Event], seen_until: int | None = None) -> frozenset[str] | Gap:
    verdict = ORACLE.verdict(rules, events, WORLD.contracts, WORLD.watchlists, seen_until)
    return verdict.gap if isinstance(verdict, Unsupported) else verdict


SAID: list[tuple[Document, list[Document]]] = [
    ({"user": "äé"}, [{"user": "ÄÉ"}, {"user": "a"}, {}]),
    ({"user|cased": "aB"}, [{"user": "aB"}, {"user": "ab"}]),
    ({"user|contains": "Ä"}, [{"user": "xäx"}, {"user": "a"}]),
    ({"user": "a%b_c*"}, [{"user": "A%B_Cd"}, {"user": "axbyc"}]),
    ({"user": "a\\*b\\\\c"}, [{"user": "a*b\\c"}, {"user": "axb\\c"}]),
    ({"user|cased": "[a*?]"}, [{"user": "[axy]"}, {"user": "a"}]),
    ({"user": "it's"}, [{"user": "IT'S"}]),
    ({"user": "a\nb*"}, [{"user": "a\nb\n"}]),
    ({"user": 42}, [{"user": 42}, {"user": "42"}, {"user": [1, 42]}]),
    ({"code": "Ab"}, [{"code": "Ab"}, {"code": "AB"}]),
    ({"code|contains": "b"}, [{"code": "Ab"}, {"code": "AB"}, {"code": ["x", "b"]}]),
    ({"tags": "b"}, [{"tags": ["a", "B"]}, {"tags": []}, {}]),
    ({"tags": None}, [{"tags": ["a", "B"]}, {"tags": [None]}, {}]),
    ({"tags|neq": "b"}, [{"tags": ["a", "B"]}, {"tags": ["a"]}, {}]),
    ({"tags|fieldref": "items.name"}, [{"tags": ["a", "b"], "items": [{"name": "x"}, {"name": "B"}]}, {"tags": ["a", "b"]}]),
    ({"blank": None}, [{"blank": ""}, {"blank": "x"}]),
    ({"n": "02"}, [{"n": 2}, {"n": "2.0"}, {"n": "junk"}]),
    ({"n|gt": 1}, [{"n": "2"}, {"n": "junk"}, {"n": True}]),
    ({"n|lt": 1.5}, [{"n": [5, 1]}, {"n": "junk"}, {}]),
    ({"f": "1e3"}, [{"f": 1000}, {"f": "nan"}]),
    ({"flag": True}, [{"flag": "TRUE"}, {"flag": True}, {"flag": 1}]),
    ({"ip|cidr": "192.0.2.4/30"}, [{"ip": "::ffff:192.0.2.5"}, {"ip": "192.0.2.8"}, {"ip": "Salesforce.com IP"}]),
    ({"ip": "2001:DB8::0:1"}, [{"ip": "2001:DB8:0::1"}, {"ip": "2001:db8::2"}]),
    ({"ip": "192.0.2.0/24"}, [{"ip": "::ffff:192.0.2.5"}, {"ip": "192.0.3.1"}, {}]),
    ({"ip|expand": "%nets%"}, [{"ip": "192.0.2.5"}, {"ip": "2001:db8::1"}, {"ip": "2001:db8::2"}]),
    ({"at|hour|gte": 9}, [{}]),
    ({"user|re": "^A.b"}, [{"user": "A'b"}, {"user": "A\nb"}, {"user": "a b"}]),
    ({"user|re|i|s": "A.b"}, [{"user": "a\nb"}]),
    ({"user|fieldref|startswith": "other"}, [{"user": "A%b", "other": "a%"}, {"user": "axb", "other": "a%"}]),
    ({"user|fieldref": "code"}, [{"user": "a", "code": "a"}, {"user": "A", "code": "a"}]),
    ({"user|expand": "%users%"}, [{"user": "ALICE"}, {"user": "b*b"}, {"user": "bob"}]),
    ({"user|windash|contains": " -x"}, [{"user": "a /x"}]),
]


@pytest.mark.parametrize(("selection", "rows"), SAID, ids=lambda part: str(part)[:40])
def test_what_it_says(selection: Document, rows: list[Document]) -> None:
    events = [event(f"e{number}", number, **row) for number, row in enumerate(rows)]
    for condition in ("s", "not s"):
        rules = [rule({"s": selection, "condition": condition})]
        assert told(rules, events) == expected(rules, events)


GAPS: list[tuple[Gap, Document, Document]] = [
    (Gap.WEEK, {"at|week": 3}, {}),
    (Gap.WEEK, {"at|week|gte": 3}, {}),
    (Gap.NETWORK, {"ip|cidr": "2001:db8::/33"}, {"ip": "2001:db8:8000::1"}),
    (Gap.NETWORK, {"ip|cidr": "0.0.0.0/0"}, {"ip": "2001:db8::1"}),
    (Gap.BOOLEAN, {"user": True}, {"user": 1}),
    (Gap.CASED_WATCHLIST, {"user|cased|expand": "%users%"}, {"user": "alice"}),
    (Gap.EMPTY_WATCHLIST, {"user|expand": "%nobody%"}, {"user": ""}),
    (Gap.EXACT_OVERLAP, {"code|fieldref|contains": "user"}, {"code": "ab", "user": "A"}),
    (Gap.UNREADABLE, {"n": None}, {"n": "junk"}),
    (Gap.UNREADABLE, {"flag|exists": True}, {"flag": 1}),
]


@pytest.mark.parametrize(("gap", "selection", "row"), GAPS)
def test_what_it_cannot_say_of_an_event(gap: Gap, selection: Document, row: Document) -> None:
    rules = [rule({"s": selection})]
    assert plan_of(rules) is not None
    assert told(rules, [event("p", **row)]) == gap


INNER = correlation({"type": "event_count", "rules": ["a"], "condition": {"gte": 1}}, "inner")
INNER_ORDER = correlation({"type": "temporal_ordered", "rules": ["a", "b"]}, "inner")
SUM = {"type": "value_sum", "condition": {"gte": 2, "field": "n"}}
COUNT = {"type": "event_count", "condition": {"gte": 2}}
CODE = {"group-by": ["who"], "aliases": {"who": {"b": "user"}}}
INNER_CODE = correlation({**COUNT, "rules": ["a"], "group-by": ["who"], "aliases": {"who": {"a": "code"}}}, "inner")
WHO = {"group-by": ["who"], "aliases": {"who": {"a": "user", "b": "code"}}}

CORRELATED_GAPS: list[tuple[Gap, list[Document], Document, str]] = [
    (
        Gap.PERCENTILE,
        [],
        {"type": "value_percentile", "rules": ["a"], "condition": {"gte": 2, "field": "n", "percentile": 50}},
        "p a 0 u 1, q a 1 u 2",
    ),
    (Gap.ABSENCE, [], {"type": "temporal", "rules": ["a", "b"], "condition": "a or not b"}, "p a 0, q b 1"),
    (Gap.ABSENCE, [], {"type": "temporal_ordered", "rules": ["a", "b", "x"], "condition": "a and b and not x"}, "p a 0"),
    (Gap.ABSENCE, [], {"type": "temporal_ordered", "rules": ["x", "a", "b"], "condition": "not x and a and b"}, "p a 0"),
    (Gap.ABSENCE, [INNER], {"type": "temporal", "rules": ["inner", "b"], "condition": "inner and not b"}, "p a 0, q b 1"),
    (Gap.MIXED_CASE, [], {"type": "temporal", "rules": ["a", "b"], **WHO}, "p a 0"),
    (Gap.MIXED_CASE, [INNER_CODE], {**COUNT, "rules": ["inner", "b"], **CODE}, "p a 0"),
    (Gap.SEVERAL_BASES, [rule({"s": {"kind": "a"}}, "a2")], {**SUM, "rules": ["a", "a2"]}, "p a 0 u 1"),
    (Gap.SEVERAL_BASES, [INNER], {**COUNT, "rules": ["inner", "a"]}, "p a 0"),
    (Gap.CHAINED_INSTANT, [INNER], {**COUNT, "rules": ["inner"]}, "p a 0, q a 0"),
    (Gap.CHAINED_ORDER, [INNER_ORDER], {**COUNT, "rules": ["inner"]}, "p a 0, q b 1, r a 2"),
]


@pytest.mark.parametrize(("gap", "more", "body", "events"), CORRELATED_GAPS)
def test_what_it_cannot_say_of_a_correlation(gap: Gap, more: list[Document], body: Document, events: str) -> None:
    rules = [*BASES, *more, correlation(body)]
    assert plan_of(rules) is not None
    assert told(rules, log(events)) == gap


def test_a_list_is_several_keys_and_values() -> None:
    events = [event("p", 0, kind="a", user=["u", "v", "U"], n=[1, 2]), event("q", 1, kind="a", user="V", n=[2, 3])]
    for body in (COUNT, SUM, {"type": "value_count", "condition": {"gte": 3, "field": "n"}}):
        rules = [*BASES, correlation({**body, "rules": ["a"]})]
        assert told(rules, events) == expected(rules, events)
    rules = [*BASES, correlation({**SUM, "rules": ["a"]})]
    assert told(rules, [event("p", kind="a", user="u", n=[1, 1])]) == Gap.REPEATED_VALUE
    rules = [*BASES, correlation({**SUM, "rules": ["a"], "group-by": ["n"]})]
    assert told(rules, [event("p", kind="a", n=[1, 2])]) == Gap.LIST_TWICE
    alias = {"who": {"a": "user", "b": "other"}}
    rules = [*BASES, correlation({"type": "temporal", "rules": ["a", "b"], "group-by": ["user", "who"], "aliases": alias})]
    events = [event("p", 0, kind="a", user=["u", "v"]), event("q", 1, kind="b", user="u", other="v")]
    assert told(rules, events) == Gap.LIST_TWICE


def test_every_gap_has_a_case() -> None:
    assert {row[0] for row in [*GAPS, *CORRELATED_GAPS]} | {Gap.REPEATED_VALUE, Gap.LIST_TWICE} == set(Gap)


def test_absence_waits_for_the_log() -> None:
    rules = [*BASES, correlation({"type": "temporal_ordered", "rules": ["a", "x"], "condition": "a and not x"})]
    events = log("p a 0, q a 100, r x 3700")
    assert told(rules, events) == expected(rules, events) == frozenset({"p"})
    assert told(rules, events, START + 3_599_000_000) == expected(rules, events, START + 3_599_000_000) == frozenset()


def test_a_key_that_compares_exactly_and_one_that_does_not() -> None:
    events = [event("p", 0, kind="a", user="Ä", code="x"), event("q", 1, kind="a", user="ä", code="X")]
    for path in ("user", "code"):
        rules = [*BASES, correlation({**COUNT, "rules": ["a"], "group-by": [path]})]
        assert told(rules, events) == expected(rules, events) == ({"q"} if path == "user" else set())


@pytest.fixture(scope="module")
def duckdb_engine() -> Duckdb:
    return Duckdb()


def agree(engine: Duckdb, rules: Sequence[Document], events: tuple[Event, ...], seen_until: int | None) -> str:
    """What became of the example: agreed, meaningless, or the gap by name."""
    plan = plan_of(rules)
    if plan is None:
        return "meaningless"
    ids = evaluate(plan, events, seen_until).ids
    assert engine.verdict(Trial(plan, events, seen_until)) == ids
    verdict = told(rules, events, seen_until)
    if isinstance(verdict, Gap):
        return verdict.name
    assert verdict == ids
    return "agreed"


UNTIL = st.one_of(st.none(), st.none(), st.sampled_from([START + 60_000_000, START + 120_000_000]))
CROWDED = seeded.logs(4, 14, seeded.crowded_row)
SHAPES = {
    "rules": (sigma.rules(), seeded.logs(10, 30, seeded.row)),
    "correlations": (sigma.correlations(depth=0), st.one_of(seeded.logs(4, 14, seeded.row), CROWDED, CROWDED)),
    "chains": (sigma.correlations(depth=1), CROWDED),
}


def shrunk(engine: Duckdb, rules: list[Document], events: tuple[Event, ...], seen_until: int | None, kind: type) -> str:
    """The smallest example that fails in the same way, as Python."""

    def failing(example: Any) -> bool:
        try:
            documents, rows = example
            found = tuple(Event(*row) for row in rows)
        except (TypeError, ValueError):
            return False
        try:
            agree(engine, documents, found, seen_until)
        except Exception as error:
            return isinstance(error, kind)
        return False

    rows = [[each.id, each.time, each.source, dict(each.row)] for each in events]
    return f"{sigma.smallest(failing, [rules, rows])}, seen until {seen_until}"


@pytest.mark.parametrize("shape", SHAPES)
def test_random_sigma_rules(duckdb_engine: Duckdb, shape: str) -> None:
    outcomes: Counter[str] = Counter()
    documents, events = SHAPES[shape]

    @settings(share(12), phases=[Phase.generate])
    @given(rules=documents, events=events, seen_until=UNTIL)
    def run(rules: list[Document], events: tuple[Event, ...], seen_until: int | None) -> None:
        try:
            outcomes[agree(duckdb_engine, rules, events, seen_until)] += 1
        except Exception as error:
            error.add_note(shrunk(duckdb_engine, rules, events, seen_until, type(error)))
            raise

    run()
    print(shape, dict(outcomes.most_common()))
    assert outcomes["agreed"] > outcomes.total() / 2, outcomes
