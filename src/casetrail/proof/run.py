"""Cases on engines: does each case complete on the events it says?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from time import perf_counter

from casetrail.engines.base import Engine, Trial
from casetrail.engines.reference import evaluate
from casetrail.pack.cases import Case, CaseFile
from casetrail.pack.files import PackError
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import Plan
from casetrail.proof.killing import Killing, killing
from casetrail.proof.mutants import mutants
from casetrail.stores.unsupported import UnsupportedError


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """What an engine said of a case.

    got: the ids that completed; None when the engine refused or failed, and `refused` says why. failed: it didn't run the case.
    seconds: how long the engine took; of cases that it ran at once, a share of their time.
    """

    case: Case
    engine: str
    got: frozenset[str] | None
    refused: str = ""
    failed: bool = False
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return self.got == self.case.completes

    @property
    def missing(self) -> list[str]:
        return sorted(self.case.completes - (self.got or frozenset()))

    @property
    def extra(self) -> list[str]:
        return sorted((self.got or frozenset()) - self.case.completes)


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no case of its rule tells from the rule. killing: the log that would, where one was found."""

    rule: str
    mutant: str
    killing: Killing | None = None


@dataclass(frozen=True, slots=True)
class MutantReport:
    """killed: how many; survivors: the rest, without those `equal` by a reason; stale: excused, yet killed or gone."""

    rule: str
    killed: int
    survivors: tuple[Survivor, ...]
    equal: tuple[str, ...]
    stale: tuple[str, ...]


def planner(pack: Pack) -> Callable[[Case], Plan]:
    """A function from a case to the plan of its rule under the case's watchlists.

    It raises PackError when the rule isn't there or has no meaning.
    """

    @cache
    def under(own: bool, lists: tuple[tuple[str, tuple[str, ...]], ...]) -> Pack:
        about = pack if own else pack.as_shipped
        return about.with_watchlists(dict(lists)) if lists else about

    def plan(case: Case) -> Plan:
        rule = under(pack.owns(case.path), tuple(sorted(case.watchlists.items()))).rules.named(case.rule)
        if rule.plan is None:
            raise PackError(f"{rule.path}: {rule.name} can't be compiled: {rule.problems[0].message}")
        return rule.plan

    return plan


def with_other_numbers(pack: Pack, files: Iterable[CaseFile]) -> list[str]:
    """The rules whose cases are run with the pack's numbers, where a customer's thresholds say others."""
    about = pack.as_shipped.with_watchlists(pack.watchlists)
    return [
        file.rule
        for file in files
        if not pack.owns(file.path) and file.rule in pack.rules and pack.rules[file.rule].plan != about.rules[file.rule].plan
    ]


_AT_ONCE = 50


def run(
    pack: Pack, files: Iterable[CaseFile], engines: Sequence[Engine], told: Callable[[str], None] | None = None
) -> Iterator[CaseOutcome]:
    """The outcome of every case on every engine, engine by engine. Raises PackError.

    told: is told how far an engine is, in words, now and then; an engine that nobody watches gets all cases at once.
    """
    plan = planner(pack)
    cases = [case for file in files for case in file.cases]
    trials = [Trial(plan(case), case.events, case.seen_until) for case in cases]
    for engine in engines:
        start = perf_counter()
        verdicts = list(_watched(engine, trials, told)) if told else engine.verdicts(trials)
        share = (perf_counter() - start) / max(1, len(trials))
        for case, verdict in zip(cases, verdicts, strict=True):
            if isinstance(verdict, Exception):
                refused = not isinstance(verdict, UnsupportedError)
                yield CaseOutcome(case, engine.name, None, str(verdict), refused, share)
            else:
                yield CaseOutcome(case, engine.name, verdict, seconds=share)


def _watched(engine: Engine, trials: Sequence[Trial], told: Callable[[str], None]) -> Iterator[frozenset[str] | Exception]:
    for start in range(0, len(trials), _AT_ONCE):
        told(f"{engine.name}: {start} of {len(trials)} cases")
        yield from engine.verdicts(trials[start : start + _AT_ONCE])


def run_mutants(pack: Pack, file: CaseFile) -> MutantReport:
    """Which mutants of a rule its cases kill, by the reference evaluator. Raises PackError.

    Cases with watchlists of their own take no part: under other lists the rule is another, and so are its mutants.
    """
    plan = planner(pack)
    alive: dict[str, bool] = {}
    changed: dict[str, tuple[Plan, Plan]] = {}
    for case in (case for case in file.cases if case.watchlists == file.watchlists):
        for mutant in mutants(plan(case)):
            if alive.get(mutant.name, True):
                same = evaluate(mutant.plan, case.events, case.seen_until).ids == case.completes
                alive[mutant.name] = same
                changed[mutant.name] = plan(case), mutant.plan
    excused = {equal.mutant for equal in file.equal_mutants}
    living = {name for name, alone in alive.items() if alone}
    return MutantReport(
        file.rule,
        len(alive) - len(living),
        tuple(Survivor(file.rule, name, killing(*changed[name], file.cases)) for name in alive if name in living - excused),
        tuple(sorted(living & excused)),
        tuple(sorted(excused - living)),
    )
