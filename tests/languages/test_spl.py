"""Plans as SPL: the text of every construct, or why it is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casetrail.languages.base import Bounds
from casetrail.languages.spl.expressions import SplExpressions, name, same_text
from casetrail.languages.spl.query import query_of
from casetrail.languages.spl.source import narrow
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
    Listed,
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
from casetrail.stores.store import StoredField
from casetrail.stores.unsupported import UnsupportedError
from tests.splunk.stores import BACKEND, FIELDS, STORE
from tests.worlds import CONTRACT

F = CONTRACT.fields
MANY, ONE = Wildcard.MANY, Wildcard.ONE
X = Is(F["code"], Equals("x", cased=True))
Y = Is(F["user"], Equals("y"))
LOOKUP = {"watchlists": "live"}
PARAMETER = replace(STORE, fields={**FIELDS, "user": StoredField("USER", "parameter", "event.parameters{}")})

SAID: list[tuple[Expr, str]] = [
    (X, 'code="x"'),
    (Y, 'lower(user)="y"'),
    (Is(F["user"], Equals("42")), r'match(lower(user),"^42\z")'),
    (Is(F["user"], Equals('a"b')), r'match(lower(user),"^a\"b\z")'),
    (Is(F["user"], Equals("C:\\x")), r'match(lower(user),"^C:[\\\\]x\z")'),
    (Is(F["blank"], Equals("")), "1=0"),
    (Is(F["code"], OneOf(("x", "y"), cased=True)), '(code="x" OR code="y")'),
    (Is(F["tags"], Equals("x", cased=True)), """coalesce(mvcount(mvfilter('tags{}'="x")),0)>0"""),
    (Not(Is(F["tags"], Equals("x"))), """coalesce(mvcount(mvfilter(lower('tags{}')="x")),0)=0"""),
    (Is(F["user"], Like(("a*", MANY, "\\"))), r'match(lower(user),"(?s)^a\*.*[\\\\]\z")'),
    (Is(F["code"], Like((ONE, "?"), cased=True)), r'match(code,"(?s)^.\?\z")'),
    (Is(F["user"], Like(("nu", MANY))), r'match(lower(user),"^nu") AND user!="null"'),
    (Is(F["tags"], Like(("a.", MANY), cased=True)), r"""coalesce(mvcount(mvfilter(match('tags{}',"^a\."))),0)>0"""),
    (Is(F["user"], Matches("^a.b$")), r'match(user,"^a[^\\n]b\z")'),
    (Is(F["ip"], Equals("192.0.2.1")), '(lower(ip)="192.0.2.1" OR lower(ip)="::ffff:192.0.2.1")'),
    (
        Is(F["ip"], InNetwork("2001:db8::/32")),
        r'match(ip,"^[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*\z") AND cidrmatch("2001:db8::/32",ip)',
    ),
    (Is(F["ip"], InNetwork("::ffff:192.0.2.0/120")), "1=0"),
    (Is(F["n"], Equals(42)), r'match(n,"^0*42(?:\.0+)?\z")'),
    (Is(F["n"], Compare(Op.GT, -1)), r'if(match(n,"^-?[0-9]{1,18}(?:\.0+)?\z"),tonumber(n),null())>(-1)'),
    (Is(F["flag"], Equals(True)), 'lower(flag)="true"'),
    (Is(F["at"], InPart(Part.HOUR, Op.GTE, 22)), "floor(_time/3600)%24>=22"),
    (Is(F["code"], SameAs(F["kind"], cased=True)), '"=".if(code!="null",code,null())="=".if(kind!="null",kind,null())'),
    (Is(F["user"], Exists()), 'user!="null"'),
    (Is(F["blank"], Exists()), 'blank!="" AND blank!="null"'),
    (Is(F["user"], IsMissing()), 'if(user!="null",1,0)=0'),
    (Not(Is(F["user"], Exists())), 'if(user!="null",1,0)=0'),
    (Not(X), 'if(code="x",1,0)=0'),
    (Not(Or((X, Y))), '(NOT (if(code="x",1,0)=1 OR if(lower(user)="y",1,0)=1))'),
    (Or((X, Not(Y))), '(if(code="x",1,0)=1 OR if(lower(user)="y",1,0)=0)'),
    (And((Y, X)), 'lower(user)="y" AND code="x"'),
    (NEVER, "1=0"),
]
REFUSED: list[tuple[Expr, str]] = [
    (Is(F["user"], Equals("null")), "user: Splunk writes the null of JSON as the text null"),
    (
        Is(F["user"], SameAs(F["tags"], Overlap.CONTAINS)),
        "user: SPL compares a list of values with another field only for equality",
    ),
    (Is(F["ip"], SameAs(F["ip"])), "ip: SPL can't compare it with another field, since it is address"),
    (Is(F["n"], Compare(Op.GT, 2**53)), "n: 9007199254740992 is larger than Splunk's numbers are exact"),
    (Is(F["user"], Matches("(a*)*")), "an endless repetition of a repetition"),
]
NARROWED: list[tuple[Expr, str | None]] = [
    (X, 'code="x"'),
    (And((X, Y)), 'code="x"'),
    (And((X, Is(F["kind"], OneOf(("a", "b"), cased=True)))), 'code="x" kind IN ("a", "b")'),
    (Or((X, Is(F["kind"], Equals("a", cased=True)))), '((code="x") OR (kind="a"))'),
    (Or((X, Y)), None),
    (Y, None),
    (Not(X), None),
    (Is(F["code"], Equals("a*b", cased=True)), None),
    (Is(F["code"], Equals('a" OR x=', cased=True)), None),
]


@pytest.mark.parametrize(("expr", "expected"), SAID)
def test_it_is_said(expr: Expr, expected: str) -> None:
    assert SplExpressions(STORE).where(expr) == expected


@pytest.mark.parametrize(("expr", "reason"), REFUSED)
def test_it_is_refused_by_name(expr: Expr, reason: str) -> None:
    with pytest.raises(UnsupportedError) as refused:
        SplExpressions(STORE).where(expr)
    assert reason in refused.value.reason


@pytest.mark.parametrize(("expr", "expected"), NARROWED)
def test_the_base_search_asks_only_what_search_can_tell(expr: Expr, expected: str | None) -> None:
    assert narrow(expr, STORE) == expected


def test_a_search_is_narrow_first_and_shows_what_it_tests() -> None:
    where = And((Is(F["tags"], Equals("a")), Y, Is(F["kind"], Equals("k", cased=True))))
    assert query_of(Search("s", CONTRACT.key, where), BACKEND, Bounds()).splitlines() == [
        '`casetrail_test` sourcetype="test:log" kind="k"',
        """| where coalesce(mvcount(mvfilter(lower('tags{}')="a")),0)>0 AND lower(user)="y" AND kind="k\"""",
        "| eval event_id=id",
        "| dedup event_id",
        "| table event_id, _time, tags{}, user, kind",
    ]


