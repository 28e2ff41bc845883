"""Plans as ES|QL: the text of every construct, or why it is refused."""

from __future__ import annotations

import pytest

from casetrail.languages.esql.expressions import EsqlExpressions, name, search_query, string
from casetrail.plan.nodes import (
    NEVER,
    And,
    Compare,
    Equals,
    Exists,
    Expr,
    InNetwork,
    InPart,
    Is,
    IsMissing,
    Like,
    Matches,
    Not,
    OneOf,
    Op,
    Or,
    Overlap,
    Part,
    SameAs,
    Search,
    Wildcard,
)
from casetrail.stores.unsupported import UnsupportedError
from tests.elastic.stores import BACKEND, FLAT_BACKEND
from tests.worlds import CONTRACT

F = CONTRACT.fields
MANY, ONE = Wildcard.MANY, Wildcard.ONE
X = Is(F["code"], Equals("x", cased=True))
Y = Is(F["user"], Equals("y"))
PLAIN = EsqlExpressions(BACKEND.stores[CONTRACT.key])
FLAT = EsqlExpressions(FLAT_BACKEND.stores[CONTRACT.key])

SAID: list[tuple[Expr, str]] = [
    (X, 'test.code == "x"'),
    (Y, 'TO_LOWER(test.user) == "y"'),
    (Is(F["user"], Equals("é")), 'CONCAT(TO_LOWER(test.user), "") == "é"'),
    (Is(F["code"], OneOf(("x", "y"), cased=True)), 'test.code IN ("x", "y")'),
    (
        Is(F["tags"], Equals("x", cased=True)),
        'MV_COUNT(MV_DEDUPE(MV_APPEND(test.tags, "x"))) == MV_COUNT(MV_DEDUPE(test.tags))',
    ),
    (Is(F["user"], Like(("a*", MANY, "\\"))), r'TO_LOWER(test.user) LIKE "a\\**\\\\"'),
    (Is(F["code"], Like((ONE, "?"), cased=True)), r'test.code LIKE "?\\?"'),
    (Is(F["code"], Like(("x",), cased=True)), 'test.code == "x"'),
    (
        Is(F["tags"], Like(("a.", MANY), cased=True)),
        r'CONCAT("␟", MV_CONCAT(test.tags, "␟"), "␟") RLIKE ".*␟a\\.[^␟]*␟.*"',
    ),
    (Is(F["user"], Matches('^a"')), r'test.user RLIKE "a\\\".*"'),
    (Is(F["ip"], Equals("192.0.2.1")), 'test.ip == TO_IP("192.0.2.1")'),
    (Is(F["ip"], InNetwork("192.0.2.0/24")), 'CIDR_MATCH(test.ip, "192.0.2.0/24")'),
    (Is(F["ip"], InNetwork("::/0")), '(CIDR_MATCH(test.ip, "::/0") AND NOT CIDR_MATCH(test.ip, "0.0.0.0/0"))'),
    (Is(F["n"], Equals(42)), "test.n == TO_LONG(42)"),
    (Is(F["n"], Compare(Op.GT, 1.5)), "test.n > 1.5"),
    (Is(F["items.n"], Compare(Op.GTE, 5)), "MV_MAX(test.items.n) >= 5"),
    (Is(F["items.n"], Compare(Op.LT, 5)), "MV_MIN(test.items.n) < 5"),
    (Is(F["flag"], Equals(True)), "test.flag == TRUE"),
    (Is(F["at"], InPart(Part.HOUR, Op.GTE, 22)), 'DATE_EXTRACT("hour_of_day", @timestamp) >= 22'),
    (Is(F["user"], SameAs(F["other"])), "TO_LOWER(test.user) == TO_LOWER(test.other)"),
    (Is(F["user"], SameAs(F["code"], Overlap.CONTAINS, cased=True)), "LOCATE(test.user, test.code) > 0"),
    (Is(F["user"], Exists()), "test.user IS NOT NULL"),
    (Is(F["user"], IsMissing()), "COALESCE(MV_COUNT(test.user), 0) == 0"),
    (Not(Is(F["user"], Exists())), "COALESCE(MV_COUNT(test.user), 0) == 0"),
    (Not(X), 'NOT COALESCE(test.code == "x", FALSE)'),
    (Not(Or((X, Y))), 'NOT COALESCE(test.code == "x" OR TO_LOWER(test.user) == "y", FALSE)'),
    (Or((X, Not(Y))), 'test.code == "x" OR (NOT COALESCE(TO_LOWER(test.user) == "y", FALSE))'),
    (And((Y, X)), 'test.code == "x" AND TO_LOWER(test.user) == "y"'),
    (NEVER, "FALSE"),
]
SAID_FLAT: list[tuple[Expr, str]] = [
    (Is(F["items.name"], Equals('a"\\*', cased=True)), r'QSTR("test.items.name:\"a\\\"\\\\*\"")'),
    (Is(F["items.name"], OneOf(("a", "b"), cased=True)), r'QSTR("test.items.name:\"a\" OR test.items.name:\"b\"")'),
    (Is(F["items.name"], Like(("a b/", MANY), cased=True)), r'QSTR("test.items.name:a\\ b\\/*")'),
    (Is(F["items.n"], Exists()), 'QSTR("_exists_:test.items.n")'),
    (Not(And((X, Is(F["code"], IsMissing())))), '(NOT QSTR("test.more.code:\\"x\\"")) OR (QSTR("_exists_:test.more.code"))'),
]
REFUSED: list[tuple[EsqlExpressions, Expr, str]] = [
    (PLAIN, Is(F["n"], IsMissing()), "n: Elastic keeps only values that are long"),
    (PLAIN, Is(F["ip"], Exists()), "ip: Elastic keeps only values that are ip"),
    (PLAIN, Is(F["at"], InPart(Part.WEEK, Op.EQ, 1)), "at: ES|QL has no week of ISO 8601"),
    (PLAIN, Is(F["tags"], Like(("a␟", MANY))), "joined by ␟"),
    (PLAIN, Is(F["tags"], Matches("a")), "tags: it is a list in Elastic"),
    (PLAIN, Is(F["user"], SameAs(F["tags"])), "user: ES|QL can't compare it with tags"),
    (PLAIN, Is(F["user"], Equals("\x1b[2J")), "holds a control character"),
    (PLAIN, Is(F["user"], Equals("ας")), "lower case of σ, ς and İ"),
    (
        FLAT,
        Is(F["items.name"], Equals("a")),
        "items.name: test.items is flattened in Elastic, which compares it only |cased",
    ),
    (FLAT, Is(F["items.name"], Like((MANY, "a"), cased=True)), "only at the end of a value"),
    (FLAT, Is(F["items.name"], Like(("a", ONE), cased=True)), "only at the end of a value"),
    (FLAT, Is(F["items.name"], Matches("a")), "items.name: it is flattened"),
    (FLAT, Is(F["items.n"], Equals(1)), "items.n: Elastic keeps it in the flattened test.items"),
    (FLAT, Is(F["ip"], InNetwork("192.0.2.0/24")), "ip: Elastic keeps it in the flattened test.more"),
    (FLAT, Is(F["code"], SameAs(F["user"], cased=True)), "code: ES|QL can't read a field of the flattened test.more"),
]


