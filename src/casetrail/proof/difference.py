"""What tells two packs apart: which rules mean something else, on which cases one sees it, and which queries changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import ndiff
from enum import StrEnum

from casetrail.build.targets import backend_of, query_for
from casetrail.engines.reference import evaluate, holds
from casetrail.logs.event import Event
from casetrail.pack.backend import targets
from casetrail.pack.cases import Case, case_files
from casetrail.pack.lock import meanings, version_of
from casetrail.pack.lockfile import REFUSED, Lock
from casetrail.pack.pack import Pack
from casetrail.pack.rules import Rule
from casetrail.plan.covers import covers
from casetrail.plan.digest import short
from casetrail.plan.nodes import Plan, searches
from casetrail.plan.words import plan_lines
from casetrail.proof.run import planner
from casetrail.proof.trace import failing
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError

_ABOUT = 2


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    MEANING = "meaning"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class CaseChange:
    """A case on which the old meaning and the new part. gone, come: ids that complete no more, or now, each with the reason."""

    name: str
    gone: Mapping[str, str]
    come: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that is otherwise.

    note: what else is to be said of it; versions: old and new, 0 where there is none; reach: what is known of what it finds now;
    lines: the meaning in words, lines that begin with `- `, `+ ` or two spaces; words: what of its text is otherwise.
    """

    rule: str
    kind: ChangeKind
    title: str
    level: str
    versions: tuple[int, int]
    note: str = ""
    reach: str = ""
    lines: tuple[str, ...] = ()
    cases: tuple[CaseChange, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryChange:
    """A query that is otherwise. how: `changed`, `now held`, or why it is refused now."""

    rule: str
    target: str
    how: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All that tells two packs apart. lists: values that came and went, by watchlist."""

    rules: tuple[RuleChange, ...]
    queries: tuple[QueryChange, ...]
    lists: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def means_something(self) -> bool:
        """Whether any rule came, went or means something else."""
        return any(rule.kind is not ChangeKind.WORDS for rule in self.rules)


def compare(old: Pack, new: Pack, lock: Lock | None = None) -> Difference:
    """What tells two packs apart. lock: the old one's, which knows the queries that an older casetrail made of it. Raises PackError."""
    before, after = meanings(old), meanings(new)
    theirs = {name: rule for name, rule in old.rules.items() if rule.alone}
    ours = {name: rule for name, rule in new.rules.items() if rule.alone}
    ids = {str(rule.sigma.id): name for name, rule in theirs.items() if rule.sigma.id}
    rules: list[RuleChange] = []
    for name in sorted({*theirs, *ours}):
        if name not in theirs:
            known = ids.get(str(ours[name].sigma.id), "")
            note = "was only a building block of others" if name in old.rules else ""
            rules.append(
                _whole(ours[name], ChangeKind.ADDED, f"has the id of {known}" if known and known not in ours else note)
            )
        elif name not in ours:
            rules.append(
                _whole(
                    theirs[name], ChangeKind.REMOVED, "is only a building block of others now" if name in new.rules else ""
                )
            )
        elif before.get(name) != after.get(name):
            rules.append(_meaning(name, old, new))
        elif words := tuple(_words(theirs[name], ours[name])):
            rules.append(_changed(theirs[name], ours[name], ChangeKind.WORDS, words=words))
    both = [name for name in ours if name in theirs]
    lists = {name: _values(name, old, new) for name in sorted({*old.watchlists, *new.watchlists})}
    lists = {name: moved for name, moved in lists.items() if moved != (0, 0)}
    return Difference(tuple(rules), tuple(_queries(both, old, new, lock, before)), lists)


def _values(name: str, old: Pack, new: Pack) -> tuple[int, int]:
    theirs, ours = set(old.watchlists.get(name, ())), set(new.watchlists.get(name, ()))
    return len(ours - theirs), len(theirs - ours)


def _whole(rule: Rule, kind: ChangeKind, note: str) -> RuleChange:
    version = version_of(rule)
    versions = (0, version) if kind is ChangeKind.ADDED else (version, 0)
    return RuleChange(rule.name, kind, rule.sigma.title, rule.level, versions, note)


def _changed(
    old: Rule,
    new: Rule,
    kind: ChangeKind,
    *,
    reach: str = "",
    lines: tuple[str, ...] = (),
    cases: tuple[CaseChange, ...] = (),
    words: tuple[str, ...] = (),
) -> RuleChange:
    versions = (version_of(old), version_of(new))
    return RuleChange(new.name, kind, new.sigma.title, new.level, versions, "", reach, lines, cases, words)


def _words(old: Rule, new: Rule) -> Iterator[str]:
    """The keys of a rule's text that are otherwise, the level with both."""
    if old.level != new.level:
        yield f"level {old.level}, now {new.level}"
    for key in dict.fromkeys([*old.meta, *new.meta]):
        if key not in ("level", "casetrail") and old.meta.get(key) != new.meta.get(key):
            yield str(key)
    for key in dict.fromkeys([*old.own, *new.own]):
        if old.own.get(key) != new.own.get(key):
            yield str(key)


def _meaning(name: str, old: Pack, new: Pack) -> RuleChange:
    before, after = old.rules[name], new.rules[name]
    if before.plan is None or after.plan is None:
        lost = "can't be compiled now" if after.plan is None else "couldn't be compiled"
        return _changed(before, after, ChangeKind.MEANING, reach=lost)
    lines = ndiff(list(plan_lines(before.plan)), list(plan_lines(after.plan)))
    return _changed(
        before,
        after,
        ChangeKind.MEANING,
        reach=_reach(before.plan, after.plan),
        lines=tuple(_near_changes([line for line in lines if not line.startswith("?")])),
        cases=tuple(_cases(name, old, new)),
        words=tuple(word for word in _words(before, after) if word not in ("detection", "correlation", "version")),
    )


def _near_changes(lines: list[str]) -> Iterator[str]:
    """The lines that changed and those about them."""
    changed = [number for number, line in enumerate(lines) if not line.startswith(" ")]
    left_out = False
    for number, line in enumerate(lines):
        if any(abs(number - other) <= _ABOUT for other in changed):
            left_out = False
            yield line
        elif not left_out:
            left_out = True
            yield "  …"


def _reach(old: Plan, new: Plan) -> str:
    match covers(new, old), covers(old, new):
        case True, True:
            return "finds what it did"
        case True, False:
            return "is broader"
        case False, True:
            return "is narrower"
        case _:
            return "may be broader, may be narrower"


def _cases(name: str, old: Pack, new: Pack) -> Iterator[CaseChange]:
    """The cases of the rule, old and new, that tell the two meanings apart."""
    plan_before, plan_after = planner(old), planner(new)
    seen: dict[str, Case] = {}
    for pack in (new, old):
        for file in case_files(pack, [name]):
            for case in file.cases:
                if case.name in seen and _same(seen[case.name], case):
                    continue
                seen.setdefault(case.name, case)
                found = _case(case, plan_before(case), plan_after(case))
                if found.gone or found.come:
                    yield found


def _same(one: Case, other: Case) -> bool:
    return (one.events, one.watchlists, one.seen_until) == (other.events, other.watchlists, other.seen_until)


def _case(case: Case, old: Plan, new: Plan) -> CaseChange:
    before = evaluate(old, case.events, case.seen_until).ids
    after = evaluate(new, case.events, case.seen_until).ids
    events = {event.id: event for event in case.events}
    return CaseChange(
        case.name,
        {identity: _why(events[identity], old, new) for identity in sorted(before - after)},
        {identity: _why(events[identity], new, old) for identity in sorted(after - before)},
    )


def _why(event: Event, matching: Plan, failing_in: Plan) -> str:
    """Why an event fails the searches of one plan that it matches in another, under the same name; empty when it isn't by that."""
    here = [search for search in searches(matching) if search.source == event.source and holds(search.where, event.row)]
    names = {search.name for search in here}
    return "; ".join(
        reason for search in searches(failing_in) if search.name in names and (reason := failing(search, event))
    )


def _queries(names: list[str], old: Pack, new: Pack, lock: Lock | None, before: Mapping[str, str]) -> Iterator[QueryChange]:
    known = set(targets(old))
    for target in targets(new):
        if target not in known:
            continue
        theirs, ours = backend_of(old, target), backend_of(new, target)
        for name in names:
            entry = lock.rules.get(name) if lock else None
            locked = entry.targets.get(target) if entry and entry.plan == before.get(name) else None
            was = locked.query if locked else _query(old, name, target, theirs)[0]
            now, reason = _query(new, name, target, ours)
            if was != now:
                yield QueryChange(
                    name, target, f"unsupported: {reason}" if reason else "now held" if was == REFUSED else "changed"
                )


def _query(pack: Pack, name: str, target: str, backend: Backend) -> tuple[str, str]:
    """The hash of a query, or `refused` and why."""
    try:
        return short(query_for(pack, pack.rules[name], target, backend)), ""
    except UnsupportedError as error:
        return REFUSED, error.reason
