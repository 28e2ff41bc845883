"""The walk: from indicators by exact keys to events, sessions and accounts, and from those to what carries no key.

An event is in, `exact`, when it names what is walked: an indicator, or an address, session, device, request or token that an exact event
names. Of an account of the trail more is in:

- `likely`: another session of it with a client program that it alone uses, and that it used from an address of the trail;
- `likely`: its event without a session, from an address that only its sessions of the trail use;
- its event without session and address while a session of the trail lasts: `likely` while no other session of it is in use, else
  `possible`.

What too many share is shown and not walked, and so is an address or a device that the account had used before the trail began:
a stolen session is its owner's too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from casetrail.logs.contract import Contract
from casetrail.trail.kin import Kin
from casetrail.trail.node import WALKED, Named, Node, Strength
from casetrail.trail.unkeyed import unkeyed

_OWN = ("address", "device")
"""Kinds of node that aren't walked where the account had them before."""


class Log(Protocol):
    """Events by what they name."""

    accounts: Kin

    def carrying(self, nodes: Collection[Node]) -> list[Named]: ...

    def spread(self, nodes: Collection[Node]) -> Mapping[Node, int]: ...

    def used_before(self, thing: Node, accounts: Collection[Node], time: int) -> bool: ...

    def events_of(self, nodes: Collection[Node]) -> int: ...


@dataclass(frozen=True, slots=True)
class Step:
    """An event of the trail. via: the node by which it is in; how: the key of that edge, in words."""

    event: Named
    strength: Strength
    via: Node
    how: str


@dataclass(frozen=True, slots=True)
class Found:
    """A node of the trail. shown_by: the number of the event that names it; None for an indicator."""

    node: Node
    strength: Strength
    shown_by: int | None


@dataclass(frozen=True, slots=True)
class Aside:
    """A node that isn't walked, and why. shown_by: as above; own: whether it is an address of the account from before the trail."""

    node: Node
    why: str
    shown_by: int | None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """accounts: an address, device, file or program that more accounts use is shared; addresses, events: so is an account of more."""

    accounts: int = 5
    addresses: int = 200
    events: int = 300_000


@dataclass
class Trail:
    """What a walk found.

    steps: by the events' numbers; found: the walked nodes; aside: shown, not walked; accounts: those of the trail by the node that stands
    for each, with the node of the first event that named it; sessions: which nodes are one session.
    """

    seeds: tuple[Node, ...]
    steps: dict[int, Step] = field(default_factory=dict)
    found: dict[Node, Found] = field(default_factory=dict)
    aside: dict[Node, Aside] = field(default_factory=dict)
    accounts: dict[Node, Found] = field(default_factory=dict)
    sessions: Kin = field(default_factory=Kin)

    def ordered(self) -> list[Step]:
        """The steps by time."""
        return sorted(self.steps.values(), key=lambda step: (step.event.time, step.event.number))

    def chain(self, step: Step) -> list[str]:
        """Why an event is in, from the indicator on."""
        parts = [f"{step.how} ({step.strength.word})"]
        node = step.via
        while True:
            known = self.found.get(node) or self.accounts.get(node)
            shown = known.shown_by if known else None
            if shown is None:
                return [str(node), *parts]
            parent = self.steps[shown]
            parts = [f"{node} in {parent.event.place}", *parts]
            if parent.via == node:
                return parts
            node = parent.via


def idle_of(contracts: Mapping[str, Contract]) -> dict[str, int]:
    """How long a session lasts without an event of it, by product, in microseconds."""
    return {contract.product: contract.session_idle for contract in contracts.values() if contract.session_idle}


def walk(log: Log, seeds: Sequence[Node], idle: Mapping[str, int], limits: Limits, through: Collection[Node] = ()) -> Trail:
    """The trail of some nodes.

    idle: how long a session lasts without an event of it, by product, in microseconds; through: nodes to walk however many share them.
    """
    trail = Trail(tuple(dict.fromkeys(seeds)))
    _Walk(log, trail, idle, limits, frozenset(through)).run()
    return trail


