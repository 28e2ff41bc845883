"""Changes of a log that mean nothing change no verdict of a real OpenSearch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from casetrail.engines.connect import connect
from casetrail.engines.opensearch import OpenSearchEngine
from tests.laws.changes import broken, laws
from tests.opensearch.stores import BACKEND
from tests.worlds import CONTRACT


@pytest.fixture(scope="module")
def engine(opensearch_url: str) -> Iterator[OpenSearchEngine]:
    made = OpenSearchEngine(connect(opensearch_url, "OpenSearch"), BACKEND, {CONTRACT.key: CONTRACT})
    yield made
    made.close()


def test_windows(engine: OpenSearchEngine) -> None:
    assert broken(laws(), engine.verdicts) == []
