"""A proof under way: engine by engine, and as it is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from casetrail.cli.show.terminal import say
from casetrail.engines.nodes.maven import NodeUnavailable
from casetrail.pack.cases import CaseFile
from casetrail.pack.pack import Pack
from casetrail.proof.matrix import Cell, Standing, cells, page
from casetrail.proof.provers import PROVERS, ProofSetup
from casetrail.proof.run import run
from casetrail.reading.junit import Kind, Result, junit
from casetrail.reading.spelled import printable

_COLOURS = {
    Standing.PROVEN: "green",
    Standing.MODELLED: "cyan",
    Standing.REFUSED: "yellow",
    Standing.FAILED: "red",
    Standing.DISAGREES: "red",
}
_HEAD = """# Proof

Every case of every rule, on every engine that a query of it can run on, with the events stored as that SIEM stores them. Made by
`casetrail prove --markdown docs/proof.md` on {date}.

- *proven*: each case matches on the expected events, on the real engine with the shipped query.
- *modelled*: the same, on a model written from the vendor's documentation, since the engine can't be installed.
- *refused*: the rule isn't shipped there; the note says why.
- *not run*: the engine gave no whole answer; the note says what came instead.

"""


class Proof:
    """What came of the engines so far: cells, their versions, and those that couldn't be had with the reason."""

    def __init__(self, pack: Pack, files: Sequence[CaseFile]) -> None:
        self.pack = pack
        self.files = files
        self.cells: list[Cell] = []
        self.versions: dict[str, str] = {}
        self.left_out: dict[str, str] = {}

    def run(self, name: str, where: ProofSetup) -> None:
        """Add the cells of one engine, or why it isn't there."""
        _tell(f"{name} …")
        try:
            with PROVERS[name].opens(where) as opened:
                for note in opened.notes:
                    say(printable(note))
                outcomes = list(run(opened.pack or self.pack, self.files, [opened.engine]))
                self.versions[opened.engine.name] = opened.version
        except NodeUnavailable as error:
            self.left_out[name] = str(error)
        except ModuleNotFoundError as error:
            self.left_out[name] = f"{error.name} is missing: pip install 'casetrail[prove]'"
        else:
            self.cells += cells(outcomes, [opened.engine.name] if PROVERS[name].modelled else [])

    def record(self) -> Mapping[str, object]:
        return {
            "engines": self.versions,
            "left_out": self.left_out,
            "cells": [
                {"rule": cell.rule, "engine": cell.engine, "standing": cell.standing, "cases": cell.cases}
                | ({"reason": cell.reason} if cell.reason else {})
                for cell in self.cells
            ],
        }


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        say(text)


def markdown_page(proof: Proof) -> str:
    """The proof as a page of Markdown."""
    head = _HEAD.format(date=datetime.now(UTC).date().isoformat())
    return head + page(proof.cells, proof.versions, proof.left_out)


def show(proof: Proof) -> None:
    """Print the proof for people."""
    console = Console(highlight=False)
    engines = list(proof.versions)
    table = Table(box=None, pad_edge=False)
    for heading in ("rule", *engines):
        table.add_column(heading, no_wrap=True)
    by_place = {(cell.rule, cell.engine): cell for cell in proof.cells}
    for rule in dict.fromkeys(cell.rule for cell in proof.cells):
        table.add_row(rule, *(_shown(by_place.get((rule, engine))) for engine in engines))
    console.print(table)
    for cell in proof.cells:
        if cell.reason:
            console.print(Text(printable(f"{cell.standing}: {cell.rule} on {cell.engine}: {cell.reason}")), soft_wrap=True)
    for name, reason in proof.left_out.items():
        console.print(Text(printable(f"skipped: {name}: {reason}")), soft_wrap=True)
    for line in _summary(proof):
        console.print(Text(printable(line)), soft_wrap=True)


def _shown(cell: Cell | None) -> Text:
    return Text(cell.standing, style=_COLOURS[cell.standing]) if cell else Text("")


def _summary(proof: Proof) -> Iterator[str]:
    for engine, version in proof.versions.items():
        mine = [cell for cell in proof.cells if cell.engine == engine]
        counts = ", ".join(
            f"{number} {standing}" for standing in Standing if (number := sum(cell.standing is standing for cell in mine))
        )
        yield f"{engine} ({version}): {counts} of {len(mine)} rules, {sum(cell.cases for cell in mine)} cases"


_KINDS: Mapping[Standing, Kind] = {
    Standing.DISAGREES: "failure",
    Standing.FAILED: "error",
    Standing.REFUSED: "skipped",
}


def as_junit(found: Sequence[Cell]) -> bytes:
    """The cells as JUnit XML: a refusal is a skipped test."""
    results = [Result(cell.engine, cell.rule, _KINDS.get(cell.standing), cell.reason) for cell in found]
    return junit("casetrail prove", results)
