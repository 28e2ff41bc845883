"""Wrong translations into SPL that the torture set must catch on the model of Splunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from unittest.mock import patch

from casetrail.engines import splunk_model
from casetrail.engines.base import Trial
from casetrail.engines.splunk_model import SplunkModel
from casetrail.languages.base import Bounds
from casetrail.languages.spl.query import query_of
from casetrail.plan.nodes import Plan
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError
from tests.laws.mutation import Wrong, failures, survivors
from tests.splunk.stores import BACKEND, single
from tests.worlds import CONTRACT

_TAGS = r"coalesce\(mvcount\(mvfilter\((.*)'tags\{\}'(.*)\)\),0\)>0"
WRONG = [
    Wrong("null guard dropped", r"(?m)^\| where if\((.*),1,0\)=0$", r"| where NOT (\1)"),
    Wrong("case fold forgotten", r"lower\((user)\)", r"\1"),
    Wrong("a key's case fold forgotten", r"lower\(key0\)", "key0"),
    Wrong("fold where the field is exact", r"(?<=[( ])code=(?=\"[xy]\"[ )])", "lower(code)="),
    Wrong("the search's own comparison, which folds, left alone", r"\n\| where code=\"Ab\"", ""),
    Wrong("regex over the whole value", r"match\((\w+),\"([^\"^]*)\"\)", r'match(\1,"^(?:\2)\\z")'),
    Wrong("contains for starts with", r"match\(([^,]+),\"((?:\(\?s\))?)\^", r'match(\1,"\2'),
    Wrong("contains for ends with", r"\\z\"", '"'),
    Wrong("regex without its flags", r"\(\?[ims]+\)", ""),
    Wrong("wildcards not escaped", r"\\\*", ".*"),
    Wrong("first element of a list only", _TAGS, r"(\1mvindex('tags{}',0)\2)"),
    Wrong("every element of a list", _TAGS, r"coalesce(mvcount(mvfilter(\1'tags{}'\2)),0)=mvcount('tags{}')"),
    Wrong("a window that leaves out its end", r"at\+3600000001", "at+3600000000"),
    Wrong("a window a millisecond too long", r"at\+3600000001", "at+3600001001"),
    Wrong("a presence that leaves out the window's end", r"(base\d)>=at-", r"\1>at-"),
    Wrong("an order that leaves out the window's end", r"(at-start)<=", r"\1<"),
    Wrong(
        "a tumbling window",
        r"when=if\(edge=\"out\",at\+3600000001,at\)",
        'when=if(edge="out",(floor((at+1600000000000000)/3600000000)+1)*3600000000-1600000000000000,at)',
    ),
    Wrong("no key", r"key0=user", 'key0="u"'),
    Wrong("values counted with repeats", r"case\(one=0 OR copy>1,.*\)", 'case(one=0,0,edge="in",1,1=1,-1)'),
    Wrong(
        "an order of equal times",
        r"current=f max\(start\) as earlier by key0\n.*",
        "max(start) as earlier by key0",
    ),
    Wrong("seen at the same instant", r"current=f max\(seen_at\) as seen by key0\n.*", "max(seen_at) as seen by key0"),
    Wrong("seen since a chain's start", r"if\(opened\+3600000001>at,opened\+3600000001,at\)", "at"),
    Wrong("seen at the edge forgotten", r"seen>=at-", "seen>at-"),
    Wrong("what follows at the edge forgotten", r"followed<=", "followed<"),
    Wrong(
        "what happens at once follows",
        r"current=f min\(followed_at\) as followed by key0\n.*",
        "min(followed_at) as followed by key0",
    ),
]
ENGINE = SplunkModel(BACKEND, {CONTRACT.key: CONTRACT})


def fitted(trial: Trial) -> Trial:
    return replace(trial, events=tuple(map(single, trial.events)))


def queries(trial: Trial) -> str:
    try:
        return query_of(trial.plan, BACKEND, Bounds())
    except UnsupportedError:
        return ""


def verdicts(wanted: Sequence[Trial], change: Callable[[str], str]) -> list[frozenset[str] | Exception]:
    def changed(plan: Plan, backend: Backend, run: Bounds) -> str:
        return change(query_of(plan, backend, run))

    with patch.object(splunk_model, "query_of", changed):
        return [_verdict(trial) for trial in wanted]


def _verdict(trial: Trial) -> frozenset[str] | Exception:
    try:
        return ENGINE.verdict(trial)
    except Exception as error:
        return error


def test_the_torture_set() -> None:
    assert failures(verdicts, fitted) == []


def test_wrong_translations_are_caught() -> None:
    assert survivors(WRONG, queries, verdicts, fitted) == []
