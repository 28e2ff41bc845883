"""Checking rules: what of them has no meaning, and what casetrail demands of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import assert_never

from sigma.correlations import SigmaCorrelationRule
from sigma.rule import SigmaRule

from casetrail.check.form import guarded
from casetrail.check.head import head_faults, is_uuid
from casetrail.check.never import never_true
from casetrail.check.unused import filter_faults
from casetrail.pack.fault import Fault
from casetrail.pack.pack import Pack
from casetrail.pack.rules import LOG_HEALTH, Rule
from casetrail.pack.sources import odd_place, place_of_kind, quoted
from casetrail.pack.watchlist import entries
from casetrail.reading.yaml import Document, Position
from casetrail.sigma.attack import attack
from casetrail.sigma.collect import Made, bases
from casetrail.sigma.levels import LEVELS
from casetrail.sigma.problem import Problem
from casetrail.sigma.words import in_sigmas_words

_NAME = re.compile(r"[\w*-]+")
_URL = re.compile(r"https?://[^\s/]+\.[^\s]+")


def rule_faults(pack: Pack) -> Iterator[Fault]:
    """The faults of a pack's rules and filters, those of house style among them."""
    yield from pack.sources.faults
    broken = {fault.path for fault in pack.sources.faults}
    filters = [document for document in pack.sources.filters() if document.path not in broken]
    yield from pack.sources.twice.values()
    for document in (*pack.sources.rules(), *pack.sources.filters()):
        yield from guarded(document.path, head_faults(document))
    yield from _identifiers(pack.sources.rules())
    made: dict[str, Made] = {name: rule.sigma for name, rule in pack.rules.items()}
    based = {base for _, base in bases(made.values())}
    for written in pack.sources.written:
        rule = pack.rules.of(written)
        yield from guarded(rule.path, _meaning(rule, pack))
        yield from guarded(rule.path, _words(rule, alone=rule.name not in based, names=made))
    for document in filters:
        yield from guarded(document.path, _idle(document, made))


def _identifiers(documents: Sequence[Document]) -> Iterator[Fault]:
    for document in documents:
        text = str(document.data.get("id", ""))
        if not is_uuid(text, 4) and (not text or is_uuid(text)):
            yield Fault("identifier", document.path, document.position(["id"]), f"{text or 'none'} is no UUID of version 4")


def _meaning(rule: Rule, pack: Pack) -> Iterator[Fault]:
    document, sigma = rule.document, rule.sigma
    for error in map(in_sigmas_words, sigma.errors):
        place = quoted(document, error) or place_of_kind(document)
        yield Fault("sigma", rule.path, place, error, frozenset({rule.name}))
    if sigma.errors:
        return
    stopped = frozenset({rule.name}) if rule.plan is None else frozenset()
    for problem in rule.problems:
        if problem.lint == "broken-base" or (problem.lint == "empty-watchlist" and not isinstance(sigma, SigmaRule)):
            continue
        for path, place in _places(problem, rule, pack):
            yield Fault(problem.lint, path, place, problem.message, stopped)
    if rule.plan is not None:
        for message, subjects in never_true(rule.plan, document.data):
            found = next(filter(None, map(document.find, subjects)), None)
            yield Fault("never-true", rule.path, found or place_of_kind(document), message)
    match sigma:
        case SigmaRule():
            if not any(problem.lint == "sigma" for problem in rule.problems):
                yield from _detections(document, sigma)
        case SigmaCorrelationRule():
            yield from _correlation(document, sigma)
        case never:
            assert_never(never)


def _places(problem: Problem, rule: Rule, pack: Pack) -> Iterator[tuple[Path, Position]]:
    """Where a problem of a rule is written: in the rule, in a filter that is applied to it, or in a watchlist."""
    if problem.value:
        yield _in_list(problem, pack)
        return
    filters = pack.sources.filters()
    named = problem.lint == "field-name"
    own = list(rule.document.places(problem.subject)) if named else _first(rule.document, problem, filters)
    others = [] if own else [(each.path, place) for each in filters for place in _first(each, problem)]
    yield from [(rule.path, place) for place in own] or others or [(rule.path, place_of_kind(rule.document))]


def _first(document: Document, problem: Problem, others: Sequence[Document] = ()) -> list[Position]:
    """Where a document says what a problem is about. others: the filters, which may say it instead."""
    if problem.lint == "sigma" and "filter" in document.data:
        return [document.position(["filter", "condition"], value=True)] if _spoken_of(document, problem) else []
    if problem.lint == "sigma" and any(_spoken_of(each, problem) for each in others):
        return []
    if problem.lint == "sigma":
        return [odd_place(document) or document.position(["detection", problem.subject], value=True)]
    place = document.find(problem.subject)
    return [place] if place else []


def _spoken_of(document: Document, problem: Problem) -> bool:
    """Whether a filter's condition names what a problem of a condition is about."""
    body = document.data.get("filter")
    words = re.findall(r"[\w*]+", str(body.get("condition"))) if isinstance(body, dict) else []
    return any(text.split()[-1] in words for text in re.findall(r"(?<!\w)'([^']+)'(?!\w)", problem.message))


