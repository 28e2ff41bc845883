"""The search command ("search", "Boolean expressions", "Difference between != and NOT")."""

from __future__ import annotations

import pytest

from casetrail.engines.spl_model import Readings, SplError, UnspecifiedError, run
from tests.spl_model.model import START, Row, events, ids, kept

A, B, C = {"a": "1"}, {"b": "1"}, {"c": "1"}
ALL_THREE = {"a": "1", "b": "1", "c": "1"}


def test_or_binds_tighter_than_and() -> None:
    assert ids("a=1 AND b=1 OR c=1", A, B, C, A | B, A | C, B | C) == ["4", "5"]
    assert ids("a=1 b=1 OR c=1", A, B, C, A | B, A | C, B | C) == ["4", "5"]
    assert ids("(a=1 AND b=1) OR c=1", A, C, A | B) == ["2", "3"]


def test_where_binds_and_tighter_than_or() -> None:
    assert kept("c=1 OR a=1 AND b=1", C, A, A | B) == ["1", "3"]


def test_not_binds_tightest() -> None:
    assert ids("NOT a=1 b=1", A | B, B, A) == ["2"]
    assert ids("NOT a=1 OR b=1", A | B, A, C) == ["1", "3"]
    assert ids("NOT (a=1 OR b=1)", A, B, C) == ["3"]


def test_case_is_ignored_and_where_minds_it() -> None:
    rows = ({"u": "Alice"}, {"u": "ALICE"}, {"u": "bob"})
    assert ids("u=alice", *rows) == ["1", "2"]
    assert ids('u="aLICE"', *rows) == ["1", "2"]
    assert kept('u="Alice"', *rows) == ["1"]


def test_field_names_mind_case() -> None:
    assert ids("A=1", A, {"A": "1"}) == ["2"]


def test_not_keeps_a_missing_field_and_unequal_drops_it() -> None:
    rows: tuple[Row, ...] = ({"f": "x"}, {"f": "y"}, {})
    assert ids("NOT f=x", *rows) == ["2", "3"]
    assert ids("f!=x", *rows) == ["2"]
    assert ids("NOT f=*", *rows) == ["3"]
    assert ids("f!=*", *rows) == []
    assert ids("f=*", *rows) == ["1", "2"]


def test_equality_is_of_text() -> None:
    """ "1" doesn't match "1.0" ("search: Comparison expression options")."""
    assert ids("n=1", {"n": "1"}, {"n": "1.0"}, {"n": "01"}) == ["1"]


def test_order_is_of_numbers_or_else_of_text() -> None:
    rows: tuple[Row, ...] = ({"n": "9"}, {"n": "10"}, {"n": "n/a"}, {})
    assert ids("n>9", *rows) == ["2", "3"]
    assert ids("n>=9", *rows) == ["1", "2", "3"]
    assert ids("n<=9.5", *rows) == ["1"]


def test_order_of_texts_that_hangs_on_case_is_refused() -> None:
    with pytest.raises(UnspecifiedError):
        ids("n<b", {"n": "C"})


def test_wildcards() -> None:
    rows = ({"f": "foobar"}, {"f": "xfoo"}, {"f": "f*o"}, {"f": "fo\no"})
    assert ids("f=foo*", *rows) == ["1"]
    assert ids("f=*FOO", *rows) == ["2"]
    assert ids('f="f*o"', *rows) == ["3", "4"]
    assert ids('f="*oo*"', *rows) == ["1", "2"]


def test_other_characters_are_plain() -> None:
    rows = ({"f": "a?c"}, {"f": "abc"}, {"f": "a.c"}, {"f": "50%_[x]"})
    assert ids('f="a?c"', *rows) == ["1"]
    assert ids('f="a.c"', *rows) == ["3"]
    assert ids('f="50%_[x]"', *rows) == ["4"]


