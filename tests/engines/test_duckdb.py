"""DuckDB on the torture set, and wrong translations into its SQL that the torture set must catch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import duckdb

from casetrail.engines.base import Trial
from casetrail.engines.duckdb import Duckdb
from casetrail.engines.reference import evaluate
from tests.laws.mutation import Wrong, survivors
from tests.laws.torture import trials

WRONG = [
    Wrong("null guard dropped", r"coalesce\((list_bool_or\(.*?\)), false\)", r"\1"),
    Wrong("case fold forgotten", r"lower\((x)\)", r"\1"),
    Wrong("fold where the field is exact", r"lambda x: coalesce\(x (=|IN)", r"lambda x: coalesce(lower(x) \1"),
    Wrong("first element of a list only", r"list_transform\((\"c\d+\"),", r"list_transform(\1[1:1],"),
    Wrong("every element of a list", r"list_bool_or", "list_bool_and"),
    Wrong("wildcards not escaped", r"\\([%_])", r"\1"),
    Wrong("contains for starts with", r"starts_with\(", "contains("),
    Wrong("contains for ends with", r"ends_with\(", "contains("),
    Wrong("regex over the whole value", r"regexp_matches\(", "regexp_full_match("),
    Wrong("regex without its flags", r"\(\?[ims]+\)", ""),
    Wrong("a number as its text", r"as_integer\(x\) = (\d+)", r"x = '\1'"),
    Wrong(
        "a window that leaves out its end",
        r"RANGE BETWEEN (\d+) PRECEDING AND CURRENT",
        r"RANGE BETWEEN \1 - 1 PRECEDING AND CURRENT",
    ),
    Wrong("a window a millisecond too long", r"RANGE BETWEEN (\d+) PRECEDING", r"RANGE BETWEEN \1 + 1000 PRECEDING"),
    Wrong(
        "a tumbling window",
        r"OVER \((PARTITION BY k0) ORDER BY t RANGE BETWEEN (\d+) PRECEDING AND CURRENT ROW\)",
        r"OVER (\1, t // \2)",
    ),
    Wrong("no key", r"PARTITION BY k0", "PARTITION BY 1"),
    Wrong(
        "rows before only, not of one instant",
        r"RANGE BETWEEN (\d+) PRECEDING AND CURRENT ROW",
        r"RANGE BETWEEN \1 PRECEDING AND 1 PRECEDING",
    ),
    Wrong("values counted with repeats", r"count\(DISTINCT value\)", "count(value)"),
    Wrong("an order of equal times", r"UNBOUNDED PRECEDING AND 1 PRECEDING", "UNBOUNDED PRECEDING AND CURRENT ROW"),
    Wrong("the order's window forgotten", r"coalesce\(t - start <= \d+, false\)", "true"),
    Wrong("seen at the same instant", r"seen >= opening|seen >= t\b", "seen > t"),
    Wrong("seen ignored", r"coalesce\(seen >= \w+, seen IS NULL\)", "true"),
    Wrong("what follows at the edge forgotten", r"1 FOLLOWING AND (\d+) FOLLOWING", r"1 FOLLOWING AND \1 - 1 FOLLOWING"),
    Wrong("what happens at once follows", r"BETWEEN 1 FOLLOWING", "BETWEEN CURRENT ROW"),
    Wrong("steps of any base seen", r" FILTER \(WHERE base IN \([\d, ]+\)\)", ""),
    Wrong("quotes not doubled", r"''", "'"),
]


class _Changing:
    """A connection that changes each query before it runs it, and takes a failing one for no rows."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, change: Callable[[str], str]) -> None:
        self.connection = connection
        self.change = change

    def execute(self, query: str, values: Any = None) -> Any:
        if values is not None:
            return self.connection.execute(query, values)
        try:
            return self.connection.execute(self.change(query))
        except duckdb.Error:
            return self.connection.execute("SELECT 'broken' AS id")


def verdicts(wanted: Sequence[Trial], change: Callable[[str], str]) -> list[frozenset[str] | Exception]:
    engine = Duckdb()
    engine.connection = _Changing(engine.connection, change)  # type: ignore[assignment]
    return engine.verdicts(wanted)


def test_the_torture_set() -> None:
    named = trials()
    got = Duckdb().verdicts([trial for _, trial in named])
    wrong = [
        name
        for (name, trial), one in zip(named, got, strict=True)
        if one != evaluate(trial.plan, trial.events, trial.seen_until).ids
    ]
    assert wrong == []


def queries(trial: Trial) -> str:
    seen: list[str] = []

    def note(query: str) -> str:
        seen.append(query)
        return query

    verdicts([trial], note)
    return "\n".join(seen)


def test_wrong_translations_are_caught() -> None:
    assert survivors(WRONG, queries, verdicts) == []
