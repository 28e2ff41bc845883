"""Watchlists: values with their lines, and what is no value of its kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from casetrail.check.check import check
from casetrail.pack.watchlist import entries, faults, other_length, parse_watchlist

ROOT = Path(__file__).parents[2]
HEAD = ["# a comment", "value,note", ""]


def test_values_come_with_their_lines() -> None:
    assert list(entries([*HEAD, "a,one", "# b", '"b, c",two'])) == [(4, "a"), (6, "b, c")]


def test_a_value_twice_is_one() -> None:
    assert parse_watchlist([*HEAD, "a", "b", "a"]) == ("a", "b")


def test_another_header_is_an_error() -> None:
    with pytest.raises(ValueError, match="the first line must be the header"):
        parse_watchlist(["name", "a"])


@pytest.mark.parametrize(
    ("holds", "rows", "expected"),
    [
        ("network", ["192.0.2.0/24", "2001:db8::/32", "192.0.2.1"], []),
        ("network", ["192.0.2.1/24"], ["an address within a network"]),
        ("domain", ["@corp.example"], []),
        ("domain", ["corp.example"], ["no domain with its at-sign"]),
        ("asn", ["64496"], []),
        ("asn", ["AS64496"], ["no number of an autonomous system"]),
        ("ending", [".har"], []),
        ("ending", ["har"], ["no ending"]),
        ("text", ["a", "A"], ["is already in line 4"]),
        ("account", ["svc@corp.example"], []),
        ("account", ["005D000000IqhSL"], ["list 005D000000IqhSLIAZ too"]),
        ("account", ["005D000000IqhSL", "005D000000IqhSLIAZ"], []),
    ],
)
def test_faults(holds: str, rows: list[str], expected: list[str]) -> None:
    found = [fault for _, fault in faults([*HEAD, *rows], holds)]
    assert len(found) == len(expected), found
    assert all(word in fault for word, fault in zip(expected, found, strict=True)), found


def test_lengths_of_an_id() -> None:
    assert other_length("001D000000IqhSL") == "001D000000IqhSLIAZ"
    assert other_length("001D000000IqhSLIAZ") == "001D000000IqhSL"


def test_the_shipped_lists_have_no_fault() -> None:
    assert not [finding for finding in check(ROOT) if finding.path.parent.name == "watchlists"]
