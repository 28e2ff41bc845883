"""Plans as KQL: the text of every construct, or why it is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from casetrail.languages.base import Ago, Bounds
from casetrail.languages.kql.expressions import KqlExpressions
from casetrail.languages.kql.query import query_of
from casetrail.languages.kql.regex import kusto
from casetrail.languages.kql.text import literal, member, moment, name, string, timespan
from casetrail.plan.nodes import (
    ALWAYS,
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
from casetrail.stores.unsupported import UnsupportedError
from tests.kusto.stores import BACKEND, FIELDS, RAW, STORE, TEXT_BACKEND
from tests.worlds import CONTRACT

F = CONTRACT.fields
MANY, ONE = Wildcard.MANY, Wildcard.ONE
X = Is(F["code"], Equals("x", cased=True))
Y = Is(F["user"], Equals("y"))
IP = "parse_ipv6(extract('^[0-9A-Fa-f:.]+$', 0, Ip))"

SAID: list[tuple[Expr, str]] = [
    (X, "Code == 'x'"),
    (Y, "User =~ 'y'"),
    (Is(F["user"], Equals("é")), "tolower(User) == 'é'"),
    (Is(F["other"], Equals("y")), "['Other Text'] =~ 'y'"),
    (Is(F["code"], OneOf(("x", "y"), cased=True)), "Code in ('x', 'y')"),
    (Is(F["user"], OneOf(("x", "y"))), "User in~ ('x', 'y')"),
    (Is(F["user"], OneOf(("x", "é"))), "tolower(User) in ('x', 'é')"),
    (Is(F["user"], Listed("users", ("x",))), "User in~ ('x')"),
    (Is(F["user"], Listed("users", ())), "false"),
    (Is(F["user"], Like((MANY, "x'", MANY))), r"User contains 'x\''"),
    (Is(F["user"], Like(("x", MANY))), "User startswith 'x'"),
    (Is(F["code"], Like((MANY, "x"), cased=True)), "Code endswith_cs 'x'"),
    (Is(F["user"], Like((MANY, "é", MANY))), "tolower(User) contains_cs 'é'"),
    (Is(F["user"], Like(("a.", MANY, "\\", ONE))), r"tolower(User) matches regex @'(?s)^a\..*\\.$'"),
    (Is(F["code"], Like(("x",), cased=True)), "Code == 'x'"),
    (Is(F["blank"], Like((MANY,))), "isnotempty(Blank)"),
    (Is(F["blank"], Equals("")), "(isnotempty(Blank) and Blank =~ '')"),
    (Is(F["user"], Matches(r"^a\d+")), "User matches regex '^a[0-9]+'"),
    (Is(F["user"], Matches(r"a\.b", ignore_case=True, dotall=True)), r"User matches regex @'(?i)a\.b'"),
    (Is(F["ip"], Equals("192.0.2.1")), f"{IP} == '0000:0000:0000:0000:0000:ffff:c000:0201'"),
    (Is(F["ip"], InNetwork("192.0.2.0/24")), f"{IP} startswith_cs '0000:0000:0000:0000:0000:ffff:c000:02'"),
    (Is(F["ip"], InNetwork("192.0.2.0/23")), f"{IP} matches regex '^0000:0000:0000:0000:0000:ffff:c000:0[23]'"),
    (Is(F["ip"], InNetwork("192.0.0.0/17")), f"{IP} matches regex '^0000:0000:0000:0000:0000:ffff:c000:[01234567]'"),
    (Is(F["ip"], InNetwork("2001:db8::/32")), f"{IP} startswith_cs '2001:0db8'"),
    (Is(F["n"], Equals(42)), "N == 42"),
    (Is(F["n"], OneOf((1, 2))), "N in (1, 2)"),
    (Is(F["n"], Compare(Op.GT, 1.5)), "coalesce(N > 1.5, false)"),
    (Is(F["f"], Equals(1e30)), "F == real(1e+30)"),
    (Is(F["flag"], Equals(True)), "Flag == true"),
    (Is(F["at"], InPart(Part.HOUR, Op.GTE, 22)), "hourofday(TimeGenerated) >= 22"),
    (Is(F["at"], InPart(Part.WEEK, Op.EQ, 1)), "week_of_year(TimeGenerated) == 1"),
    (Is(F["at"], Exists()), "isnotnull(TimeGenerated)"),
    (Is(F["blank"], Exists()), "isnotempty(Blank)"),
    (Is(F["blank"], IsMissing()), "not(isnotempty(Blank))"),
    (Is(F["n"], SameAs(F["n"])), "coalesce(N == N, false)"),
    (Not(X), "not(Code == 'x')"),
    (Not(Or((X, Y))), "not(Code == 'x' or User =~ 'y')"),
    (Or((X, And((X, Y)))), "Code == 'x' or (Code == 'x' and User =~ 'y')"),
    (And((Y, X)), "Code == 'x' and User =~ 'y'"),
    (Or((X, Not(Y))), "Code == 'x' or not(User =~ 'y')"),
    (NEVER, "false"),
    (ALWAYS, "true"),
]
SAID_TEXT: list[tuple[Expr, str]] = [
    (Is(F["n"], Equals(42)), r"tolong(extract(@'^(-?[0-9]+)(?:\.0+)?$', 1, N)) == 42"),
    (Is(F["flag"], Equals(False)), "Flag =~ 'false'"),
]
SAID_INSIDE: list[tuple[Expr, str]] = [
    (Y, "tostring(Raw.user) =~ 'y'"),
    (Is(F["user"], Exists()), "(isnotempty(tostring(Raw.user)) or gettype(Raw.user) == 'string')"),
    (
        Is(F["blank"], SameAs(F["other"], Overlap.STARTSWITH)),
        "(isnotempty(tostring(Raw.blank)) and (isnotempty(tostring(Raw.other)) or gettype(Raw.other) == 'string')"
        " and tolower(tostring(Raw.blank)) startswith_cs tolower(tostring(Raw.other)))",
    ),
]


@pytest.mark.parametrize(("expr", "text"), SAID)
def test_it_is_said_so(expr: Expr, text: str) -> None:
    assert KqlExpressions(STORE).expression(expr) == text


@pytest.mark.parametrize(("expr", "text"), SAID_TEXT)
def test_it_is_said_so_of_columns_of_text(expr: Expr, text: str) -> None:
    assert KqlExpressions(TEXT_BACKEND.stores[CONTRACT.key]).expression(expr) == text


@pytest.mark.parametrize(("expr", "text"), SAID_INSIDE)
def test_it_is_said_so_inside_a_dynamic_column(expr: Expr, text: str) -> None:
    assert KqlExpressions(RAW).expression(expr) == text


def test_a_watchlist_is_looked_up_live() -> None:
    live = KqlExpressions(STORE, live=True)
    assert (
        live.expression(Is(F["user"], Listed("users", ("x",))))
        == "tolower(User) in (_GetWatchlist('users') | project tolower(tostring(SearchKey)))"
    )


def test_a_search_of_a_list_asks_each_element_and_puts_the_narrow_part_first() -> None:
    item = Is(F["items.name"], Equals("bob"))
    expr = And((Not(item), Is(F["items.n"], Compare(Op.GT, 5)), Is(F["tags"], Equals("t")), X))
    assert query_of(Search("s", CONTRACT.key, expr), BACKEND, Bounds()) == "\n| ".join(
        [
            "Test_CL",
            "where Log == 'test.log'",
            "where Code == 'x'",
            "mv-expand element0 = iff(array_length(Items) == 0, dynamic([null]), Items)",
            "mv-expand element1 = iff(array_length(Tags) == 0, dynamic([null]), Tags)",
            "extend event_id = Uid",
            "summarize arg_max(TimeGenerated, *), any0 = countif(tostring(element0.name) =~ 'bob') > 0,"
            " any1 = countif(coalesce(tolong(extract(@'^(-?[0-9]+)(?:\\.0+)?$', 1, tostring(element0.n))) > 5, false)) > 0,"
            " any2 = countif(tostring(element1) =~ 't') > 0 by event_id",
            "where not(any0) and any1 and any2",
            "project-away element0, element1, any0, any1, any2",
        ]
    )


def test_two_lists_that_are_compared_are_never_tied_to_one_element() -> None:
    expressions = KqlExpressions(STORE)
    assert expressions.expression(Is(F["items.name"], SameAs(F["items.name"]))) == "any0"
    assert list(expressions.lists.sources.values()) == ["Items", "Items"]


def test_a_run_on_schedule_looks_at_what_is_new() -> None:
    new = replace(BACKEND, options={"alerts": "arrivals"})
    run = Bounds(Ago(600_000_000), every=300_000_000)
    assert query_of(Search("s", CONTRACT.key, X), new, run) == "\n| ".join(
        [
            "Test_CL",
            "where TimeGenerated >= ago(10m)",
            "where max_of(ingestion_time(), TimeGenerated) > ago(5m) and max_of(ingestion_time(), TimeGenerated) <= now()",
            "where Log == 'test.log'",
            "where Code == 'x'",
            "extend event_id = Uid",
            "summarize arg_max(TimeGenerated, *) by event_id",
        ]
    )
    assert "ingestion_time()" not in query_of(Search("s", CONTRACT.key, X), BACKEND, run)


REGEXES = [
    (r"\d\D\w\W\s", r"[0-9][^0-9][0-9A-Za-z_][^0-9A-Z_a-z][\t\n\f\r ]"),
    (r"[\d\s_-]", r"[0-9\t\n\f\r _\-]"),
    ("[a[b&&c]", r"[a\[b\&\&c]"),
    ("[]a]", r"[\]a]"),
    ("[^]a-c]", r"[^\]a-c]"),
    ("a{1,2}{x}", r"a{1,2}\{x\}"),
    (r"\<\@\.\/", r"<@\./"),
    (r"\x41\x{1F600}\pL[[:alpha:]]", r"A😀[\p{L}][A-Za-z]"),
    (r"(?P<n>a|b)*?(?<n>c)$\z", r"(?:a|b)*?(?:c)$$"),
    (r"(?ims)a.^", "(?i)a(?s:.)(?m:^)"),
    (r"(?i)a(?-i)bc|[d\D]", "(?i:a)bc|[^0-9]"),
]


@pytest.mark.parametrize(("pattern", "text"), REGEXES)
def test_a_regular_expression_is_said_so(pattern: str, text: str) -> None:
    assert kusto(Matches(pattern)) == text


def test_small_parts() -> None:
    assert [string(text) for text in ["a'b", "a\\b'", "a\\\n", "\x01"]] == [r"'a\'b'", "@'a\\b'''", r"'a\\\n'", r"'\u0001'"]
    assert [name(text) for text in ["A_1", "1a", "where", "a b'"]] == ["A_1", "['1a']", "['where']", r"['a b\'']"]
    assert member("Raw", ("a", "New Device", "to")) == "Raw.a['New Device']['to']"
    assert [literal(value) for value in [True, -5, 10**20, 1.5, 1e300]] == [
        "true",
        "-5",
        "real(1e+20)",
        "1.5",
        "real(1e+300)",
    ]
    assert [timespan(value) for value in [86_400_000_000, 5_400_000_000, 1_500_000, 1_500]] == [
        "1d",
        "90m",
        "1500ms",
        "1500microsecond",
    ]
    assert [moment(time) for time in [Ago(0), Ago(60_000_000)]] == ["now()", "ago(1m)"]
    assert moment(1_768_467_600_000_001) == "datetime(2026-01-15T09:00:00.000001Z)"


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        (Is(F["user"], Exists()), "user: Sentinel's text columns don't distinguish an empty value from a missing one"),
        (Is(F["user"], Matches("x*")), "user: Sentinel's text columns don't distinguish"),
        (Is(F["user"], SameAs(F["other"])), "user: Sentinel's text columns don't distinguish"),
        (Is(F["flag"], IsMissing()), "flag: Sentinel keeps only values that are bool, so none isn't missing"),
        (Is(F["n"], Matches("1")), "n: Sentinel keeps it as long, where its values don't compare as integer"),
    ],
)
def test_it_is_refused_by_name(expr: Expr, reason: str) -> None:
    with pytest.raises(UnsupportedError) as refused:
        KqlExpressions(STORE).expression(expr)
    assert reason in refused.value.reason


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ({"name": "T", "type": "string"}, "it is a list, and Sentinel keeps it as string"),
        ({"name": "T.x", "type": "dynamic", "root": "U"}, "its root U isn't the column T"),
        ({"name": "", "type": "", "unsupported": "dropped"}, "tags: dropped"),
    ],
)
def test_a_place_that_no_query_reads_is_refused(place: dict[str, Any], reason: str) -> None:
    store = replace(STORE, fields=FIELDS | {"tags": replace(FIELDS["tags"], **{"root": "", **place})})
    with pytest.raises(UnsupportedError) as refused:
        KqlExpressions(store).expression(Is(F["tags"], Equals("x")))
    assert reason in refused.value.reason
