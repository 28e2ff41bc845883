"""ES|QL of 8.19 can't read what isn't there: the node names it, and an empty index under the shipped template is the remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from elasticsearch import BadRequestError, Elasticsearch

from casetrail.build.targets import backend_of
from casetrail.engines.documents import index_of
from casetrail.languages.base import Bounds
from casetrail.languages.esql.mapping import mapping
from casetrail.languages.esql.query import query_of
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import sources
from casetrail.stores.store import Backend
from tests.elastic.stores import WORKER

PACK = Pack.load(Path(__file__).parents[2])
PLAN = PACK.rules.plans(["salesforce_files_in_volume"])["salesforce_files_in_volume"]
LOGS = ("salesforce/realtime", "salesforce/eventlogfile")


@pytest.fixture
def client(elasticsearch_url: str) -> Elasticsearch:
    return Elasticsearch(elasticsearch_url, request_timeout=300)


@pytest.fixture
def backend(client: Elasticsearch) -> Iterator[Backend]:
    """Where the rule's two logs lie, each under a pattern of its own that no index has."""
    whole = backend_of(PACK, "elastic")
    stores = {
        source: replace(store, index=f"gone{number}.{WORKER}-*")
        for number, (source, store) in enumerate(whole.stores.items())
    }
    yield replace(whole, stores=stores)
    client.indices.delete(index=[index_of(stores[source], "empty") for source in LOGS], ignore_unavailable=True)


def made(client: Elasticsearch, backend: Backend, source: str) -> None:
    store = backend.stores[source]
    client.indices.create(index=index_of(store, "empty"), mappings=mapping(store))


def test_a_log_that_has_no_index_is_named_and_an_empty_one_is_enough(client: Elasticsearch, backend: Backend) -> None:
    assert set(sources(PLAN)) == set(LOGS)
    query = query_of(PLAN, backend, Bounds())
    with pytest.raises(BadRequestError, match="Unknown index"):
        client.esql.query(query=query)
    made(client, backend, LOGS[0])
    with pytest.raises(BadRequestError, match=r"Unknown (column|index)"):
        client.esql.query(query=query)
    made(client, backend, LOGS[1])
    assert client.esql.query(query=query)["values"] == []
