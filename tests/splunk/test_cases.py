"""Every case of every rule, on a model of Splunk with the shipped mapping and the shipped query."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from casetrail.build.targets import meant_for
from casetrail.engines.splunk_model import SplunkModel
from casetrail.languages.spl.tables import looked_up
from casetrail.pack.backend import read_backend
from casetrail.pack.cases import CaseFile, case_files
from casetrail.pack.pack import Pack
from casetrail.proof.run import run

REFUSED: dict[str, str] = {}
"""The rules that Splunk can't hold, with a word of the reason. A rule that it has learned to hold must leave this list."""
PACK = Pack.load(Path(__file__).parents[2])
BACKEND = read_backend(PACK.folder / "backends" / "splunk", PACK.contracts)
LIVE = meant_for(PACK, BACKEND)
INLINE = replace(BACKEND, options={**BACKEND.options, "watchlists": "inline"})
WATCHING = {
    name: {(found, how) for found, ways in looked_up([rule.plan]).items() for how in ways}
    for name, rule in LIVE.rules.items()
    if rule.plan is not None and looked_up([rule.plan])
}
FILES = case_files(PACK)
TRIED = {file.rule for file in FILES} & set(WATCHING)
ONE_EACH = {
    min(name for name in TRIED if one in WATCHING[name]) for one in {one for name in TRIED for one in WATCHING[name]}
}
"""A rule for each list and each way in which it is compared."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.rule)
def test_every_case_completes_on_the_same_events(file: CaseFile) -> None:
    outcomes = list(run(LIVE, [file], [SplunkModel(BACKEND, PACK.contracts)]))
    refused = {outcome.refused for outcome in outcomes if outcome.got is None}
    if file.rule in REFUSED:
        assert refused
        assert all(REFUSED[file.rule] in reason for reason in refused)
        return
    assert not refused
    wrong = [(one.case.name, one.missing, one.extra) for one in outcomes if not one.passed]
    assert not wrong


def test_lists_are_looked_up_as_shipped() -> None:
    assert BACKEND.options["watchlists"] == "live"
    assert len(WATCHING) > 60


@pytest.mark.parametrize("file", [file for file in FILES if file.rule in ONE_EACH], ids=lambda file: file.rule)
def test_lists_mean_the_same_written_out(file: CaseFile) -> None:
    outcomes = list(run(PACK, [file], [SplunkModel(INLINE, PACK.contracts)]))
    assert [(one.case.name, one.refused, one.missing, one.extra) for one in outcomes if not one.passed] == []