def test_several_values() -> None:
    rows: tuple[Row, ...] = ({"t{}.x": ["a", "B"]}, {"t{}.x": "b"}, {"t{}.x": ["c", "d"]}, {})
    assert ids("t{}.x=b", *rows) == ["1", "2"]
    assert ids("NOT t{}.x=b", *rows) == ["3", "4"]
    assert ids("t{}.x!=b", *rows[1:]) == ["2"]
    with pytest.raises(UnspecifiedError):
        ids("t{}.x!=b", *rows)


def test_in() -> None:
    rows: tuple[Row, ...] = ({"f": "Foo"}, {"f": "bar"}, {"f": "baz"}, {})
    assert ids("f IN (foo, ba*)", *rows) == ["1", "2", "3"]
    assert ids('NOT f IN ("foo","bar")', *rows) == ["3", "4"]


def test_cidr() -> None:
    rows = (
        {"ip": "10.1.2.3"},
        {"ip": "11.0.0.1"},
        {"ip": "10.0.0.0/8"},
        {"ip": "2001:db8::1"},
        {"ip": "Salesforce.com IP"},
        {"ip": ["9.9.9.9", "10.9.9.9"]},
    )
    assert ids('ip="10.0.0.0/8"', *rows) == ["1", "3", "6"]
    assert ids('NOT ip="10.0.0.0/8"', *rows) == ["2", "4", "5"]
    assert ids('ip="2001:db8::/32"', *rows) == ["4"]
    for doubtful in ('ip="10.0.0.1/8"', 'ip!="10.0.0.0/8"', 'ip IN ("10.0.0.0/8")'):
        with pytest.raises(UnspecifiedError):
            ids(doubtful, *rows)
    with pytest.raises(UnspecifiedError):
        ids('ip="10.0.0.0/8"', {"ip": "::ffff:10.0.0.1"})


def test_empty_value() -> None:
    assert ids('f=""', {"f": ""}, {"f": "x"}, {}) == ["1"]
    with pytest.raises(UnspecifiedError):
        ids("f=*", {"f": ""})


def test_beyond_ascii() -> None:
    rows = ({"f": "ÉCOLE"}, {"f": "école"})
    assert ids('f="École"', *rows) == ["1", "2"]
    assert ids('f="École"', *rows, readings=Readings(unicode_case=False)) == ["1"]
    assert ids('f="école"', *rows, readings=Readings(unicode_case=False)) == ["2"]


def _times(query: str, field: str = "_time") -> list[object]:
    rows = [{"_time": START, field: START + offset, "id": offset} for offset in (-3600, -1, 0, 1)]
    return [row["id"] for row in run(query, rows, now=START)][::-1]


@pytest.mark.parametrize(("prefix", "field"), [("", "_time"), ("_index_", "_indextime")])
def test_bounds(prefix: str, field: str) -> None:
    """The earliest time is inclusive, the latest exclusive ("REST API: search/jobs")."""
    assert sorted(map(str, _times(f"{prefix}earliest=-1s {prefix}latest=now", field))) == ["-1"]
    assert sorted(map(str, _times(f"{prefix}earliest={START} id=*", field))) == ["0", "1"]
    assert sorted(map(str, _times(f"{prefix}latest={START}", field))) == ["-1", "-3600"]


def test_snapping() -> None:
    """The offset comes first, then the snap ("Time modifiers")."""
    hour = START - START % 3600
    rows = [{"_time": hour - 3600 + offset, "id": str(offset)} for offset in (-1, 0)]
    assert [row["id"] for row in run("earliest=-1h@h", rows, now=START)] == ["0"]
    with pytest.raises(SplError, match="needs now"):
        run("earliest=-1h", rows)
    with pytest.raises(SplError, match="isn't modelled"):
        run("earliest=-1mon", rows, now=START)


def test_newest_first_and_ties_by_seed() -> None:
    rows = events(*[{}] * 3)
    assert [row["id"] for row in run("id=*", rows)] == ["3", "2", "1"]
    same = [{"_time": START, "id": number} for number in range(6)]
    orders = {tuple(row["id"] for row in run("id=*", same, seed=seed)) for seed in range(9)}
    assert len(orders) > 1


def test_search_further_down() -> None:
    assert ids("a=1 | search b=1", A, A | B) == ["2"]
