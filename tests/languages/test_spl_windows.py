"""Correlations as SPL: one whole query, and what is refused. What the queries mean is tests/splunk/test_laws.py's."""

from __future__ import annotations

from typing import Any

import pytest

from casetrail.languages.base import Ago, Bounds
from casetrail.languages.spl.query import query_of
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
| eval start=if(base="s1",at,null())
| eval seen=if(base="s0",at,null())
| streamstats current=f max(seen) as seen_other by key0
| eval seen_other=if(place=1,seen_other,null())
| eventstats max(seen_other) as seen_other by key0, at
| eval hit=if(base="s1" AND if(seen_other>=at-3600000000,1,0)=0,1,0)
| eval hit=if(hit=1 AND fresh=1,1,0)
| eventstats max(hit) as kept by key0
| where kept=1
| sort 0 +num(at)
| eval stamp=at." ".event_id
| streamstats window=25 global=f list(stamp) as recent by key0
| eventstats values(recent) as recent by key0, at
| where hit=1
| eval n=1
| fields event_id, _time, at, key0, n, recent
| mvexpand recent
| where tonumber(mvindex(split(recent," "),0))>=at-3600000000
| eval evidence=replace(recent,"^[^ ]+ ","")
| stats min(_time) as _time, max(n) as n, values(evidence) as evidence by event_id, key0
| eval n=mvcount(evidence)
| rename key0 as user
| sort 0 +num(_time), +str(event_id)
| table event_id, _time, user, n, evidence"""
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
