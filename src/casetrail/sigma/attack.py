"""The bundled part of ATT&CK: names of tactics and techniques, offline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


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
    """version: of ATT&CK; tactics by tag (`initial-access`) and techniques by tag (`t1078.004`)."""

    version: str
    tactics: dict[str, Tactic]
    techniques: dict[str, Technique]


@cache
def attack() -> Attack:
    """The bundled part, read once."""
    document = yaml.safe_load((files("casetrail.sigma") / "attack.yml").read_text("utf-8"))
    tactics = {tag: Tactic(facts["id"], facts["name"]) for tag, facts in document["tactics"].items()}
    techniques = {
        tag: Technique(tag.upper(), facts["name"], tuple(facts["tactics"])) for tag, facts in document["techniques"].items()
    }
    return Attack(document["version"], tactics, techniques)
