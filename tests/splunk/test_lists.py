"""Watchlists on a model of Splunk: looked up as shipped, they mean what they mean written out."""

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


def test_lists_are_looked_up_as_shipped() -> None:
    assert BACKEND.options["watchlists"] == "live"
    assert len(WATCHING) > 60


@pytest.mark.parametrize("file", [file for file in FILES if file.rule in ONE_EACH], ids=lambda file: file.rule)
def test_lists_mean_the_same_written_out(file: CaseFile) -> None:
    outcomes = list(run(PACK, [file], [SplunkModel(INLINE, PACK.contracts)]))
    assert [(one.case.name, one.refused, one.missing, one.extra) for one in outcomes if not one.passed] == []
