"""SQL by sheets: what a sheet lacks or SQL doesn't know is refused, and words of other engines' kinds say the same on DuckDB."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

import pytest

from casetrail.engines.base import Trial
from casetrail.engines.duckdb import Duckdb
from casetrail.engines.reference import evaluate
from casetrail.languages.sql.duckdb import DUCKDB
from casetrail.languages.sql.physical import Rows, physical
from casetrail.languages.sql.sheet import Sheet, Windows, operator
from casetrail.plan.nodes import Correlation, Field, Figure, Op, Order, Overlap, Part, Threshold, Type
from casetrail.plan.values import TIME_FORMATS
from casetrail.plan.window import Look, Range, window
from casetrail.stores.unsupported import UnsupportedError
from tests.engines.test_reference import log, plan
from tests.laws.torture import trials

EnumT = TypeVar("EnumT", bound=StrEnum)
PORTABLE = Windows(
    any="(count(CASE WHEN {test} THEN 1 END) OVER ({window}) > 0)",
    only="{aggregate}(CASE WHEN {test} THEN {value} END) OVER ({window})",
    distinct="len(list_distinct(list({value}) OVER ({window})))",
    median=DUCKDB.windows.median,
    percentile=DUCKDB.windows.percentile,
    unit=1000,
    widest=2**31 - 1,
)
"""No FILTER and no DISTINCT in a window, as in Spark and Trino; milliseconds in frames of 32 bits, as in ClickHouse."""
SPREAD = replace(DUCKDB.lists, split="SELECT r.*, u.{name} FROM {rows} AS r, unnest({list}) AS u({name})")
"""A list is split beside FROM, as in Trino and BigQuery."""


def member(kind: type[EnumT], value: str) -> EnumT:
    """A member of an enum that is added later."""
    made = str.__new__(kind, value)
    made._name_, made._value_ = value.upper(), value
    return made


def counted(figure: Figure, percentile: int | None = None) -> Correlation:
    made = plan({"type": "value_count", "rules": ["a"], "condition": {"field": "n", "gte": 2}})
    assert isinstance(made, Correlation)
    assert isinstance(made.condition, Threshold)
    return replace(made, condition=replace(made.condition, figure=figure, percentile=percentile))


def refusal(correlation: Correlation, sheet: Sheet = DUCKDB) -> str:
    (got,) = Duckdb(sheet).verdicts([Trial(correlation, tuple(log("p a 0 u 1")))])
    assert isinstance(got, UnsupportedError)
    return got.reason


def test_a_figure_that_is_new_is_refused_by_name() -> None:
    assert "value_mode" in refusal(counted(member(Figure, "value_mode")))


def test_a_percentile_without_its_number_is_refused() -> None:
    assert "value_percentile" in refusal(counted(Figure.PERCENTILE))


def test_what_else_is_new_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedError, match="quarter"):
        DUCKDB.part(member(Part, "quarter"), "x")
    with pytest.raises(UnsupportedError, match="encloses"):
        DUCKDB.overlap(member(Overlap, "encloses"), "x", "y")
    with pytest.raises(UnsupportedError, match="duration"):
        DUCKDB.parsed("x", Field("f", member(Type, "duration")), cased=True)
    with pytest.raises(UnsupportedError, match="between"):
        operator(member(Op, "between"))


def test_a_format_of_time_without_a_reader_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"DuckDB has no words for the stardate that f\.at is"):
        DUCKDB.parsed("x", Field("f.at", Type.TIME, time_format="stardate"), cased=True)


def test_duckdb_reads_every_format_of_time() -> None:
    assert set(DUCKDB.reads.times) == set(TIME_FORMATS)


def test_a_word_that_an_engine_lacks_is_refused_by_both_names() -> None:
    sheet = replace(DUCKDB, engine="Spark", windows=replace(DUCKDB.windows, percentile=None))
    assert refusal(counted(Figure.PERCENTILE, 95), sheet) == "Spark has no words for value_percentile in a sliding window"


def test_a_window_wider_than_an_engine_can_say_is_refused() -> None:
    sheet = replace(DUCKDB, engine="ClickHouse", windows=PORTABLE)
    wide = replace(counted(Figure.DISTINCT), span=30 * 86_400_000_000)
    assert refusal(wide, sheet).startswith("ClickHouse has no window of 30 days; the widest is of 24.8")


def test_a_frame_is_in_the_unit_and_never_wider_than_its_range() -> None:
    sheet = replace(DUCKDB, windows=PORTABLE)
    assert sheet.frame(Range(-2_000_000, 0)) == "RANGE BETWEEN 2000 PRECEDING AND CURRENT ROW"
    assert sheet.frame(Range(None, -1)) == "RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    assert sheet.frame(Range(1, 2_000_000)) == "RANGE BETWEEN 1 FOLLOWING AND 2000 FOLLOWING"


def test_the_words_of_engines_without_filter_and_distinct_in_windows_say_the_same() -> None:
    named = trials()
    engine = Duckdb(replace(DUCKDB, windows=PORTABLE, lists=SPREAD))
    got = engine.verdicts([trial for _, trial in named])
    wrong = [
        name
        for (name, trial), one in zip(named, got, strict=True)
        if one != evaluate(trial.plan, trial.events, trial.seen_until).ids
    ]
    assert wrong == []


def test_a_count_of_events_slides_over_events_and_any_other_figure_over_values() -> None:
    assert physical(window(counted(Figure.EVENTS)), 1).rows is Rows.EVENTS
    assert physical(window(counted(Figure.SUM)), 1).rows is Rows.VALUES
    together = plan({"type": "temporal", "rules": ["a", "b"]})
    assert isinstance(together, Correlation)
    assert physical(window(together), 2).rows is Rows.STEPS


def test_a_figure_of_every_base_tests_no_base() -> None:
    first_seen = replace(counted(Figure.EVENTS), condition=Order(wanted=(0,), before=(0,)))
    for bases, named in ((1, ()), (2, (0,))):
        (look,) = physical(window(first_seen), bases).window.nodes
        assert isinstance(look, Look)
        assert [seen.bases for _, seen in look.figures] == [named]
