"""The engines that a proof runs on, by name: how each is started, and what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from casetrail.engines.base import Engine
    from casetrail.engines.cluster import Cluster
    from casetrail.engines.nodes.node import Node
    from casetrail.pack.pack import Pack
    from casetrail.stores.shape import Shape
    from casetrail.stores.store import Backend


@dataclass(frozen=True, slots=True)
class OpenEngine:
    """An engine that is ready, the version of what it runs on, and the pack as its target reads it, where that differs.

    notes: what was found beside it, for people.
    """

    engine: Engine
    version: str
    pack: Pack | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProofSetup:
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
        from casetrail.build.targets import backend_of
        from casetrail.engines.leftover import prefix
        from casetrail.pack.backend import elsewhere

        found = backend_of(self.pack, self.target or usual)
        return elsewhere(found, prefix()) if self.url else found

    def shapes(self, usual: str) -> dict[str, tuple[Shape, ...]]:
        """What the vendors' pipelines store there, by log source."""
        from casetrail.build.targets import backend_of
        from casetrail.pack.backend import backend_folder
        from casetrail.pack.shapes import read_shapes, shapes_of

        target = self.target or usual
        return shapes_of(backend_of(self.pack, target), read_shapes(backend_folder(self.pack, target), self.pack.contracts))


@dataclass(frozen=True, slots=True)
class Prover:
    """opens: the engine for a pack, for as long as the context lasts.

    modelled: whether it is a model of the real thing; cluster: whether a user's own can take its place.

    `opens` raises NodeUnavailable, or ModuleNotFoundError for a Python package, when something is missing on this machine.
    """

    opens: Callable[[ProofSetup], AbstractContextManager[OpenEngine]]
    modelled: bool = False
    cluster: bool = False


@contextmanager
def _reference(where: ProofSetup) -> Iterator[OpenEngine]:
    from casetrail import __version__
    from casetrail.engines.reference import Reference

    yield OpenEngine(Reference(), f"casetrail {__version__}")


@contextmanager
def _duckdb(where: ProofSetup) -> Iterator[OpenEngine]:
    from casetrail.engines.duckdb import Duckdb

    yield OpenEngine(Duckdb(), f"DuckDB {version('duckdb')}")


@contextmanager
def _url(running: Callable[[], AbstractContextManager[Node]]) -> Iterator[str]:
    with running() as node:
        yield node.url


@contextmanager
def _cluster(
    where: ProofSetup, product: str, running: Callable[[], AbstractContextManager[Node]]
) -> Iterator[tuple[Cluster, tuple[str, ...]]]:
    """A user's own cluster, or a node that runs here, and what killed proofs left on it. Raises ClusterError."""
    from casetrail.engines.cluster import AnswerError, ClusterError
    from casetrail.engines.connect import connect
    from casetrail.engines.leftover import swept

    with nullcontext(where.url) if where.url else _url(running) as url:
        cluster = connect(url, product, api_key=where.key, login=where.login, ca=where.ca)
        try:
            yield cluster, tuple(swept(cluster)) if where.url else ()
        except AnswerError as error:
            raise ClusterError(f"the cluster at {cluster.host}:{cluster.port}: {error}") from error


@contextmanager
def _elasticsearch(where: ProofSetup) -> Iterator[OpenEngine]:
    from casetrail.engines.elasticsearch import ElasticsearchEngine
    from casetrail.engines.leftover import prefix
    from casetrail.engines.nodes.elasticsearch import running
    from casetrail.engines.variants import Shapes, Variants, variants

    backend, shapes = where.backend("elastic"), where.shapes("elastic")
    with _cluster(where, "Elasticsearch", running) as (cluster, notes), ExitStack() as opened:

        def engine(apart: Backend, chosen: Shapes) -> ElasticsearchEngine:
            return opened.enter_context(closing(ElasticsearchEngine(cluster, apart, where.pack.contracts, chosen)))

        found = Variants(ElasticsearchEngine.name, backend, variants(backend, shapes, prefix(), engine))
        yield OpenEngine(found, f"Elasticsearch {_version(cluster)}", notes=notes)


@contextmanager
def _opensearch(where: ProofSetup) -> Iterator[OpenEngine]:
    from casetrail.engines.nodes.opensearch import running
    from casetrail.engines.opensearch import OpenSearchEngine

    backend = where.backend("opensearch")
    with (
        _cluster(where, "OpenSearch", running) as (cluster, notes),
        closing(OpenSearchEngine(cluster, backend, where.pack.contracts)) as engine,
    ):
        yield OpenEngine(engine, f"OpenSearch {_version(cluster)}", notes=notes)


@contextmanager
def _kusto(where: ProofSetup) -> Iterator[OpenEngine]:
    import duckdb_kql  # noqa: F401

    from casetrail.engines.kusto import Kusto
    from casetrail.engines.nodes.kusto import checking, language_service
    from casetrail.engines.variants import Shapes, Variants, variants
    from casetrail.proof.parsed_kusto import ParsedKusto

    backend = where.backend("sentinel")
    with checking() as checker:

        def engine(apart: Backend, chosen: Shapes) -> ParsedKusto:
            return ParsedKusto(apart, where.pack.contracts, checker, chosen)

        found = Variants(Kusto.name, backend, variants(backend, where.shapes("sentinel"), "", engine))
        yield OpenEngine(found, f"duckdb-kql {version('duckdb-kql')}, Microsoft's parser {language_service()}")


@contextmanager
def _splunk(where: ProofSetup) -> Iterator[OpenEngine]:
    from casetrail import __version__
    from casetrail.build.targets import meant_for
    from casetrail.engines.splunk_model import SplunkModel
    from casetrail.engines.variants import Shapes, Variants, variants

    backend = where.backend("splunk")

    def engine(apart: Backend, chosen: Shapes) -> SplunkModel:
        return SplunkModel(apart, where.pack.contracts, chosen)

    model = Variants(SplunkModel.name, backend, variants(backend, where.shapes("splunk"), "", engine))
    yield OpenEngine(model, f"the model of casetrail {__version__}", meant_for(where.pack, backend))


def _version(cluster: Cluster) -> str:
    """The versions of a cluster's nodes. Raises AnswerError."""
    from casetrail.engines.cluster import AnswerError, part

    nodes = part(cluster.ask("GET", ["_nodes"], {"filter_path": "nodes.*.version"}).body, dict, "nodes")
    if not nodes:
        raise AnswerError("its answer has no nodes")
    return cluster.told(", ".join(sorted({part(node, str, "version") for node in nodes.values()})))


PROVERS = {
    "reference": Prover(_reference),
    "duckdb": Prover(_duckdb),
    "elasticsearch": Prover(_elasticsearch, cluster=True),
    "opensearch": Prover(_opensearch, cluster=True),
    "kusto": Prover(_kusto),
    "splunk": Prover(_splunk, modelled=True),
}
