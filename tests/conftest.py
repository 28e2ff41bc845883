from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from typing import NoReturn

import pytest

from casetrail.engines.nodes.kusto import Checker, checking
from casetrail.engines.nodes.maven import NodeUnavailable
from tests.nodes.session import NODES, Owner, address, want

OWNER = pytest.StashKey[Owner]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "node(name): the test asks the session's node of this name")
    config.addinivalue_line("markers", "cannot(*engines, raises, reason): what these engines can't do, which must stay true")
    if not hasattr(config, "workerinput"):
        config.stash[OWNER] = Owner()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Before a worker tells the owner that it has collected, it must have said which nodes it wants."""
    for item in session.items:
        asked = {mark.args[0] for mark in item.iter_markers("node")}
        fixtures = getattr(item, "fixturenames", ())
        want({name for name in NODES if name in asked or f"{name}_url" in fixtures})
    if OWNER in session.config.stash:
        session.config.stash[OWNER].start()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: object) -> None:
    config: pytest.Config = node.config  # type: ignore[attr-defined]
    config.stash[OWNER].start()


def pytest_unconfigure(config: pytest.Config) -> None:
    if OWNER in config.stash:
        config.stash[OWNER].stop()


def missing(name: str, reason: object) -> NoReturn:
    """An engine isn't here: the test is skipped, or fails when CASETRAIL_REQUIRE_ENGINES is set."""
    if os.environ.get("CASETRAIL_REQUIRE_ENGINES"):
        pytest.fail(f"{name} is required: {reason}", pytrace=False)
    pytest.skip(f"no {name}: {reason}")


def _url(name: str) -> str:
    try:
        return address(name)
    except NodeUnavailable as error:
        missing(name, error)


@pytest.fixture(scope="session")
def elasticsearch_url() -> str:
    """The address of a real Elasticsearch node."""
    return _url("elasticsearch")


@pytest.fixture(scope="session")
def opensearch_url() -> str:
    """The address of a real OpenSearch node."""
    return _url("opensearch")


@pytest.fixture(scope="session")
def duckdb_kql() -> None:
    """What runs KQL."""
    if find_spec("duckdb_kql") is None:
        missing("kusto", "duckdb-kql is missing: pip install 'casetrail[prove]'")


@pytest.fixture(scope="session")
def kusto_checker() -> Iterator[Checker]:
    """Microsoft's parser and binder of KQL."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(checking())
        except NodeUnavailable as error:
            missing("kusto", error)
        yield found