@pytest.mark.parametrize(("expr", "expected"), SAID)
def test_it_is_said(expr: Expr, expected: str) -> None:
    assert PLAIN.expression(expr) == expected


@pytest.mark.parametrize(("expr", "expected"), SAID_FLAT)
def test_a_flattened_field_goes_through_the_query_language_of_the_index(expr: Expr, expected: str) -> None:
    assert FLAT.expression(expr) == expected


@pytest.mark.parametrize(("dialect", "expr", "reason"), REFUSED)
def test_it_is_refused_by_name(dialect: EsqlExpressions, expr: Expr, reason: str) -> None:
    with pytest.raises(UnsupportedError) as refused:
        dialect.expression(expr)
    assert reason in refused.value.reason


def test_a_search_is_narrow_first_and_shows_what_it_tests() -> None:
    where = And((Is(F["items.name"], Equals("a", cased=True)), Y, Is(F["kind"], Equals("k", cased=True))))
    assert search_query(Search("s", CONTRACT.key, where), FLAT_BACKEND.stores).splitlines() == [
        f"FROM {FLAT_BACKEND.stores[CONTRACT.key].index} METADATA _id, _index, _version",
        r'| WHERE test.kind == "k" AND QSTR("test.items.name:\"a\"") AND TO_LOWER(test.user) == "y"',
        "| KEEP _id, _index, _version, @timestamp, test.user, test.kind",
        "| LIMIT 10000",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a" OR TRUE OR "', r'"a\" OR TRUE OR \""'),
        ("\\", r'"\\"'),
        ("a\nb\r\t", r'"a\nb\r\t"'),
        ('"""', r'"\"\"\""'),
        ("%{x} ?p `b` // c /* d", '"%{x} ?p `b` // c /* d"'),
    ],
)
def test_a_text_stays_a_text(text: str, expected: str) -> None:
    assert string(text) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [("okta.actor.id", "okta.actor.id"), ("@timestamp", "@timestamp"), ("a-b.c`d", "`a-b`.`c``d`"), ("1a", "`1a`")],
)
def test_a_name_is_quoted_where_it_must_be(path: str, expected: str) -> None:
    assert name(path) == expected
