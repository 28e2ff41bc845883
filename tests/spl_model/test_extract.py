"""Automatic JSON extraction, and running over it."""

from __future__ import annotations

import pytest

from casetrail.engines.spl_model import UnspecifiedError, extracted, run
from tests.spl_model.model import START

ROW = {
    "eventType": "user.login",
    "actor": {"alternateId": "Ünï@x", "none": None},
    "target": [{"id": "1", "tags": ["a", "b"]}, {"id": "2", "ok": True}],
    "n": 42,
    "ratio": 0.5,
    "flag": False,
    "empty": [],
    "blank": "",
}


def test_names_and_values() -> None:
    assert extracted(ROW) == {
        "eventType": "user.login",
        "actor.alternateId": "Ünï@x",
        "target{}.id": ["1", "2"],
        "target{}.tags{}": ["a", "b"],
        "target{}.ok": "true",
        "n": "42",
        "ratio": "0.5",
        "flag": "false",
        "blank": "",
    }


@pytest.mark.parametrize("row", [{"a.b": "1"}, {"a{}": "1"}, {"a": [["1"]]}, {"a": 1e30}, {"a": float("nan")}])
def test_what_no_page_names(row: dict[str, object]) -> None:
    with pytest.raises(UnspecifiedError):
        extracted(row)


def test_search_of_what_is_extracted() -> None:
    events = [{"_time": START, "index": "okta", **extracted(ROW)}]
    for query in (
        "index=okta target{}.id=2 actor.alternateId=ÜNÏ* n>=42 flag=false",
        "index=okta | where n=42 AND 'actor.alternateId'=\"Ünï@x\" AND mvcount('target{}.id')=2",
        "index=okta NOT target.id=2 NOT actor.none=*",
    ):
        assert len(run(query, events)) == 1
