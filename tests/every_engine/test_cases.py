"""Every case of every rule, on every engine by the way of `casetrail prove`: with the shipped names, mapping and query."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import pytest

from casetrail.pack.cases import CaseFile, case_files
from casetrail.pack.pack import Pack
from casetrail.proof.run import CaseOutcome
from tests.every_engine.conftest import ENGINES
from tests.every_engine.marks import marks, untrue
from tests.every_engine.subject import Subject
from tests.nodes.session import NODES

Outcomes = Callable[[Sequence[CaseFile]], list[CaseOutcome]]
PARTS = 6
"""Into how many tests an engine's cases are dealt, so that workers share them; a node takes all at once."""
EACH = [(name, part) for name in ENGINES for part in range(1 if name in NODES else PARTS)]


@cache
def pack() -> Pack:
    return Pack.load()


@cache
def files() -> Sequence[CaseFile]:
    return case_files(pack())


@pytest.fixture(scope="module")
def outcomes(subject: Subject) -> Iterator[Outcomes]:
    with subject.cases_of(pack()) as found:
        yield found


@pytest.mark.parametrize(
    ("subject", "part"),
    EACH,
    indirect=["subject"],
)
def test_every_case_completes_on_the_same_events(subject: Subject, outcomes: Outcomes, part: int) -> None:
    dealt = files()[part :: 1 if subject.name in NODES else PARTS]
    found = outcomes(dealt)
    assert [one.case for one in found] == [case for file in dealt for case in file.cases]
    wrong = [
        (one.case.rule, one.case.name, one.missing, one.extra) for one in found if one.got is not None and not one.passed
    ]
    assert wrong == []
    expected = {
        name: word
        for name, word in marks(subject.name, "cases").items()
        if name.partition(":")[0] in {file.rule for file in dealt}
    }
    refused = {}
    for one in found:
        if one.got is None:
            whole = one.case.rule in expected
            refused[one.case.rule if whole else f"{one.case.rule}: {one.case.name}"] = one.refused
        else:
            assert one.case.rule not in expected, f"{one.case.rule}: {one.case.name} isn't refused"
    assert untrue(expected, refused) == []


def test_every_mark_names_a_case() -> None:
    cases = {f"{case.rule}: {case.name}" for file in files() for case in file.cases}
    rules = {file.rule for file in files()}
    assert [name for engine in ENGINES for name in marks(engine, "cases") if name not in cases | rules] == []
