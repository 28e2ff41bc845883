"""A pack: the rules, what they refer to, and their plans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from casetrail.logs.contract import Contract
from casetrail.pack.fault import Fault
from casetrail.pack.files import Files, PackError, lists_of, shipped
from casetrail.pack.overlay import Overlay
from casetrail.pack.reading import Laid, Reading, Watchlists, read_pack
from casetrail.pack.rules import UNFILLED, Rule, Rules
from casetrail.pack.settings import Settings
from casetrail.pack.sources import Sources
from casetrail.pack.thresholds import Unused
from casetrail.plan.narrowed import narrowed
from casetrail.plan.nodes import Type, sources
from casetrail.reading.suggest import suggestion
from casetrail.reading.yaml import START, Position
from casetrail.sigma.collect import bases
from casetrail.sigma.logsource import open_contracts
from casetrail.sigma.lower import World


@dataclass(frozen=True)
class Pack:
    """Everything of one folder that rules are made of.

    folder: the pack's top; defined: the log source definitions by `product/service`; watchlists by name;
    sources: each rule file's documents.
    listed: the types of fields whose comparison with a watchlist stays one in a plan; parts: whether that of a part of a text does.
    overlay: what a customer laid over it; below: the pack without that;
    unused: those of its thresholds that no rule has a place for; settings: what the folder says of itself;
    unread: why files of rules can't be read.
    """

    folder: Path
    defined: Mapping[str, Contract]
    watchlists: Watchlists
    sources: Sources
    listed: frozenset[Type] = frozenset({Type.TEXT})
    parts: bool = False
    overlay: Overlay | None = None
    below: Pack | None = field(default=None, repr=False)
    unused: tuple[Unused, ...] = ()
    settings: Settings = field(default_factory=Settings)
    unread: tuple[Fault, ...] = ()

    @classmethod
    def load(cls, folder: Path | None = None, customer: Path | None = None, overlay: Path | None = None) -> Pack:
        """The pack in a folder, or the shipped one, under a customer's watchlists or overlay, as `read_pack` reads it.

        A rule that can't be read is left out, as `left_out` says. Raises PackError with the first other fault.
        """
        reading = read_pack(folder or shipped(), Files(), customer, overlay)
        fatal = next((fault for fault in reading.faults if not reading.is_of_a_rule(fault)), None)
        if fatal is not None:
            raise fatal.error()
        return cls.of(reading)

    @classmethod
    def of(cls, reading: Reading) -> Pack:
        """The pack of what was read, under what is laid over it."""
        unread = tuple(fault for fault in reading.faults if reading.is_of_a_rule(fault))
        pack = cls(
            reading.folder,
            reading.contracts,
            reading.watchlists,
            reading.sources,
            settings=reading.settings,
            unread=unread,
        )
        return pack.under(reading.laid) if reading.laid else pack

    def under(self, laid: Laid) -> Pack:
        """This pack as an overlay makes it."""
        return replace(
            self,
            sources=laid.sources,
            watchlists=laid.watchlists,
            overlay=laid.overlay,
            below=self,
            unused=laid.unused,
        )

    @property
    def bare(self) -> Pack:
        """The pack without what a customer laid over it."""
        return self.below or self

    @cached_property
    def as_shipped(self) -> Pack:
        """The pack that the cases coming with it are about.

        They know its watchlists and thresholds, and must hold under a customer's filters.
        """
        if self.overlay is None:
            return self
        mine = {path: self.sources[path] for path in self.overlay.own_files()}
        sources = Sources({**self.bare.sources, **mine})
        return replace(self, sources=sources, watchlists={**self.watchlists, **self.bare.watchlists})

    def with_watchlists(self, watchlists: Watchlists) -> Pack:
        """The same pack with some watchlists replaced."""
        return replace(self, watchlists={**self.watchlists, **watchlists})

    @cached_property
    def keeping_lists(self) -> Pack:
        """The same pack with plans that name each watchlist, whatever is compared with it, for a target that looks it up."""
        return replace(self, listed=frozenset({Type.TEXT, Type.INTEGER, Type.ADDRESS}), parts=True)

    @cached_property
    def rules(self) -> Rules:
        """The rules that Sigma can make, by name; `left_out` names the others."""
        written = [one for one in self.sources.written if id(one.document) not in self.sources.twice]
        return Rules(written, self.world, {*_bases(self), *(self.overlay.disabled if self.overlay else ())})

    @cached_property
    def intervals(self) -> Mapping[str, int]:
        """How often rules' searches run where an overlay says so, in microseconds, by the rule's name."""
        if self.overlay is None or not self.overlay.intervals:
            return {}
        said = {name: self.overlay.interval(name, rule.level) for name, rule in self.rules.items()}
        return {name: interval for name, interval in said.items() if interval is not None}

    @cached_property
    def contracts(self) -> Mapping[str, Contract]:
        """What is known of each log by `product/service`: its definition, or the open one of a log that only rules name."""
        return {**self.defined, **open_contracts((written.sigma for written in self.sources.written), self.defined)}

    def left_out(self, names: Iterable[str] = ()) -> list[LeftOut]:
        """What nobody can compile, and what isn't to be shipped, of all rules or of those named, in the order of files."""
        wanted = set(names)
        found = self.unmade()
        for document in self.sources.rules():
            if fault := self.sources.twice.get(id(document)):
                name = str(document.data.get("title") or self.sources.named(document))
                found.append(LeftOut(name, fault.path, fault.place or START, fault.message, fault.lint))
        for rule in self.rules.values():
            if rule.plan is None:
                problem = next((each for each in rule.problems if each.lint not in _HARMLESS), rule.problems[0])
                place = rule.document.find(problem.subject) or rule.document.position(["detection"])
                found.append(LeftOut(rule.name, rule.path, place, problem.message, problem.lint))
            elif rule.alone and (why := _unready(rule) or self._blind(rule)):
                found.append(LeftOut(rule.name, rule.path, rule.document.position([]), why, ""))
        return sorted(each for each in found if not wanted or each.rule in wanted)

    def unmade(self) -> list[LeftOut]:
        """The files of which Sigma makes no rule."""
        return [
            LeftOut(fault.path.stem, fault.path, fault.place or START, fault.message, fault.lint, self._names_in(fault.path))
            for fault in (*self.unread, *self.sources.faults)
        ]

    def _names_in(self, path: Path) -> tuple[str, ...]:
        data = [document.data for document in self.sources.get(path, ())]
        return tuple(str(one[key]) for one in data for key in ("name", "id", "title") if key in one)

    def require_meaning(self) -> None:
        """Raises PackError when a rule can't be compiled."""
        broken = [one for one in self.left_out() if one.broken]
        if broken:
            raise PackError(f"{broken[0]} ({len(broken)} of the rules can't be compiled; see `casetrail check`)")

    def shippable(self) -> list[Rule]:
        """The rules that are emitted by themselves and that nothing keeps from being shipped."""
        ready = [rule for rule in self.rules.values() if rule.alone and rule.plan is not None and not _unready(rule)]
        return [seeing for rule in ready for seeing in [self.seeing(rule)] if seeing.plan is not None]

    @cached_property
    def have(self) -> frozenset[str] | None:
        """The logs that there are, where the customer or the pack says so. Raises PackError for one that nobody defined."""
        for settings in (*([self.overlay.settings] if self.overlay else []), self.settings):
            if settings.have is not None:
                for source in settings.have:
                    if source not in self.contracts:
                        hint = suggestion(source, self.contracts)
                        raise PackError(f"{settings.path}: logs: have: no log source definition for {source}{hint}")
                return frozenset(settings.have)
        return None

    def seeing(self, rule: Rule) -> Rule:
        """A rule for the logs that there are; without a plan where it needs another one."""
        if self.have is None or rule.plan is None:
            return rule
        return replace(rule, plan=narrowed(rule.plan, self.have))

    def unseen(self) -> dict[str, tuple[str, ...]]:
        """The logs that rules which are shipped without them no longer see, by the rule's name."""
        whole = {rule.name: self.rules[rule.name].plan for rule in self.shippable()}
        have = self.have
        if have is None:
            return {}
        lost = {name: tuple(sorted(set(sources(plan)) - have)) for name, plan in whole.items() if plan is not None}
        return {name: logs for name, logs in lost.items() if logs}

    def _blind(self, rule: Rule) -> str:
        if self.have is None or rule.plan is None or self.seeing(rule).plan is not None:
            return ""
        return f"it needs {', '.join(sorted(set(sources(rule.plan)) - self.have))}, and `logs: have:` doesn't name that log"

    @property
    def world(self) -> World:
        """What the words of its rules refer to."""
        return World(self.contracts, self.watchlists, self.listed, self.parts)

    @property
    def lists(self) -> Path:
        """The folder of the pack's watchlists."""
        return lists_of(self.folder)

    def events(self, path: Path) -> list[Path]:
        """The folders of whole example events that a file's cases begin with: a customer's own first, for cases of their own."""
        return [folder / "fixtures" / "events" for folder in (self.tops if self.owns(path) else [self.folder])]

    @property
    def tops(self) -> list[Path]:
        """The folders that it is made of: a customer's, and its own."""
        return [*([self.overlay.folder] if self.overlay and self.overlay.folder else []), self.folder]

    def at_target(self, target: str) -> dict[str, Any]:
        """What is otherwise at a target than its backend says: by the pack's settings, and the customer's over them."""
        told = self.settings.targets.get(target, {})
        own = self.overlay.targets.get(target, {}) if self.overlay else {}
        return {key: {**told.get(key, {}), **own.get(key, {})} for key in {*told, *own}}

    def owns(self, path: Path) -> bool:
        """Whether a file is a customer's and not of the pack."""
        return self.overlay is not None and self.overlay.holds(path)


