"""The commands other than search, where and eval, each on the page of its name."""

from __future__ import annotations

import pytest

from casetrail.engines.spl_model import LimitError, Lookup, SplError, UnspecifiedError, run
from tests.spl_model.model import START, Row, column, events


def test_eval_from_left_to_right_and_null_clears() -> None:
    [row] = run('id=* | eval a="x", b=a."y", id=null(), "two words"=b', events({"a": "old"}))
    assert row == {"_time": START, "a": "x", "b": "xy", "two words": "xy"}


def test_fields_and_table() -> None:
    rows = events({"a": "1", "ab": "2", "t{}.x": ["3", "4"], "_raw": "{}", "_indextime": START})
    assert set(run("id=* | fields a, t{}.x", rows)[0]) == {"_time", "_raw", "a", "t{}.x"}
    assert set(run("id=* | fields + a*", rows)[0]) == {"_time", "_raw", "a", "ab"}
    assert set(run("id=* | fields - a* _raw", rows)[0]) == {"_time", "_indextime", "id", "t{}.x"}
    assert run("id=* | table t{}.x none", rows) == [{"t{}.x": ["3", "4"]}]


def test_rename() -> None:
    rows = events({"a.b": "1", "c": "2"}, {"c": "3"})
    assert column('id=* | rename a.b AS "x y"', "x y", rows) == [None, "1"]
    assert column("id=* | rename a.b AS c", "c", rows) == [None, "1"]


def test_sort() -> None:
    rows = [{"n": "10"}, {"n": "9"}, {}, {"n": "100"}]
    assert column("id=* | sort 0 n", "n", rows) == ["9", "10", "100", None]
    assert column("id=* | sort 0 -n", "n", rows) == ["100", "10", "9", None]
    assert column("id=* | sort 0 str(n)", "n", rows) == ["10", "100", "9", None]
    assert column("id=* | sort 2 -num(n)", "n", rows) == ["100", "10"]
    assert column("id=* | sort limit=1 n", "n", rows) == ["9"]
    assert column("id=* | sort 0 s", "s", [{"s": "b"}, {"s": "B"}, {"s": "a"}]) == ["B", "a", "b"]
    for mixed in (["1", "b"], ["x", "10.0.0.1"]):
        with pytest.raises(UnspecifiedError):
            column("id=* | sort 0 n", "n", [{"n": text} for text in mixed])


def test_sort_by_several_keys_and_ties() -> None:
    rows = [{"a": "1", "b": "x"}, {"a": "2", "b": "x"}, {"a": "1", "b": "y"}]
    assert column("id=* | sort 0 a, -b", "id", rows) == ["3", "1", "2"]
    assert column("id=* | sort 0 _time -b", "id", rows) == ["1", "2", "3"]
    tied = [{"a": "1"}] * 6
    assert len({tuple(column("id=* | sort 0 a", "id", tied, seed)) for seed in range(9)}) > 1


def test_sort_without_a_count_stops_at_ten_thousand() -> None:
    rows = [{"_time": START, "id": "1"}] * 10_001
    with pytest.raises(LimitError, match="10000 of 10001"):
        run("id=* | sort _time", rows)
    assert len(run("id=* | sort 0 _time", rows)) == 10_001
    assert len(run("id=* | sort 10 _time", rows)) == 10


def test_head_and_dedup() -> None:
    rows = [{"u": "a"}, {"u": "A"}, {"u": "a"}, {}]
    assert column("id=* | head 2", "id", rows) == ["4", "3"]
    assert len(column("id=* | head", "id", [{}] * 11)) == 10
    assert column("id=* | dedup u", "id", rows) == ["3", "2"]
    assert column("id=* | dedup 2 u", "id", rows) == ["3", "2", "1"]
    assert column("id=* | dedup u keepempty=true", "id", rows) == ["4", "3", "2"]
    with pytest.raises(UnspecifiedError):
        column("id=* | dedup u", "id", [{"u": ["a", "b"]}])


def test_mvexpand() -> None:
    rows: list[Row] = [{"m": ["x", "y", "z"]}, {"m": "w"}]
    assert column("id=* | mvexpand m", "m", rows) == ["w", "x", "y", "z"]
    assert column("id=* | mvexpand m limit=2", "m", rows) == ["w", "x", "y"]
    assert column("id=* | mvexpand m", "id", rows) == ["2", "1", "1", "1"]
    with pytest.raises(UnspecifiedError):
        column("id=* | mvexpand m", "m", [{}])
    with pytest.raises(SplError):
        column("id=* | mvexpand _raw", "m", [])


def test_mvexpand_beyond_its_memory() -> None:
    rows = [{"big": "x" * 2**20, "m": [str(number) for number in range(600)]}]
    with pytest.raises(LimitError):
        column("id=* | mvexpand m", "m", rows)


