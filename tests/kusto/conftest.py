from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec

import pytest

from casetrail.engines.nodes.kusto import Checker, checking
from casetrail.engines.nodes.maven import NodeUnavailable


def _missing(reason: str) -> None:
    if os.environ.get("CASETRAIL_REQUIRE_ENGINES"):
        pytest.fail(f"kusto is required: {reason}", pytrace=False)
    pytest.skip(f"no kusto: {reason}")


@pytest.fixture(scope="session", autouse=True)
def _duckdb_kql() -> None:
    """What runs KQL."""
    if find_spec("duckdb_kql") is None:
        _missing("duckdb-kql is missing: pip install 'casetrail[prove]'")


@pytest.fixture(scope="session")
def checker() -> Iterator[Checker]:
    """Microsoft's parser and binder."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(checking())
        except NodeUnavailable as error:
            _missing(str(error))
            raise
        yield found
