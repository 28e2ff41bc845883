"""`rules.lock`: what each rule means and what is shipped of it, by hashes, with the version that says so (docs/versions.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address

from casetrail.pack.files import documents
from casetrail.pack.lockfile import (
    FILE,
    Lock,
)
from casetrail.pack.pack import Pack
from casetrail.pack.rules import Rule
from casetrail.pack.watchlist import INDEX
from casetrail.plan.digest import digest
from casetrail.sigma.correlate import Lowering
from casetrail.sigma.lower import World


def version_of(rule: Rule) -> int:
    """The version that a rule says it is of; 1 when it says none."""
    version = rule.own.get("version", 1)
    return version if isinstance(version, int) else 1


def meanings(pack: Pack) -> dict[str, str]:
    """The hash of what each rule means, by name, but for those that mean nothing.

    What a watchlist holds is no part of it, only that it is asked: each list stands for one value made of its name.
    """
    lowering = Lowering(World(pack.contracts, _stand_ins(pack)))
    found = {}
    for name, rule in pack.rules.items():
        if rule.plan is not None:
            plan, _ = lowering.of(rule.sigma)
            found[name] = digest(plan or rule.plan)
    return found


def _stand_ins(pack: Pack) -> dict[str, tuple[str, ...]]:
    index = pack.lists / INDEX
    (told,) = documents(index) if index.is_file() else ({},)
    return {name: (_stand_in(name, told.get(name, {}).get("holds", "")),) for name in pack.watchlists}


def _stand_in(name: str, holds: str) -> str:
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    match holds:
        case "network":
            return str(IPv6Address((0xFD << 120) + number))
        case "asn":
            return str(number % 2**31)
        case _:
            return f"%{name}%"


@dataclass(frozen=True, slots=True)
class Breach:
    """Where a pack and its lock part: the name of the lint, the rule, and what to do."""

    lint: str
    rule: str
    message: str


def breaches(pack: Pack, lock: Lock, found: Mapping[str, str] | None = None) -> Iterator[Breach]:
    """Where versions and meanings don't go together, and what the lock doesn't hold. found: the meanings, when they are known."""
    found = meanings(pack) if found is None else found
    for name, plan in found.items():
        version, entry, alone = version_of(pack.rules[name]), lock.rules.get(name), pack.rules[name].alone
        stone = lock.withdrawn.get(name) if alone else None
        if stone is not None:
            more = f"was withdrawn at version {stone.version}"
            if version <= stone.version:
                yield Breach("lock-meaning", name, f"it {more}: to bring it back say casetrail.version: {stone.version + 1}")
            else:
                yield Breach("lock-stale", name, f"it {more}; now run `casetrail lock`")
        elif entry is None:
            yield Breach("lock-stale", name, f"{FILE} doesn't hold it; run `casetrail lock`")
        elif plan != entry.plan and version <= entry.version:
            message = (
                f"its meaning is another than that of version {entry.version}: say casetrail.version: {entry.version + 1}"
            )
            yield Breach("lock-meaning", name, message)
        elif plan != entry.plan:
            yield Breach("lock-stale", name, f"{FILE} holds version {entry.version}; run `casetrail lock`")
        elif version != entry.version:
            message = f"version {version} means what version {entry.version} does: say casetrail.version: {entry.version}"
            yield Breach("lock-words", name, message)
    for name, entry in lock.rules.items():
        alone = name in pack.rules and pack.rules[name].alone
        if entry.targets and not alone and name not in lock.withdrawn:
            why = "is only the base of others now" if name in pack.rules else "is gone"
            message = f"{name} {why}, and was shipped: run `casetrail lock --withdraw {name}=REASON`"
            yield Breach("lock-gone", name, message)
