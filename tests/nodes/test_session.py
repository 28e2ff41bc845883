"""A session's node is waited for only when a collected test asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.nodes.session import VARIABLE, Owner, address, want


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))


def test_the_address_of_a_node_that_is_asked_for_is_what_its_owner_says() -> None:
    owner = Owner()
    want(["opensearch"])
    owner.say("opensearch", {"url": "http://127.0.0.1:9"})
    assert address("opensearch") == "http://127.0.0.1:9"
    owner.stop()


def test_a_node_that_no_test_asks_for_is_not_waited_for() -> None:
    with pytest.raises(LookupError, match="no collected test says that it asks elasticsearch"):
        address("elasticsearch")
