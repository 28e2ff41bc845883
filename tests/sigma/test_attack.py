"""Tags of ATT&CK, as authors write them."""

from __future__ import annotations

from casetrail.packages.elastic.rules import threat
from casetrail.sigma.attack import attack


def test_letter_case_of_a_tag_does_not_matter() -> None:
    small, large = ["attack.initial-access", "attack.t1078.004"], ["ATTACK.Initial_Access", "attack.T1078.004"]
    assert attack().current(large) == attack().current(small) == ["initial-access", "t1078.004"]
    assert [attack().fault(tag) for tag in large] == [None, None]
    assert threat(large) == threat(small) != []


def test_a_fault_names_the_tag_as_it_is_written() -> None:
    found = attack().fault("attack.T9999")
    assert found is not None
    assert found[0].startswith("attack.T9999 is in no version of ATT&CK")
