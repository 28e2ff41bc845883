"""The proof as a table: each rule on each engine, and what came of its cases there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from casetrail.proof.run import CaseOutcome
from casetrail.reading.markdown import plain


class Standing(StrEnum):
    """What the cases of a rule showed on an engine."""

    PROVEN = "proven"
    """Every case matches on the expected events, on the real engine."""
    MODELLED = "modelled"
    """The same on a model of an engine that can't be installed."""
    REFUSED = "refused"
    """The rule, or what a case of it holds, can't be said there; the reason says what."""
    FAILED = "not run"
    """The engine gave no whole answer; the reason says what came instead."""
    DISAGREES = "disagrees"


@dataclass(frozen=True, slots=True)
class Cell:
    """A rule on an engine. cases: how many were run; reason: of a refusal, or the first case that disagrees."""

    rule: str
    engine: str
    standing: Standing
    cases: int
    reason: str = ""


def cells(outcomes: Iterable[CaseOutcome], modelled: Iterable[str] = ()) -> list[Cell]:
    """A cell for each rule and engine of which there are outcomes, in their order.

    modelled: the engines that are models.
    """
    grouped: dict[tuple[str, str], list[CaseOutcome]] = {}
    for outcome in outcomes:
        grouped.setdefault((outcome.case.rule, outcome.engine), []).append(outcome)
    models = set(modelled)
    return [_cell(rule, engine, found, engine in models) for (rule, engine), found in grouped.items()]


def _cell(rule: str, engine: str, outcomes: Sequence[CaseOutcome], modelled: bool) -> Cell:
    wrong = [one for one in outcomes if one.got is not None and not one.passed]
    failed = [one for one in outcomes if one.failed]
    refused = [one for one in outcomes if one.got is None]
    if wrong:
        first = wrong[0]
        told = f"{first.case.name}: missing {first.missing}, extra {first.extra}"
        return Cell(rule, engine, Standing.DISAGREES, len(outcomes), told)
    if failed:
        return Cell(rule, engine, Standing.FAILED, len(outcomes), f"{failed[0].case.name}: {failed[0].refused}")
    if refused:
        return Cell(rule, engine, Standing.REFUSED, len(outcomes), _bare(refused[0].refused, rule, engine))
    return Cell(rule, engine, Standing.MODELLED if modelled else Standing.PROVEN, len(outcomes))


def _bare(reason: str, rule: str, engine: str) -> str:
    return reason.removeprefix(f"{rule}: ").removeprefix(f"{engine}: ")


def page(found: Sequence[Cell], versions: Mapping[str, str], left_out: Mapping[str, str]) -> str:
    """The proof as a page of Markdown. versions: by engine; left_out: engines that weren't there, and why."""
    rules = list(dict.fromkeys(cell.rule for cell in found))
    engines = list(dict.fromkeys(cell.engine for cell in found))
    by_place = {(cell.rule, cell.engine): cell for cell in found}
    notes: dict[str, int] = {}
    lines = ["| engine | version | proven | unsupported | disagrees | not run |", "|---|---|---|---|---|---|"]
    for engine in engines:
        each = [cell.standing for cell in found if cell.engine == engine]
        good = sum(standing in (Standing.PROVEN, Standing.MODELLED) for standing in each)
        word = " (modelled)" if Standing.MODELLED in each else ""
        lines.append(
            f"| {engine} | {versions.get(engine, '')} | {good}{word} | {each.count(Standing.REFUSED)} "
            f"| {each.count(Standing.DISAGREES)} | {each.count(Standing.FAILED)} |"
        )
    lines += [f"| {plain(engine)} | skipped: {plain(reason)} | | | | |" for engine, reason in left_out.items()]
    lines += ["", f"| rule | cases | {' | '.join(engines)} |", f"|---|---|{'---|' * len(engines)}"]
    for rule in rules:
        row = [by_place.get((rule, engine)) for engine in engines]
        count = max(cell.cases for cell in row if cell)
        lines.append(f"| {plain(rule)} | {count} | {' | '.join(_shown(cell, notes) for cell in row)} |")
    lines += ["", *(f"{number}. {plain(reason)}" for reason, number in notes.items())] if notes else []
    return "\n".join(lines) + "\n"


def _shown(cell: Cell | None, notes: dict[str, int]) -> str:
    if cell is None:
        return ""
    if not cell.reason:
        return str(cell.standing)
    return f"{cell.standing} ({notes.setdefault(cell.reason, len(notes) + 1)})"
