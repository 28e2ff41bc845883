"""Changes of a log that mean nothing change no verdict of a real Elasticsearch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from casetrail.engines.connect import connect
from casetrail.engines.elasticsearch import ElasticsearchEngine
from tests.elastic.stores import BACKEND
from tests.laws.changes import broken, laws
from tests.worlds import CONTRACT


@pytest.fixture(scope="module")
def engine(elasticsearch_url: str) -> Iterator[ElasticsearchEngine]:
    made = ElasticsearchEngine(connect(elasticsearch_url, "Elasticsearch"), BACKEND, {CONTRACT.key: CONTRACT})
    yield made
    made.close()


def test_windows(engine: ElasticsearchEngine) -> None:
    assert broken(laws(), engine.verdicts) == []
