"""Many histories of many rules, on some processes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from casetrail.pack.backend import targets
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import Plan, Search, sources
from casetrail.proof.late.histories import history
from casetrail.proof.late.late import SeenLog, Tally
from casetrail.proof.late.law import Law, LawResult
from casetrail.proof.late.seen import RowMatcher
from studies.lateness.defaults import DEFAULTS, tried

CLASSES = ("punctual", "late")
"""Rows as late as they mostly are, and as late as the contracts allow."""


_PRODUCTS = {"okta": "Okta", "salesforce": "Salesforce", "gcp": "Google Workspace"}


@dataclass
class Measured:
    """helds: how the law held, by rule; defaults: by sort of rule, default and lateness; rules: how many, by sort and default."""

    histories: int
    helds: list[LawResult] = field(default_factory=list)
    defaults: dict[tuple[str, str, str], Tally] = field(default_factory=dict)
    rules: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def broken(self) -> list[str]:
        return [f"{held.rule} on {target}: history {number}" for held in self.helds for target, number in held.broken]


@cache
def _law(folder: Path, chosen: tuple[str, ...]) -> Law:
    pack = Pack.load(folder)
    return Law(pack, chosen or targets(pack))


def rules(folder: Path) -> list[str]:
    return _law(folder, ()).rules


def outages(folder: Path) -> dict[str, int]:
    """For how long each target may run nothing, in microseconds."""
    return {target: backend.clocks["outage"] for target, backend in _law(folder, ()).backends.items()}


def _held(folder: Path, chosen: tuple[str, ...], rule: str, histories: int) -> LawResult:
    return _law(folder, chosen).tried(rule, range(histories))


def _missed(folder: Path, rule: str, histories: int) -> tuple[str, dict[tuple[str, str], Tally]]:
    """What the defaults miss of a rule, by default and class."""
    law, matches = _law(folder, ()), RowMatcher()
    made = law.material(law.files[rule])
    found: dict[tuple[str, str], Tally] = {}
    said = [default for default in DEFAULTS if default.says(made.groups[0][0])]
    for late in CLASSES if said else ():
        for number in range(histories):
            log = SeenLog(history(made, random.Random(f"{rule}|{late}|{number}"), punctual=late == "punctual"), matches)
            for default in said:
                outcome = tried(log, default, random.Random(f"{rule}|{number}"))
                found.setdefault((default.name, late), Tally()).add(outcome)
    return _sort(made.groups[0][0]), found


def _sort(plan: Plan) -> str:
    """The products whose logs a plan reads, and whether it counts single events."""
    products = sorted({_PRODUCTS[source.partition("/")[0]] for source in sources(plan)})
    return f"{' and '.join(products)}, {'single events' if isinstance(plan, Search) else 'correlations'}"


def measure(
    folder: Path,
    chosen: Sequence[str],
    wanted: Sequence[str],
    histories: int,
    defaults: int,
    jobs: int,
    tell: Callable[[str], None],
) -> Measured:
    """The law on so many histories of each rule, and the defaults on others. tell: where to say how far it is."""
    found = Measured(histories)
    with ProcessPoolExecutor(jobs) as pool:
        law = {pool.submit(_held, folder, tuple(chosen), rule, histories): rule for rule in wanted}
        for number, done in enumerate(as_completed(law), 1):
            found.helds.append(done.result())
            tell(f"{number} of {len(wanted)} rules: {law[done]}")
        others = {pool.submit(_missed, folder, rule, defaults): rule for rule in wanted if defaults}
        for number, missed in enumerate(as_completed(others), 1):
            sort, tallies = missed.result()
            for name in {name for name, _ in tallies}:
                found.rules[sort, name] = found.rules.get((sort, name), 0) + 1
            for (name, late), tally in tallies.items():
                found.defaults.setdefault((sort, name, late), Tally()).plus(tally)
            tell(f"defaults: {number} of {len(wanted)} rules: {others[missed]}")
    found.helds.sort(key=lambda held: list(wanted).index(held.rule))
    return found


def lines(found: Measured) -> Iterator[str]:
    """The law's figures, a line a target."""
    from casetrail.proof.late.law import added

    for target, tally in sorted(added(found.helds).items()):
        names = sum(target in held.tallies for held in found.helds)
        yield (
            f"{target}: {names} rules, {tally.histories:,} histories, {tally.completions:,} completions: {tally.missed} missed, "
            f"{tally.doubled} alerted twice, {tally.early:,} too early"
        )
