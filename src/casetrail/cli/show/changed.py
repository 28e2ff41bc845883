"""A difference of two packs as it is told: in lines, as Markdown for a pull request, as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from casetrail.cli.show.terminal import count
from casetrail.proof.difference import CaseChange, ChangeKind, Difference, RuleChange
from casetrail.reading.markdown import code, fenced, plain
from casetrail.reading.spelled import printable

_HEADINGS = {
    ChangeKind.ADDED: "Rules added",
    ChangeKind.REMOVED: "Rules removed",
    ChangeKind.MEANING: "Meaning changed",
    ChangeKind.WORDS: "Words only",
}
_NAMED = 8
_BLIND = "no case distinguishes the two meanings"


def lines(found: Difference) -> Iterator[str]:
    """A difference for a terminal."""
    yield _summary(found)
    for kind in ChangeKind:
        for change in found.rules:
            if change.kind is kind:
                yield printable(f"{kind:8} {change.rule}{_more(change)}")
                yield from (f"  {printable(line)}" for line in change.lines)
                yield from (f"  {printable(line)}" for line in _case_lines(change))
    for name, moved in found.lists.items():
        yield printable(f"list     {name}: {_moved(moved)}")
    for target, by_how in _by_target(found).items():
        for how, names in by_how.items():
            yield printable(f"query    {target}: {how}: {_names(names)}")


def _summary(found: Difference) -> str:
    if not (found.rules or found.lists or found.queries):
        return "nothing changed"
    counts = {kind: sum(change.kind is kind for change in found.rules) for kind in ChangeKind}
    rules = f"{count(counts[ChangeKind.ADDED], 'rule')} added, {counts[ChangeKind.REMOVED]} removed"
    changed = f"{counts[ChangeKind.MEANING]} of another meaning, {counts[ChangeKind.WORDS]} in words only"
    return f"{rules}, {changed}; {len(found.queries)} queries of rules that stayed changed"


def _more(change: RuleChange) -> str:
    old, new = change.versions
    match change.kind:
        case ChangeKind.ADDED | ChangeKind.REMOVED:
            return f" ({change.level}): {change.title}{f'; it {change.note}' if change.note else ''}"
        case ChangeKind.MEANING:
            rose = f"version {old}, now {new}" if old != new else f"still version {new}"
            return f" ({rose}): {'; '.join(filter(None, (change.reach, ', '.join(change.words))))}"
        case ChangeKind.WORDS:
            return f": {', '.join(change.words)}"


def _case_lines(change: RuleChange) -> Iterator[str]:
    if change.kind is not ChangeKind.MEANING:
        return
    for case in change.cases:
        yield f"case {case.name!r}: {'; '.join(_verdicts(case))}"
    if not change.cases:
        yield _BLIND


def _verdicts(case: CaseChange) -> Iterator[str]:
    for reason, ids in _by_reason(case.gone).items():
        yield f"{_completing(ids)} no more{f' ({reason})' if reason else ''}"
    for reason, ids in _by_reason(case.come).items():
        yield f"{_completing(ids)} now{f' (before: {reason})' if reason else ''}"


def _by_reason(reasons: Mapping[str, str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for identity, reason in reasons.items():
        found.setdefault(reason, []).append(identity)
    return found


def _completing(ids: list[str]) -> str:
    return f"{', '.join(ids)} {'completes' if len(ids) == 1 else 'complete'} it"


def _names(names: list[str]) -> str:
    more = f", … ({len(names)} rules)" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _moved(moved: tuple[int, int]) -> str:
    come, gone = moved
    return ", ".join(
        filter(None, (f"{count(come, 'value')} more" if come else "", f"{count(gone, 'value')} less" if gone else ""))
    )


def _by_target(found: Difference) -> Mapping[str, Mapping[str, list[str]]]:
    targets: dict[str, dict[str, list[str]]] = {}
    for query in found.queries:
        targets.setdefault(query.target, {}).setdefault(query.how, []).append(query.rule)
    return targets


def as_markdown(found: Difference) -> Iterator[str]:
    """A difference as Markdown, in which no text of a rule is anything but text."""
    yield "### What this change means"
    yield ""
    yield f"{_summary(found)}."
    for kind in ChangeKind:
        changes = [change for change in found.rules if change.kind is kind]
        if changes:
            yield from ("", f"#### {_HEADINGS[kind]}", "")
        for change in changes:
            yield f"- {code(change.rule)}{_code_after(_more(change))}"
            yield from (f"  - {code(line)}" for line in _case_lines(change))
            if change.lines:
                yield from ("", "  <details><summary>in words</summary>", "")
                yield from (f"  {line}" for line in fenced(change.lines, "diff"))
                yield from ("", "  </details>", "")
    if found.lists:
        yield from ("", "#### Watchlists", "")
        yield from (f"- {code(name)}: {_moved(moved)}" for name, moved in found.lists.items())
    if found.queries:
        yield from ("", "#### Queries of rules that stayed", "", "| target | what | rules |", "|---|---|---|")
        for target, by_how in _by_target(found).items():
            for how, names in by_how.items():
                yield f"| {code(target)} | {code(how)} | {code(_names(names))} |"


def _code_after(more: str) -> str:
    head, colon, rest = more.partition(": ")
    return f"{plain(head)}{colon}{code(rest) if rest else ''}"


def record(found: Difference) -> dict[str, Any]:
    """A difference as JSON has it."""
    return {
        "rules": [_rule(change) for change in found.rules],
        "watchlists": [{"watchlist": name, "come": come, "gone": gone} for name, (come, gone) in found.lists.items()],
        "queries": [{"rule": one.rule, "target": one.target, "how": one.how} for one in found.queries],
    }


def _rule(change: RuleChange) -> dict[str, Any]:
    old, new = change.versions
    return {
        "rule": change.rule,
        "kind": str(change.kind),
        "title": change.title,
        "level": change.level,
        "from_version": old or None,
        "to_version": new or None,
        "note": change.note,
        "reach": change.reach,
        "words": list(change.words),
        "meaning": list(change.lines),
        "cases": [
            {"case": case.name, "match_no_more": dict(case.gone), "match_now": dict(case.come)} for case in change.cases
        ],
    }
