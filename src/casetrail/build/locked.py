"""The lock renewed: what is shipped of each rule now, and what was and is no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from casetrail.build.targets import backend_of, query_for
from casetrail.pack.backend import targets
from casetrail.pack.files import PackError
from casetrail.pack.lock import meanings, version_of
from casetrail.pack.lockfile import REFUSED, Entry, Lock, Shipped, Tombstone
from casetrail.pack.pack import Pack
from casetrail.pack.rules import Rule
from casetrail.plan.digest import short
from casetrail.stores.unsupported import UnsupportedError


def shipped_queries(pack: Pack) -> dict[str, dict[str, str]]:
    """The hash of each query by rule and target, or `refused`; of the rules that are emitted by themselves."""
    backends = {target: backend_of(pack, target) for target in targets(pack)}
    found: dict[str, dict[str, str]] = {}
    for name, rule in pack.rules.items():
        if rule.alone and rule.plan is not None:
            found[name] = {}
            for target, backend in backends.items():
                try:
                    found[name][target] = short(query_for(pack, rule, target, backend))
                except UnsupportedError:
                    found[name][target] = REFUSED
    return found


def renewed(pack: Pack, old: Lock, withdrawn: Mapping[str, str], today: str) -> Lock:
    """The lock of a pack as it is. withdrawn: reasons by the names of rules that are no more. Raises PackError for one that is."""
    for name in withdrawn:
        if name in pack.rules and pack.rules[name].alone:
            raise PackError(f"{name} is in the pack: take its file away before it is withdrawn")
        if name not in old.rules or not old.rules[name].targets:
            raise PackError(f"{name} is no rule that the lock says was shipped")
    queries = shipped_queries(pack)
    rules = {}
    for name, plan in meanings(pack).items():
        rule = pack.rules[name]
        before = old.rules.get(name)
        last = {target: one.release for target, one in before.targets.items()} if before else {}
        if name in old.withdrawn:
            last |= old.withdrawn[name].targets
        rules[name] = Entry(
            str(rule.sigma.id or ""),
            version_of(rule),
            plan,
            {
                target: Shipped(_release(rule, query, before, target, last.get(target)), query)
                for target, query in queries.get(name, {}).items()
            },
        )
    stones = {name: stone for name, stone in old.withdrawn.items() if name not in queries}
    stones |= {name: _stone(old.rules[name], reason, today) for name, reason in withdrawn.items()}
    return Lock(rules, stones)


def _release(rule: Rule, query: str, before: Entry | None, target: str, last: int | None) -> int:
    """One more when the query or the version is another, and never less than the version."""
    version = version_of(rule)
    if last is None:
        return version
    known = before.targets.get(target) if before else None
    same = before is not None and known is not None and known.query == query and before.version == version
    return max(last + (not same), version)


def _stone(entry: Entry, reason: str, today: str) -> Tombstone:
    held = {target: one.release for target, one in entry.targets.items() if one.query != REFUSED}
    return Tombstone(entry.id, entry.version, today, reason, held)


def differences(old: Lock, new: Lock) -> Iterator[str]:
    """What of a lock is not as it should be, in words."""
    for name in sorted({*old.rules, *new.rules}):
        before, now = old.rules.get(name), new.rules.get(name)
        if before is None or now is None:
            yield f"{name}: {'not in the lock' if before is None else 'in the lock and no more in the pack'}"
            continue
        if (before.version, before.plan) != (now.version, now.plan):
            yield f"{name}: version {before.version}, now {now.version}{'' if before.plan == now.plan else ', of another meaning'}"
        for target in sorted({*before.targets, *now.targets}):
            one, other = before.targets.get(target), now.targets.get(target)
            if (one.query if one else None) != (other.query if other else None):
                yield f"{name}: its query for {target} is another"
