"""Every construct in every language, as `side_by_side.yml` has it, and the page that is made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.languages.side_by_side import constructs, page, plan_of, said


@pytest.mark.parametrize("entry", constructs(), ids=lambda entry: str(entry["name"]))
def test_each_language_says_or_refuses_it(entry: dict[str, Any]) -> None:
    assert said(plan_of(entry["sigma"])) == entry["says"]


def test_the_page_is_current() -> None:
    assert (Path(__file__).parents[2] / "docs" / "languages.md").read_text("utf-8") == page(), "run `make docs`"
