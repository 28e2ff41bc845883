"""`rules.lock` as data: read, written (docs/versions.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from casetrail.pack.files import PackError
from casetrail.reading.words import in_words, of_os

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
        raise PackError(f"{path}: {of_os(error) if isinstance(error, OSError) else in_words(error)}") from error
    try:
        document = yaml.load(text, getattr(yaml, "CBaseLoader", yaml.BaseLoader)) or {}  # noqa: S506
        rules = {name: _entry(facts) for name, facts in (document.get("rules") or {}).items()}
        withdrawn = {name: _tombstone(facts) for name, facts in (document.get("withdrawn") or {}).items()}
    except (yaml.YAMLError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise PackError(
            f"{path}: it is no lock: {in_words(error)}; take an earlier one from git, or `casetrail lock --anew`"
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
