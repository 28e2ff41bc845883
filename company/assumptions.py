"""What the ordinary work is made of (`assumptions.yml`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class Assumption:
    """A figure of the company's work. standing: `given` by the task, a `fact` of a vendor, or a `guess`; basis: why, if it needs one."""

    name: str
    value: float | str
    text: str
    standing: str
    basis: str


@cache
def assumptions() -> dict[str, Assumption]:
    """All of them by name, such as `okta.apps_a_day`."""
    return {each.name: each for each in _read()}


def rate(name: str) -> float:
    """The figure of a name. Raises KeyError."""
    return float(assumptions()[name].value)


def _read() -> Iterator[Assumption]:
    for group, entries in yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8")).items():
        for name, facts in entries.items():
            yield Assumption(f"{group}.{name}", facts["value"], facts["text"], facts["standing"], facts.get("basis", ""))
