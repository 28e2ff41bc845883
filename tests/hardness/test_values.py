"""Hostile values in queries leave no quotes. `python -m tests.hardness.values` tries all of them on any engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casetrail.build.targets import build
from casetrail.pack.pack import Pack
from tests.cli.ways import RULE, small_pack
from tests.hardness.texts import TEXTS
from tests.hardness.values import FIELD, FORMS, pack_of, tried

EVERY = 9
LUCENE = ("elastic", "opensearch")


def test_there_are_a_thousand_and_more() -> None:
    assert len(set(TEXTS)) * len(FORMS) >= 994


def test_a_share_of_them_is_right_on_every_engine_that_needs_no_node(tmp_path: Path) -> None:
    pack = pack_of(tmp_path / "pack", TEXTS[::EVERY])
    for engine in ("reference", "duckdb", "splunk"):
        counts, bad = tried(pack, engine)
        assert bad == []
        assert counts["right"] > 0.9 * sum(counts.values())


def refused(folder: Path, selection: dict[str, Any]) -> dict[str, str]:
    """Why targets refuse a rule, by target."""
    rule = {**RULE, "detection": {"selection": selection, "condition": "selection"}}
    pack = Pack.load(small_pack(folder, {"example": rule}, None))
    return {one.target: one.reason for one in build(pack).refused}


@pytest.mark.parametrize(
    ("selection", "targets"),
    [
        ({FIELD: "x" * 901}, LUCENE),
        ({FIELD: "x" * 900}, ()),
        ({f"{FIELD}|cased": "x" * 2000}, ()),
        ({f"{FIELD}|startswith": "x" * 899}, ()),
        ({f"{FIELD}|startswith": "x" * 900}, LUCENE),
        ({f"{FIELD}|contains": "x" * 248}, ()),
        ({f"{FIELD}|contains": "x" * 249}, LUCENE),
        ({f"{FIELD}|contains": "ä" * 200}, LUCENE),
        ({f"{FIELD}|endswith": "x" * 250}, LUCENE),
        ({f"{FIELD}|re": "x" * 246}, ()),
        ({f"{FIELD}|re": "x" * 247}, LUCENE),
        ({f"{FIELD}|re": f"^{'x' * 890}$"}, ()),
        ({FIELD: ["a", "x" * 3000]}, LUCENE),
        ({f"{FIELD}|contains": "x" + "?" * 10}, ()),
        ({f"{FIELD}|contains": "x" + "?" * 11}, LUCENE),
    ],
)
def test_a_value_too_long_for_lucene_is_refused_by_name(
    selection: dict[str, Any], targets: tuple[str, ...], tmp_path: Path
) -> None:
    found = refused(tmp_path / "pack", selection)
    assert set(found) == set(targets)
    assert all("Lucene" in reason and FIELD in reason for reason in found.values())


@pytest.mark.parametrize("selection", [{FIELD: "İstanbul"}, {f"{FIELD}|contains": "xİ"}, {FIELD: ["a", "İ*"]}])
def test_a_dotted_i_is_refused_where_its_lower_case_is_another(selection: dict[str, Any], tmp_path: Path) -> None:
    found = refused(tmp_path / "pack", selection)
    assert set(found) == {"elastic", "opensearch", "splunk"}
    assert all("İ" in reason for reason in found.values())


def test_a_dotted_i_whose_case_counts_is_refused_nowhere(tmp_path: Path) -> None:
    assert refused(tmp_path / "pack", {f"{FIELD}|cased": "İstanbul"}) == {}
