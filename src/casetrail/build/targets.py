"""From a pack to the files of a target."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from casetrail import __version__
from casetrail.build.overlaid import Change, changes
from casetrail.build.readable import readable
from casetrail.languages.languages import language_of
from casetrail.pack.backend import backend_of, targets
from casetrail.pack.files import PackError
from casetrail.pack.identity import identity_of
from casetrail.pack.lockfile import Lock, read_lock
from casetrail.pack.pack import LeftOut, Pack
from casetrail.pack.rules import Rule
from casetrail.packages.formats import Packaged, Withdrawn
from casetrail.packages.registry import format_of
from casetrail.packages.sigma import rules as sigma
from casetrail.packages.sigma.navigator import layer
from casetrail.plan.nodes import sources
from casetrail.schedule.schedule import schedule, shipped_query
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError

__all__ = ["Assumed", "Built", "Refusal", "backend_of", "build", "everyone", "meant_for", "query_for", "targets"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that a target can't hold, and why."""

    rule: str
    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class Assumed:
    """An index in which a target looks for a log since nobody said where it lies."""

    target: str
    source: str
    index: str


@dataclass(frozen=True, slots=True)
class Built:
    """The files of a build by their path below the output folder, what was refused, and what the overlay changed.

    left_out: what can't be compiled or isn't shipped;
    unchecked: the rules of logs that nobody defined; assumed: the indexes of rules' logs that nobody named, by target and log.
    """

    files: dict[str, bytes]
    rules: dict[str, list[str]]
    refused: tuple[Refusal, ...]
    changes: tuple[Change, ...] = ()
    unchecked: tuple[str, ...] = ()
    assumed: tuple[Assumed, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def query_for(pack: Pack, rule: Rule, target: str, backend: Backend | None = None) -> str:
    """The query that a target gets for a rule. Raises PackError, and UnsupportedError when it can't hold the rule.

    backend: the target's, when it has been read already.
    """
    backend = backend or backend_of(pack, target)
    rule = meant_for(pack, backend).rules.get(rule.name, rule)
    if rule.plan is None:
        raise PackError(f"{rule.path}: {rule.name} can't be compiled: {rule.problems[0].message}")
    plan = pack.seeing(rule).plan
    if plan is None:
        raise PackError(f"{rule.path}: {rule.name} needs a log that `logs: have:` doesn't name")
    try:
        return shipped_query(plan, backend, pack.contracts)
    except UnsupportedError as error:
        error.rule, error.target = rule.name, target
        raise


def meant_for(pack: Pack, backend: Backend) -> Pack:
    """The pack as a target reads it: one that looks every watchlist up keeps their names in its plans."""
    return pack.keeping_lists if language_of(backend).reads_lists(backend) else pack


def build(pack: Pack, chosen: Iterable[str] | None = None) -> Built:
    """Every rule that stands alone, for every chosen target, with a manifest.

    chosen: the targets; all of them if not given, and with them what is for users of any SIEM (`everyone`).

    What can't be compiled is left out. Raises PackError when a target is unknown.
    """
    files: dict[str, bytes] = {} if chosen is not None else everyone(pack)
    held: dict[str, list[str]] = {}
    refused: list[Refusal] = []
    guessed: list[Assumed] = []
    wanted = targets(pack) if chosen is None else list(chosen)
    left_out = tuple(pack.left_out())
    lock = read_lock(pack.folder) or Lock()
    for target in wanted:
        backend = backend_of(pack, target)
        gone = _withdrawn(lock, backend, pack)
        suffix, package = language_of(backend).suffix, format_of(backend)
        made: list[Packaged] = []
        for rule in meant_for(pack, backend).shippable():
            try:
                query = query_for(pack, rule, target, backend)
                if rule.plan is not None:
                    when = schedule(rule.plan, backend, pack.contracts)
                    times = lock.changes(rule.name, target)
                    item = Packaged(rule, rule.plan, query, when, pack.contracts, pack.watchlists, times)
                    package.require_held(item, backend)
                    item = readable(item, backend)
                    query = item.query
                    made.append(item)
            except UnsupportedError as error:
                refused.append(Refusal(rule.name, target, error.reason))
                continue
            files[f"{target}/queries/{rule.name}.{suffix}"] = query.encode() + b"\n"
        held[target] = [item.rule.name for item in made]
        asked = sorted({source for item in made for source in sources(item.plan)})
        guessed += [
            Assumed(target, source, backend.stores[source].index) for source in asked if backend.stores[source].assumed
        ]
        written = package.files(made, backend, gone)
        files.update((f"{target}/{path}", content) for path, content in written.items())
    changed = changes(pack, wanted)
    unchecked = tuple(rule.name for rule in pack.shippable() if rule.unchecked)
    built = Built(files, held, tuple(refused), tuple(changed), unchecked, tuple(guessed), left_out)
    return replace(built, files={**files, "manifest.json": _manifest(built, pack)})


def _withdrawn(lock: Lock, backend: Backend, pack: Pack) -> Withdrawn:
    """The withdrawn rules that a target had held, by name, but for those whose id a rule of another name has now."""
    alive = {str(rule.sigma.id) for rule in pack.rules.values() if rule.alone}
    return {
        name: stone
        for name, stone in sorted(lock.withdrawn.items())
        if backend.name in stone.targets and stone.id not in alive
    }


def everyone(pack: Pack) -> dict[str, bytes]:
    """The files that belong to no one SIEM, by their path below the output folder."""
    backends = [backend_of(pack, target) for target in targets(pack)]
    found = {f"sigma/{path}": content for path, content in sigma.files(pack, backends).items()}
    return {**found, "attack-navigator.json": layer(pack.shippable(), identity_of(pack))}


def _manifest(built: Built, pack: Pack) -> bytes:
    listed = [
        {"path": path, "sha256": hashlib.sha256(content).hexdigest(), "target": _target(path), "rule": _rule(path)}
        for path, content in sorted(built.files.items())
    ]
    no = [{"rule": refusal.rule, "target": refusal.target, "reason": refusal.reason} for refusal in built.refused]
    own = [change.record() for change in built.changes]
    whole = {
        "casetrail": __version__,
        "pack": asdict(identity_of(pack)),
        "files": listed,
        "rules": [_known_of(rule) for rule in pack.shippable()],
        "refused": no,
        "left_out": [{"rule": one.rule, "file": _inner(one.path, pack), "reason": one.reason} for one in built.left_out],
        "overlay": own,
        "fields_unchecked": list(built.unchecked),
        "indexes_assumed": [asdict(one) for one in built.assumed],
        **_logs(pack),
    }
    return (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode()


def _logs(pack: Pack) -> dict[str, Any]:
    if pack.have is None:
        return {}
    unseen = [{"rule": name, "no_longer_sees": list(logs)} for name, logs in sorted(pack.unseen().items())]
    return {"logs": {"have": sorted(pack.have), "narrowed": unseen}}


def _known_of(rule: Rule) -> dict[str, str | None]:
    told = {key: rule.meta.get(key) for key in ("id", "title", "author", "license", "status")}
    return {"rule": rule.name, **{key: None if value is None else str(value) for key, value in told.items()}}


def _inner(path: Path, pack: Pack) -> str:
    return next((path.relative_to(top).as_posix() for top in reversed(pack.tops) if path.is_relative_to(top)), path.name)


def _target(path: str) -> str | None:
    return path.partition("/")[0] if "/" in path else None


def _rule(path: str) -> str | None:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[0] if "/queries/" in path or path.startswith("sigma/rules/") else None
