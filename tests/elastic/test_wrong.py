"""Wrong translations into ES|QL that the torture set must catch on a real Elasticsearch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from unittest.mock import patch

import pytest

from casetrail.engines import elasticsearch
from casetrail.engines.base import Trial
from casetrail.engines.connect import connect
from casetrail.engines.elasticsearch import ElasticsearchEngine
from casetrail.languages.base import Bounds
from casetrail.languages.esql.query import query_of
from casetrail.plan.nodes import Plan
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError
from tests.elastic.stores import BACKEND, single
from tests.laws.mutation import Verdicts, Wrong, failures, survivors
from tests.worlds import CONTRACT

WRONG = [
    Wrong("null guard dropped", r"NOT COALESCE\((.*), FALSE\)", r"NOT (\1)"),
    Wrong("case fold forgotten", r"TO_LOWER\((test\.\w+)\)", r"\1"),
    Wrong("a key's case fold forgotten", r"key0 = TO_LOWER\((test\.\w+)\)", r"key0 = \1"),
    Wrong("fold where the field is exact", r"test\.code (IN|LIKE)", r"TO_LOWER(test.code) \1"),
    Wrong("contains for starts with", r"LIKE \"(\w+)\*\"", r'LIKE "*\1*"'),
    Wrong("regex over the whole value", r"RLIKE \"\.\*(.*)\.\*\"", r'RLIKE "\1"'),
    Wrong("regex anywhere in the value", r"RLIKE \"(?!\.\*)", 'RLIKE ".*'),
    Wrong("wildcards not escaped", r"\\\\([*?])", r"\1"),
    Wrong(
        "first element of a list only",
        r"MV_COUNT\(MV_DEDUPE\(MV_APPEND\((.+), (\".*\")\)\)\) == MV_COUNT\(MV_DEDUPE\(\1\)\)",
        r"MV_FIRST(\1) == \2",
    ),
    Wrong("every element of a list", r"MV_MAX\(", "MV_MIN("),
    Wrong("a window that leaves out its end", r"gap <= 3600000\b", "gap < 3600000"),
    Wrong("a window a millisecond too long", r"gap <= 3600000\b", "gap <= 3600001"),
    Wrong("an order that leaves out the window's end", r"at - start <= 3600000\b", "at - start < 3600000"),
    Wrong("a tumbling window", r"gap <= 3600000\b", "at / 3600000 == other_at / 3600000"),
    Wrong("no key", r"key0 = TO_LOWER\(test\.user\)", 'key0 = "u"'),
    Wrong("values counted with repeats", r"n = VALUES\(held\)", "n = VALUES(other_id)"),
    Wrong("an order of equal times", r"gap > 0", "gap >= 0"),
    Wrong("a start of what is no step of the chain", r'start = CASE\(base == "\d", earlier, NULL\)', "start = earlier"),
    Wrong("seen at the same instant", r"seen_here < at", "seen_here <= at"),
    Wrong("seen a timespan before forgotten", r"seen_there >= at - 3600000\b", "seen_there > at - 3600000"),
    Wrong("seen in the stretch before forgotten", r"near == place \+ 1", "FALSE"),
    Wrong("seen at the same instant as a chain", r"seen >= opening", "seen > opening"),
    Wrong("what follows at the edge forgotten", r"followed_there <= at \+ 3600000\b", "followed_there < at + 3600000"),
    Wrong("what follows in the next stretch forgotten", r"near == place - 1", "FALSE"),
    Wrong("what happens at once follows", r"followed_here > at", "followed_here >= at"),
]


def queries(trial: Trial) -> str:
    try:
        return query_of(trial.plan, BACKEND, Bounds())
    except UnsupportedError:
        return ""


def verdicts_of(engine: ElasticsearchEngine) -> Verdicts:
    """Runs trials on a node, a query that it rejects for an exception."""

    def verdicts(wanted: Sequence[Trial], change: Callable[[str], str]) -> list[frozenset[str] | Exception]:
        def changed(plan: Plan, backend: Backend, run: Bounds) -> str:
            return change(query_of(plan, backend, run))

        with patch.object(elasticsearch, "query_of", changed):
            return engine.verdicts(wanted)

    return verdicts


@pytest.fixture(scope="module")
def engine(elasticsearch_url: str) -> Iterator[ElasticsearchEngine]:
    made = ElasticsearchEngine(connect(elasticsearch_url, "Elasticsearch"), BACKEND, {CONTRACT.key: CONTRACT})
    yield made
    made.close()


def fitted(trial: Trial) -> Trial:
    return replace(trial, events=tuple(map(single, trial.events)))


def test_the_torture_set(engine: ElasticsearchEngine) -> None:
    assert failures(verdicts_of(engine), fitted) == []


def test_wrong_translations_are_caught(engine: ElasticsearchEngine) -> None:
    assert survivors(WRONG, queries, verdicts_of(engine), fitted) == []
