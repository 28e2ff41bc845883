"""A pack: the rules, what they refer to, and their plans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.filters import SigmaFilter
from sigma.rule import SigmaLevel, SigmaRule

from casetrail.logs.contract import Contract, contracts
from casetrail.pack.files import PackError, documents, shipped
from casetrail.pack.overlay import Overlay, Sources, Unused, named, only_lists, read_overlay, with_levels, with_thresholds_of
from casetrail.pack.thresholds import FILE
from casetrail.pack.watchlist import read_watchlists
from casetrail.plan.inactive import inactive
from casetrail.plan.nodes import Plan, Type
from casetrail.reading.suggest import suggestion
from casetrail.reading.yaml import SHAPE
from casetrail.sigma.correlate import lower
from casetrail.sigma.lower import Problem, World
from casetrail.sigma.policy import POLICY

FOLDERS = ("rules", "fixtures", "logsources", "watchlists", "backends")


UNFILLED = ("FILL IN", "FILL-IN")
"""What `casetrail new` writes where an author has to write."""


@dataclass(frozen=True)
class Rule:
    """A Sigma rule or correlation of a pack, with its meaning.

    plan: None when it has none; `problems` then say why.
    alone: whether it is emitted by itself, and not only as the base of a correlation.
    meta: the YAML document as read, our own keys under `casetrail`.
    """

    name: str
    path: Path
    sigma: SigmaRule | SigmaCorrelationRule
    plan: Plan | None
    problems: tuple[Problem, ...]
    alone: bool
    meta: Mapping[str, Any]

    @property
    def level(self) -> str:
        level = self.sigma.level
        return level.name.lower() if isinstance(level, SigmaLevel) else "informational"

    @property
    def inactive(self) -> bool:
        """Whether it can't complete while the watchlists are as they are."""
        return self.plan is not None and inactive(self.plan)

    @property
    def own(self) -> Mapping[str, Any]:
        """Our own keys: version, story, level_reason, basis, requires, next_steps, tuning, related."""
        own = self.meta.get("casetrail")
        return own if isinstance(own, Mapping) else {}


