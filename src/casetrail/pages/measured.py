"""What was measured of rules, read from the files that keep it: docs/proof.md and docs/noise.json."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casetrail.pack.files import PackError

_NOTE = re.compile(r"(\d+)\. (.+)")
_REFUSED = re.compile(r"(\w+) \((\d+)\)")


@dataclass(frozen=True, slots=True)
class Noise:
    """A rule on the ordinary work of an invented company. a_week: alerts; days: how many were measured; causes: what made them."""

    a_week: float
    days: int
    inactive: bool = False
    causes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The figure for a table's cell."""
        return "asleep" if self.inactive else f"{self.a_week:.1f}"


@dataclass(frozen=True, slots=True)
class Measured:
    """proof: by rule, then by engine, what came of the cases, in words; noise: by rule; None when it wasn't measured."""

    proof: Mapping[str, Mapping[str, str]]
    noise: Mapping[str, Noise] | None


def read_measured(docs: Path) -> Measured:
    """What the pages of a folder say. A file that isn't there was not measured.

    Raises PackError, naming the file, for one that can't be read.
    """
    proof, noise = docs / "proof.md", docs / "noise.json"
    try:
        return Measured(
            proof_of(proof.read_text("utf-8")) if proof.is_file() else {},
            noise_of(json.loads(noise.read_bytes())) if noise.is_file() else None,
        )
    except OSError as error:
        raise PackError(str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PackError(f"{noise}: not what `python studies/noise.py --json` writes: {error!r}") from error


def proof_of(page: str) -> dict[str, dict[str, str]]:
    """By rule and engine the words of the page that `casetrail prove --markdown` writes, a note's text in place of its number."""
    lines = page.splitlines()
    notes = {note[1]: note[2] for line in lines if (note := _NOTE.fullmatch(line))}
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    start = next((number for number, row in enumerate(rows) if row[0] == "rule"), len(rows))
    found: dict[str, dict[str, str]] = {}
    for row in rows[start + 2 :]:
        cells = zip(rows[start][2:], row[2:], strict=True)
        found[row[0]] = {engine: _REFUSED.sub(lambda mark: f"{mark[1]}: {notes[mark[2]]}", text) for engine, text in cells}
    return found


def noise_of(record: Mapping[str, Any]) -> dict[str, Noise]:
    """By rule what `python studies/noise.py --json` prints."""
    days = len(record["by_day"])
    found = {name: Noise(0.0, days) for name in record["quiet"]}
    found |= {name: Noise(0.0, days, inactive=True) for name in record["inactive"]}
    for each in record["rules"]:
        causes = tuple(str(cause["what"]) for cause in each["causes"])
        found[each["rule"]] = Noise(float(each["a_week"]), days, causes=causes)
    return found
