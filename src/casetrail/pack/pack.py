"""A pack: the rules, what they refer to, and their plans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from sigma.rule.base import SigmaYAMLLoader

from casetrail.pack.contract import Contract, contracts
from casetrail.pack.policy import POLICY
from casetrail.pack.thresholds import FILE, apply_thresholds
from casetrail.pack.watchlist import read_watchlists
from casetrail.plan.asleep import asleep
from casetrail.plan.correlate import lower
from casetrail.plan.lower import Problem, World
from casetrail.plan.nodes import Plan, Type

FOLDERS = ("rules", "fixtures", "logsources", "watchlists", "backends")


class PackError(Exception):
    """A pack can't be read. The message names the file and what to do."""


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
        return level.name.lower() if level is not None else "informational"

    @property
    def asleep(self) -> bool:
        """Whether it can't complete while the watchlists are as they are."""
        return self.plan is not None and asleep(self.plan)

    @property
    def own(self) -> Mapping[str, Any]:
        """Our own keys: version, story, level_reason, basis, requires, next_steps, tuning, related."""
        own = self.meta.get("casetrail")
        return own if isinstance(own, Mapping) else {}


def shipped() -> Path:
    """The folder of the pack that comes with casetrail: in the wheel, or the checkout it runs from."""
    wheel = Path(str(files("casetrail"))) / "data"
    return wheel if wheel.is_dir() else Path(__file__).resolve().parents[3]


def documents(path: Path) -> list[dict[str, Any]]:
    """The YAML documents of a file.

    Raises PackError when it can't be read or one is no mapping.
    """
    try:
        found = list(yaml.load_all(path.read_text("utf-8"), SigmaYAMLLoader))
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise PackError(f"{path}: {error}") from error
    if not all(isinstance(document, dict) for document in found):
        raise PackError(f"{path}: a mapping is expected")
    return found


@dataclass(frozen=True)
class Pack:
    """Everything of one folder that rules are made of.

    folder: the pack's top; contracts by `product/service`; watchlists by name; sources: each rule file's documents.
    listed: the types of fields whose comparison with a watchlist stays one in a plan; parts: whether that of a part of a text does.
    """

    folder: Path
    contracts: Mapping[str, Contract]
    watchlists: Mapping[str, tuple[str, ...]]
    sources: Mapping[Path, list[dict[str, Any]]]
    listed: frozenset[Type] = frozenset({Type.TEXT})
    parts: bool = False

    @classmethod
    def load(cls, folder: Path | None = None, customer: Path | None = None) -> Pack:
        """The pack in a folder, or the shipped one. A folder without `logsources/` borrows the shipped contracts.

        customer: a folder with watchlists and a `thresholds.yml` that replace the pack's of the same name.

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
            except (ValueError, KeyError, TypeError) as error:
                raise PackError(f"{path}: {error}; run `casetrail check` to see where") from error
        try:
            watchlists = read_watchlists(own / "watchlists")
            if customer is not None:
                watchlists |= _known(read_watchlists(customer), watchlists, customer)
        except ValueError as error:
            raise PackError(str(error)) from error
        rules = top / "rules" if (top / "rules").is_dir() else top
        sources = {path: documents(path) for path in sorted(rules.rglob("*.yml"))}
        for holder in (own / "watchlists", customer):
            if holder is not None and (holder / FILE).is_file():
                try:
                    for document in documents(holder / FILE):
                        sources = apply_thresholds(sources, document)
                except (ValueError, TypeError) as error:
                    raise PackError(f"{holder / FILE}: {error}") from error
        return cls(top, known, watchlists, sources)

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

    def rule(self, name: str) -> Rule:
        """The rule of a name.

        Raises PackError, with the nearest names, when there is none.
        """
        if name not in self.rules:
            from difflib import get_close_matches

            near = get_close_matches(name, self.rules, 3)
            hint = f"; did you mean {' or '.join(near)}?" if near else "; `casetrail list` shows them"
            raise PackError(f"no rule is named {name}{hint}")
        return self.rules[name]


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


def _rules(pack: Pack) -> Iterable[Rule]:
    world = World(pack.contracts, pack.watchlists, pack.listed, pack.parts)
    flat = [(path, document) for path, found in pack.sources.items() for document in found]
    try:
        collection = SigmaCollection.from_dicts([document for _, document in flat], collect_errors=True, policy=POLICY)
    except (SigmaError, AttributeError, TypeError, ValueError) as error:
        raise PackError(f"{error}; run `casetrail check` to see where") from error
    paths = {str(document.get("name") or document.get("id") or document.get("title")): path for path, document in flat}
    metas = {str(document.get("name") or document.get("id") or document.get("title")): document for _, document in flat}
    bases = {
        reference.reference
        for rule in collection.rules
        if isinstance(rule, SigmaCorrelationRule) and not rule.generate
        for reference in rule.referenced_rules
    }
    for rule in collection.rules:
        name = str(rule.name or rule.id or rule.title)
        if rule.errors:
            problems = tuple(Problem("sigma", str(error)) for error in rule.errors)
            yield Rule(name, paths[name], rule, None, problems, True, metas[name])
            continue
        plan, found = lower(rule, world)
        yield Rule(name, paths[name], rule, plan, tuple(found), name not in bases, metas[name])
