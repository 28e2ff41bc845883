from __future__ import annotations

import pytest

from casetrail.engines.nodes.kusto import Checker


@pytest.fixture(scope="session", autouse=True)
def _duckdb_kql(duckdb_kql: None) -> None:
    """Without what runs KQL these tests are skipped."""


@pytest.fixture(scope="session")
def checker(kusto_checker: Checker) -> Checker:
    """Microsoft's parser and binder."""
    return kusto_checker
