"""Every case of every rule, on a model of Splunk with the shipped mapping and the shipped query."""

from __future__ import annotations

from pathlib import Path

import pytest

from casetrail.engines.splunk_model import SplunkModel
from casetrail.pack.backend import read_backend
from casetrail.pack.cases import CaseFile, case_files
from casetrail.pack.pack import Pack
from casetrail.proof.run import run

REFUSED: dict[str, str] = {}
"""The rules that Splunk can't hold, with a word of the reason. A rule that it has learned to hold must leave this list."""
PACK = Pack.load(Path(__file__).parents[2])
BACKEND = read_backend(PACK.folder / "backends" / "splunk", PACK.contracts)


@pytest.mark.parametrize("file", case_files(PACK), ids=lambda file: file.rule)
def test_every_case_completes_on_the_same_events(file: CaseFile) -> None:
    outcomes = list(run(PACK, [file], [SplunkModel(BACKEND, PACK.contracts)]))
    refused = {outcome.refused for outcome in outcomes if outcome.got is None}
    if file.rule in REFUSED:
        assert refused
        assert all(REFUSED[file.rule] in reason for reason in refused)
        return
    assert not refused
    wrong = [(one.case.name, one.missing, one.extra) for one in outcomes if not one.passed]
    assert not wrong
