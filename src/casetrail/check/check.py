"""Checking a pack: every fault at once, each with its place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from sigma.validators.core.condition import DanglingDetectionValidator

from casetrail.check.cases import case_faults
from casetrail.check.findings import Fault, Finding
from casetrail.check.lints import catalogue
from casetrail.check.lock import lock_faults
from casetrail.check.own import list_faults, overlay_faults, settings_faults
from casetrail.check.unused import filter_faults
from casetrail.pack.backend import read_backend
from casetrail.pack.files import PackError
from casetrail.pack.overlay import SETTINGS, named
from casetrail.pack.pack import UNFILLED, Pack, filter_errors
from casetrail.pack.watchlist import INDEX
from casetrail.reading.schema import form_faults
from casetrail.reading.yaml import SHAPE, START, Document, Position, YamlError, read
from casetrail.sigma.attack import attack
from casetrail.sigma.correlate import lower
from casetrail.sigma.lower import World
from casetrail.sigma.policy import POLICY

_URL = re.compile(r"https?://[^\s/]+\.[^\s]+")
_FOLDERS = {"logsources": "contract", "backends": "backend", "fixtures": "cases"}


def _schema_of(path: Path, usual: str) -> str:
    if "incidents" in path.parts:
        return "incident" if path.stem == "incident" else "incident_events"
    return "event" if "events" in path.parts else usual


def check(
    folder: Path, today: date | None = None, *, overlay: Path | None = None, lists: Path | None = None
) -> list[Finding]:
    """Every fault of the pack in a folder, and of what is laid over it, in the order of files and lines.

    overlay: a customer's whole folder; lists: one with watchlists of theirs alone.

    today: the day by which a watchlist may have expired; not asked when it isn't given, so that the same pack has the same faults.

    A folder without `logsources/` is a foreign pack of Sigma rules: the shipped contracts are taken, and what casetrail demands of its
    own rules (cases, next steps, …) is not asked.
    """
    return sorted(set(_Check(folder, overlay, lists, today).findings()))


@dataclass(frozen=True, slots=True)
class _Source:
    """A document of a rule file with the Sigma rule made of it."""

    document: Document
    rule: SigmaRule | SigmaCorrelationRule | None


class _Check:
    def __init__(self, folder: Path, overlay: Path | None, lists: Path | None, today: date | None) -> None:
        self.folder, self.overlay, self.lists, self.today = folder, overlay, lists, today
        self.own = (folder / "logsources").is_dir()
        self.lints = catalogue()
        self.misshapen: set[Path] = set()

    def finding(self, path: Path, lint: str, message: str, place: Position = START) -> Finding:
        known = self.lints[lint]
        return Finding(path, place.line, place.column, known.code, " ".join(message.split()), known.severity)

    def findings(self) -> Iterator[Finding]:
        if not self.folder.is_dir():
            raise PackError(f"{self.folder}: no such folder")
        broken = False
        if self.overlay:
            yield from self.named(settings_faults(self.overlay))
        if self.own:
            for name, schema in _FOLDERS.items():
                for path in sorted((self.folder / name).rglob("*.yml")):
                    found = list(self.file(path, _schema_of(path, schema)))
                    broken = broken or (bool(found) and name == "logsources")
                    yield from found
        rules = self.folder / "rules" if (self.folder / "rules").is_dir() else self.folder
        documents: list[Document] = []
        for path in (*sorted(rules.rglob("*.yml")), *self.laid("rules"), *self.laid("filters")):
            yield from self.file(path, "rule", documents)
        for path in self.laid("fixtures"):
            yield from self.file(path, _schema_of(path, "cases"))
        if broken:
            return
        try:
            base = Pack.load(self.folder if self.own else None, overlay=self.overlay)
        except PackError as error:
            first = next(iter(sorted(self.folder.glob("logsources/*.yml"))), self.folder)
            first = self.overlay / SETTINGS if self.overlay else first
            if not documents or all(isinstance(document.data, dict) for document in documents):
                yield self.finding(first, "schema", str(error))
            return
        yield from self.rules(documents, World(base.contracts, base.watchlists))
        if self.overlay:
            faults = overlay_faults(base, {document.path for document in documents})
            yield from self.guarded(self.overlay / SETTINGS, self.named(faults))
        if self.own:
            yield from self.watchlists()
            yield from self.backends(base)
            yield from self.named(case_faults(base, documents))
            yield from self.named(lock_faults(base.bare, documents))

    def laid(self, name: str) -> list[Path]:
        """The YAML files of a folder of the overlay."""
        return sorted((self.overlay / name).rglob("*.yml")) if self.overlay else []

    def named(self, faults: Iterable[Fault]) -> Iterator[Finding]:
        for fault in faults:
            yield self.finding(fault.path, fault.lint, fault.message, fault.place)

    def file(self, path: Path, schema: str, documents: list[Document] | None = None) -> Iterator[Finding]:
        try:
            found = read(path)
        except YamlError as error:
            yield self.finding(path, "yaml", error.message, error.position)
            return
        if not found:
            yield self.finding(path, "yaml", "it holds nothing")
        for document in found:
            for trap in document.traps():
                yield self.finding(path, "yaml-trap", f"{trap.text} {trap.why}; put it in quotes", trap.position)
            for text, place in document.holding(*UNFILLED):
                yield self.finding(path, "fill-in", f"{text.strip()!r} is still to be filled in", place)
            yield from self.guarded(path, self.schema(document, schema))
            if documents is not None and isinstance(document.data, dict):
                documents.append(document)

    def schema(self, document: Document, schema: str) -> Iterator[Finding]:
        for words, keys in form_faults(schema, _json(document.data)):
            yield self.finding(document.path, "schema", words, document.position(keys))
            self.misshapen.add(document.path)

    def guarded(self, path: Path, findings: Iterator[Finding]) -> Iterator[Finding]:
        """The findings in a file, up to where it is too unlike its schema for more; which is told if no other fault does."""
        try:
            yield from findings
        except SHAPE as error:
            if path not in self.misshapen:
                yield self.finding(path, "schema", f"it can't be read further: {error}")

    def rules(self, documents: list[Document], world: World) -> Iterator[Finding]:
        sources = [document for document in documents if "filter" not in document.data]
        filters = [document for document in documents if "filter" in document.data]
        for document in filters:
            for wrong in filter_errors(document.data):
                yield self.finding(document.path, "sigma", wrong, document.position(["filter"]))
        filters = [document for document in filters if not filter_errors(document.data)]
        names = Counter(named(document.data) for document in sources)
        try:
            collection = SigmaCollection.from_dicts(
                [document.data for document in (*sources, *filters)], collect_errors=True, policy=POLICY
            )
        except (SigmaError, *SHAPE) as error:
            yield from self.unresolved(sources, error)
            return
        made: dict[str, SigmaRule | SigmaCorrelationRule] = {_rule_name(rule): rule for rule in collection.rules}
        for document in sources:
            name = named(document.data)
            if names[name] > 1:
                yield self.finding(
                    document.path, "identifier", f"{name} is the name of {names[name]} rules", document.position(["name"])
                )
            if name in made:
                yield from self.guarded(document.path, self.meaning(_Source(document, made[name]), world))
            if self.own or "casetrail" in document.data:
                yield from self.guarded(document.path, self.metadata(document, made.get(name), collection))
        yield from self.identifiers(sources)
        for document in filters:
            yield from self.guarded(document.path, self.filter(document, made))

    def unresolved(self, sources: list[Document], error: Exception) -> Iterator[Finding]:
        """Where one document spoils the collection: each by itself, and the error where none does."""
        found = False
        for document in sources:
            try:
                SigmaCollection.from_dicts([document.data], collect_errors=True, resolve_references=False, policy=POLICY)
            except (SigmaError, *SHAPE) as alone:
                found = True
                yield self.finding(document.path, "sigma", str(alone) or type(alone).__name__)
        if not found:
            quoted = re.findall(r"'([^']+)'", str(error))
            for document in sources:
                place = next((place for text in quoted if (place := document.find(text))), None)
                if place and "correlation" in document.data:
                    yield self.finding(document.path, "sigma", str(error), place)
                    return
            yield self.finding(self.folder, "sigma", str(error))

    def meaning(self, source: _Source, world: World) -> Iterator[Finding]:
        document, rule = source.document, source.rule
        if rule is None:
            return
        if rule.errors:
            for error in rule.errors:
                place = next(
                    (found for text in re.findall(r"'([^']+)'", str(error)) if (found := document.find(text))), None
                )
                yield self.finding(document.path, "sigma", str(error), place or document.position(["detection"]))
            return
        try:
            _, problems = lower(rule, world)
        except (SigmaError, AttributeError) as error:
            yield self.finding(document.path, "sigma", str(error))
            return
        for problem in problems:
            if problem.lint == "empty-watchlist" and isinstance(rule, SigmaCorrelationRule):
                continue
            yield self.finding(document.path, problem.lint, problem.message, document.find(problem.subject) or START)
        if isinstance(rule, SigmaRule):
            yield from self.detections(document, rule)
        if isinstance(rule, SigmaCorrelationRule):
            for number, reference in enumerate(rule.rules or []):
                if not reference.reference.isidentifier():
                    place = document.position(["correlation", "rules", number])
                    message = f"{reference.reference}: name the rule by letters, digits and underscores"
                    yield self.finding(document.path, "base-name", message, place)
            if not rule.group_by and not _is_about_the_log(document):
                place = document.position(["correlation"])
                yield self.finding(document.path, "global-correlation", "it counts over everybody: say group-by", place)
            if str(rule.timespan.spec)[-1:] in "My":
                place = document.position(["correlation", "timespan"])
                yield self.finding(document.path, "calendar-timespan", f"{rule.timespan.spec}: write it in days", place)

    def detections(self, document: Document, rule: SigmaRule) -> Iterator[Finding]:
        for issue in DanglingDetectionValidator().validate(rule):
            name = str(getattr(issue, "detection_name", ""))
            place = document.position(["detection", name])
            yield self.finding(document.path, "unused-detection", f"no condition mentions {name}", place)
        for text in document.texts(["detection"]):
            if re.search(r"(?<!\\)\\[*?]$|^\\[*?]", text):
                place = document.find(text) or document.position(["detection"])
                yield self.finding(
                    document.path, "escaped-wildcard", f"{text!r} begins or ends with an escaped wildcard", place
                )

    def metadata(
        self, document: Document, rule: SigmaRule | SigmaCorrelationRule | None, collection: SigmaCollection
    ) -> Iterator[Finding]:
        data, path = document.data, document.path

        def found(lint: str, message: str, *keys: str | int) -> Finding:
            return self.finding(path, lint, message, document.position(keys))

        if data.get("name") != path.stem:
            yield found("file-name", f"the rule is named {data.get('name')!r} and the file {path.stem!r}", "name")
        if len(str(data.get("description", "")).split()) < 5:
            yield found("description", "say what is done and why it matters", "description")
        for number, reference in enumerate(data.get("references") or []):
            if not _URL.fullmatch(str(reference)):
                yield found("reference", f"{reference!r} is no web address", "references", number)
        if data.get("level") is None:
            yield found("level", "say level: informational, low, medium, high or critical", "level")
        known = attack()
        for number, tag in enumerate(data.get("tags") or []):
            name = str(tag).removeprefix("attack.")
            if str(tag).startswith("attack.") and name not in known.tactics and name not in known.techniques:
                yield found("attack-tag", f"{tag} is in no tactic or technique that is bundled", "tags", number)
        own = data.get("casetrail") if isinstance(data.get("casetrail"), dict) else {}
        if not isinstance(own, dict) or "version" not in own:
            yield found("rule-version", "say casetrail.version: 1", "casetrail")
        if rule is None or _rule_name(rule) in _bases(collection):
            return
        if not isinstance(own, dict) or "story" not in own:
            yield found("no-story", "say casetrail.story, one of those in rule.schema.json", "casetrail")
        names = {_rule_name(each) for each in collection.rules}
        for number, name in enumerate(own.get("related", []) if isinstance(own, dict) else []):
            if name not in names:
                yield found("related", f"no rule is named {name}", "casetrail", "related", number)
        if not data.get("references"):
            yield found("no-reference", "say where the knowledge comes from", "references")
        if not data.get("falsepositives"):
            yield found("false-positives", "name an honest cause and how to tune it", "falsepositives")
        steps = own.get("next_steps", []) if isinstance(own, dict) else []
        if not 3 <= len(steps) <= 6:
            yield found("next-steps", f"there are {len(steps)}; say three to six", "casetrail", "next_steps")

    def identifiers(self, sources: list[Document]) -> Iterator[Finding]:
        seen: dict[str, Path] = {}
        for document in sources:
            if not (self.own or "casetrail" in document.data):
                continue
            text = str(document.data.get("id", ""))
            try:
                right = UUID(text).version == 4
            except ValueError:
                right = False
            place = document.position(["id"])
            if not right:
                yield self.finding(document.path, "identifier", f"{text or 'none'} is no UUID of version 4", place)
            elif text in seen:
                yield self.finding(document.path, "identifier", f"{text} is the id of {seen[text]} as well", place)
            seen.setdefault(text, document.path)

    def filter(self, document: Document, made: Mapping[str, SigmaRule | SigmaCorrelationRule]) -> Iterator[Finding]:
        for subject, message in filter_faults(document.data, made):
            place = document.position(["logsource"]) if subject == "logsource" else document.find(subject)
            yield self.finding(document.path, "idle-filter", message, place or START)

    def watchlists(self) -> Iterator[Finding]:
        known: dict[str, Any] = {}
        folders = [folder / "watchlists" for folder in (self.folder, self.overlay) if folder]
        for folder in [*folders, *filter(None, [self.lists])]:
            index = folder / INDEX
            if index.is_file():
                broken = list(self.file(index, "watchlists"))
                yield from broken
                if broken:
                    return
            yield from self.named(list_faults(folder, known, self.today))

    def backends(self, pack: Pack) -> Iterator[Finding]:
        for path in sorted((self.folder / "backends").glob("*/backend.yml")):
            try:
                read_backend(
                    path.parent, pack.contracts, pack.overlay.targets.get(path.parent.name) if pack.overlay else None
                )
            except PackError as error:
                yield self.finding(path, "schema", str(error))


def _json(data: Any) -> Any:
    """The data as JSON has it: YAML's dates are texts there, and keys too."""
    match data:
        case dict():
            return {str(key): _json(value) for key, value in data.items()}
        case list():
            return [_json(item) for item in data]
        case date():
            return data.isoformat()
    return data


def _bases(collection: SigmaCollection) -> set[str]:
    return {
        reference.reference
        for rule in collection.rules
        if isinstance(rule, SigmaCorrelationRule) and not rule.generate
        for reference in rule.referenced_rules
    }


def _is_about_the_log(document: Document) -> bool:
    own = document.data.get("casetrail")
    return isinstance(own, dict) and own.get("story") == "log-health"


def _rule_name(rule: SigmaRule | SigmaCorrelationRule) -> str:
    return str(rule.name or rule.id or rule.title)
