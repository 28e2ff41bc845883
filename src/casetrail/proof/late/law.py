"""The law of late and doubled data over the rules of a pack and its targets."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from casetrail.build.targets import backend_of
from casetrail.logs.event import Event
from casetrail.pack.cases import CaseFile, case_files
from casetrail.pack.pack import Pack
from casetrail.packages.registry import format_of
from casetrail.plan.horizon import may_be_undone
from casetrail.plan.nodes import Plan
from casetrail.proof.late.histories import Material, history, material
from casetrail.proof.late.kept import as_kept
from casetrail.proof.late.late import SeenLog, Tally, tried
from casetrail.proof.late.seen import RowMatcher
from casetrail.proof.run import planner
from casetrail.schedule.schedule import Schedule, schedule, shipped_query
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError

_NOISE = 3


@dataclass
class LawResult:
    """How the law held for a rule: by target what came of its histories, and the histories on which it didn't, by number."""

    rule: str
    tallies: dict[str, Tally] = field(default_factory=dict)
    broken: list[tuple[str, int]] = field(default_factory=list)


class Law:
    """Tries the rules of a pack, each on histories of its own cases, shared by the targets."""

    def __init__(self, pack: Pack, targets: Iterable[str]) -> None:
        self.pack = pack
        self.backends = {target: backend_of(pack, target) for target in targets}
        self.files = {file.rule: file for file in case_files(pack)}
        self.planner = planner(pack)
        self.noise: tuple[Event, ...] = tuple(
            event for file in self.files.values() for case in file.cases[:1] for event in case.events[:_NOISE]
        )

    @property
    def rules(self) -> list[str]:
        """The rules that stand alone and have cases."""
        return [name for name, rule in self.pack.rules.items() if rule.alone and name in self.files]

    def held_by(self, plan: Plan) -> dict[str, Backend]:
        """The targets that hold a plan."""
        found = {}
        for target, backend in self.backends.items():
            try:
                shipped_query(plan, backend, self.pack.contracts)
            except UnsupportedError:
                continue
            found[target] = backend
        return found

    def material(self, file: CaseFile) -> Material:
        return material(file.cases, self.planner, self.pack.contracts, self.noise)

    def tried(self, rule: str, numbers: Iterable[int]) -> LawResult:
        """A rule on the histories of some numbers, from which alone they follow."""
        made, matches, held = self.material(self.files[rule]), RowMatcher(), LawResult(rule)
        targets = {id(plan): self.held_by(plan) for plan, _, _ in made.groups}
        schedules: dict[tuple[int, str], Schedule] = {}
        for number in numbers:
            drawn = history(made, _chance(rule, number))
            whole = SeenLog(drawn, matches)
            for target, backend in targets[id(whole.plan)].items():
                name = (id(whole.plan), target)
                if name not in schedules:
                    schedules[name] = schedule(whole.plan, backend, self.pack.contracts)
                kept = as_kept(drawn, backend, self.pack.contracts)
                log = SeenLog(kept.history, matches) if kept.history != drawn else whole
                recognition = format_of(backend).recognises(log.plan)
                found = tried(log, schedules[name], recognition, _chance(rule, number, target))
                found = replace(found, replaced=_replaced(whole, log, kept.names))
                held.tallies.setdefault(target, Tally()).add(found)
                if found.missed or found.doubled or (found.early and not may_be_undone(log.plan)):
                    held.broken.append((target, number))
        return held


def _replaced(whole: SeenLog, log: SeenLog, names: Mapping[str, str]) -> frozenset[str]:
    """The completions of the log that what a SIEM keeps doesn't hold, or holds twice."""
    held = Counter(names.get(name, name) for name in log.whole)
    return frozenset(name for name in whole.whole if held[name] != 1)


def _chance(*names: object) -> random.Random:
    return random.Random("|".join(map(str, names)))  # noqa: S311


def added(helds: Iterable[LawResult]) -> Mapping[str, Tally]:
    """The tallies of many rules, by target."""
    found: dict[str, Tally] = {}
    for held in helds:
        for target, tally in held.tallies.items():
            found.setdefault(target, Tally()).plus(tally)
    return found
