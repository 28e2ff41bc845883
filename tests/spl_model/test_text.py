"""Tokens and parsing: what is read, and that the rest is refused with its offset."""

from __future__ import annotations

import pytest

from casetrail.engines.spl_model import LimitError, SplError, UnspecifiedError, run
from tests.spl_model.model import events, ids, value


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ('a="b', 2),
        ('a="b\\"', 2),
        ("(a=b", 0),
        ("a=b)", 3),
        ("a=b | where (x=1 | head", 12),
        ("a=[search b=c]", 2),
        ("a=b ]", 4),
        ("a=b | where x='y", 14),
        ("a=b | frobnicate x", 6),
        ("a=b | where frob(x)", 12),
        ("a=b | where mvcount()=1", 12),
        ("a=b | where x=1=1", 15),
        ("a=b | WHERE x=1", 6),
        ("a=b | where isnull(mvfilter(x=y))", 19),
        ('a=b | where match(x, "(")', 12),
        ("a=b | head 0", 11),
        ("a=b | where x=1 and y=1", 16),
        ("a=b | where 5minutes=1", 13),
        ("a=b | where a{}.b=1", 13),
        ("a=b and c=d", 4),
        ("a=b not c=d", 4),
        ("a==b", 2),
        ('a="b"c', 5),
        ("a=IN", 2),
        ("a=b XOR c=d", 4),
        ("a=b | streamstats time_window=5m count", 18),
        ("a=b | streamstats reset_before=x count", 18),
        ("a=b | stats window=5 count", 12),
        ("a=b | stats frob(x)", 12),
        ("a=b | stats count(eval(x=1))", 12),
        ("a=b | stats sum", 12),
        ("a=b | eventstats earliest_time(x)", 17),
        ("a=b | dedup x consecutive=true", 14),
        ("a=b | mvexpand x max=3", 17),
        ("a=b | sort ip(x)", 11),
        ("a=b | sort x desc", 13),
        ("a=b | head (x=1)", 11),
        ("a=b | lookup local=true t x", 13),
        ("eventtype=x", 0),
        ("a=TERM(x)", 2),
    ],
)
def test_refused_with_an_offset(query: str, at: int) -> None:
    with pytest.raises(SplError) as refusal:
        run(query, [])
    assert refusal.value.at == at


@pytest.mark.parametrize(
    "query",
    [
        "",
        "| head",
        "a=b |",
        "a=b | | head",
        "a=b | append x",
        "a=b | join x",
        "a=b | inputlookup x",
        "a=b | spath",
        "a=b | rex x",
        "a=b | where searchmatch(x)",
        "a=b | where relative_time(x, y)=1",
        "a=b | where x y",
        "a=b | eval x",
        "a=b | eval x=1,",
        "a=b | stats count BY",
        "a=b | stats count BY x BY y",
        "a=b | stats BY x",
        "a=b | rename x",
        "a=b | bin x span=5",
        "a=b | bin _time",
        "a=`missing`",
        "`missing",
        "a=b ```note | head",
        "a='b'",
        "a=b\\\\c",
        "*=b",
    ],
)
def test_refused(query: str) -> None:
    with pytest.raises(SplError):
        run(query, [])


@pytest.mark.parametrize(
    "query",
    [
        "word",
        '"a phrase"',
        '"a"=b',
        "a = b",
        r'a="x\*y"',
        "a=b | where x=true",
        'a=b | where x=1."a"+2',
        r'a=b | where x="\n"',
        r'a=b | where match(x, "a\|b")',
        "a=b OR earliest=-1d",
        "NOT latest=now",
        "a=b | search earliest=-1d",
        "a=b | sort - x",
        "a=b | fields -x",
        "a=b | rename x AS y, y AS z",
        "a=b | stats count AS n, dc(x) AS n",
        "a=b | streamstats current=f window=2 count",
        'a="x`y"',
        "a>5*",
    ],
)
def test_silent_documentation_is_refused(query: str) -> None:
    with pytest.raises(UnspecifiedError):
        run(query, events({"a": "b", "x": "1"}))


def test_window_beyond_the_limit() -> None:
    with pytest.raises(LimitError):
        run("a=b | streamstats window=10001 count", [])


def test_macros() -> None:
    rows = events({"a": "b"}, {"a": "c"})
    found = run("`outer` | head 5", rows, macros={"outer": "(`inner`)", "inner": 'a="b"'})
    assert [row["id"] for row in found] == ["1"]
    with pytest.raises(SplError, match="nested too deep"):
        run("`loop`", rows, macros={"loop": "`loop`"})


def test_pipe_and_brackets_inside_quotes() -> None:
    assert ids('a="x | [y] (z"', {"a": "x | [y] (z"}, {"a": "x"}) == ["1"]


def test_escapes_of_search_strings() -> None:
    r"""`\"`, `\\` and `\|` are escapes, others are left alone ("search: Quotes and escaping characters")."""
    assert ids(r'a="C:\\x \"q\" \|"', {"a": r'C:\x "q" |'}) == ["1"]
    assert ids(r'a="\\s"', {"a": r"\s"}) == ["1"]
    assert ids(r'a="\s"', {"a": r"\s"}) == ["1"]
    assert ids(r'a="x\\*"', {"a": r"x\y"}, {"a": "x*"}) == ["1"]


def test_escapes_of_eval_strings() -> None:
    r"""`\t` is a tab, as in "Types of expressions"; `\d` and `\.` are left to the regular expression."""
    assert value(r'"C:\\windows\temp"') == "C:\\windows\temp"
    assert value(r'"say \"x\""') == 'say "x"'
    assert value(r'if(match("a1.b", "^a\d\.b$"), 1, 0)') == 1
    assert value(r'if(match("a\\b", "^a\\\\b$"), 1, 0)') == 1


def test_search_word_is_optional() -> None:
    assert ids("search a=b", {"a": "b"}) == ids("a=b", {"a": "b"}) == ["1"]
