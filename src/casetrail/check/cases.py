"""Checking cases: that they can be read, are of a rule, hold what a rule's cases must, and that no rule is without."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from casetrail.check.demands import demands
from casetrail.logs.contract import Contract
from casetrail.pack.cases import CaseFile, case_paths, read_cases
from casetrail.pack.fault import Fault
from casetrail.pack.files import Files, PackError
from casetrail.pack.pack import Pack
from casetrail.pack.rules import Rule
from casetrail.reading.suggest import suggestion
from casetrail.reading.words import in_words
from casetrail.reading.yaml import SHAPE, Position, YamlError

_CASE = re.compile(r"case '(.*?)'(?:, event '(.*?)')?: (.*)", re.S)


def case_faults(pack: Pack, files: Files) -> Iterator[Fault]:
    """The faults of a pack's cases; none of a rule that can't be read.

    What the pack's cases must hold is asked of the pack's own meanings.
    """
    rules = pack.rules
    missed = {name for one in pack.unmade() for name in (one.rule, *one.also)}
    covered: set[str] = set()
    about = {True: rules, False: pack.bare.rules}
    for path in case_paths(pack, files):
        try:
            file = read_cases(path, pack, files)
        except PackError as error:
            message = str(error).removeprefix(f"{path}: ")
            yield Fault("bad-case", path, _place(path, message, files), message)
            covered.add(path.stem)
            continue
        covered.add(file.rule)
        if file.rule in missed:
            continue
        try:
            for lint, message in _of_file(file, about[pack.owns(path)], pack.contracts):
                yield Fault(lint, path, _place(path, message, files), message)
        except SHAPE as error:
            yield Fault("bad-case", path, None, f"it can't be read further: {in_words(error)}")
    for document in pack.sources.rules():
        name = pack.sources.named(document)
        if name in rules and rules[name].alone and name not in covered:
            yield Fault("no-cases", document.path, None, f"write fixtures/{document.path.parent.name}/{name}.yml")


def _of_file(file: CaseFile, rules: Mapping[str, Rule], contracts: Mapping[str, Contract]) -> Iterator[tuple[str, str]]:
    if file.rule not in rules:
        yield "orphan-cases", f"no rule is named {file.rule}{suggestion(file.rule, rules)}"
    elif (plan := rules[file.rule].plan) is not None:
        yield from demands(plan, file.cases, contracts)
    if not any(case.completes for case in file.cases):
        yield "no-hit", "add a case that matches the rule"
    if all(case.completes and case.completes == {event.id for event in case.events} for case in file.cases):
        yield "no-miss", "add a case with an event that the rule must not match"
    for case in file.cases:
        strangers = case.completes - {event.id for event in case.events}
        if strangers:
            yield "bad-case", f"case {case.name!r}: no event has the id {min(strangers)!r}, which it completes"


def _place(path: Path, message: str, files: Files) -> Position | None:
    """Where that stands which a message is about: the last text that it quotes, else its event or its case, else the rule's name."""
    try:
        (document,) = files.read(path)
    except (YamlError, ValueError):
        return None
    found = _CASE.match(message)
    if found is None:
        return document.position(["rule"], value=True)
    cases = document.data.get("cases") or []
    numbers = [number for number, case in enumerate(cases) if str(case.get("name")) == found[1]]
    keys: list[str | int] = ["cases", *numbers[:1]]
    events = cases[numbers[0]].get("events") or [] if numbers else []
    keys += [key for number, event in enumerate(events) if str(event.get("id")) == found[2] for key in ("events", number)][
        -2:
    ]
    texts = re.findall(r"(?<!\w)'([^']+)'(?!\w)", found[3])
    return next(filter(None, map(document.find, texts)), None) or document.position(keys, value=True)
