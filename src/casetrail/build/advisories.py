"""Which pinned versions an advisory in OSV format (https://ossf.github.io/osv-schema/) names. Needs the extra `release`."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from casetrail.build.pins import Pin, plain
from casetrail.reading.words import in_words

ECOSYSTEMS = {"pypi": "PyPI", "npm": "npm", "maven": "Maven"}
_JOINED = {"pypi": "", "npm": "/", "maven": ":"}


class BadAdvisories(Exception):
    """A file that can't be used as advisories. The message says which, why, and what to do."""


@dataclass(frozen=True, order=True)
class Finding:
    """An advisory that names a pin. certain: False where its versions can't be compared with the pin's."""

    ecosystem: str
    name: str
    version: str
    advisory: str
    summary: str
    certain: bool


@dataclass(frozen=True)
class Checked:
    """What was found; as_of: the day of the newest advisory of the ecosystem that is furthest behind; None without any.

    unchecked: the ecosystems of pins that no advisory is about.
    """

    findings: tuple[Finding, ...]
    advisories: int
    as_of: date | None
    unchecked: tuple[str, ...]


def read(path: Path) -> list[Mapping[str, Any]]:
    """The advisories of a file: one of JSON, a list of them, or a zip of JSON files such as OSV's `all.zip`.

    Raises BadAdvisories when it can't be read, isn't that, or holds none.
    """
    try:
        found = list(_documents(path))
    except (OSError, ValueError, zipfile.BadZipFile, RecursionError) as error:
        raise BadAdvisories(
            f"{path}: {in_words(error)}; give advisories in OSV format, as JSON or a zip of JSON files"
        ) from error
    if not found:
        raise BadAdvisories(f"{path}: it holds no advisory")
    return found


def _documents(path: Path) -> Iterator[Mapping[str, Any]]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as held:
            for name in sorted(held.namelist()):
                if name.endswith(".json"):
                    yield _advisory(json.loads(held.read(name)), name)
        return
    told = json.loads(path.read_bytes())
    for number, each in enumerate(told if isinstance(told, list) else [told], 1):
        yield _advisory(each, f"advisory {number}")


def _advisory(told: object, where: str) -> Mapping[str, Any]:
    if not isinstance(told, dict) or not isinstance(told.get("id"), str):
        raise ValueError(f"{where} has no id")
    modified, affected = told.get("modified"), told.get("affected", [])
    if not isinstance(modified, str):
        raise ValueError(f"{told['id']} has no time `modified`")
    date.fromisoformat(modified[:10])
    if not isinstance(affected, list) or not all(isinstance(each, dict) for each in affected):
        raise ValueError(f"{told['id']}: `affected` is no list of objects")
    return told


def check(pins: Iterable[Pin], advisories: Sequence[Mapping[str, Any]]) -> Checked:
    """The pins that advisories name and don't withdraw. advisories: at least one, as `read` gives them.

    Raises BadAdvisories for one whose ranges or versions aren't as OSV says.
    """
    by_name = {key: list(same) for key, same in groupby(sorted(pins), key=lambda pin: (ECOSYSTEMS[pin.kind], _name(pin)))}
    newest, findings = dict[str, date](), set[Finding]()
    for told in advisories:
        modified = date.fromisoformat(told["modified"][:10])
        for affected in told.get("affected", []):
            try:
                ecosystem, name = _package(affected)
                newest[ecosystem] = max(modified, newest.get(ecosystem, modified))
                if told.get("withdrawn"):
                    continue
                for pin in by_name.get((ecosystem, name), ()):
                    sure = affects(pin.version, affected)
                    if sure is not False:
                        summary = str(told.get("summary", ""))
                        findings.add(Finding(ecosystem, name, pin.version, told["id"], summary, sure is True))
            except (AttributeError, KeyError, TypeError) as error:
                raise BadAdvisories(f"{told['id']}: not as OSV says ({error!r}); get the file anew") from error
    wanted = {ecosystem for ecosystem, _ in by_name}
    days = [day for ecosystem, day in newest.items() if ecosystem in wanted]
    as_of = min(days, default=None)
    return Checked(tuple(sorted(findings)), len(advisories), as_of, tuple(sorted(wanted - newest.keys())))


def affects(version: str, affected: Mapping[str, Any]) -> bool | None:
    """Whether one entry of `affected` holds for a version; None where its bounds can't be compared with it.

    Raises AttributeError, KeyError or TypeError for an entry that isn't as OSV says.
    """
    if version in affected.get("versions", ()):
        return True
    ranges = [each for each in affected.get("ranges", ()) if each["type"] != "GIT"]
    if not ranges and not affected.get("versions"):
        return None
    try:
        return any(_within(Version(version), each["events"]) for each in ranges)
    except InvalidVersion:
        return None


def _within(version: Version, events: Iterable[Mapping[str, str]]) -> bool:
    """OSV's own evaluation: events in the order of their versions, each of which turns the range on or off."""
    inside = False
    for bound, kind in sorted((_bound(told), kind) for event in events for kind, told in event.items() if kind != "limit"):
        match kind:
            case "introduced":
                inside = inside or version >= bound
            case "fixed":
                inside = inside and version < bound
            case "last_affected":
                inside = inside and version <= bound
            case unknown:
                raise KeyError(unknown)
    return inside


def _bound(told: str) -> Version:
    return Version("0.dev0") if told == "0" else Version(told)


def _package(affected: Mapping[str, Any]) -> tuple[str, str]:
    told = affected.get("package") or {"ecosystem": "", "name": ""}
    ecosystem = told["ecosystem"].partition(":")[0]
    return ecosystem, plain(told["name"]) if ecosystem == "PyPI" else told["name"]


def _name(pin: Pin) -> str:
    return f"{pin.group}{_JOINED[pin.kind]}{pin.name}" if pin.group else pin.name