def test_a_watchlist_is_looked_up_where_that_is_chosen() -> None:
    expressions = SplExpressions(STORE, LOOKUP)
    users, cased = Listed("users", ("a",)), Listed("users", ("a",), cased=True)
    assert expressions.where(Is(F["user"], users)) == 'isnotnull(users_user) AND user!="null"'
    assert expressions.where(Not(Is(F["user"], users))) == 'if(isnotnull(users_user) AND user!="null",1,0)=0'
    assert expressions.where(Is(F["code"], cased)) == 'isnotnull(users_code) AND code!="null"'
    assert expressions.where(Is(F["n"], Listed("users", (42,)))) == "isnotnull(users_n_listed)"
    assert expressions.where(Is(F["ip"], Listed("offices", ("192.0.2.0/24",)))) == "isnotnull(offices_ip_listed)"
    text, other, number, digits, address, network = expressions.before
    assert text == "lookup casetrail_users value AS user OUTPUT value AS users_user"
    assert other == "lookup casetrail_users_cased value AS code OUTPUT value AS users_code"
    assert number.startswith("eval users_n=")
    assert digits == "lookup casetrail_users_cased value AS users_n OUTPUT value AS users_n_listed"
    assert address.startswith("eval offices_ip=")
    assert network == "lookup casetrail_offices_networks value AS offices_ip OUTPUT value AS offices_ip_listed"


def test_a_watchlist_on_a_list_of_values_is_written_out() -> None:
    expressions = SplExpressions(STORE, LOOKUP)
    assert "lower('tags{}')=\"a\"" in expressions.where(Is(F["tags"], Listed("users", ("a",))))
    assert not expressions.before


@pytest.mark.parametrize("value", ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "a\tb", "a\nb"])
def test_a_value_that_a_spreadsheet_would_run_is_refused_where_lists_are_looked_up(value: str) -> None:
    with pytest.raises(UnsupportedError, match="inline"):
        SplExpressions(STORE, LOOKUP).where(Is(F["user"], Listed("users", ("a", value))))
    assert SplExpressions(STORE).where(Is(F["user"], Listed("users", ("a", value))))


def test_a_parameter_is_read_out_of_its_list_once() -> None:
    expressions = SplExpressions(PARAMETER)
    assert (
        expressions.where(And((Is(F["user"], Equals("a")), Is(F["user"], Exists())))) == 'lower(USER)="a" AND USER!="null"'
    )
    assert list(expressions.before) == [
        'eval parameters=spath(_raw,"event.parameters{}")',
        r'eval USER=mvindex(mvfilter(match(parameters,"(?i)\"name\":\s*\"USER\"")),0)',
        'eval USER=coalesce(spath(USER,"value"),spath(USER,"intValue"),spath(USER,"boolValue"),spath(USER,"multiValue{}"))',
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("user.session.start", 'x="user.session.start"'),
        ("", 'x=""'),
        ("1e3", r'match(x,"^1e3\z")'),
        ("nan", r'match(x,"^nan\z")'),
        ("a`b`", r'match(x,"^a\\x60b\\x60\z")'),
        ("$a$", r'match(x,"^\\x24a\\x24\z")'),
        ("a\nb", r'match(x,"^a\\nb\z")'),
        ("\x01", r'match(x,"^\\x01\z")'),
    ],
)
def test_a_text_is_compared_as_text(value: str, expected: str) -> None:
    assert same_text("x", value) == expected


@pytest.mark.parametrize(("path", "expected"), [("id", "id"), ("actor.id", "'actor.id'"), ("target{}.id", "'target{}.id'")])
def test_a_name_is_quoted_where_it_must_be(path: str, expected: str) -> None:
    assert name(path) == expected


@pytest.mark.parametrize("path", ["a'b", "a`b", 'a"b', "a\\b", "a\nb"])
def test_a_name_that_would_break_out_is_refused(path: str) -> None:
    with pytest.raises(UnsupportedError):
        name(path)
