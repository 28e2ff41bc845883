"""Hostile logs: each ends by name, what can be read is kept, what is lost is exit code 2. `make hardness` tries large ones too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.ways import small_pack
from tests.hardness.logs import Hostile, small, verdict

LOGS = small()


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_pack(tmp_path_factory.mktemp("hostile") / "pack")


def test_there_are_many() -> None:
    assert len(LOGS) >= 134


@pytest.mark.parametrize("each", LOGS, ids=[each.name.encode("unicode_escape").decode() for each in LOGS])
def test_a_hostile_log_is_read_as_far_as_it_can_be_and_what_is_lost_is_told(
    each: Hostile, pack: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    assert verdict(each, folder, pack) == ""
