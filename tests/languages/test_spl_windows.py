"""Correlations as SPL: one whole query, and what is refused. What the queries mean is tests/every_engine's."""

from __future__ import annotations

from typing import Any

import pytest

from casetrail.languages.base import Ago, Bounds
from casetrail.languages.spl.query import query_of
from casetrail.languages.spl.windows import SplWindow
from casetrail.plan.nodes import Figure, Op
from casetrail.plan.window import Compares, Holds, Keep, Look, NotBefore, Of, Range, Seen, Test, Window
from casetrail.stores.unsupported import UnsupportedError
from tests.engines.test_reference import COUNT2, FIRST, ORDERED, VALUES2, plan
from tests.splunk.stores import BACKEND

FIRST_SEEN = r"""`casetrail_test` sourcetype="test:log" ((kind="x") OR (kind="a"))
| eval base=if(kind="x","s0 ","").if(kind="a","s1 ","")
| where base!=""
| eval event_id=id
| dedup event_id
| eval at=round(exact((_time-1600000000)*1000000))
| makemv delim=" " base
| mvexpand base
| addinfo
| eval until=round(exact((if(match(info_max_time,"^[0-9.]+\z"),info_max_time,now())-1600000000)*1000000))
| eval fresh=if(at>=until-60000000,1,0)
| eval key0=user
| where isnotnull(key0)
| where key0!="null"
| eval key0=lower(key0)
| stats min(_time) as _time, min(at) as at, max(fresh) as fresh by base, event_id, key0
| sort 0 +num(at)
| streamstats count as place by key0, at
| eval seen_at=if(base="s0",at,null())
| streamstats current=f max(seen_at) as seen by key0
| eval seen=if(place=1,seen,null())
| eventstats max(seen) as seen by key0, at
| eval hit=if(base="s1" AND if(seen>=at-3600000000,1,0)=0,1,0)
| eval hit=if(hit=1 AND fresh=1,1,0)
| where hit=1
| eval n=1, evidence=event_id
| rename key0 as user
| sort 0 +num(_time), +str(event_id)
| table event_id, _time, user, n, evidence"""
HOUR = 3_600_000_000
ROWS = SplWindow(("key0",), 2, chained=False, settled="")
NEVER_USED = ("join", "append", "transaction", "time_window", "map", "[")
REFUSED: list[tuple[dict[str, Any], list[dict[str, Any]], str]] = [
    ({"type": "value_median", "rules": ["a"], "condition": {"gte": 1, "field": "n"}}, [], "its value_median"),
    ({"type": "value_sum", "rules": ["a"], "condition": {"gte": 1, "field": "f"}}, [], "needn't be whole"),
    ({"type": "value_count", "rules": ["a"], "condition": {"gte": 1, "field": "f"}}, [], "counts a number"),
    ({**COUNT2, "group-by": ["f"]}, [], "groups by or counts a number"),
]


def test_a_first_seen() -> None:
    assert query_of(plan(FIRST), BACKEND, Bounds(Ago(60_000_000))) == FIRST_SEEN


@pytest.mark.parametrize("correlation", [COUNT2, VALUES2, ORDERED, FIRST])
def test_nothing_that_cuts_in_silence_is_used(correlation: dict[str, Any]) -> None:
    query = query_of(plan(correlation), BACKEND, Bounds())
    words = {line.split()[0] for line in query.split("\n| ")[1:]}
    assert not words & set(NEVER_USED)
    assert "time_window" not in query
    assert "sort 0 " in query
    assert all(line.startswith("sort 0 ") for line in query.split("\n| ") if line.startswith("sort"))


@pytest.mark.parametrize(("correlation", "more", "reason"), REFUSED)
def test_it_is_refused_by_name(correlation: dict[str, Any], more: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(UnsupportedError) as refused:
        query_of(plan(correlation, *more), BACKEND, Bounds())
    assert reason in refused.value.reason


WITHIN, BEFORE = Range(-HOUR, 0), Range(None, 0)
FORMLESS: list[tuple[Seen, Test, str]] = [
    (Seen(Of.FIRST, WITHIN, (0,)), Holds("one"), "first over the steps from -3600000000 to 0"),
    (Seen(Of.ANY, BEFORE, (0,)), Holds("one"), "any over the steps from None to 0"),
    (Seen(Of.LAST, WITHIN), Holds("one"), "last over the steps"),
    (Seen(Of.FIGURE, BEFORE, (), Figure.EVENTS), Compares("one", Op.GT, 1), "figure over the steps"),
    (Seen(Of.FIGURE, WITHIN, (0,), Figure.EVENTS), Compares("one", Op.GT, 1), "figure over the steps"),
    (Seen(Of.LAST, WITHIN), NotBefore("one", "at"), "it compares two times"),
    (Seen(Of.ANY, WITHIN, (0,)), Compares("one", Op.GT, 1), "what is no figure"),
]


@pytest.mark.parametrize(("seen", "test", "reason"), FORMLESS)
def test_a_look_without_a_form_is_refused(seen: Seen, test: Test, reason: str) -> None:
    with pytest.raises(UnsupportedError) as refused:
        list(ROWS.lines(Window((Look((("one", seen),)),), Keep((1,), test), None)))
    assert reason in refused.value.reason


def test_a_second_figure_of_a_window_is_refused() -> None:
    count = Seen(Of.FIGURE, WITHIN, (), Figure.EVENTS)
    looks = Look((("one", count), ("other", count)))
    with pytest.raises(UnsupportedError, match="more than one figure"):
        list(ROWS.lines(Window((looks,), Keep((0,), Compares("one", Op.GT, 1)), None)))


def test_rows_that_are_sorted_are_not_sorted_again() -> None:
    chain = {"type": "temporal_ordered", "rules": ["x", "a", "b"]}
    lines = query_of(plan(chain), BACKEND, Bounds()).split("\n| ")
    looked = lines[: next(place for place, line in enumerate(lines) if line.startswith("eval hit="))]
    assert [line for line in looked if line.startswith("sort ")] == ["sort 0 +num(at)"]
