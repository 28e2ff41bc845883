"""What the programs in Painless don't know, which parameters may name, ends in an error on a real OpenSearch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from casetrail.engines.base import Trial
from casetrail.engines.cluster import AnswerError
from casetrail.engines.connect import connect
from casetrail.engines.opensearch import OpenSearchEngine, run_query
from casetrail.languages.base import Bounds
from casetrail.languages.querydsl.query import indexes, query_of
from casetrail.plan.nodes import InPart, Is, Op, Overlap, Part, Plan, SameAs, Search
from tests.engines.test_reference import COUNT2, ORDERED, WITHOUT, log, plan
from tests.opensearch.stores import BACKEND
from tests.worlds import CONTRACT, event

F = CONTRACT.fields
SUM = {"type": "value_sum", "rules": ["a"], "condition": {"field": "n", "gte": 1}}
LATER: list[tuple[dict[str, Any], str, str]] = [
    (SUM, '"figure": "value_sum"', "figure"),
    (COUNT2, '"op": "gte"', "op"),
    (COUNT2, '"of": "figure"', "look"),
    (ORDERED, '"of": "last"', "look"),
    (ORDERED, '"is": "mark"', "node"),
    (WITHOUT, '"is": "fails"', "test"),
]
TESTS: list[tuple[Is, str, str]] = [
    (Is(F["user"], SameAs(F["code"], Overlap.CONTAINS)), '"overlap": "contains"', "overlap"),
    (Is(F["at"], InPart(Part.HOUR, Op.GTE, 3)), '"part": "hour"', "part"),
    (Is(F["at"], InPart(Part.HOUR, Op.GTE, 3)), '"op": "gte"', "op"),
]
LOG = (*log("p a 0, q b 1"), event("r", 2, kind="a", user="u", code="u"))
PLANS = [(plan(correlation), said, word) for correlation, said, word in LATER]
PLANS += [(Search("s", CONTRACT.key, expr), said, word) for expr, said, word in TESTS]


@pytest.fixture(scope="module")
def engine(opensearch_url: str) -> Iterator[OpenSearchEngine]:
    made = OpenSearchEngine(connect(opensearch_url, "OpenSearch"), BACKEND, {CONTRACT.key: CONTRACT})
    yield made
    made.close()


@pytest.mark.parametrize(("known", "said", "word"), PLANS, ids=[said for _, said, _ in PLANS])
def test_what_a_program_does_not_know_is_an_error(engine: OpenSearchEngine, known: Plan, said: str, word: str) -> None:
    engine.verdicts([Trial(known, LOG)])
    query = query_of(known, BACKEND, Bounds())
    assert said in query
    later = query.replace(said, said.replace('": "', '": "un'))
    asked = [f"{index.rstrip('*')}*" for index in indexes(known, BACKEND)]
    with pytest.raises(AnswerError) as failed:
        run_query(engine.cluster, asked, later, {"match_all": {}})
    assert f"unknown {word}: " in str(failed.value)