def _in_list(problem: Problem, pack: Pack) -> tuple[Path, Position]:
    """The line of a watchlist in which the value stands that a problem is about."""
    name = f"{problem.subject.strip('%')}.csv"
    folders = (*([pack.overlay.lists] if pack.overlay else []), pack.lists)
    path = next((folder / name for folder in folders if (folder / name).is_file()), pack.lists / name)
    lines = path.read_text("utf-8-sig").splitlines() if path.is_file() else []
    return path, Position(next((line for line, value in entries(lines) if value == problem.value), 1), 1)


def _correlation(document: Document, rule: SigmaCorrelationRule) -> Iterator[Fault]:
    for number, reference in enumerate(rule.rules or []):
        if not reference.reference.isidentifier():
            place = document.position(["correlation", "rules", number])
            message = f"{reference.reference}: name the rule by letters, digits and underscores"
            yield Fault("base-name", document.path, place, message)
    if not rule.group_by and not _is_about_the_log(document):
        place = document.position(["correlation"])
        yield Fault("global-correlation", document.path, place, "it counts over everybody: say group-by")
    if str(rule.timespan.spec)[-1:] in "My":
        place = document.position(["correlation", "timespan"])
        yield Fault("calendar-timespan", document.path, place, f"{rule.timespan.spec}: write it in days")


def _is_about_the_log(document: Document) -> bool:
    own = document.data.get("casetrail")
    return isinstance(own, dict) and own.get("story") == LOG_HEALTH


def _detections(document: Document, rule: SigmaRule) -> Iterator[Fault]:
    for name in _unused(rule):
        place = document.position(["detection", name])
        why = f"no condition mentions {name}"
        if name == "timeframe":
            why = "a timeframe does nothing any more: write a correlation with a timespan that references this rule"
        yield Fault("unused-detection", document.path, place, why)
    for text in document.texts(["detection"]):
        if re.search(r"(?<!\\)\\[*?]$|^\\[*?]", text):
            place = document.find(text) or document.position(["detection"])
            message = f"{text!r} begins or ends with an escaped wildcard"
            yield Fault("escaped-wildcard", document.path, place, message)


def _unused(rule: SigmaRule) -> list[str]:
    """The detections that no condition mentions, by name or by a pattern."""
    words = {word for condition in rule.detection.condition for word in _NAME.findall(str(condition))}
    patterns = [".*" if word == "them" else word.replace("*", ".*") for word in words if "*" in word or word == "them"]

    def is_meant(name: str, pattern: str) -> bool:
        return re.fullmatch(pattern, name) is not None and (pattern.startswith("_") or not name.startswith("_"))

    left = [name for name in rule.detection.detections if name not in words]
    return [name for name in left if not any(is_meant(name, pattern) for pattern in patterns)]


def _words(rule: Rule, *, alone: bool, names: Iterable[str]) -> Iterator[Fault]:
    document, data, path = rule.document, rule.document.data, rule.path

    def found(lint: str, message: str, *keys: str | int) -> Fault:
        return Fault(lint, path, document.position(keys), message)

    if data.get("name") != path.stem:
        yield found("file-name", f"the rule is named {data.get('name')!r} and the file {path.stem!r}", "name")
    if len(str(data.get("description", "")).split()) < 5:
        yield found("description", "say what is done and why it matters", "description")
    for number, reference in enumerate(data.get("references") or []):
        if not _URL.fullmatch(str(reference)):
            yield found("reference", f"{reference!r} is no web address", "references", number)
    if data.get("level") is None:
        yield found("level", f"say level: {', '.join(LEVELS[:-1])} or {LEVELS[-1]}", "level")
    for number, tag in enumerate(data.get("tags") or []):
        wrong = attack().fault(str(tag))
        if wrong:
            yield found("old-attack-tag" if wrong[1] else "attack-tag", wrong[0], "tags", number)
    own = data.get("casetrail") if isinstance(data.get("casetrail"), dict) else {}
    if not isinstance(own, dict) or "version" not in own:
        yield found("rule-version", "say casetrail.version: 1", "casetrail")
    if not alone:
        return
    if not isinstance(own, dict) or "story" not in own:
        yield found("no-story", "say casetrail.story, one of those in rule.schema.json", "casetrail")
    for number, name in enumerate(own.get("related", []) if isinstance(own, dict) else []):
        if name not in names:
            yield found("related", f"no rule is named {name}", "casetrail", "related", number)
    if not data.get("references"):
        yield found("no-reference", "name the source of the knowledge", "references")
    if not data.get("falsepositives"):
        yield found("false-positives", "name a known false positive and how to tune it", "falsepositives")
    steps = own.get("next_steps", []) if isinstance(own, dict) else []
    if not 3 <= len(steps) <= 6:
        yield found("next-steps", f"there are {len(steps)}; say three to six", "casetrail", "next_steps")


def _idle(document: Document, rules: dict[str, Made]) -> Iterator[Fault]:
    for subject, message in filter_faults(document.data, rules):
        place: Position | None = document.find(subject)
        if subject == "logsource":
            place = document.position(["logsource"])
        yield Fault("idle-filter", document.path, place, message)
