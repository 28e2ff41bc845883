"""What engines can't do, as data (`cannot.yml`): each entry must stay true, or leave the file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def _marks() -> dict[str, dict[str, dict[str, Any]]]:
    return dict(yaml.safe_load((Path(__file__).parent / "cannot.yml").read_text("utf-8")) or {})


def marks(engine: str, what: str) -> Mapping[str, Any]:
    """A word of the reason, by the name of each law or case that an engine refuses."""
    return _marks().get(engine, {}).get(what, {})


def most_refused(engine: str, what: str) -> float:
    """The share of random trials that an engine may refuse."""
    return float(marks(engine, "at random").get(what, 0))


def untrue(expected: Mapping[str, str], refused: Mapping[str, str]) -> list[str]:
    """What the marks say that isn't so: a refusal without a mark, a mark without a refusal, and one for another reason."""
    unmarked = [f"{name} is refused, and has no mark: {refused[name]}" for name in refused if name not in expected]
    mended = [f"{name} is no longer refused: its mark must go" for name in expected if name not in refused]
    other = [
        f"{name} is refused for another reason than {word!r}: {refused[name]}"
        for name, word in expected.items()
        if name in refused and word not in refused[name]
    ]
    return [*unmarked, *mended, *other]
