"""The stories that rules belong to, which is data: `stories.yml` beside this file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class Story:
    """name: as rules give it; about: what happens in it."""

    name: str
    title: str
    about: str


@cache
def stories() -> dict[str, Story]:
    """All stories by name, in the order of the index."""
    document = yaml.safe_load((files("casetrail.pages") / "stories.yml").read_text("utf-8"))
    return {name: Story(name, facts["title"], facts["about"]) for name, facts in document.items()}
