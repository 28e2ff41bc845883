"""The engines that a proof runs on, by name: how each is started, and what it is."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from casetrail.engines.base import Engine
    from casetrail.nodes.node import Node
    from casetrail.pack.backend import Backend
    from casetrail.pack.pack import Pack


@dataclass(frozen=True, slots=True)
class Opened:
    """An engine that is ready, the version of what it runs on, and the pack as its target reads it, where that differs."""

    engine: Engine
    version: str
    pack: Pack | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """What a proof is of. target: the backend to take instead of the engine's usual one.

    url: a user's own cluster instead of a node of ours; key: its API key; login: user and password; ca: a PEM file.
    """

    pack: Pack
    target: str | None = None
    url: str | None = None
    key: str | None = None
    login: tuple[str, str] | None = None
    ca: Path | None = None

    def backend(self, usual: str) -> Backend:
        """The backend; on a user's own cluster with indexes of a random name, that no pattern or template of theirs matches."""
        from casetrail.pack.backend import elsewhere
        from casetrail.packages.targets import backend_of

        found = backend_of(self.pack, self.target or usual)
        return elsewhere(found, f"casetrail-{uuid.uuid4().hex[:12]}") if self.url else found


@dataclass(frozen=True, slots=True)
class Prover:
    """opens: the engine for a pack, for as long as the context lasts.

    modelled: whether it is a model of the real thing; cluster: whether a user's own can take its place.

    `opens` raises NodeUnavailable, or ModuleNotFoundError for a Python package, when something is missing on this machine.
    """

    opens: Callable[[Where], AbstractContextManager[Opened]]
    modelled: bool = False
    cluster: bool = False


@contextmanager
def _reference(where: Where) -> Iterator[Opened]:
    from casetrail import __version__
    from casetrail.engines.reference import Reference

    yield Opened(Reference(), f"casetrail {__version__}")


@contextmanager
def _duckdb(where: Where) -> Iterator[Opened]:
    from casetrail.engines.duckdb import Duckdb

    yield Opened(Duckdb(), f"DuckDB {version('duckdb')}")


@contextmanager
def _url(where: Where, running: Callable[[], AbstractContextManager[Node]]) -> Iterator[str]:
    if where.url:
        yield where.url
        return
    with running() as node:
        yield node.url


@contextmanager
def _elasticsearch(where: Where) -> Iterator[Opened]:
    from elasticsearch import ApiError, TransportError

    from casetrail.engines.cluster import ClusterError, connect
    from casetrail.engines.elasticsearch import ElasticsearchEngine
    from casetrail.nodes.elasticsearch import running

    backend = where.backend("elastic")
    with _url(where, running) as url, connect(url, where.key, where.ca) as client:
        try:
            with closing(ElasticsearchEngine(client, backend, where.pack.contracts)) as engine:
                yield Opened(engine, f"Elasticsearch {node_version(client)}")
        except (ApiError, TransportError) as error:
            raise ClusterError(f"{url}: {error}") from error


@contextmanager
def _opensearch(where: Where) -> Iterator[Opened]:
    from opensearchpy import OpenSearch, OpenSearchException

    from casetrail.engines.cluster import ClusterError
    from casetrail.engines.opensearch import OpenSearchEngine
    from casetrail.nodes.opensearch import running

    backend = where.backend("opensearch")
    ca: dict[str, Any] = {"ca_certs": str(where.ca)} if where.ca else {}
    with (
        _url(where, running) as url,
        closing(OpenSearch(url, http_auth=where.login, timeout=300, verify_certs=True, **ca)) as client,
    ):
        try:
            with closing(OpenSearchEngine(client, backend, where.pack.contracts)) as engine:
                yield Opened(engine, f"OpenSearch {node_version(client)}")
        except OpenSearchException as error:
            raise ClusterError(f"{url}: {error}") from error


@contextmanager
def _kusto(where: Where) -> Iterator[Opened]:
    import duckdb_kql  # noqa: F401

    from casetrail.nodes.kusto import checking, language_service
    from casetrail.proof.vetted import Vetted

    with checking() as checker:
        engine = Vetted(where.backend("sentinel"), where.pack.contracts, checker)
        yield Opened(engine, f"duckdb-kql {version('duckdb-kql')}, Microsoft's parser {language_service()}")


@contextmanager
def _splunk(where: Where) -> Iterator[Opened]:
    from casetrail import __version__
    from casetrail.engines.splunk_model import SplunkModel
    from casetrail.packages.targets import meant_for

    backend = where.backend("splunk")
    model = SplunkModel(backend, where.pack.contracts)
    yield Opened(model, f"the model of casetrail {__version__}", meant_for(where.pack, backend))


def node_version(client: Any) -> str:
    """The version of the first node of an Elasticsearch or OpenSearch cluster."""
    nodes = client.nodes.info(filter_path="nodes.*.version")["nodes"]
    return str(next(iter(nodes.values()))["version"])


PROVERS = {
    "reference": Prover(_reference),
    "duckdb": Prover(_duckdb),
    "elasticsearch": Prover(_elasticsearch, cluster=True),
    "opensearch": Prover(_opensearch, cluster=True),
    "kusto": Prover(_kusto),
    "splunk": Prover(_splunk, modelled=True),
}
