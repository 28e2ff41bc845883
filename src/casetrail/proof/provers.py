"""The engines that a proof runs on, by name: how each is started, and what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from casetrail.engines.base import Engine
    from casetrail.pack.pack import Pack


@dataclass(frozen=True, slots=True)
class Opened:
    """An engine that is ready, and the version of what it runs on."""

    engine: Engine
    version: str


@dataclass(frozen=True, slots=True)
class Prover:
    """opens: the engine for a pack, for as long as the context lasts; modelled: whether it is a model of the real thing.

    `opens` raises NodeUnavailable, or ModuleNotFoundError for a Python package, when something is missing on this machine.
    """

    opens: Callable[[Pack], AbstractContextManager[Opened]]
    modelled: bool = False


@contextmanager
def _reference(pack: Pack) -> Iterator[Opened]:
    from casetrail import __version__
    from casetrail.engines.reference import Reference

    yield Opened(Reference(), f"casetrail {__version__}")


@contextmanager
def _duckdb(pack: Pack) -> Iterator[Opened]:
    from casetrail.engines.duckdb import Duckdb

    yield Opened(Duckdb(), f"DuckDB {version('duckdb')}")


@contextmanager
def _elasticsearch(pack: Pack) -> Iterator[Opened]:
    from elasticsearch import Elasticsearch

    from casetrail.engines.elasticsearch import ElasticsearchEngine
    from casetrail.nodes.elasticsearch import running
    from casetrail.packages.targets import backend_of

    with (
        running() as node,
        Elasticsearch(node.url, request_timeout=300) as client,
        closing(ElasticsearchEngine(client, backend_of(pack, "elastic"), pack.contracts)) as engine,
    ):
        yield Opened(engine, f"Elasticsearch {node_version(client)}")


def node_version(client: Any) -> str:
    """The version of the first node of an Elasticsearch or OpenSearch cluster."""
    nodes = client.nodes.info(filter_path="nodes.*.version")["nodes"]
    return str(next(iter(nodes.values()))["version"])


@contextmanager
def _opensearch(pack: Pack) -> Iterator[Opened]:
    from opensearchpy import OpenSearch

    from casetrail.engines.opensearch import OpenSearchEngine
    from casetrail.nodes.opensearch import running
    from casetrail.packages.targets import backend_of

    with (
        running() as node,
        closing(OpenSearch(node.url, timeout=300)) as client,
        closing(OpenSearchEngine(client, backend_of(pack, "opensearch"), pack.contracts)) as engine,
    ):
        yield Opened(engine, f"OpenSearch {node_version(client)}")


@contextmanager
def _kusto(pack: Pack) -> Iterator[Opened]:
    import duckdb_kql  # noqa: F401

    from casetrail.nodes.kusto import checking, language_service
    from casetrail.packages.targets import backend_of
    from casetrail.proof.vetted import Vetted

    with checking() as checker:
        engine = Vetted(backend_of(pack, "sentinel"), pack.contracts, checker)
        yield Opened(engine, f"duckdb-kql {version('duckdb-kql')}, Microsoft's parser {language_service()}")


@contextmanager
def _splunk(pack: Pack) -> Iterator[Opened]:
    from casetrail import __version__
    from casetrail.engines.splunk_model import SplunkModel
    from casetrail.packages.targets import backend_of

    yield Opened(SplunkModel(backend_of(pack, "splunk"), pack.contracts), f"the model of casetrail {__version__}")


PROVERS = {
    "reference": Prover(_reference),
    "duckdb": Prover(_duckdb),
    "elasticsearch": Prover(_elasticsearch),
    "opensearch": Prover(_opensearch),
    "kusto": Prover(_kusto),
    "splunk": Prover(_splunk, modelled=True),
}
