"""The torture set: a trial for each law of docs/semantics.md that a plausible wrong translation breaks."""

from __future__ import annotations

from typing import Any

from casetrail.engines.base import Trial
from casetrail.plan.nodes import Equals, Expr, Field, Is, Like, Listed, Matches, Not, OneOf, Search, Wildcard
from casetrail.plan.words import expression_lines
from tests.engines.test_reference import FIGURES, FIRST_CHAIN, ORDERED, TOGETHER, TRUE, WINDOWS, log, plan
from tests.worlds import CONTRACT, event

F = CONTRACT.fields
MANY, ONE = Wildcard.MANY, Wildcard.ONE

LITERALS: tuple[str, ...] = (
    "a*b",
    "a?b",
    "a%b",
    "a_b",
    "a\\b",
    "a'b",
    'a"b',
    'a"""b',
    "a`b",
    "a|b",
    "a$b^",
    "a{b}",
    "a[b](c)",
    "%{a}",
    "a // b",
    "a /* b",
    "a -- b",
    "#a b#",
    "@a<b>~c&d",
    "a\nb",
    "é'\"",
)
"""Texts that mean something in one language or another."""

ORDERED_THREE = {"type": "temporal_ordered", "rules": ["a", "x", "b"]}
FEW_VALUES = {"type": "value_count", "rules": ["a"], "condition": {"lt": 2, "field": "n"}}
TWICE_TOGETHER = {"type": "temporal", "rules": ["a", "either"]}
TWICE_ORDERED = {"type": "temporal_ordered", "rules": ["a", "either"]}

EDGES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("both present, exactly the timespan apart", TOGETHER, "p a 0, q b 3600"),
    ("both present, a millisecond too far apart", TOGETHER, "p a 0, q b 3600.001"),
    ("an order of exactly the timespan", ORDERED, "p a 0, q b 3600"),
    ("an order a millisecond too long", ORDERED, "p a 0, q b 3600.001"),
    ("an order of three without its middle", ORDERED_THREE, "p a 0, q a 1, r b 2"),
    ("an order of three", ORDERED_THREE, "p a 0, q x 1, r a 2, s b 3"),
    ("fewer values than: a step without a value is one", FEW_VALUES, "p a 0 u, q a 1 u 1, r a 2 u 2, s a 3603 u"),
    ("an event that is a step of two rules completes both", TWICE_TOGETHER, "p a 0, q b 1, r b 3602"),
    ("an event that is a step of two rules isn't later than itself", TWICE_ORDERED, "p a 0, q a 1, r b 2"),
    ("first seen: at the instant in which the chain starts", FIRST_CHAIN, "p x 0, q a 0, r b 1"),
    ("first seen: the chain is exactly the timespan", FIRST_CHAIN, "p a 0, q b 3600"),
)
"""Windows at their edge: a name, a correlation and its log."""


def _searches() -> list[tuple[str, Expr, dict[str, Any]]]:
    found: list[tuple[str, Expr, dict[str, Any]]] = [
        (f"{' '.join(line.strip() for line in expression_lines(expr))}, of {row}", expr, row) for expr, row, _ in TRUE
    ]
    for text in LITERALS:
        other = text.replace("*", "x").replace("?", "x").replace("%", "x").replace("_", "x").replace("\\", "x")
        for field in (F["user"], F["tags"]):
            found += [
                (f"{text!r} is itself in {field.path}", Is(field, Equals(text, cased=True)), _row(field, text)),
                (
                    f"{text!r} within a value of {field.path}",
                    Is(field, Like((MANY, text, MANY), cased=True)),
                    _row(field, f"x{text}y"),
                ),
                (f"{text!r} isn't {other!r} in {field.path}", Is(field, Like((text, MANY), cased=True)), _row(field, other)),
                (
                    f"{text!r} and one more of {field.path}",
                    Is(field, Like((text, ONE), cased=True)),
                    _row(field, f"{text}z"),
                ),
                (
                    f"{text!r} isn't {other!r} and one more of {field.path}",
                    Is(field, Like((text, ONE), cased=True)),
                    _row(field, f"{other}z"),
                ),
            ]
    return [
        *found,
        ("a watchlist", Is(F["user"], Listed("users", ("alice", "b*b"))), {"user": "B*B"}),
        ("an empty watchlist", Is(F["user"], Listed("nobody", ())), {"user": "a"}),
        ("not an empty watchlist", Not(Is(F["user"], Listed("nobody", ()))), {"user": "a"}),
        ("a wildcard's end", Is(F["user"], Like(("a", MANY))), {"user": "ba"}),
        ("a wildcard's start", Is(F["user"], Like((MANY, "a"))), {"user": "ab"}),
        ("one sign, not none", Is(F["user"], Like((MANY, "a", ONE))), {"user": "a"}),
        ("one of many, in another case", Is(F["user"], OneOf(("a", "b"))), {"user": "B"}),
        ("a wildcard in another case", Is(F["user"], Like(("al", MANY))), {"user": "ALice"}),
        ("not on the second element", Not(Is(F["tags"], Equals("b"))), {"tags": ["a", "B"]}),
        ("not on an empty list", Not(Is(F["tags"], Equals("b"))), {"tags": []}),
        ("not like, missing", Not(Is(F["user"], Like((MANY, "a", MANY)))), {}),
        ("not a regex, missing", Not(Is(F["user"], Matches("a"))), {}),
        ("a regex in the middle", Is(F["user"], Matches("b+")), {"user": "abbc"}),
        ("a regex in another case", Is(F["user"], Matches("b")), {"user": "B"}),
        ("an exact field in another case", Is(F["code"], OneOf(("x", "y"), cased=True)), {"code": "X"}),
        ("an exact start in another case", Is(F["code"], Like(("x", MANY), cased=True)), {"code": "Xy"}),
        ("an exact middle in another case", Is(F["code"], Like((MANY, "x", MANY), cased=True)), {"code": "aXy"}),
    ]


def _row(field: Field, text: str) -> dict[str, Any]:
    return {field.path: [text, "other"] if field.many else text}


def figure_name(condition: dict[str, Any]) -> str:
    """`value_percentile, gte 3, percentile 67`."""
    numbers = [f"{name} {value}" for name, value in condition["condition"].items() if name != "field"]
    return ", ".join([str(condition["type"]), *numbers])


def trials() -> list[tuple[str, Trial]]:
    """Every law's trial with its name."""
    searched = [(name, Trial(Search("s", CONTRACT.key, expr), (event("p", **row),))) for name, expr, row in _searches()]
    laws = [(name, correlation, events) for name, correlation, events, _ in WINDOWS]
    windows = [(name, Trial(plan(correlation), tuple(log(events)))) for name, correlation, events in (*laws, *EDGES)]
    events = tuple(log("p a 0 u 1, q a 1 u 2, r a 2 u 3, s a 2 v junk"))
    figures = [(figure_name(condition), Trial(plan({"rules": ["a"], **condition}), events)) for condition, _ in FIGURES]
    return [*searched, *windows, *figures]
