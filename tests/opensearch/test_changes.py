"""Changes of a log that mean nothing change no verdict of a real OpenSearch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opensearchpy import OpenSearch

from casetrail.engines.opensearch import OpenSearchEngine
from tests.laws.changes import broken, laws
from tests.opensearch.stores import BACKEND
from tests.worlds import CONTRACT


@pytest.fixture(scope="module")
def engine(opensearch_url: str) -> Iterator[OpenSearchEngine]:
    made = OpenSearchEngine(OpenSearch(opensearch_url, timeout=300), BACKEND, {CONTRACT.key: CONTRACT})
    yield made
    made.close()


def test_windows(engine: OpenSearchEngine) -> None:
    assert broken(laws(), engine.verdicts) == []
