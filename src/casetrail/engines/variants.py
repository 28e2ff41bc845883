"""One query on all that a vendor's pipeline may have stored: by the pipeline's version, and by its user's settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from casetrail.engines.base import Engine, Trial
from casetrail.plan.nodes import sources
from casetrail.stores.shape import Shape, reached
from casetrail.stores.since import since
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError

Shapes = Mapping[str, Shape]
"""One shape for each log source that has any."""


@dataclass(frozen=True, slots=True)
class Variant:
    """An engine whose stores are of one shape for each log source."""

    shapes: Shapes
    engine: Engine


class Variants:
    """An engine that runs a trial on every variant of what its logs' pipelines store, and finds what is found on all of them.

    An id that only some find is named with them, so that it is never what a case says.
    """

    def __init__(self, name: str, backend: Backend, variants: Sequence[Variant]) -> None:
        self.name = name
        self.backend = backend
        self.variants = variants

    def verdicts(self, trials: Sequence[Trial]) -> list[frozenset[str] | Exception]:
        wanted = [self.wanted(trial) for trial in trials]
        found: list[dict[str, frozenset[str] | Exception]] = [{} for _ in trials]
        for variant in self.variants:
            chosen = [(number, name) for number, names in enumerate(wanted) for name, one in names.items() if one is variant]
            verdicts = variant.engine.verdicts([trials[number] for number, _ in chosen])
            for (number, name), verdict in zip(chosen, verdicts, strict=True):
                found[number][name] = verdict
        return [self.merged(trial, each) for trial, each in zip(trials, found, strict=True)]

    def wanted(self, trial: Trial) -> dict[str, Variant]:
        """The variants that a trial's rule is for, by what its logs are like there; of those alike the first."""
        logs = sorted(sources(trial.plan))
        needed = since(trial.plan, self.backend.stores)
        found: dict[str, Variant] = {}
        for variant in self.variants:
            shapes = [variant.shapes[source] for source in logs if source in variant.shapes]
            if all(reached(shape.version, needed.get(shape.source, "")) for shape in shapes):
                found.setdefault(", ".join(f"{shape.source} {shape.variant}" for shape in shapes), variant)
        return found

    def merged(self, trial: Trial, found: Mapping[str, frozenset[str] | Exception]) -> frozenset[str] | Exception:
        refused = sorted(
            (verdict for verdict in found.values() if isinstance(verdict, Exception)),
            key=lambda verdict: isinstance(verdict, UnsupportedError),
        )
        if refused or not found:
            none = UnsupportedError("no version that is known stores what it asks for", trial.plan.name, self.name)
            return refused[0] if refused else none
        ids = {name: verdict for name, verdict in found.items() if not isinstance(verdict, Exception)}
        everywhere = frozenset.intersection(*ids.values())
        somewhere = frozenset.union(*ids.values()) - everywhere
        return everywhere | {f"{one} (only {'; '.join(name for name in ids if one in ids[name])})" for one in somewhere}


def variants(
    backend: Backend, shapes: Mapping[str, Sequence[Shape]], mark: str, made: Callable[[Backend, Shapes], Engine]
) -> list[Variant]:
    """Engines that between them have every variant of every log source, each on indexes of its own.

    mark: what the names of indexes have in place of the star; made: the engine for a backend and the shapes of its logs.
    """
    return [
        Variant(chosen, made(_apart(backend, f"{mark}-{number}"), chosen))
        for number in range(max([1, *map(len, shapes.values())]))
        for chosen in [{source: each[min(number, len(each) - 1)] for source, each in shapes.items()}]
    ]


def _apart(backend: Backend, mark: str) -> Backend:
    stores = {source: replace(store, index=store.index.replace("*", mark)) for source, store in backend.stores.items()}
    return replace(backend, stores=stores)
