"""Changes of a log that mean nothing change no verdict of the queries in KQL, however Sentinel stores the log."""

from __future__ import annotations

import pytest

from casetrail.engines.kusto import Kusto
from tests.kusto.stores import BACKEND, RAW_BACKEND, TEXT_BACKEND
from tests.laws.changes import broken, laws
from tests.worlds import CONTRACT

BACKENDS = {"columns": BACKEND, "text": TEXT_BACKEND, "dynamic": RAW_BACKEND}


@pytest.mark.parametrize("kind", BACKENDS)
def test_windows(kind: str) -> None:
    assert broken(laws(), Kusto(BACKENDS[kind], {CONTRACT.key: CONTRACT}).verdicts) == []
