"""An engine as the suite asks it. What one can't do raises NotImplementedError, and the test's mark says so (`cannot`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property

from casetrail.engines.base import Trial
from casetrail.languages.base import Bounds
from casetrail.logs.contract import Contract
from casetrail.logs.event import Event
from casetrail.pack.cases import CaseFile
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import Plan
from casetrail.proof.provers import PROVERS, ProofSetup
from casetrail.proof.run import CaseOutcome, run
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError
from tests.laws.torture import trials
from tests.worlds import CONTRACT

CONTRACTS = {CONTRACT.key: CONTRACT}
Verdict = frozenset[str] | Exception
Change = Callable[[str], str]


class Subject(ABC):
    """An engine over the test log source.

    name: as the suite calls it.
    variant, variants: which of how many it is that share the random rules.
    """

    name: str
    variant, variants = 0, 1

    @property
    def backend(self) -> Backend:
        """How the SIEM keeps the test log source."""
        raise NotImplementedError(f"{self.name} is no SIEM")

    @property
    def target(self) -> str:
        """The target of the pack whose queries the engine runs."""
        raise NotImplementedError(f"{self.name} is no SIEM")

    def close(self) -> None:  # noqa: B027
        """Leave nothing behind."""

    def takes(self, trial: Trial) -> bool:
        """Whether a trial can be put to the engine at all."""
        return True

    def fitted(self, trial: Trial) -> Trial:
        """The trial with its events as the engine's store can hold them."""
        return trial

    @abstractmethod
    def verdicts(self, wanted: Sequence[Trial]) -> Sequence[Verdict]: ...

    @cached_property
    def texts(self) -> list[tuple[Trial, str]]:
        """The torture set as it fits the engine, each trial with its query's text: empty where it is refused."""
        fitted = [self.fitted(trial) for _, trial in trials()]
        return [(trial, self.query(trial)) for trial in fitted]

    def query(self, trial: Trial) -> str:
        """A trial's query; empty when it is refused."""
        raise NotImplementedError(f"{self.name} runs no query")

    def changed(self, wanted: Sequence[Trial], change: Change) -> Sequence[Verdict]:
        """The verdicts of queries that were changed, an exception where one no longer runs."""
        raise NotImplementedError(f"{self.name} runs no query")

    def looks(self, trial: Trial, runs: Sequence[Bounds]) -> list[frozenset[str]]:
        """The ids that a trial's query gives within each of some bounds."""
        raise NotImplementedError(f"{self.name} knows no bounds of a run")

    @contextmanager
    def cases_of(self, pack: Pack) -> Iterator[Callable[[Sequence[CaseFile]], list[CaseOutcome]]]:
        """What gives the outcomes of a pack's cases, by the way that `casetrail prove` goes."""
        with PROVERS[self.name.partition(",")[0]].opens(self.proof(pack)) as opened:
            yield lambda files: list(run(opened.pack or pack, files, [opened.engine]))

    def proof(self, pack: Pack) -> ProofSetup:
        return ProofSetup(pack)

    def follower(self, plan: Plan, backend: Backend, contracts: Mapping[str, Contract]) -> Follower:
        """What runs a rule's shipped query on its schedule, over rows that arrive between runs."""
        raise NotImplementedError(f"{self.name}: rows don't arrive one after another")


class Follower(ABC):
    """One rule on its schedule."""

    @abstractmethod
    def index(self, events: Sequence[Event]) -> None:
        """Rows arrive."""

    @abstractmethod
    def ask(self, now: int) -> frozenset[str]:
        """The ids that the shipped query finds at a time."""

    @abstractmethod
    def close(self) -> None: ...


def written(query_of: Callable[[Plan, Backend, Bounds], str], trial: Trial, backend: Backend) -> str:
    try:
        return query_of(trial.plan, backend, Bounds())
    except UnsupportedError:
        return ""


def caught(run: Callable[[], frozenset[str] | Exception]) -> Verdict:
    """A wrong query's verdict: whatever an engine raises at it is no verdict."""
    try:
        return run()
    except Exception as error:
        return error
