"""The laws of docs/semantics.md, each on a handful of events worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from sigma.collection import SigmaCollection

from casetrail.engines.reference import evaluate, holds
from casetrail.plan.nodes import (
    Compare,
    Equals,
    Exists,
    Expr,
    InNetwork,
    Is,
    IsMissing,
    Like,
    Matches,
    Not,
    OneOf,
    Op,
    Or,
    Plan,
    SameAs,
    Wildcard,
)
from casetrail.sigma.correlate import lower
from tests.worlds import CONTRACT, START, WORLD, event

F = CONTRACT.fields
MANY, ONE = Wildcard.MANY, Wildcard.ONE

TRUE: list[tuple[Expr, dict[str, Any], bool]] = [
    (Is(F["user"], Equals("bob")), {"user": "BOB"}, True),
    (Is(F["user"], Equals("äöß")), {"user": "ÄÖß"}, True),
    (Is(F["code"], Equals("Ab", cased=True)), {"code": "AB"}, False),
    (Is(F["tags"], Equals("b")), {"tags": ["a", "B"]}, True),
    (Is(F["items.name"], Equals("b")), {"items": [{"name": "a"}, {"name": ["x", "b"]}]}, True),
    (Not(Is(F["user"], Equals("bob"))), {}, True),
    (Not(Is(F["user"], Equals("bob"))), {"user": None}, True),
    (Or((Is(F["code"], Equals("x", cased=True)), Not(Is(F["user"], Equals("bob"))))), {"code": "y"}, True),
    (Is(F["user"], IsMissing()), {"user": []}, True),
    (Is(F["user"], IsMissing()), {"user": {"deep": 1}}, True),
    (Is(F["user"], IsMissing()), {"user": ""}, False),
    (Is(F["blank"], IsMissing()), {"blank": ""}, True),
    (Is(F["user"], Exists()), {"user": [None, "x"]}, True),
    (Is(F["n"], Exists()), {"n": "junk"}, True),
    (Is(F["n"], Equals(42)), {"n": "42"}, True),
    (Is(F["n"], Equals(42)), {"n": 42.0}, True),
    (Is(F["n"], OneOf((1, 2))), {"n": True}, False),
    (Is(F["flag"], Equals(True)), {"flag": "True"}, True),
    (Is(F["flag"], Equals(True)), {"flag": 1}, False),
    (Not(Is(F["n"], Compare(Op.LT, 5))), {"n": "junk"}, True),
    (Is(F["items.n"], Compare(Op.GTE, 5)), {"items": [{"n": 1}, {"n": 100}]}, True),
    (Is(F["ip"], InNetwork("192.0.2.0/24")), {"ip": "192.0.2.255"}, True),
    (Is(F["ip"], InNetwork("2001:db8::/32")), {"ip": "2001:DB8:1::1"}, True),
    (Is(F["ip"], InNetwork("192.0.2.0/24")), {"ip": "Salesforce.com IP"}, False),
    (Is(F["ip"], InNetwork("0.0.0.0/0")), {"ip": "2001:db8::1"}, False),
    (Is(F["user"], Like(("a", ONE, MANY, "z"))), {"user": "AB\nZ"}, True),
    (Is(F["user"], Like(("a", ONE))), {"user": "a"}, False),
    (Is(F["user"], Like((MANY, "*", ONE))), {"user": "a*b"}, True),
    (Is(F["user"], Like((MANY, "*", ONE))), {"user": "ab"}, False),
    (Is(F["user"], Like(("a", MANY, "*"))), {"user": "ab"}, False),
    (Is(F["user"], Like(("?", MANY))), {"user": "a"}, False),
    (Is(F["user"], Matches("^b")), {"user": "ab"}, False),
    (Is(F["user"], Matches("B")), {"user": "abc"}, False),
    (Is(F["user"], Matches("B", ignore_case=True)), {"user": "abc"}, True),
    (Is(F["user"], Matches("a.c")), {"user": "a\nc"}, False),
    (Is(F["user"], Matches("a.c", dotall=True)), {"user": "a\nc"}, True),
    (Is(F["user"], Matches("^c$", multiline=True)), {"user": "a\nc\nd"}, True),
    (Is(F["user"], SameAs(F["other"])), {"user": ["a", "b"], "other": "B"}, True),
    (Is(F["user"], SameAs(F["other"])), {}, False),
]


@pytest.mark.parametrize(("expr", "row", "expected"), TRUE)
def test_a_test_holds(expr: Expr, row: dict[str, Any], expected: bool) -> None:
    assert holds(expr, row) is expected


def documents(correlation: dict[str, Any], *more: dict[str, Any]) -> list[Any]:
    """Sigma rules: `a`, `b` and `x` by an event's kind, `either` of the first two, others, and last a correlation."""
    rules = [
        {
            "title": name,
            "name": name,
            "logsource": {"product": "test", "service": "log"},
            "detection": {"s": {"kind": kinds}, "condition": "s"},
        }
        for name, kinds in {"a": "a", "b": "b", "x": "x", "either": ["a", "b"]}.items()
    ]
    last = {"title": "c", "name": "c", "correlation": {"timespan": "1h", "group-by": ["user"], **correlation}}
    return [*rules, *more, last]