@dataclass(frozen=True)
class Pack:
    """Everything of one folder that rules are made of.

    folder: the pack's top; contracts by `product/service`; watchlists by name; sources: each rule file's documents.
    listed: the types of fields whose comparison with a watchlist stays one in a plan; parts: whether that of a part of a text does.
    overlay: what a customer laid over it; below: the pack without that;
    unused: those of its thresholds that no rule has a place for.
    """

    folder: Path
    contracts: Mapping[str, Contract]
    watchlists: Mapping[str, tuple[str, ...]]
    sources: Sources
    listed: frozenset[Type] = frozenset({Type.TEXT})
    parts: bool = False
    overlay: Overlay | None = None
    below: Pack | None = field(default=None, repr=False)
    unused: tuple[Unused, ...] = ()

    @classmethod
    def load(cls, folder: Path | None = None, customer: Path | None = None, overlay: Path | None = None) -> Pack:
        """The pack in a folder, or the shipped one. A folder without `logsources/` borrows the shipped contracts.

        customer: a folder with watchlists and a `thresholds.yml` that replace the pack's of the same name.
        overlay: a customer's whole folder (`overlay.Overlay`), instead.

        Raises PackError when a file can't be read.
        """
        top = folder or shipped()
        if not top.is_dir():
            raise PackError(f"{top}: no such folder")
        own = top if (top / "logsources").is_dir() else shipped()
        known: dict[str, Contract] = {}
        for path in sorted((own / "logsources").glob("*.yml")):
            try:
                known.update((contract.key, contract) for document in documents(path) for contract in contracts(document))
            except SHAPE as error:
                raise PackError(f"{path}: {error}; run `casetrail check` to see where") from error
        rules = top / "rules" if (top / "rules").is_dir() else top
        sources: Sources = {path: documents(path) for path in sorted(rules.rglob("*.yml"))}
        try:
            watchlists = read_watchlists(own / "watchlists")
            sources = _strict(sources, own / "watchlists" / FILE)
            pack = cls(top, known, watchlists, sources)
            if overlay is not None:
                return pack.under(read_overlay(overlay))
            if customer is not None:
                _known(read_watchlists(customer), watchlists, customer)
                _strict(sources, customer / FILE)
                return pack.under(only_lists(customer))
        except SHAPE as error:
            raise PackError(str(error)) from error
        return pack

    def under(self, overlay: Overlay) -> Pack:
        """This pack with what a customer laid over it. Raises PackError and ValueError when a file can't be read."""
        mine = {path: documents(path) for path in overlay.own_files()}
        rules = [document for found in self.sources.values() for document in found if "filter" not in document]
        names, ids = (
            {named(document) for document in rules},
            {str(document.get("id")): named(document) for document in rules},
        )
        for path, found in mine.items():
            for document in found:
                if "filter" not in document and named(document) in names:
                    raise PackError(
                        f"{path}: {named(document)} is a rule of the pack; name yours otherwise, and disable that one if you must"
                    )
                if "filter" not in document and str(document.get("id")) in ids:
                    other = ids[str(document.get("id"))]
                    raise PackError(
                        f"{path}: its id is that of {other}, a rule of the pack, in whose place a SIEM would put it"
                    )
        sources, unused = _thresholds({**self.sources, **mine}, overlay.thresholds)
        return replace(
            self,
            sources=with_levels(sources, overlay.levels),
            watchlists={**self.watchlists, **read_watchlists(overlay.lists)},
            overlay=overlay,
            below=self,
            unused=tuple(unused),
        )

    @property
    def bare(self) -> Pack:
        """The pack without what a customer laid over it."""
        return self.below or self

    @property
    def lists(self) -> Path:
        """The folder of the pack's watchlists."""
        return (self.folder if (self.folder / "logsources").is_dir() else shipped()) / "watchlists"

    def events(self, path: Path) -> list[Path]:
        """The folders of whole example events that a file's cases begin with: a customer's own first, for cases of their own."""
        own = [self.overlay.folder] if self.overlay and self.overlay.folder and self.owns(path) else []
        return [folder / "fixtures" / "events" for folder in (*own, self.folder)]

    def owns(self, path: Path) -> bool:
        """Whether a file is a customer's and not of the pack."""
        return self.overlay is not None and self.overlay.holds(path)

    @cached_property
    def as_shipped(self) -> Pack:
        """The pack that the cases coming with it are about.

        They know its watchlists and thresholds, and must hold under a customer's filters.
        """
        if self.overlay is None:
            return self
        mine = {path: self.sources[path] for path in self.overlay.own_files()}
        return replace(self, sources={**self.bare.sources, **mine}, watchlists={**self.watchlists, **self.bare.watchlists})

    def with_watchlists(self, watchlists: Mapping[str, tuple[str, ...]]) -> Pack:
        """The same pack with some watchlists replaced."""
        return replace(self, watchlists={**self.watchlists, **watchlists})

    @cached_property
    def keeping_lists(self) -> Pack:
        """The same pack with plans that name each watchlist, whatever is compared with it, for a target that looks it up."""
        return replace(self, listed=frozenset({Type.TEXT, Type.INTEGER, Type.ADDRESS}), parts=True)

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """The rules by name, in the order of their files."""
        return {rule.name: rule for rule in _rules(self)}

    def plans(self, names: Iterable[str] = ()) -> dict[str, Plan]:
        """The plans of the rules that are emitted by themselves, or of those named.

        Raises PackError for a name that isn't there.
        """
        wanted = list(names)
        for name in wanted:
            self.rule(name)
        chosen = [self.rules[name] for name in wanted] if wanted else [rule for rule in self.rules.values() if rule.alone]
        return {rule.name: rule.plan for rule in chosen if rule.plan is not None}

    def unmeant(self, names: Iterable[str] = ()) -> list[Rule]:
        """Of the rules that are emitted by themselves, or of those named, what has no meaning though its log is known."""
        wanted = set(names)
        chosen = [rule for rule in self.rules.values() if (rule.name in wanted if wanted else rule.alone)]
        return [
            rule for rule in chosen if rule.plan is None and any(problem.lint != "no-contract" for problem in rule.problems)
        ]

    def require_meaning(self) -> None:
        """Raises PackError when a rule has no meaning."""
        broken = [rule for rule in self.rules.values() if rule.plan is None]
        if broken:
            first = broken[0]
            raise PackError(
                f"{first.path}: {first.name}: {first.problems[0].message} ({len(broken)} rules can't be compiled; see `casetrail check`)"
            )

    def require_ready(self) -> None:
        """Raises PackError when there is no rule to ship, or one that has no meaning or isn't filled in."""
        if not self.rules:
            raise PackError(f"{self.folder}: no rules are there")
        self.require_meaning()
        for rule in self.rules.values():
            if any(mark in str(rule.meta) for mark in UNFILLED):
                raise PackError(
                    f"{rule.path}: {rule.name}: fill in what `casetrail new` left; `casetrail check` shows where"
                )

    def rule(self, name: str) -> Rule:
        """The rule of a name.

        Raises PackError, with the nearest names, when there is none.
        """
        if name not in self.rules:
            hint = suggestion(name, self.rules) or "; `casetrail list` shows them"
            raise PackError(f"no rule is named {name}{hint}")
        return self.rules[name]


