"""Every case of every rule, on a real OpenSearch with the shipped mapping and the shipped query."""

from __future__ import annotations

from pathlib import Path

from casetrail.engines.connect import connect
from casetrail.engines.opensearch import OpenSearchEngine
from casetrail.pack.backend import read_backend
from casetrail.pack.cases import case_files
from casetrail.pack.pack import Pack
from casetrail.proof.run import run

REFUSED: dict[str, str] = {}
"""The rules that OpenSearch can't hold, with a word of the reason. A rule that it has learned to hold must leave this list."""


def test_every_case_completes_on_the_same_events(opensearch_url: str) -> None:
    pack = Pack.load(Path(__file__).parents[2])
    backend = read_backend(pack.folder / "backends" / "opensearch", pack.contracts)
    engine = OpenSearchEngine(connect(opensearch_url, "OpenSearch"), backend, pack.contracts)
    try:
        outcomes = list(run(pack, case_files(pack), [engine]))
    finally:
        engine.close()
    refused = {outcome.case.rule: outcome.refused for outcome in outcomes if outcome.got is None}
    assert set(refused) == set(REFUSED), refused
    assert all(word in refused[rule] for rule, word in REFUSED.items()), refused
    wrong = [(o.case.rule, o.case.name, o.missing, o.extra) for o in outcomes if o.got is not None and not o.passed]
    assert not wrong, wrong
    assert len(outcomes) > 100