def plan(correlation: dict[str, Any], *more: dict[str, Any]) -> Plan:
    found, problems = lower(SigmaCollection.from_dicts(documents(correlation, *more))["c"], WORLD)
    assert found is not None, problems
    return found


def log(text: str) -> list[Any]:
    """Events from `id kind seconds [user] [n]`, separated by commas."""
    made = []
    for part in text.split(","):
        identity, kind, at, *rest = part.split()
        row: dict[str, Any] = {"kind": kind, "user": "u"}
        if rest:
            row["user"] = rest[0]
        if rest[1:]:
            row["n"] = rest[1]
        made.append(event(identity, float(at), **row))
    return made


COUNT2 = {"type": "event_count", "rules": ["a"], "condition": {"gte": 2}}
VALUES2 = {"type": "value_count", "rules": ["a"], "condition": {"gte": 2, "field": "n"}}
TOGETHER = {"type": "temporal", "rules": ["a", "b"]}
WITHOUT = {"type": "temporal", "rules": ["a", "b"], "condition": "a and not b"}
ORDERED = {"type": "temporal_ordered", "rules": ["a", "b"]}
FIRST = {"type": "temporal_ordered", "rules": ["x", "a"], "condition": "not x and a"}
FIRST_CHAIN = {"type": "temporal_ordered", "rules": ["x", "a", "b"], "condition": "not x and a and b"}
ABSENT = {"type": "temporal_ordered", "rules": ["a", "x"], "condition": "a and not x"}

