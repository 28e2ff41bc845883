"""Every modifier of pySigma 2.0.1: what it means in the plan, or the lint that refuses it."""

from __future__ import annotations

from typing import Any

import pytest
from sigma.modifiers import modifier_mapping
from sigma.rule import SigmaRule

from casetrail.engines.reference import holds
from casetrail.plan.nodes import (
    Compare,
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
    SameAs,
    Wildcard,
)
from casetrail.sigma.lower import lower_rule
from tests.worlds import CONTRACT, WORLD

MANY, ONE = Wildcard.MANY, Wildcard.ONE
F = CONTRACT.fields


def rule(selection: Any, condition: str = "s", **detections: Any) -> SigmaRule:
    logsource = {"product": "test", "service": "log"}
    document = {"title": "t", "name": "r", "logsource": logsource}
    return SigmaRule.from_dict({**document, "detection": {"s": selection, **detections, "condition": condition}})


def lowered(selection: Any, condition: str = "s", **detections: Any) -> Expr:
    search, problems = lower_rule(rule(selection, condition, **detections), WORLD)
    assert search is not None, problems
    return search.where


MEANINGS: list[tuple[str, Any, Expr]] = [
    ("user", "Bob", Is(F["user"], Equals("bob"))),
    ("user", ["a", "B"], Is(F["user"], OneOf(("a", "b")))),
    ("code", "Ab", Is(F["code"], Equals("Ab", cased=True))),
    ("user|cased", "Ab", Is(F["user"], Equals("Ab", cased=True))),
    ("user", 42, Is(F["user"], Equals("42"))),
    ("user", True, Is(F["user"], Equals("true"))),
    ("user", "a*b?C", Is(F["user"], Like(("a", MANY, "b", ONE, "c")))),
    ("user", r"a\*\?", Is(F["user"], Equals("a*?"))),
    ("user", r"a*\*\?", Is(F["user"], Like(("a", MANY, "*?")))),
    ("user", r"\**", Is(F["user"], Like(("*", MANY)))),
    ("user", "C:\\x\\\\*", Is(F["user"], Like(("c:\\x\\", MANY)))),
    ("user", r"\**\?x?", Is(F["user"], Like(("*", MANY, "?x", ONE)))),
    ("user|contains", "X", Is(F["user"], Like((MANY, "x", MANY)))),
    ("user|startswith", "X", Is(F["user"], Like(("x", MANY)))),
    ("user|endswith|cased", "X", Is(F["user"], Like((MANY, "X"), cased=True))),
    ("user|re", "^a.b", Is(F["user"], Matches("^a.b"))),
    ("user|re", r"^a.*\*b?\?$", Is(F["user"], Matches(r"^a.*\*b?\?$"))),
    ("user|re|i|m|s", "a", Is(F["user"], Matches("a", True, True, True))),
    ("user", None, Is(F["user"], IsMissing())),
    ("user|exists", True, Is(F["user"], Exists())),
    ("user|exists", False, Is(F["user"], IsMissing())),
    ("user|neq", "x", Not(Is(F["user"], Equals("x")))),
    ("user|fieldref", "other", Is(F["user"], SameAs(F["other"]))),
    ("user|fieldref|contains", "other", Is(F["user"], SameAs(F["other"], Overlap.CONTAINS))),
    ("user|fieldref|startswith", "code", Is(F["user"], SameAs(F["code"], Overlap.STARTSWITH, cased=True))),
    ("user|fieldref|endswith", "other", Is(F["user"], SameAs(F["other"], Overlap.ENDSWITH))),
    ("ip|cidr", "192.0.2.0/24", Is(F["ip"], InNetwork("192.0.2.0/24"))),
    ("ip|cidr", "::ffff:192.0.2.0/120", Is(F["ip"], InNetwork("192.0.2.0/24"))),
    ("ip|cidr", "::/64", Is(F["ip"], InNetwork("::/64"))),
    ("ip", "2001:DB8::0:1", Is(F["ip"], Equals("2001:db8::1"))),
    ("ip|expand", "%nets%", Or((Is(F["ip"], InNetwork("192.0.2.0/24")), Is(F["ip"], Equals("2001:db8::1"))))),
    ("user|expand", "%users%", Is(F["user"], Listed("users", ("alice", "b*b")))),
    ("code|expand", "%users%", Is(F["code"], Listed("users", ("Alice", "b*b"), cased=True))),
    ("user|contains|expand", "%nobody%", Or(())),
    ("n", "42", Is(F["n"], Equals(42))),
    ("n|gt", 5, Is(F["n"], Compare(Op.GT, 5))),
    ("f|lte", 5.5, Is(F["f"], Compare(Op.LTE, 5.5))),
    ("flag", "true", Is(F["flag"], Equals(True))),
    ("flag", False, Is(F["flag"], Equals(False))),
    ("at|hour", 3, Is(F["at"], InPart(Part.HOUR, Op.EQ, 3))),
    ("at|week|gte", 3, Is(F["at"], InPart(Part.WEEK, Op.GTE, 3))),
    ("items.name", "x", Is(F["items.name"], Equals("x"))),
]
for part in ("minute", "day", "month", "year"):
    MEANINGS.append((f"at|{part}|lt", 9, Is(F["at"], InPart(Part(part), Op.LT, 9))))


