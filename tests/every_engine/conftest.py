"""The fixture `subject`: each engine, one after another, and the mark `cannot`, as Ibis has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

import pytest

from tests.every_engine.embedded import DuckdbSubject, ReferenceSubject
from tests.every_engine.nodes import ElasticsearchSubject, OpenSearchSubject
from tests.every_engine.oracle import OracleSubject
from tests.every_engine.queried import KustoSubject, SplunkSubject
from tests.every_engine.subject import Subject
from tests.kusto.stores import KINDS
from tests.nodes.session import NODES

Request = pytest.FixtureRequest


def _kusto(request: Request, kind: str) -> Subject:
    request.getfixturevalue("duckdb_kql")
    return KustoSubject(kind, request.getfixturevalue("kusto_checker"))


SUBJECTS: dict[str, Callable[[Request], Subject]] = {
    "reference": lambda request: ReferenceSubject(),
    "duckdb": lambda request: DuckdbSubject(),
    "sqlite": lambda request: OracleSubject(),
    "elasticsearch": lambda request: ElasticsearchSubject(request.getfixturevalue("elasticsearch_url")),
    "opensearch": lambda request: OpenSearchSubject(request.getfixturevalue("opensearch_url")),
    "splunk": lambda request: SplunkSubject(),
} | {f"kusto, {kind}": partial(_kusto, kind=kind) for kind in KINDS}

ENGINES = tuple(name for name in SUBJECTS if name not in ("kusto, text", "kusto, dynamic"))
"""Each engine once, for what isn't about the ways in which Sentinel may store a log."""


@pytest.fixture(scope="module", params=SUBJECTS)
def subject(request: Request) -> Iterator[Subject]:
    """An engine over the test log source."""
    with closing(SUBJECTS[request.param](request)) as made:
        yield made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`cannot(*names, raises=, reason=)`: the test must fail on these engines, and in this way."""
    for item in items:
        params = getattr(getattr(item, "callspec", None), "params", {})
        if "subject" not in params:
            continue
        engine = params["subject"].partition(",")[0]
        if engine in NODES:
            item.add_marker(pytest.mark.node(engine))
        for mark in item.iter_markers("cannot"):
            if engine in mark.args:
                item.add_marker(pytest.mark.xfail(strict=True, **mark.kwargs))
