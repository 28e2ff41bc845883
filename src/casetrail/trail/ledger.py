"""The ledger of record ids: by which id each account's events name things, and what a search by each would have found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casetrail.trail.kin import Kin
from casetrail.trail.node import FILES, Node
from casetrail.trail.walk import Step

SEARCHED = ("case", *FILES, "name", "record", "report", "session", "address", "device", "request", "account")
"""Kinds of node that somebody may search by."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Events of one kind that name things by one kind of id. things: how many different ones."""

    account: str
    source: str
    type: str
    kind: str
    events: int
    things: int


@dataclass(frozen=True, slots=True)
class Search:
    """What a search by one kind of id would have found of an account's files and events in the trail."""

    account: str
    kind: str
    files: int
    of_files: int
    events: int
    of_events: int


def entries(steps: Sequence[Step], accounts: Kin) -> list[Entry]:
    """Of each account and kind of event, the kinds of ids and how many."""
    events: Counter[tuple[str, str, str, str]] = Counter()
    things: defaultdict[tuple[str, str, str, str], set[Node]] = defaultdict(set)
    for step in steps:
        for account in _accounts(step, accounts):
            for kind in {node.kind for node in step.event.nodes}:
                place = (account, step.event.source, step.event.type, kind)
                events[place] += 1
                things[place] |= set(step.event.of(kind))
    return [Entry(*place, events[place], len(things[place])) for place in sorted(events)]


def searches(steps: Sequence[Step], accounts: Kin, files: Kin) -> list[Search]:
    """Of each account, what a search by each kind of id would have found."""
    found: defaultdict[str, defaultdict[str, set[Node]]] = defaultdict(lambda: defaultdict(set))
    seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
    every: Counter[str] = Counter()
    for step in steps:
        taken = {files.one(node) for node in step.event.of(*FILES)}
        for account in _accounts(step, accounts):
            every[account] += 1
            found[account][""] |= taken
            for kind in {node.kind for node in step.event.nodes}:
                found[account][kind] |= taken
                seen[account][kind] += 1
    return [
        Search(account, kind, len(found[account][kind]), len(found[account][""]), seen[account][kind], every[account])
        for account in sorted(every)
        for kind in SEARCHED
        if kind in ("case", "session", "address") or seen[account][kind]
    ]


def told(found: Sequence[Search], names: Mapping[str, str]) -> list[str]:
    """A line for each account that touched files: `by case id 0 of 163 files, by document id 163`."""
    lines = []
    for account in dict.fromkeys(one.account for one in found):
        mine = sorted((one for one in found if one.account == account and one.of_files), key=lambda one: one.files)
        if mine:
            first, *rest = [f"by {_id(one.kind)} {one.files}" for one in mine]
            lines.append(f"{names.get(account, account)}: {first} of {mine[0].of_files} files, {', '.join(rest)}")
    return lines


def _id(kind: str) -> str:
    return f"{kind} id" if kind in ("case", *FILES, "record", "report", "request") else kind


def _accounts(step: Step, accounts: Kin) -> set[str]:
    return {accounts.one(node).value for node in step.event.of("account")} or {"(no account)"}