@pytest.mark.parametrize(("key", "value", "expected"), MEANINGS, ids=lambda part: str(part)[:40])
def test_meaning(key: str, value: Any, expected: Expr) -> None:
    assert lowered({key: value}) == expected


ENCODED = [
    ("user|base64", "foo", "Zm9v"),
    ("user|base64offset|contains", "foobar", "xxx Zm9vYmFy"),
    ("user|wide|base64offset|contains", "ab", "YQBiA"),
    ("user|utf16|base64", "a", "//5hAA=="),
    ("user|utf16be|base64", "a", "AGE="),
    ("user|windash|contains", " -x", "cmd /x"),
    ("user|contains|all", ["a", "b"], "xbya"),
    ("user|re|ignorecase|multiline|dotall", "^B.c", "a\nb\nc"),
    ("n|gte", 3, 3),
    ("n|lt", 3, 2),
]


@pytest.mark.parametrize(("key", "value", "hit"), ENCODED)
def test_modifiers_that_rewrite_the_value(key: str, value: Any, hit: Any) -> None:
    where = lowered({key: value})
    assert holds(where, {key.partition("|")[0]: hit})
    assert not holds(where, {key.partition("|")[0]: "9999"} if key[0] != "n" else {"n": 9 if "lt" in key else 1})


def test_every_modifier_of_pysigma_is_covered() -> None:
    used = {name for key, *_ in [*MEANINGS, *ENCODED] for name in key.split("|")[1:]}
    assert set(modifier_mapping) - used == set()


REFUSED = [
    ({"usr": "x"}, "unknown-field", "did you mean user"),
    (["free text"], "keywords", "name the field"),
    ({"n": "many"}, "value-type", "is no integer"),
    ({"n": True}, "value-type", "is no integer"),
    ({"n": 1.5}, "value-type", "is no integer"),
    ({"flag": "yes"}, "value-type", "is no boolean"),
    ({"ip": "192.0.2.*"}, "value-type", "|cidr"),
    ({"ip": "localhost"}, "value-type", "is no address"),
    ({"user|cidr": "192.0.2.0/24"}, "value-type", "not an address"),
    ({"user|gt": 5}, "value-type", "compares numbers"),
    ({"user|hour": 5}, "value-type", "not a time"),
    ({"at": "2026-01-15"}, "value-type", "is a time"),
    ({"n|re": "4."}, "value-type", "not supported"),
    ({"user|fieldref": "n"}, "value-type", "compared"),
    ({"user|fieldref": "usr"}, "unknown-field", "did you mean user"),
    ({"n|fieldref|startswith": "n"}, "value-type", "|startswith is not supported"),
    ({"user|contains": ""}, "matches-everything", "|exists"),
    ({"user": "*"}, "matches-everything", "|exists"),
    ({"user|expand": "%admins%"}, "unknown-watchlist", "admins"),
    ({"user|re|expand": "%users%"}, "regex", "watchlist"),
]


@pytest.mark.parametrize(("selection", "lint", "words"), REFUSED)
def test_what_has_no_meaning_is_refused_by_name(selection: Any, lint: str, words: str) -> None:
    search, problems = lower_rule(rule(selection), WORLD)
    assert search is None
    assert [problem.lint for problem in problems] == [lint]
    assert words in problems[0].message


def test_all_problems_are_named_at_once() -> None:
    _, problems = lower_rule(rule({"usr": "x", "n": "many", "flag": "yes"}), WORLD)
    assert [problem.subject for problem in problems] == ["usr", "many", "yes"]


def test_a_log_source_without_a_contract_is_named() -> None:
    document = {"title": "t", "logsource": {"product": "windows"}, "detection": {"s": {"a": 1}, "condition": "s"}}
    search, problems = lower_rule(SigmaRule.from_dict(document), WORLD)
    assert search is None
    assert problems[0].lint == "no-contract"


def test_an_empty_watchlist_warns_and_is_never_true() -> None:
    search, problems = lower_rule(rule({"user|expand": "%nobody%"}, "not s"), WORLD)
    assert search is not None
    assert [problem.lint for problem in problems] == ["empty-watchlist"]
    assert holds(search.where, {"user": ""})


def test_several_conditions_are_alternatives() -> None:
    search, _ = lower_rule(rule({"user": "a"}, ["s", "t"], t={"user": "b"}), WORLD)  # type: ignore[arg-type]
    assert search is not None
    assert search.where == Is(F["user"], OneOf(("a", "b")))
