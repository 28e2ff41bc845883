"""Wrong translations into OpenSearch's `_search` that the torture set must catch on a real OpenSearch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from unittest.mock import patch

import pytest

from casetrail.engines import opensearch
from casetrail.engines.base import Trial
from casetrail.engines.connect import connect
from casetrail.engines.opensearch import OpenSearchEngine
from casetrail.languages.base import Bounds
from casetrail.languages.querydsl.query import query_of
from casetrail.plan.nodes import Plan
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError
from tests.laws.mutation import Verdicts, Wrong, failures, survivors
from tests.opensearch.stores import BACKEND
from tests.worlds import CONTRACT

WRONG = [
    Wrong(
        "null guard dropped",
        r'"must_not": (?=\[\s*\{\s*"\w+": \{\s*"(test\.\w+)")',
        r'"filter": [{"exists": {"field": "\1"}}], "must_not": ',
    ),
    Wrong("case fold forgotten", r',\s*"case_insensitive": true', ""),
    Wrong("a key's case fold forgotten", r'"folded": true', '"folded": false'),
    Wrong(
        "fold where the field is exact",
        r'("test\.code": \{\s*"value": "\w+")(?=\s*\})',
        r'\1, "case_insensitive": true',
    ),
    Wrong(
        "contains for starts with",
        r'"prefix": (\{\s*"test\.\w+": \{\s*"value": ")(\w+)"',
        r'"wildcard": \1*\2*"',
    ),
    Wrong("regex over the whole value", r'"value": "\.\*(.*)\.\*"(?=,\s*"flags")', r'"value": "\1"'),
    Wrong("regex anywhere in the value", r'"value": "(?!\.\*)(.*)"(?=,\s*"flags")', r'"value": ".*\1"'),
    Wrong("wildcards not escaped", r"\\\\([*?])", r"\1"),
    Wrong("first element of a list only", r"read\(doc, params\.field\)\)", "read(doc, params.field).subList(0, 1))"),
    Wrong("all of a list's values", r'"minimum_should_match": 1\b', '"minimum_should_match": "100%"'),
    Wrong("a window that leaves out its end", r'"low": -3600000\b', '"low": -3599999'),
    Wrong("a window a millisecond too long", r'"low": -3600000\b', '"low": -3600001'),
    Wrong("an order that leaves out the window's end", r"<= test\.span", "< test.span"),
    Wrong(
        "a tumbling window",
        r"now \+ \(\(Number\) range\.low\)\.longValue\(\)",
        "(now / ((Number) range.low).longValue()) * ((Number) range.low).longValue()",
    ),
    Wrong("no key", r"next\.add\(value\)", "next.add('u')"),
    Wrong("values counted with repeats", r'"figure": "value_count"', '"figure": "event_count"'),
    Wrong("an order of equal times", r'"high": -1\b', '"high": 0'),
    Wrong("seen at the same instant", r"value >= columns\[test\.other\]", "value > columns[test.other]"),
    Wrong("seen at the edge forgotten", r'("of": "first",\s*"range": \{\s*"low": )-3600000\b', r"\g<1>-3599999"),
    Wrong("what follows at the edge forgotten", r'"high": 3600000\b', '"high": 3599999'),
    Wrong("what happens at once follows", r'"low": 1\b', '"low": 0'),
]


def queries(trial: Trial) -> str:
    try:
        return query_of(trial.plan, BACKEND, Bounds())
    except UnsupportedError:
        return ""


def verdicts_of(engine: OpenSearchEngine) -> Verdicts:
    """Runs trials on a node, a query that it rejects for an exception."""

    def verdicts(wanted: Sequence[Trial], change: Callable[[str], str]) -> list[frozenset[str] | Exception]:
        def changed(plan: Plan, backend: Backend, run: Bounds) -> str:
            return change(query_of(plan, backend, run))

        with patch.object(opensearch, "query_of", changed):
            return engine.verdicts(wanted)

    return verdicts


@pytest.fixture(scope="module")
def engine(opensearch_url: str) -> Iterator[OpenSearchEngine]:
    made = OpenSearchEngine(connect(opensearch_url, "OpenSearch"), BACKEND, {CONTRACT.key: CONTRACT})
    yield made
    made.close()


def test_the_torture_set(engine: OpenSearchEngine) -> None:
    assert failures(verdicts_of(engine)) == []


def test_wrong_translations_are_caught(engine: OpenSearchEngine) -> None:
    assert survivors(WRONG, queries, verdicts_of(engine)) == []