WINDOWS: list[tuple[str, dict[str, Any], str, str]] = [
    ("exactly the timespan is in", COUNT2, "p a 0, q a 3600", "q"),
    ("a millisecond more is out", COUNT2, "p a 0, q a 3600.001", ""),
    ("no bucket edge between two near events", COUNT2, "p a 3590, q a 3610", "q"),
    ("events of one instant see each other", COUNT2, "p a 0, q a 0", "p q"),
    ("an event is in its own window once", COUNT2, "p a 0, p a 0", ""),
    ("another key is another window", COUNT2, "p a 0 u, q a 1 v", ""),
    ("keys join without regard to case", COUNT2, "p a 0 Bob, q a 1 bOB", "q"),
    ("arrival order is nothing", COUNT2, "q a 9, p a 0", "q"),
    ("other kinds don't count", COUNT2, "p a 0, q b 1", ""),
    ("distinct values", VALUES2, "p a 0 u 1, q a 1 u 1, r a 2 u 2", "r"),
    ("numbers as text are one value", VALUES2, "p a 0 u 1, q a 1 u 1.0", ""),
    ("a missing value is no value", VALUES2, "p a 0 u 1, q a 1 u", ""),
    ("both present, in either order", TOGETHER, "p b 0, q a 1, r b 2", "q r"),
    ("one alone", TOGETHER, "p a 0, q b 3601", ""),
    ("absence looks back", WITHOUT, "p b 0, q a 1, r a 3601", "r"),
    ("an order needs strictly later", ORDERED, "p a 0, q b 0, r b 1", "r"),
    ("the wrong order", ORDERED, "p b 0, q a 1", ""),
    ("first seen: nothing before", FIRST, "p a 0", "p"),
    ("first seen: seen at exactly the timespan", FIRST, "p x 0, q a 3600", ""),
    ("first seen: seen a millisecond longer ago", FIRST, "p x 0, q a 3600.001", "q"),
    ("first seen: twice in one instant", FIRST, "p x 5, q a 5", "q"),
    ("first seen: a chain may start early enough", FIRST_CHAIN, "p a 0, q x 1, r a 2, s b 3", "s"),
    ("first seen: every chain starts too late", FIRST_CHAIN, "p x 1, q a 2, r b 3", ""),
    ("first seen: x outside the window of the last", FIRST_CHAIN, "p x 0, q a 1, r b 3600.001", "r"),
    ("nothing follows", ABSENT, "p a 0, q x 3600.001", "p"),
    ("something follows at exactly the timespan", ABSENT, "p a 0, q x 3600", ""),
    ("the same instant doesn't follow", ABSENT, "p a 0, q x 0", "p"),
]


@pytest.mark.parametrize(("law", "correlation", "events", "completing"), WINDOWS, ids=[row[0] for row in WINDOWS])
def test_windows_slide(law: str, correlation: dict[str, Any], events: str, completing: str) -> None:
    assert evaluate(plan(correlation), log(events)).ids == set(completing.split()), law


FIGURES = [
    ({"type": "value_sum", "condition": {"gte": 6, "field": "n"}}, "r"),
    ({"type": "value_avg", "condition": {"lte": 1, "field": "n"}}, "p"),
    ({"type": "value_median", "condition": {"eq": 2, "field": "n"}}, "r"),
    ({"type": "value_percentile", "condition": {"gte": 3, "field": "n", "percentile": 67}}, "r"),
    ({"type": "value_percentile", "condition": {"eq": 1, "field": "n", "percentile": 50}}, "p q"),
]


@pytest.mark.parametrize(("correlation", "completing"), FIGURES)
def test_figures(correlation: dict[str, Any], completing: str) -> None:
    events = log("p a 0 u 1, q a 1 u 2, r a 2 u 3, s a 2 v junk")
    assert evaluate(plan({"rules": ["a"], **correlation}), events).ids == set(completing.split())


def test_an_array_key_gives_a_step_a_value_and_no_key_gives_none() -> None:
    events = [event("p", 0, kind="a", user=["u", "v"]), event("q", 1, kind="a", user="V"), event("r", 2, kind="a")]
    assert evaluate(plan(COUNT2), events).completions == {("q", ("v",))}


def test_a_correlation_stands_on_the_completions_of_another() -> None:
    inner = {
        "title": "inner",
        "name": "inner",
        "correlation": {"group-by": ["user"], "timespan": "10s", **COUNT2},
    }
    chained = plan({"type": "temporal_ordered", "rules": ["inner", "b"]}, inner)
    assert evaluate(chained, log("p a 0, q a 5, r b 5, s b 6, t b 3605.001")).ids == {"s"}


def test_absence_is_known_only_once_the_log_has_been_seen_long_enough() -> None:
    events = log("p a 0, q a 100")
    verdict = evaluate(plan(ABSENT), events, seen_until=START + 3_600_000_000)
    assert verdict.ids == {"p"}
    assert verdict.pending == {"q"}