_HARMLESS = ("no-contract", "empty-watchlist")
"""The lints that leave a rule its meaning."""


@dataclass(frozen=True, slots=True, order=True)
class LeftOut:
    """A rule that isn't compiled, where it is, and why. lint: of what is wrong with it, empty where it only isn't to be shipped.

    also: what else it is called in its file.
    """

    rule: str
    path: Path
    place: Position
    reason: str
    lint: str
    also: tuple[str, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether it can't be compiled."""
        return bool(self.lint)

    def __str__(self) -> str:
        return f"{self.path}:{self.place.line}: {self.rule}: {self.reason}"


def _unready(rule: Rule) -> str:
    """Why a rule with a meaning isn't shipped; empty when it is."""
    if rule.retired:
        return f"its status is {rule.meta['status']}"
    if any(mark in str(rule.meta) for mark in UNFILLED):
        return "fill in what `casetrail new` left"
    return ""


def _bases(pack: Pack) -> Iterator[str]:
    """The rules that are told by correlations alone; an own correlation takes no alert away from a rule of the pack."""
    own = set(pack.overlay.own_files()) if pack.overlay else ()
    mine = {written.name for written in pack.sources.written if written.document.path in own}
    for correlation, base in bases(written.sigma for written in pack.sources.written):
        if base in mine or correlation not in mine:
            yield base
