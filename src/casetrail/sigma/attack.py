"""All of ATT&CK (Enterprise), offline: names, and ids that are no more. `makers/attack/make.py` makes the data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from casetrail.reading.suggest import suggestion

_OTHERS = re.compile(r"(g|s|c|ds|da|m)\d{4}")


@dataclass(frozen=True, slots=True)
class Technique:
    """id: `T1078.004`; tactics: the tags of the tactics it serves (`initial-access`)."""

    id: str
    name: str
    tactics: tuple[str, ...]

    @property
    def url(self) -> str:
        return f"https://attack.mitre.org/techniques/{self.id.replace('.', '/')}/"


@dataclass(frozen=True, slots=True)
class Tactic:
    """id: `TA0001`."""

    id: str
    name: str

    @property
    def url(self) -> str:
        return f"https://attack.mitre.org/tactics/{self.id}/"


@dataclass(frozen=True, slots=True)
class Attack:
    """version: of ATT&CK; tactics by tag (`initial-access`) and techniques by tag (`t1078.004`).

    gone: tags that were of an earlier version, each with those that stand in their place now.
    since: the version in which a technique came, by tag, where that is known; before: what it took the place of.
    """

    version: str
    tactics: dict[str, Tactic]
    techniques: dict[str, Technique]
    gone: dict[str, tuple[str, ...]]
    since: dict[str, str]
    before: dict[str, str]

    def known_to(self, version: str, tag: str) -> str | None:
        """What an earlier version has for a technique's tag: the tag, what it took the place of, or nothing."""
        while int(self.since.get(tag, "0")) > int(version):
            parent = tag.partition(".")[0]
            if tag not in self.before and parent not in self.before:
                return None
            tag = self.before.get(tag) or self.before[parent]
        return tag

    def current(self, tags: Iterable[str]) -> list[str]:
        """Of a rule's tags those of ATT&CK, without `attack.`, with what stands now in the place of those that are no more."""
        found: dict[str, None] = {}
        for tag in map(str.lower, tags):
            if tag.startswith("attack."):
                name = tag.removeprefix("attack.").replace("_", "-")
                now = [name] if name in self.tactics or name in self.techniques else self.gone.get(name, ())
                found.update(dict.fromkeys(now))
        return list(found)

    def fault(self, tag: str) -> tuple[str, bool] | None:
        """What is wrong with a tag of ATT&CK, and whether it was right once; None when nothing is.

        Groups, software, campaigns and data sources are taken by the form of their ids. Letter case doesn't matter.
        """
        small = tag.lower()
        name = small.removeprefix("attack.").replace("_", "-")
        if not small.startswith("attack.") or name in self.tactics or name in self.techniques or _OTHERS.fullmatch(name):
            return None
        if name in self.gone:
            now = " or ".join(f"attack.{each}" for each in self.gone[name])
            return f"{tag} is no more in ATT&CK {self.version}" + (f": write {now}" if now else ""), True
        return f"{tag} is in no version of ATT&CK{suggestion(name, (*self.tactics, *self.techniques))}", False


@cache
def attack() -> Attack:
    """All of it, read once."""
    document = json.loads((files("casetrail.sigma") / "attack.json").read_text("utf-8"))
    tactics = {tag: Tactic(facts["id"], facts["name"]) for tag, facts in document["tactics"].items()}
    techniques = {
        tag: Technique(tag.upper(), facts["name"], tuple(facts["tactics"])) for tag, facts in document["techniques"].items()
    }
    gone = {tag: tuple(now) for tag, now in document["gone"].items()}
    return Attack(document["version"], tactics, techniques, gone, document["since"], document["before"])