def _thresholds(sources: Sources, path: Path) -> tuple[Sources, list[Unused]]:
    idle: list[Unused] = []
    for document in documents(path) if path.is_file() else ():
        sources, found = with_thresholds_of(sources, path, document)
        idle += found
    return sources, idle


def _strict(sources: Sources, path: Path) -> Sources:
    sources, idle = _thresholds(sources, path)
    if idle:
        raise ValueError(f"{path}: {idle[0].message}")
    return sources


def _known(
    found: Mapping[str, tuple[str, ...]], watchlists: Mapping[str, tuple[str, ...]], folder: Path
) -> dict[str, tuple[str, ...]]:
    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder")
    strangers = set(found) - set(watchlists)
    if strangers:
        raise ValueError(
            f"{folder / min(strangers)}.csv: no watchlist of the pack is named so; there are {', '.join(watchlists)}"
        )
    return dict(found)


def filter_errors(document: Mapping[str, Any]) -> list[str]:
    """Why Sigma doesn't accept a filter; empty for a good one and for what is none."""
    if "filter" not in document:
        return []
    try:
        return [str(error) for error in SigmaFilter.from_dict(dict(document), collect_errors=True, policy=POLICY).errors]
    except (SigmaError, AttributeError, TypeError, ValueError) as error:
        return [str(error)]


def _rules(pack: Pack) -> Iterable[Rule]:
    world = World(pack.contracts, pack.watchlists, pack.listed, pack.parts)
    flat = [(path, document) for path, found in pack.sources.items() for document in found]
    for path, document in flat:
        for error in filter_errors(document):
            raise PackError(f"{path}: {error}")
    try:
        collection = SigmaCollection.from_dicts([document for _, document in flat], collect_errors=True, policy=POLICY)
    except (SigmaError, *SHAPE) as error:
        raise PackError(f"{error}; run `casetrail check` to see where") from error
    paths = {named(document): path for path, document in flat if "filter" not in document}
    metas = {named(document): document for _, document in flat if "filter" not in document}
    mine = {name for name, path in paths.items() if pack.overlay and path in pack.overlay.own_files()}
    bases = {
        reference.reference
        for rule in collection.rules
        if isinstance(rule, SigmaCorrelationRule) and not rule.generate
        for reference in rule.referenced_rules
        if reference.reference in mine or str(rule.name or rule.id or rule.title) not in mine
    }
    silent = bases | set(pack.overlay.disabled if pack.overlay else ())
    for rule in collection.rules:
        name = str(rule.name or rule.id or rule.title)
        if rule.errors:
            problems = tuple(Problem("sigma", str(error)) for error in rule.errors)
            yield Rule(name, paths[name], rule, None, problems, name not in silent, metas[name])
            continue
        plan, found = lower(rule, world)
        yield Rule(name, paths[name], rule, plan, tuple(found), name not in silent, metas[name])
