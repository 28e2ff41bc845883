"""Plans as OpenSearch's query DSL: the query of every construct, or why it is refused. What they mean is tests/opensearch/'s."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from casetrail.languages.base import Ago, Bounds
from casetrail.languages.querydsl.expressions import MOST_CLAUSES, MOST_TERMS, OpenSearchExpressions, Query
from casetrail.languages.querydsl.painless import program
from casetrail.languages.querydsl.query import indexes, query_of
from casetrail.languages.querydsl.windows import correlation_body
from casetrail.plan.nodes import (
    ALWAYS,
    NEVER,
    And,
    Compare,
    Correlation,
    Equals,
    Exists,
    Expr,
    InNetwork,
    InPart,
    Is,
    IsMissing,
    Like,
    Listed,
    Matches,
    Not,
    OneOf,
    Op,
    Or,
    Overlap,
    Part,
    Plan,
    SameAs,
    Search,
    Wildcard,
)
from casetrail.stores.store import StoredField
from casetrail.stores.unsupported import UnsupportedError
from tests.engines.test_reference import ABSENT, COUNT2, FIRST, ORDERED, VALUES2, WITHOUT, plan
from tests.opensearch.stores import BACKEND, FIELDS, STORE
from tests.worlds import CONTRACT

F = CONTRACT.fields
MANY, ONE = Wildcard.MANY, Wildcard.ONE
DSL = OpenSearchExpressions(STORE)
X = Is(F["code"], Equals("x", cased=True))
Y = Is(F["user"], Equals("y"))
X_SAID = {"term": {"test.code": {"value": "x"}}}
Y_SAID = {"term": {"test.user": {"value": "y", "case_insensitive": True}}}


def regexp(pattern: str) -> Query:
    return {"regexp": {"test.user": {"value": pattern, "flags": "NONE"}}}


def wildcard(field: str, value: str, **more: bool) -> Query:
    return {"wildcard": {f"test.{field}": {"value": value, **more}}}


SAID: list[tuple[Expr, Query]] = [
    (X, X_SAID),
    (Y, Y_SAID),
    (Is(F["user"], Equals("é*")), regexp(r"[Éé]\*")),
    (Is(F["user"], Equals("日")), {"term": {"test.user": {"value": "日", "case_insensitive": True}}}),
    (Is(F["code"], OneOf(("x", "y"), cased=True)), {"terms": {"test.code": ["x", "y"]}}),
    (
        Is(F["tags"], OneOf(("x", "y"))),
        {
            "bool": {
                "should": [{"term": {"test.tags": {"value": value, "case_insensitive": True}}} for value in "xy"],
                "minimum_should_match": 1,
            }
        },
    ),
    (Is(F["user"], Listed("nobody", ())), {"match_none": {}}),
    (Is(F["user"], Like(("a*", MANY))), {"prefix": {"test.user": {"value": "a*", "case_insensitive": True}}}),
    (Is(F["user"], Like((MANY, "a*\\", ONE))), wildcard("user", r"*a\*\\?", case_insensitive=True)),
    (Is(F["code"], Like((ONE, "?"), cased=True)), wildcard("code", r"?\?")),
    (Is(F["code"], Like((MANY, "*", MANY), cased=True)), wildcard("code", r"*\**")),
    (Is(F["user"], Like(("é", MANY))), regexp("[Éé].*")),
    (Is(F["code"], Like((MANY,), cased=True)), {"exists": {"field": "test.code"}}),
    (Is(F["code"], Equals("{{x}}", cased=True)), wildcard("code", r"\{\{x}}")),
    (Is(F["code"], Like(("{{", MANY), cased=True)), wildcard("code", r"\{\{*")),
    (Is(F["user"], Matches(r"^a\{{2}")), regexp(r"a[\{]{2}.*")),
    (Is(F["ip"], Equals("192.0.2.1")), {"term": {"test.ip": {"value": "192.0.2.1"}}}),
    (Is(F["ip"], InNetwork("192.0.2.0/24")), {"term": {"test.ip": {"value": "192.0.2.0/24"}}}),
    (Is(F["ip"], InNetwork("::ffff:192.0.2.0/120")), {"match_none": {}}),
    (
        Is(F["ip"], InNetwork("::/64")),
        {
            "bool": {
                "should": [
                    {"range": {"test.ip": {"gte": "::", "lte": "::fffe:ffff:ffff"}}},
                    {"range": {"test.ip": {"gte": "::1:0:0:0", "lte": "::ffff:ffff:ffff:ffff"}}},
                ],
                "minimum_should_match": 1,
            }
        },
    ),
    (Is(F["n"], Equals(42)), {"term": {"test.n": {"value": 42}}}),
    (Is(F["n"], Compare(Op.GT, 1.5)), {"range": {"test.n": {"gt": 1.5}}}),
    (Is(F["n"], Compare(Op.LT, 1e30)), {"exists": {"field": "test.n"}}),
    (Is(F["n"], Compare(Op.GT, 1e30)), {"match_none": {}}),
    (Is(F["flag"], Equals(True)), {"term": {"test.flag": {"value": True}}}),
    (Is(F["user"], Exists()), {"exists": {"field": "test.user"}}),
    (Is(F["user"], IsMissing()), {"bool": {"must_not": [{"exists": {"field": "test.user"}}]}}),
    (Is(F["blank"], Exists()), {"range": {"test.blank": {"gt": ""}}}),
    (Not(X), {"bool": {"must_not": [X_SAID]}}),
    (And((X, Not(Y))), {"bool": {"filter": [X_SAID], "must_not": [Y_SAID]}}),
    (Or((X, Y)), {"bool": {"should": [X_SAID, Y_SAID], "minimum_should_match": 1}}),
    (Not(Or((X, Y))), {"bool": {"must_not": [{"bool": {"should": [X_SAID, Y_SAID], "minimum_should_match": 1}}]}}),
    (NEVER, {"match_none": {}}),
    (ALWAYS, {"match_all": {}}),
]

SCRIPTED: list[tuple[Expr, str, dict[str, Any]]] = [
    (
        Is(F["at"], InPart(Part.WEEK, Op.GTE, 22)),
        program("compare", "in_part"),
        {"field": "@timestamp", "part": "week", "op": "gte", "value": 22},
    ),
    (
        Is(F["user"], SameAs(F["code"], Overlap.CONTAINS)),
        program("read", "same_as"),
        {
            "field": {"name": "test.user", "folded": True, "skips_empty": False},
            "other": {"name": "test.code", "folded": False, "skips_empty": False},
            "overlap": "contains",
        },
    ),
    (
        Is(F["user"], OneOf(tuple(f"u{number}" for number in range(MOST_CLAUSES + 1)))),
        program("read", "one_of"),
        {
            "field": {"name": "test.user", "folded": True, "skips_empty": False},
            "values": {f"u{number}": True for number in range(MOST_CLAUSES + 1)},
        },
    ),
]
REFUSED: list[tuple[Expr, str]] = [
    (Is(F["n"], IsMissing()), "n: OpenSearch keeps only values that are long"),
    (Is(F["n"], Matches("1")), "n: it is integer, and OpenSearch looks for patterns only in text"),
    (Is(F["user"], Matches(r"a\bx")), "Lucene can't look beside a character"),
    (Is(F["user"], Matches("(?i)" + "a" * 300)), "is 1204 bytes long as Lucene's, which takes 250 of such a one"),
    (Is(F["user"], Like(("é" * 300, MANY))), "1202 characters long as Lucene's, and OpenSearch takes 1000"),
    (Is(F["user"], SameAs(F["n"])), "user: it is text and n integer"),
    (Is(F["at"], SameAs(F["at"])), "at: OpenSearch cuts times to milliseconds"),
    (Is(F["code"], OneOf(tuple(f"{number}" for number in range(MOST_TERMS + 1)), cased=True)), "takes 65536 values"),
]
INNER = {"title": "inner", "name": "inner", "correlation": {"group-by": ["user"], "timespan": "10s", **COUNT2}}
RUN = Bounds(1_700_000_000_000_000, Ago(60_000_000))


@pytest.mark.parametrize(("expr", "expected"), SAID)
def test_it_is_said(expr: Expr, expected: Query) -> None:
    assert DSL.expression(expr) == expected


@pytest.mark.parametrize(("expr", "source", "params"), SCRIPTED)
def test_it_is_said_by_a_program_with_parameters(expr: Expr, source: str, params: dict[str, Any]) -> None:
    script = {"lang": "painless", "source": source, "params": params}
    assert DSL.expression(expr) == {"script": {"script": script}}


@pytest.mark.parametrize(("expr", "reason"), REFUSED)
def test_it_is_refused_by_name(expr: Expr, reason: str) -> None:
    with pytest.raises(UnsupportedError) as refused:
        DSL.expression(expr)
    assert reason in refused.value.reason


def test_a_type_that_is_another_there_is_refused() -> None:
    store = replace(STORE, fields={**FIELDS, "n": StoredField("test.n", "keyword")})
    with pytest.raises(UnsupportedError, match="n: OpenSearch keeps it as keyword"):
        OpenSearchExpressions(store).expression(Is(F["n"], Equals(1)))


def body(found: Plan, run: Bounds = RUN) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(query_of(found, BACKEND, run))
    return made


def test_a_search_asks_for_its_run_and_shows_what_it_tests() -> None:
    found = Search("s", CONTRACT.key, And((X, Not(Y))))
    assert body(found, Bounds(Ago(90_500_000), end=1_700_000_000_000_001)) == {
        "size": 10_000,
        "track_total_hits": True,
        "query": {
            "bool": {
                "filter": [
                    {"range": {"@timestamp": {"gte": "now-91s", "lte": 1_700_000_000_001, "format": "epoch_millis"}}},
                    {"bool": {"filter": [X_SAID], "must_not": [Y_SAID]}},
                ]
            }
        },
        "sort": [{"@timestamp": {"order": "asc", "unmapped_type": "date"}}],
        "_source": ["@timestamp", "test.code", "test.user"],
    }
    assert indexes(found, BACKEND) == [STORE.index]


def test_a_correlation_is_a_score_and_parameters() -> None:
    made = body(plan(FIRST))
    query = made["query"]["bool"]
    assert query["filter"] == [{"range": {"@timestamp": {"gte": 1_699_996_400_000, "format": "epoch_millis"}}}]
    assert query["should"] == [
        {"constant_score": {"filter": {"term": {"test.kind": {"value": kind}}}, "boost": boost}}
        for kind, boost in (("x", 1), ("a", 2))
    ]
    user = {"name": "test.user", "folded": True, "skips_empty": False}
    metric = made["aggs"]["completions"]["scripted_metric"]
    earliest = {"column": "seen", "of": "first", "range": {"low": -3_600_000, "high": 0}, "bases": [0]}
    assert metric["params"] == {
        "plan": {
            "key": ["user"],
            "bases": [{"leaf": leaf, "key": [{"place": 0}], "value": []} for leaf in (0, 1)],
            "nodes": [{"is": "look", "figures": [earliest]}],
            "keep": {"bases": [1], "test": {"is": "all", "args": [{"is": "not_before", "column": "seen", "other": "at"}]}},
        },
        "leaves": [{"number": leaf, "bit": bit, "time": "@timestamp", "fields": [user]} for leaf, bit in ((0, 1), (1, 2))],
        "run": {"start": {"at": 1_700_000_000_000}, "known": {"ago": 60_000}},
    }


def test_the_programs_are_the_same_for_every_correlation() -> None:
    chained = plan({"type": "temporal_ordered", "rules": ["inner", "b"]}, INNER)
    plans = [plan(one) for one in (COUNT2, VALUES2, WITHOUT, ORDERED, FIRST, ABSENT)]
    bodies = [body(found) for found in (*plans, chained)]
    scripts = [
        {name: text for name, text in made["aggs"]["completions"]["scripted_metric"].items() if name != "params"}
        for made in bodies
    ]
    assert all(one == scripts[0] for one in scripts)
    assert {len(text) < 65_535 for text in scripts[0].values()} == {True}


def test_what_follows_is_read_as_well() -> None:
    end = 1_700_000_100_000_000
    ranged = body(plan(ABSENT), Bounds(1_700_000_000_000_000, end=end))["query"]["bool"]["filter"][0]["range"]["@timestamp"]
    assert (ranged["gte"], ranged["lte"]) == (1_699_996_400_000, 1_700_003_700_000)


def test_the_same_condition_is_asked_once() -> None:
    made = body(same())
    assert [clause["constant_score"]["boost"] for clause in made["query"]["bool"]["should"]] == [1]
    leaves = made["aggs"]["completions"]["scripted_metric"]["params"]["leaves"]
    assert [leaf["bit"] for leaf in leaves] == [1, 1]


def same() -> Correlation:
    found = plan(FIRST)
    assert isinstance(found, Correlation)
    before = found.bases[0]
    assert isinstance(before, Search)
    return replace(found, bases=(before, replace(before, name="a")))


def test_two_log_sources_are_told_apart() -> None:
    other = replace(STORE, source="test/other", index="other-*", time="when", only={"event.dataset": "other"})
    found = same()
    base = found.bases[1]
    assert isinstance(base, Search)
    found = replace(found, bases=(found.bases[0], replace(base, source="test/other")))
    backend = replace(BACKEND, stores={**BACKEND.stores, "test/other": other})
    made = json.loads(query_of(found, backend, RUN))
    first, second = (clause["constant_score"]["filter"]["bool"]["filter"] for clause in made["query"]["bool"]["should"])
    assert first[0] == {"term": {"event.dataset": {"value": "test.log"}}}
    assert second[0] == {"term": {"event.dataset": {"value": "other"}}}
    times = [list(one["range"]) for one in made["query"]["bool"]["filter"][0]["bool"]["should"]]
    assert times == [["@timestamp"], ["when"]]
    assert indexes(found, backend) == [STORE.index, "other-*"]


def test_a_log_source_without_an_index_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="has no index there"):
        query_of(Search("s", "test/gone", X), BACKEND, RUN)


def test_a_timespan_finer_than_a_millisecond_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="finer"):
        correlation_body(replace(same(), span=1500), BACKEND.stores, RUN)


def test_a_query_that_would_be_a_template_is_refused() -> None:
    users = OneOf(tuple(f"{{{{u{number}}}}}" for number in range(MOST_CLAUSES + 1)))
    with pytest.raises(UnsupportedError, match="a monitor's query would become a template"):
        query_of(Search("s", CONTRACT.key, Is(F["user"], users)), BACKEND, RUN)
