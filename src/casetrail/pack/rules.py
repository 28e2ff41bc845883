"""The rules of a pack with their meanings, and what is asked of all of them or of some."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sigma.rule import SigmaLevel

from casetrail.pack.files import PackError
from casetrail.pack.sources import Written
from casetrail.plan.inactive import inactive
from casetrail.plan.nodes import Plan
from casetrail.reading.suggest import suggestion
from casetrail.reading.yaml import Document
from casetrail.sigma.collect import Made
from casetrail.sigma.correlate import Lowering
from casetrail.sigma.levels import LEVELS
from casetrail.sigma.lower import World
from casetrail.sigma.problem import Problem
from casetrail.sigma.words import in_sigmas_words


def _also(written: Written) -> set[str]:
    """What else a rule is known by, in small letters."""
    path, sigma = written.document.path, written.sigma
    return {each.lower() for each in (str(sigma.title), str(sigma.id), path.stem, path.name, str(path))}


UNFILLED = ("FILL IN", "FILL-IN")
"""What `casetrail new` writes where an author has to write."""

LOG_HEALTH = "log-health"
"""The analytic story of the rules that watch the logs themselves."""


@dataclass(frozen=True)
class Rule:
    """A Sigma rule or correlation of a pack, with its meaning.

    plan: None when it has none; `problems` then say why.
    alone: whether it is emitted by itself, and not only as the base of a correlation.
    """

    document: Document
    sigma: Made
    plan: Plan | None
    problems: tuple[Problem, ...]
    alone: bool
    name: str

    @property
    def path(self) -> Path:
        return self.document.path

    @property
    def meta(self) -> Mapping[str, Any]:
        """The YAML document as read, our own keys under `casetrail`."""
        data: Mapping[str, Any] = self.document.data
        return data

    @property
    def level(self) -> str:
        level = self.sigma.level
        return level.name.lower() if isinstance(level, SigmaLevel) else LEVELS[0]

    @property
    def inactive(self) -> bool:
        """Whether it can't complete while the watchlists are as they are."""
        return self.plan is not None and inactive(self.plan)

    @property
    def unchecked(self) -> bool:
        """Whether fields of it are taken as they are named, since nobody defined their log."""
        return any(problem.lint == "no-contract" for problem in self.problems)

    @property
    def retired(self) -> bool:
        """Whether its author has given it up: such a rule is checked, tested and hunted with, and not shipped."""
        return str(self.meta.get("status")) in ("deprecated", "unsupported")

    @property
    def own(self) -> Mapping[str, Any]:
        """Our own keys: version, story, level_reason, basis, requires, next_steps, tuning, related."""
        own = self.meta.get("casetrail")
        return own if isinstance(own, Mapping) else {}

    @property
    def of_log_health(self) -> bool:
        """Whether it watches the logs themselves, by its analytic story."""
        return self.own.get("story") == LOG_HEALTH


class Rules(Mapping[str, Rule]):
    """The rules of a pack by name, each after those that it refers to. The plan of each is made when first asked for, and once."""

    def __init__(self, written: Iterable[Written], world: World, silent: Collection[str]) -> None:
        """silent: the names of rules that aren't emitted by themselves."""
        self._written = tuple(written)
        self._silent = frozenset(silent)
        self._lowering = Lowering(world)
        self._known: dict[int, Rule] = {}

    @cached_property
    def _by_name(self) -> Mapping[str, Written]:
        return {written.name: written for written in self._written}

    def __getitem__(self, name: str) -> Rule:
        return self.of(self._by_name[name])

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def of(self, written: Written) -> Rule:
        """The rule that is written so, also where another one goes by its name."""
        if id(written) not in self._known:
            self._known[id(written)] = self._rule(written)
        return self._known[id(written)]

    def _rule(self, written: Written) -> Rule:
        sigma, alone = written.sigma, written.name not in self._silent
        if sigma.errors:
            problems = tuple(Problem("sigma", in_sigmas_words(error)) for error in sigma.errors)
            return Rule(written.document, sigma, None, problems, alone, written.name)
        plan, found = self._lowering.of(sigma)
        return Rule(written.document, sigma, plan, tuple(found), alone, written.name)

    def named(self, name: str) -> Rule:
        """The rule of a name, or the one of that title, id, file or path.

        Raises PackError, with the nearest names, when there is none, or several.
        """
        found = self._called(name)
        if len(found) == 1:
            return self.of(found[0])
        if found:
            raise PackError(f"{name} may be {' or '.join(each.name for each in found)}: name one of them")
        hint = suggestion(name, self) or "; `casetrail list` shows them"
        raise PackError(f"no rule is named {name}{hint}")

    def _called(self, name: str) -> list[Written]:
        if name in self:
            return [self._by_name[name]]
        return [each for each in self._written if name.lower() in _also(each)]

    def chosen(self, names: Iterable[str] = ()) -> list[Rule]:
        """The rules that are emitted by themselves, or those named. Raises PackError for a name that isn't there."""
        wanted = [self.named(name) for name in dict.fromkeys(names)]
        return wanted or [rule for rule in self.values() if rule.alone]

    def plans(self, names: Iterable[str] = ()) -> dict[str, Plan]:
        """The plans of the rules that are emitted by themselves, or of those named.

        Raises PackError for a name that isn't there.
        """
        return {rule.name: rule.plan for rule in self.chosen(names) if rule.plan is not None}

    def known_as(self, name: str) -> str:
        """What a rule goes by that is meant by any of the words of `named`; the same word where there is none."""
        found = self._called(name)
        return found[0].name if len(found) == 1 else name
