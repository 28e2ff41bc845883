"""One fault, one finding: what a fault makes unusable elsewhere is the tail of its finding, and no finding of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from casetrail.pack.fault import Fault
from casetrail.pack.pack import Pack
from casetrail.pack.sources import Sources
from casetrail.reading.yaml import Document
from casetrail.sigma.collect import NOT_THERE


def at_their_causes(faults: Iterable[Fault], pack: Pack) -> list[Fault]:
    """The faults, each once, without those that follow from others; `rules` of each are those elsewhere that it makes unusable."""
    unread = {fault.path: frozenset({str(fault.path)}) for fault in pack.unread}
    unmade = {fault.path: _without_rule(fault.path, pack) for fault in pack.sources.faults} | unread
    known = _known(pack.sources)
    referring = _referring(pack.sources, known, unread)
    broken = {name for names in unmade.values() for name in names}
    found: dict[tuple[object, ...], Fault] = {}
    for fault in sorted(faults, key=lambda each: bool(each.rules)):
        missing = NOT_THERE.match(fault.message)
        if missing and broken.intersection(_meant(missing[1], known, unread)):
            continue
        directly = fault.rules or unmade.get(fault.path, frozenset())
        own = directly.intersection(map(pack.sources.named, _rules_in(fault.path, pack)))
        stopped = _reached(directly, referring) - own - unread.get(fault.path, frozenset())
        key = (fault.lint, fault.path, fault.place, "" if fault.lint == "watchlist" else fault.message)
        before = found.get(key, replace(fault, rules=frozenset()))
        found[key] = replace(before, rules=before.rules | stopped)
    return list(found.values())


def _rules_in(path: Path, pack: Pack) -> list[Document]:
    return [document for document in pack.sources.get(path, ()) if "filter" not in document.data]


def _without_rule(path: Path, pack: Pack) -> frozenset[str]:
    """What the rules of a file go by of which Sigma makes none."""
    return frozenset(name for name in map(pack.sources.named, _rules_in(path, pack)) if name not in pack.rules)


def _referring(sources: Sources, known: Mapping[str, str], unread: Iterable[Path]) -> dict[str, set[str]]:
    """The correlations that refer to a rule, by what it goes by; a file that can't be read goes by its path."""
    found: dict[str, set[str]] = {}
    for document in sources.rules():
        for reference in _references(document.data):
            for target in _meant(reference, known, unread):
                found.setdefault(target, set()).add(sources.named(document))
    return found


def _known(sources: Sources) -> dict[str, str]:
    """What each rule goes by, by that and by its name and id."""
    return {
        str(word): sources.named(document)
        for document in sources.rules()
        for word in (document.data.get("id"), document.data.get("name"), sources.named(document))
    }


def _meant(reference: str, known: Mapping[str, str], unread: Iterable[Path]) -> list[str]:
    return [known[reference]] if reference in known else [str(path) for path in unread if _says(path, reference)]


def _references(data: Mapping[str, object]) -> list[str]:
    correlation = data.get("correlation")
    rules = correlation.get("rules") if isinstance(correlation, Mapping) else None
    return [str(rule) for rule in (rules if isinstance(rules, list) else [rules] if rules else [])]


def _says(path: Path, name: str) -> bool:
    """Whether a file that is no YAML looks as if it held the rule of a name or an id."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return path.stem == name
    return path.stem == name or re.search(rf"^\s*(name|id):\s*[\"']?{re.escape(name)}[\"']?\s*$", text, re.M) is not None


def _reached(names: Iterable[str], referring: Mapping[str, set[str]]) -> set[str]:
    """The rules, those that refer to them, those that refer to these, and so on."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += referring.get(name, ())
    return found
