"""What ES|QL and Lucene are easily got wrong in, on a real Elasticsearch against the reference evaluator."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from casetrail.engines.base import Trial
from casetrail.engines.cluster import Cluster
from casetrail.engines.connect import connect
from casetrail.engines.elasticsearch import ElasticsearchEngine
from casetrail.plan.nodes import (
    And,
    Check,
    Correlation,
    Equals,
    Exists,
    Expr,
    Field,
    Figure,
    Is,
    IsMissing,
    KeyPart,
    Like,
    Matches,
    Not,
    OneOf,
    Op,
    Or,
    Overlap,
    SameAs,
    Search,
    Threshold,
    Wildcard,
)
from casetrail.plan.simplify import simplify
from tests.elastic.stores import BACKEND, FLAT_BACKEND, single
from tests.laws import strategies
from tests.laws.agree import refusals
from tests.plan import regexes
from tests.worlds import CONTRACT, event

F = CONTRACT.fields
MANY = Wildcard.MANY
GENERATED = settings(
    max_examples=10, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
NASTY = (
    'x" OR TRUE OR "',
    '"""',
    "\\",
    '\\"',
    "a\nb",
    "a\r\tb",
    "`a`",
    "%{id} %{value}",
    "?p ??q",
    "// a /* b",
    "| LIMIT 0",
    "* ? \\* \\?",
    "a/b+c-d=e&&f||g>h<i!j(k)l{m}n[o]p^q~r:s",
    "AND",
    "äöü ÄÖÜ ß ẞ",
    "日本 😀",
    "$1 ${x}",
    " lead and trail ",
    "␟",
    "\N{NEXT LINE}\N{LINE SEPARATOR}",
)


@pytest.fixture(scope="module")
def node(elasticsearch_url: str) -> Cluster:
    return connect(elasticsearch_url, "Elasticsearch")


@pytest.fixture(scope="module")
def engine(node: Cluster) -> Iterator[ElasticsearchEngine]:
    made = ElasticsearchEngine(node, BACKEND, {CONTRACT.key: CONTRACT})
    yield made
    made.close()


@pytest.fixture(scope="module")
def flat_engine(node: Cluster) -> Iterator[ElasticsearchEngine]:
    made = ElasticsearchEngine(node, FLAT_BACKEND, {CONTRACT.key: CONTRACT})
    yield made
    made.close()


def search(expr: Expr) -> Search:
    return Search("s", CONTRACT.key, expr)


def test_random_regular_expressions(engine: ElasticsearchEngine) -> None:
    draw = random.Random(4)
    values = [*regexes.LETTERS, *(regexes.text(draw) for _ in range(60))]
    events = tuple(event(f"e{number}", number, user=value) for number, value in enumerate(values))
    refused = refusals(engine.verdicts, [Trial(search(Is(F["user"], one)), events) for one in regexes.checks(draw, 150)])
    assert len(refused) < 75, refused


def leaves(field: Field) -> st.SearchStrategy[Expr]:
    checks: list[Check] = [IsMissing(), Exists(), Equals("a"), Like(("a", MANY)), OneOf(("a", "b"))]
    if not field.many:
        checks += [SameAs(F["user" if field.path == "other" else "other"], Overlap.ENDSWITH), Matches("a")]
    return st.builds(Is, st.just(field), st.sampled_from(checks))


def larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, inner))


ANY_NULLS = st.recursive(
    st.sampled_from(["user", "other", "blank", "tags"]).flatmap(lambda path: leaves(F[path])), larger, max_leaves=6
).map(simplify)
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "user": st.sampled_from(["a", "ab", ""]),
        "other": st.sampled_from(["a", "b", ""]),
        "blank": st.sampled_from(["a", ""]),
        "tags": st.lists(st.sampled_from(["a", "b", ""]), max_size=2),
    },
)
LOGS = st.lists(ROWS, min_size=8, max_size=8).map(
    lambda rows: tuple(event(f"e{number}", number, **row) for number, row in enumerate(rows))
)


@GENERATED
@given(trials=st.lists(st.builds(Trial, st.builds(search, ANY_NULLS), LOGS), min_size=30, max_size=30))
def test_missing_values_in_any_expression(engine: ElasticsearchEngine, trials: list[Trial]) -> None:
    assert refusals(engine.verdicts, trials) == []


@GENERATED
@given(trials=st.lists(st.builds(Trial, strategies.searches("s"), strategies.logs()), min_size=30, max_size=30))
def test_random_searches_in_flattened_objects(flat_engine: ElasticsearchEngine, trials: list[Trial]) -> None:
    plain = [Trial(trial.plan, tuple(map(single, trial.events))) for trial in trials]
    refused = refusals(flat_engine.verdicts, plain)
    assert len(refused) < 25, refused


def nasty_checks(value: str) -> list[Expr]:
    parts: list[tuple[str | Wildcard, ...]]
    parts = [(value, MANY), (MANY, value), (Wildcard.ONE, value[1:], MANY)]
    likes = [Like(tuple(part for part in pattern if part), cased=True) for pattern in parts]
    checks: list[Check] = [Equals(value, cased=True), *likes]
    return [Is(F[path], one) for path in ("code", "tags") for one in checks]


def test_no_value_breaks_out(engine: ElasticsearchEngine, flat_engine: ElasticsearchEngine) -> None:
    events = tuple(
        event(f"e{number}", number, code=value, tags=["other", value], items=[{"name": value}])
        for number, value in enumerate(NASTY)
    )
    plain = [Trial(search(expr), events) for value in NASTY if value != "␟" for expr in nasty_checks(value)]
    assert refusals(engine.verdicts, plain) == []
    flat = [Is(F["items.name"], Equals(value, cased=True)) for value in NASTY]
    flat += [Is(F["items.name"], Like((value, MANY), cased=True)) for value in NASTY]
    assert refusals(flat_engine.verdicts, [Trial(search(expr), events) for expr in flat]) == []


def test_no_value_breaks_a_window(engine: ElasticsearchEngine) -> None:
    events = tuple(
        event(f"e {number} {place}", number, kind="a", code=value, user=value)
        for place, value in enumerate(NASTY)
        for number in (0, 1)
    )
    base = search(Is(F["kind"], Equals("a", cased=True)))
    by_code = (KeyPart("code", (F["code"],), F["code"].type, cased=True),)
    users = KeyPart("user", (F["user"],), F["user"].type, cased=False)
    plans = [
        Correlation("twice", (base,), by_code, 60_000_000, Threshold(Figure.EVENTS, Op.GTE, 2)),
        Correlation("users", (base,), (), 60_000_000, Threshold(Figure.DISTINCT, Op.GTE, len(NASTY), users)),
    ]
    assert refusals(engine.verdicts, [Trial(plan, events) for plan in plans]) == []


def test_events_between_milliseconds_are_refused(engine: ElasticsearchEngine) -> None:
    assert "finer" in refusals(engine.verdicts, [Trial(search(Is(F["kind"], Exists())), (event("p", 0.0000015),))])[0]