class _Walk:
    def __init__(self, log: Log, trail: Trail, idle: Mapping[str, int], limits: Limits, through: frozenset[Node]) -> None:
        self.log = log
        self.trail = trail
        self.idle = idle
        self.limits = limits
        self.through = through
        self.begin: int | None = None
        self.of_account: dict[Node, list[Named]] = {}
        self.had: dict[tuple[Node, frozenset[Node]], bool] = {}

    def run(self) -> None:
        pending: dict[Node, int | None] = dict.fromkeys(self.trail.seeds)
        while pending:
            events = self.enter(pending)
            pending = self.discover(events)
        while todo := sorted(set(self.trail.accounts) - set(self.of_account)):
            for account in todo:
                self.follow(account)

    def enter(self, pending: Mapping[Node, int | None]) -> list[Named]:
        """Walk nodes that nothing speaks against; gives the events that come in by them."""
        spread = self.log.spread(list(pending))
        walked: dict[Node, Node] = {}
        for node, shown_by in pending.items():
            most = self.limits.addresses if node.kind == "account" else self.limits.accounts
            if spread[node] > most and node not in self.through and node.kind != "session":
                thing = "addresses" if node.kind == "account" else "accounts"
                self.trail.aside[node] = Aside(node, f"shared: {spread[node]} {thing} use it", shown_by)
                continue
            self.trail.found[node] = Found(node, Strength.EXACT, shown_by)
            spelt = self.log.accounts.all(node) if node.kind == "account" else {node}
            walked |= dict.fromkeys(sorted(spelt), node)
        events = self.log.carrying(list(walked))
        new = [event for event in events if event.number not in self.trail.steps]
        for event in new:
            via = next(walked[node] for node in event.nodes if node in walked)
            self.trail.steps[event.number] = Step(event, Strength.EXACT, via, f"{via.kind} named in the event")
        if self.begin is None and new:
            self.begin = min(event.time for event in new)
        return new

    def discover(self, events: Sequence[Named]) -> dict[Node, int | None]:
        """What exact events name and nothing has walked yet, with the event that shows each."""
        pending: dict[Node, int | None] = {}
        for event in events:
            for account in event.of("account"):
                one = self.log.accounts.one(account)
                self.trail.accounts.setdefault(one, Found(one, Strength.EXACT, event.number))
            self.trail.sessions.add(event.of("session"))
            for node in event.of(*WALKED):
                aside = self.trail.aside.get(node)
                if node in self.trail.found or node in pending or (aside is not None and not aside.own):
                    continue
                if node.kind in _OWN and self.had_before(event, node):
                    why = "the account had used it before the trail began"
                    self.trail.aside.setdefault(node, Aside(node, why, event.number, own=True))
                else:
                    self.trail.aside.pop(node, None)
                    pending[node] = event.number
        return pending

    def had_before(self, event: Named, thing: Node) -> bool:
        """Whether an account of the event had used an address or a device before the trail began."""
        assert self.begin is not None
        accounts = frozenset(self.log.accounts.one(account) for account in event.of("account"))
        if (thing, accounts) not in self.had:
            spelt = {node for account in accounts for node in self.log.accounts.all(account)}
            self.had[thing, accounts] = self.log.used_before(thing, spelt, self.begin)
        return self.had[thing, accounts]

    def follow(self, account: Node) -> None:
        """Take in what an account's events without a key, and its sessions that are alike, add."""
        spelt = self.log.accounts.all(account)
        if (why := self.too_much(spelt)) and not spelt & self.through:
            self.trail.aside[account] = Aside(account, why, self.trail.accounts[account].shown_by)
            self.of_account[account] = []
            return
        events = self.of_account[account] = self.log.carrying(list(spelt))
        groups = Kin(event.of("session") for event in events)
        self.alike(account, events, groups)
        self.from_addresses(account, events)
        self.without_keys(account, events, groups)

    def too_much(self, spelt: Collection[Node]) -> str:
        """Why an account isn't gone through; empty where it is."""
        used = max(self.log.spread(list(spelt)).values(), default=0)
        if used > self.limits.addresses:
            return f"shared: {used} addresses use it"
        count = self.log.events_of(spelt)
        return f"it has {count} events" if count > self.limits.events else ""

    def alike(self, account: Node, events: Sequence[Named], groups: Kin) -> None:
        """Sessions with a program that this account alone uses, and used from an address of the trail."""
        agents = {agent for event in self.within(events) if self.at_walked(event) for agent in event.of("agent")}
        alone = {agent for agent, used in self.log.spread(sorted(agents)).items() if used <= 1}
        own = {agent for event in events if self.is_own(event) for agent in event.of("agent")}
        by_session = _by_session(events, groups)
        for session, of_session in sorted(by_session.items()):
            same = sorted({agent for event in of_session for agent in event.of("agent")} & alone - own)
            outside = [event for event in of_session if event.number not in self.trail.steps]
            if not outside:
                continue
            if not same:
                addresses = ", ".join(sorted({node.value for event in of_session for node in event.of("address")}))
                why = f"another session of {account.value}, from {addresses or 'no address'}"
                self.trail.aside.setdefault(session, Aside(session, why, of_session[0].number))
                continue
            for event in outside:
                how = f"session {session.value} of the account, with {same[0].value}, which it alone uses"
                self.trail.steps[event.number] = Step(event, Strength.LIKELY, account, how)
                for node in event.of("session"):
                    self.trail.found.setdefault(node, Found(node, Strength.LIKELY, event.number))
                for node in event.of("address"):
                    if node not in self.trail.found:
                        why = f"of a likely session of {account.value}"
                        self.trail.aside.setdefault(node, Aside(node, why, event.number))
            self.trail.sessions.add({node for event in of_session for node in event.of("session")})

    def from_addresses(self, account: Node, events: Sequence[Named]) -> None:
        """Events without a session from addresses that only sessions of the trail use."""
        inside: dict[Node, bool] = {}
        for event in events:
            if event.of("session"):
                for address in event.of("address"):
                    inside[address] = inside.get(address, True) and event.number in self.trail.steps
        mine = {address for address, only in inside.items() if only}
        for event in events:
            common = [node for node in event.of("address") if node in mine]
            if common and not event.of("session") and event.number not in self.trail.steps:
                how = f"the account from {common[0].value}, which only its sessions of the trail use"
                self.trail.steps[event.number] = Step(event, Strength.LIKELY, account, how)

    def without_keys(self, account: Node, events: Sequence[Named], groups: Kin) -> None:
        """Events without session and address, while a session of the trail lasts."""
        for product in sorted({event.product for event in events}):
            here = [event for event in events if event.product == product]
            mine = {groups.one(node) for event in self.within(here) for node in event.of("session")}
            for one in unkeyed(here, groups, mine, self.idle.get(product, 0)):
                if one.event.number not in self.trail.steps:
                    how = f"the account, without a session key, while session {one.session.value} lasted and {one.told}"
                    self.trail.steps[one.event.number] = Step(one.event, one.strength, account, how)

    def within(self, events: Iterable[Named]) -> list[Named]:
        return [event for event in events if event.number in self.trail.steps]

    def at_walked(self, event: Named) -> bool:
        return any(node in self.trail.found for node in event.of("address"))

    def is_own(self, event: Named) -> bool:
        return any(node in self.trail.aside and self.trail.aside[node].own for node in event.of("address"))


def _by_session(events: Iterable[Named], groups: Kin) -> dict[Node, list[Named]]:
    found: defaultdict[Node, list[Named]] = defaultdict(list)
    for event in events:
        for session in sorted({groups.one(node) for node in event.of("session")}):
            found[session].append(event)
    return dict(found)
