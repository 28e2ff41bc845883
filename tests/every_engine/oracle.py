"""SQLite as a second opinion on Sigma rules: it reads documents where the others take plans, and says of those it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from casetrail.engines.base import Trial
from casetrail.pack.cases import Case, CaseFile
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import Plan
from casetrail.proof.run import CaseOutcome
from casetrail.stores.unsupported import UnsupportedError
from tests.engines.test_reference import FIGURES, WINDOWS, documents, plan
from tests.every_engine.subject import Subject, Verdict
from tests.laws.torture import EDGES
from tests.oracle.engine import SqliteOracle, Unsupported
from tests.worlds import WORLD

_BODIES: list[dict[str, Any]] = [
    *(body for _, body, _, _ in WINDOWS),
    *(body for _, body, _ in EDGES),
    *({"rules": ["a"], **body} for body, _ in FIGURES),
]


class OracleSubject(Subject):
    name = "sqlite"

    def __init__(self) -> None:
        self.oracle = SqliteOracle()
        self.rules: dict[Plan, list[Any]] = {plan(body): documents(body) for body in _BODIES}

    def takes(self, trial: Trial) -> bool:
        return trial.plan in self.rules

    def verdicts(self, wanted: Sequence[Trial]) -> Sequence[Verdict]:
        return [self.verdict(trial) for trial in wanted]

    def verdict(self, trial: Trial) -> Verdict:
        if not self.takes(trial):
            raise NotImplementedError("it reads Sigma rules, not plans")
        said = self.oracle.verdict(self.rules[trial.plan], trial.events, WORLD.contracts, WORLD.watchlists, trial.seen_until)
        return UnsupportedError(said.reason, trial.plan.name, self.name) if isinstance(said, Unsupported) else said

    @contextmanager
    def cases_of(self, pack: Pack) -> Iterator[Callable[[Sequence[CaseFile]], list[CaseOutcome]]]:
        def outcome(case: Case) -> CaseOutcome:
            watchlists = {**pack.watchlists, **case.watchlists}
            said = self.oracle.verdict(with_bases(pack, case.rule), case.events, pack.contracts, watchlists, case.seen_until)
            if isinstance(said, Unsupported):
                return CaseOutcome(case, self.name, None, said.reason)
            return CaseOutcome(case, self.name, said)

        yield lambda files: [outcome(case) for file in files for case in file.cases]


def with_bases(pack: Pack, name: str) -> list[dict[str, Any]]:
    """The documents of a rule of the pack, what it stands on first."""
    document = dict(pack.rules.named(name).meta)
    bases = [base for reference in document.get("correlation", {}).get("rules", []) for base in with_bases(pack, reference)]
    return [*bases, document]
