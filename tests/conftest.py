from __future__ import annotations

import os

import pytest

from casetrail.engines.nodes.maven import NodeUnavailable
from tests.nodes.session import Owner, address

OWNER = pytest.StashKey[Owner]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[OWNER] = Owner()


def pytest_collection_finish(session: pytest.Session) -> None:
    if OWNER in session.config.stash:
        session.config.stash[OWNER].collected(item.nodeid for item in session.items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: object, ids: list[str]) -> None:
    config: pytest.Config = node.config  # type: ignore[attr-defined]
    config.stash[OWNER].collected(ids)


def pytest_unconfigure(config: pytest.Config) -> None:
    if OWNER in config.stash:
        config.stash[OWNER].stop()


def _url(name: str) -> str:
    """The address of the session's node; without one the test is skipped, or fails when CASETRAIL_REQUIRE_ENGINES is set."""
    try:
        return address(name)
    except NodeUnavailable as error:
        if os.environ.get("CASETRAIL_REQUIRE_ENGINES"):
            pytest.fail(f"{name} is required: {error}", pytrace=False)
        pytest.skip(f"no {name}: {error}")


@pytest.fixture(scope="session")
def elasticsearch_url() -> str:
    """The address of a real Elasticsearch node."""
    return _url("elasticsearch")


@pytest.fixture(scope="session")
def opensearch_url() -> str:
    """The address of a real OpenSearch node."""
    return _url("opensearch")
