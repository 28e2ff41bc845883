"""`rules.lock`: what each rule means and what is shipped of it, by hashes, with the version that says so (docs/versions.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import yaml

from casetrail.pack.pack import Pack, PackError, Rule, documents
from casetrail.pack.watchlist import INDEX
from casetrail.plan.correlate import lower
from casetrail.plan.digest import digest
from casetrail.plan.lower import World

FILE = "rules.lock"
REFUSED = "refused"
_FACTS = ("id", "version", "plan")
_HEAD = """\
# Written by `casetrail lock`; docs/versions.md says how to read it. Of each rule: its version and the hash of its meaning; and where it
# is shipped: the release there, which rises with each change of the query, and the query's hash.
"""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What a target has of a rule. query: its hash, or `refused`."""

    release: int
    query: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule of the lock. targets: empty for one that is only a base of others."""

    id: str
    version: int
    plan: str
    targets: Mapping[str, Shipped] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A rule that was shipped and is no more. targets: its last release on each that held it."""

    id: str
    version: int
    date: str
    reason: str
    targets: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Lock:
    rules: Mapping[str, Entry] = field(default_factory=dict)
    withdrawn: Mapping[str, Tombstone] = field(default_factory=dict)

    def changes(self, rule: str, target: str) -> int:
        """How often a rule's query for a target changed without its version; 0 where the lock doesn't know."""
        entry = self.rules.get(rule)
        one = entry.targets.get(target) if entry else None
        return one.release - entry.version if entry and one else 0


def read_lock(folder: Path) -> Lock | None:
    """The lock of a pack's folder; None when it has none. Raises PackError when it can't be read."""
    path = folder / FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"{path}: {error}") from error
    try:
        document = yaml.load(text, getattr(yaml, "CBaseLoader", yaml.BaseLoader)) or {}  # noqa: S506
        rules = {name: _entry(facts) for name, facts in (document.get("rules") or {}).items()}
        withdrawn = {name: _tombstone(facts) for name, facts in (document.get("withdrawn") or {}).items()}
    except (yaml.YAMLError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise PackError(
            f"{path}: it is no lock: {error}; take an earlier one from git, or `casetrail lock --anew`"
        ) from error
    return Lock(rules, withdrawn)


def _entry(facts: Mapping[str, str]) -> Entry:
    targets = {name: _shipped(text) for name, text in facts.items() if name not in _FACTS}
    return Entry(facts["id"], int(facts["version"]), facts["plan"], targets)


def _shipped(text: str) -> Shipped:
    release, query = text.split()
    return Shipped(int(release), query)


def _tombstone(facts: Mapping[str, Any]) -> Tombstone:
    targets = {name: int(release) for name, release in (facts.get("targets") or {}).items()}
    return Tombstone(facts["id"], int(facts["version"]), facts["date"], facts["reason"], targets)


def written(lock: Lock) -> bytes:
    """The file of a lock: sorted, a line a fact."""
    lines = [_HEAD, "rules:\n" if lock.rules else "rules: {}\n"]
    for name, entry in sorted(lock.rules.items()):
        lines += [f"  {name}:\n", f"    id: {entry.id}\n", f"    version: {entry.version}\n", f"    plan: {entry.plan}\n"]
        lines += [f"    {target}: {one.release} {one.query}\n" for target, one in sorted(entry.targets.items())]
    if lock.withdrawn:
        stones = {name: _record(stone) for name, stone in sorted(lock.withdrawn.items())}
        text = yaml.safe_dump({"withdrawn": stones}, sort_keys=False, allow_unicode=True, width=1_000_000)
        lines.append(text)
    return "".join(lines).encode()


def _record(stone: Tombstone) -> dict[str, object]:
    return {
        "id": stone.id,
        "version": stone.version,
        "date": stone.date,
        "reason": stone.reason,
        "targets": dict(sorted(stone.targets.items())),
    }


def version_of(rule: Rule) -> int:
    """The version that a rule says it is of; 1 when it says none."""
    version = rule.own.get("version", 1)
    return version if isinstance(version, int) else 1


def meanings(pack: Pack) -> dict[str, str]:
    """The hash of what each rule means, by name, but for those that mean nothing.

    What a watchlist holds is no part of it, only that it is asked: each list stands for one value made of its name.
    """
    world = World(pack.contracts, _stand_ins(pack))
    found = {}
    for name, rule in pack.rules.items():
        if rule.plan is not None:
            plan, _ = lower(rule.sigma, world)
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
