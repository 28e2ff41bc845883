"""stats, eventstats and streamstats, and their functions."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from casetrail.engines.spl_model import LimitError, UnspecifiedError, run
from tests.spl_model.model import START, Row, column, events


def figure(aggregate: str, *values: object) -> object:
    [row] = run(f"id=* | stats {aggregate} AS out", events(*({"x": value} for value in values)))
    return row.get("out")


def table(query: str, *rows: Mapping[str, object]) -> list[dict[str, object]]:
    return run(query, events(*rows))


def test_groups_mind_case_and_leave_out_null() -> None:
    rows: tuple[Row, ...] = ({"u": "Alice"}, {"u": "alice"}, {}, {"u": "alice"})
    assert table("id=* | stats count BY u", *rows) == [{"u": "Alice", "count": 1}, {"u": "alice", "count": 2}]
    assert table("id=* | eval u=lower(u) | stats count AS n by u", *rows) == [{"u": "alice", "n": 3}]


def test_groups_of_a_field_with_several_values() -> None:
    rows = ({"t{}.id": ["a", "b"]}, {"t{}.id": "a"})
    assert table("id=* | stats count BY t{}.id", *rows) == [{"t{}.id": "a", "count": 2}, {"t{}.id": "b", "count": 1}]
    with pytest.raises(UnspecifiedError):
        table("id=* | stats count BY a b", {"a": ["1", "2"], "b": ["1", "2"]})
    with pytest.raises(UnspecifiedError):
        table("id=* | stats count BY a", {"a": ["1", "1"]})


def test_rows_of_stats_have_no_order() -> None:
    rows = [{"u": str(number)} for number in range(6)]
    assert len({tuple(column("id=* | stats count BY u", "u", rows, seed)) for seed in range(9)}) > 1


def test_no_rows() -> None:
    assert table("id=0 | stats count dc(x)", {}) == [{"count": 0, "dc(x)": 0}]
    assert table("id=0 | stats count BY x", {}) == []
    with pytest.raises(UnspecifiedError):
        table("id=0 | stats sum(x)", {})


def test_figures() -> None:
    assert figure("count(x)", "a", None, "b") == 2
    assert figure("c", "a", None) == 2
    assert figure("dc(x)", "a", "A", "a") == 2
    assert figure("distinct_count(x)", ["a", "b"], "a") == 2
    assert figure("values(x)", "b", "a", "b", "10", "9") == ["10", "9", "a", "b"]
    assert figure("list(x)", "b", "a", "b") == ["b", "a", "b"]
    assert figure("sum(x)", "1", "2.5", "n/a") == 3.5
    assert figure("avg(x)", "1", "2") == 1.5
    assert figure("mean(x)", "1", "2", "4") == pytest.approx(7 / 3)
    assert figure("max(x)", "9", "10") == 10
    assert figure("min(x)", "b", "B") == "B"
    assert figure("range(x)", "3", "10") == 7
    assert figure("median(x)", "1", "9", "5") == 5
    assert figure("perc50(x)", "1", "9", "5") == 5
    assert figure("sum(x)", "n/a") is None
    assert figure("first(x)", "a", "b", None) == "b"
    assert figure("last(x)", None, "a", "b") == "a"
    assert figure("earliest(x)", None, "a", "b") == "a"
    assert figure("latest(x)", "a", "b", None) == "b"
    assert figure("earliest_time(x)", None, "a", "b") == START + 1
    assert figure("latest_time(x)", "a", "b", None) == START + 1


def test_figures_on_which_the_pages_disagree_or_are_silent() -> None:
    """perc50 of 1 to 10 is 5 by nearest rank, 5.5 in the example, and the median 6 as the higher of two."""
    numbers = [str(number) for number in range(1, 11)]
    for aggregate in ("perc50(x)", "perc95(x)", "exactperc95(x)", "median(x)"):
        with pytest.raises(UnspecifiedError):
            figure(aggregate, *numbers)
    assert figure("perc95(x)", "7", "7", "7") == 7
    with pytest.raises(UnspecifiedError):
        figure("max(x)", "1", "b")
    for aggregate in ("count(x)", "sum(x)", "first(x)", "latest(x)"):
        with pytest.raises(UnspecifiedError):
            figure(aggregate, ["1", "2"])


def test_figures_beyond_their_limits() -> None:
    numbers = [str(number) for number in range(1000)]
    with pytest.raises(LimitError):
        figure("list(x)", *numbers[:101])
    with pytest.raises(LimitError):
        figure("perc50(x)", *numbers)
    assert len(figure("values(x)", *numbers)) == 1000  # type: ignore[arg-type]


def test_eval_in_an_aggregate() -> None:
    rows = ({"a": "x", "n": "1"}, {"a": "y", "n": "2"}, {"n": "4"})
    query = 'id=* | stats count(eval(a="x")) AS x count(eval(n>1 AND match(a, "\\)|y"))) AS y sum(eval(n*2)) AS s'
    assert table(query, *rows) == [{"x": 1, "y": 1, "s": 14}]
    latest = 'id=* | stats latest(eval(if(a="x", n, null()))) AS l'
    assert table(latest, *rows) == [{"l": "1"}]


def test_names_of_figures() -> None:
    rows = ({"t{}.id": "a", "x": "1"},)
    assert table("id=* | stats values(t{}.id), sum(x) AS \"the sum\" dc(x) AS 'd c'", *rows) == [
        {"values(t{}.id)": "a", "the sum": 1, "d c": 1}
    ]


def test_time_as_a_group_stays_a_time() -> None:
    rows: list[Row] = [{"_time": START + 0.25, "u": "a"}, {"_time": START + 0.25, "u": "a"}]
    query = "id=* | stats count AS n BY u _time | sort 0 _time | eventstats latest(n) AS l | eval d=_time-1"
    assert run(query, events(*rows)) == [{"u": "a", "_time": START + 0.25, "n": 2, "l": 2, "d": START - 0.75}]


def test_eventstats() -> None:
    rows = ({"u": "a"}, {"u": "b"}, {"u": "a"})
    assert column("id=* | eventstats count AS n BY u", "n", rows) == [2, 1, 2]
    assert column("id=* | eventstats max(_time) AS m", "m", rows) == [START + 2] * 3
    for doubtful in ({}, {"u": ["a", "b"]}):
        with pytest.raises(UnspecifiedError):
            table("id=* | eventstats count BY u", doubtful)


def test_streamstats_sees_rows_in_their_order() -> None:
    rows = ({"u": "a"}, {"u": "b"}, {"u": "a"})
    assert column("id=* | streamstats count AS n BY u | sort 0 _time", "n", rows) == [2, 1, 1]
    assert column("id=* | sort 0 _time | streamstats count AS n BY u", "n", rows) == [1, 1, 2]
    assert column("id=* | sort 0 _time | streamstats current=f last(id) AS p BY u", "p", rows) == [None, None, "1"]
    assert column("id=* | sort 0 _time | streamstats current=f count", "count", rows) == [0, 1, 2]


def test_streamstats_windows() -> None:
    rows = tuple({"u": user} for user in "aabab")
    own = "id=* | sort 0 _time | streamstats global=f window=2 count earliest(_time) AS t BY u"
    assert column(own, "count", rows) == [1, 2, 1, 2, 2]
    assert [time - START for time in column(own, "t", rows)] == [0, 0, 2, 1, 2]  # type: ignore[operator]
    shared = "id=* | sort 0 _time | streamstats count by u window=2"
    assert column(shared, "count", rows) == [1, 2, 1, 1, 1]


def test_reset_on_change() -> None:
    """The example on the page: DAY DAY NIGHT NIGHT NIGHT NIGHT DAY NIGHT."""
    shifts = [{"shift": shift} for shift in ("DAY", "DAY", "NIGHT", "NIGHT", "NIGHT", "NIGHT", "DAY", "NIGHT")]
    query = "id=* | sort 0 _time | streamstats count BY shift reset_on_change=true"
    assert column(query, "count", shifts) == [1, 2, 1, 2, 3, 4, 1, 1]


def test_allnum() -> None:
    rows = ({"x": "1"}, {"x": "b"}, {"x": "2"})
    assert table("id=* | stats allnum=true sum(x) AS s count", *rows) == [{"count": 3}]
    assert table("id=* | stats allnum=f sum(x) AS s", *rows) == [{"s": 3}]


def test_streamstats_on_rows_that_lack_the_group() -> None:
    with pytest.raises(UnspecifiedError):
        table("id=* | streamstats count BY u", {})
    with pytest.raises(UnspecifiedError, match="has already"):
        table("id=* | streamstats current=f last(x) AS x", {"x": "1"})


def test_streamstats_beyond_max_stream_window() -> None:
    rows = [{"_time": START, "u": str(number)} for number in range(10_001)]
    with pytest.raises(LimitError, match="max_stream_window"):
        run("u=* | streamstats count", rows)


def test_ties_show_in_what_rests_on_them() -> None:
    """A query whose verdict hangs on the order of events of one time gives several answers under several seeds."""
    rows = [{"_time": START, "id": str(number), "hit": "1" if number == 3 else "0"} for number in range(6)]
    query = "id=* | sort 0 _time | streamstats max(hit) AS seen | where seen=1 | stats dc(id) AS n"
    assert len({run(query, rows, seed=seed)[0]["n"] for seed in range(9)}) > 1
    total = "id=* | eventstats max(hit) AS seen BY _time | where seen=1 | stats dc(id) AS n"
    assert {run(total, rows, seed=seed)[0]["n"] for seed in range(9)} == {6}


def test_a_window_edge_of_exactly_the_span() -> None:
    query = (
        "id=* | sort 0 _time | streamstats global=f window=3 earliest(_time) AS t0 count AS n BY u"
        " | where n=3 AND _time-t0<=600 | stats count"
    )
    for late, hits in ((0.123456, 1), (0.123457, 0)):
        rows = [{"_time": START + offset, "id": "x", "u": "a"} for offset in (0.123456, 300, 600 + late)]
        assert run(query, rows) == [{"count": hits}]
