"""What is known of an incident: its companies, its facts and their standing (`fixtures/incidents/<name>/incident.yml`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from casetrail.pack.files import PackError, documents, shipped
from casetrail.pack.pack import Pack
from casetrail.reading.spelled import is_web_address
from casetrail.reading.words import in_words

STANDINGS = ("published", "inferred")
ACTORS = ("intruder", "company", "log")


@dataclass(frozen=True, slots=True)
class SourceReference:
    """A publication that facts rest on. url: empty where there is none."""

    name: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened.

    by: `intruder`, `company` or `log`, which is the log's own behaviour, such as a gap.
    standing: `published` or `inferred`; basis: names of references, or the reason of an inference.
    takes: whether its rows are files or records that were taken.
    """

    id: str
    day: date
    company: str
    by: str
    text: str
    standing: str
    basis: str
    takes: bool


@dataclass(frozen=True, slots=True)
class Company:
    """A company that the incident happened to. saw: the day on which the real victim saw it, and how, with its standing."""

    name: str
    title: str
    about: str
    saw: date
    saw_how: str
    saw_standing: str


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident: its folder, its days, its companies and its facts in order of time."""

    name: str
    folder: Path
    title: str
    about: str
    first: date
    last: date
    references: tuple[SourceReference, ...]
    absent: Mapping[str, tuple[str, ...]]
    companies: tuple[Company, ...]
    facts: tuple[Fact, ...]

    def fact(self, identity: str) -> Fact:
        """The fact of an id. Raises KeyError."""
        return next((fact for fact in self.facts if fact.id == identity), None) or _raise(KeyError(identity))


def incidents(pack: Pack) -> dict[str, Path]:
    """The folders of the incidents that a pack holds, by name; the shipped ones where it has none."""
    top = pack.folder / "fixtures" / "incidents"
    if not top.is_dir():
        top = shipped() / "fixtures" / "incidents"
    return {path.parent.name: path.parent for path in sorted(top.glob("*/incident.yml"))}


def read_incident(pack: Pack, name: str) -> Incident:
    """The incident of a name. Raises PackError for an unknown one, or one whose file says something without a meaning."""
    folders = incidents(pack)
    if name not in folders:
        raise PackError(f"no incident is named {name}; there are: {', '.join(folders) or 'none'}")
    path = folders[name] / "incident.yml"
    (document,) = documents(path)
    try:
        found = _incident(name, folders[name], document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PackError(f"{path}: {in_words(error)}") from error
    return found


def _incident(name: str, folder: Path, document: Mapping[str, Any]) -> Incident:
    companies = tuple(_company(item) for item in document["companies"])
    facts = tuple(sorted((_fact(item) for item in document["facts"]), key=lambda fact: (fact.day, fact.id)))
    references = tuple(SourceReference(item["name"], item["title"], item.get("url", "")) for item in document["references"])
    for each in references:
        if each.url and not is_web_address(each.url):
            raise ValueError(f"{each.name}: its url is no address of http or https")
    known = {company.name for company in companies}
    for fact in facts:
        if fact.company not in known:
            raise ValueError(f"{fact.id}: no company is named {fact.company}")
    if len({fact.id for fact in facts}) < len(facts):
        raise ValueError("two facts have one id")
    absent = {source: tuple(paths) for source, paths in document.get("absent", {}).items()}
    first, last = _day(document["first"]), _day(document["last"])
    return Incident(name, folder, document["title"], document["about"], first, last, references, absent, companies, facts)


def _company(item: Mapping[str, Any]) -> Company:
    saw = item["saw"]
    return Company(item["name"], item["title"], item["about"], _day(saw["day"]), saw["how"], _of(saw["standing"], STANDINGS))


def _fact(item: Mapping[str, Any]) -> Fact:
    return Fact(
        item["id"],
        _day(item["day"]),
        item["company"],
        _of(item["by"], ACTORS),
        item["text"],
        _of(item["standing"], STANDINGS),
        item["basis"],
        bool(item.get("takes")),
    )


def _of(value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(known)}")
    return value


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _raise(error: Exception) -> Any:
    raise error