def test_makemv_and_mvcombine() -> None:
    assert column('id=* | makemv delim="," m', "m", [{"m": "a,,b"}]) == [["a", "b"]]
    assert column('id=* | makemv delim="," allowempty=t m', "m", [{"m": "a,,b"}]) == [["a", "", "b"]]
    rows = [{"k": "1", "v": "a"}, {"k": "1", "v": "b"}, {"k": "2", "v": "c"}]
    assert column("id=* | fields - id _time | mvcombine v", "v", rows) == ["c", ["b", "a"]]


def test_lookup() -> None:
    rows = events({"u": "Alice"}, {"u": "bob"}, {"u": "carol"}, {})
    table = ({"user": "alice", "role": "admin"}, {"user": "bob", "role": "user"}, {"user": "bob", "role": "guest"})
    query = "id=* | lookup people user AS u OUTPUT role AS r | sort 0 _time"
    cased = run(query, rows, lookups={"people": Lookup(table)})
    assert [row.get("r") for row in cased] == [None, ["user", "guest"], None, None]
    folded = run(query, rows, lookups={"people": Lookup(table, case_sensitive_match=False)})
    assert [row.get("r") for row in folded] == ["admin", ["user", "guest"], None, None]
    assert run("id=2 | lookup people user AS u", rows, lookups={"people": Lookup(table)})[0]["role"] == ["user", "guest"]


def found(lookup: Lookup, *values: str) -> list[object]:
    rows = events(*({"v": value} for value in values))
    return [
        row.get("r")
        for row in run("id=* | lookup t value AS v OUTPUT value AS r | sort 0 +num(_time)", rows, lookups={"t": lookup})
    ]


def test_lookup_of_networks() -> None:
    table = ({"value": "192.0.2.0/24"}, {"value": "192.0.2.1/32"}, {"value": "2001:db8::/32"})
    lookup = Lookup(table, max_matches=1, networks=frozenset({"value"}))
    assert found(lookup, "192.0.2.1", "192.0.3.1", "2001:DB8::1", "no address") == [
        "192.0.2.0/24",
        None,
        "2001:db8::/32",
        None,
    ]
    for values, seen in (("192.0.2.1", "192.0.2.1"), ("2001:db8::/32", "::ffff:192.0.2.1"), ("192.0.2.1/24", "192.0.2.1")):
        with pytest.raises(UnspecifiedError):
            found(Lookup(({"value": values},), networks=frozenset({"value"})), seen)


def test_lookup_of_patterns() -> None:
    lookup = Lookup(({"value": "*.har"}, {"value": "*Sync*"}), False, 1, patterns=frozenset({"value"}))
    assert found(lookup, "x.HAR", "xhar", "a sync b", "x.har.zip", "*.har") == ["*.har", None, "*Sync*", None, "*.har"]
    with pytest.raises(UnspecifiedError):
        found(lookup, "a\nb")
    with pytest.raises(UnspecifiedError):
        found(Lookup(({"value": "a\\b*"},), patterns=frozenset({"value"})), "a")


def test_lookup_gives_the_first_rows_that_match() -> None:
    table = tuple({"k": "1", "v": str(number)} for number in range(3))
    for most, expected in ((1, "0"), (2, ["0", "1"]), (1000, ["0", "1", "2"])):
        rows = run("id=* | lookup t k OUTPUT v", events({"k": "1"}), lookups={"t": Lookup(table, max_matches=most)})
        assert rows[0]["v"] == expected


def test_lookup_output_over_fields_that_exist() -> None:
    lookups = {"t": Lookup(({"k": "1", "v": "new"},))}
    rows = events({"k": "1", "v": "old"}, {"k": "2", "v": "old"})
    assert run("id=1 | lookup t k OUTPUT v", rows, lookups=lookups)[0]["v"] == "new"
    assert run("id=1 | lookup t k OUTPUTNEW v", rows, lookups=lookups)[0]["v"] == "old"
    with pytest.raises(UnspecifiedError):
        run("id=2 | lookup t k OUTPUT v", rows, lookups=lookups)
    with pytest.raises(SplError, match="isn't given"):
        run("id=1 | lookup other k", rows, lookups=lookups)
    with pytest.raises(SplError, match="has no field"):
        run("id=1 | lookup t k OUTPUT w", rows, lookups=lookups)


def test_bin_and_fillnull() -> None:
    rows: list[Row] = [{"_time": START + 0.5}, {"_time": START + 400, "x": "1"}]
    assert column("index!=x OR NOT index=x | bin span=5m _time AS slot", "slot", rows) == [START + 400, START - 200]
    assert column("NOT y=1 | fillnull x", "x", rows) == ["1", "0"]
    assert column('NOT y=1 | fillnull value="none" x y', "y", rows) == ["none", "none"]
    assert column("NOT y=1 | fillnull", "x", rows) == ["1", "0"]


def test_events_must_have_a_time_to_the_microsecond() -> None:
    with pytest.raises(SplError):
        run("a=b", [{"a": "b"}])
    with pytest.raises(SplError, match="microsecond"):
        run("a=b", [{"_time": "1.0000001"}])
