"""Wrong translations into KQL that the torture set must catch on duckdb-kql."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from unittest.mock import patch

from casetrail.engines import kusto
from casetrail.engines.base import Trial
from casetrail.engines.kusto import Kusto
from casetrail.languages.base import Bounds
from casetrail.languages.kql.query import query_of
from casetrail.plan.nodes import Plan
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError
from tests.kusto.stores import BACKEND, fitted
from tests.laws.mutation import Wrong, failures, survivors
from tests.worlds import CONTRACT

_EXPAND = r"iff\(array_length\((\w+)\) == 0, dynamic\(\[null\]\), \w+\)"
_WINDOW = r"other_at between \(\(at - 1h\) \.\. at\)"
WRONG = [
    Wrong("null guard dropped", r"coalesce\((N < 5), false\)", r"\1"),
    Wrong("case fold forgotten", r"=~", "=="),
    Wrong("case fold of one of many forgotten", r"in~", "in"),
    Wrong("a key's case fold forgotten", r"key0 = tolower\(User\)", "key0 = User"),
    Wrong("fold where the field is exact", r"Code in \(", "Code in~ ("),
    Wrong("fold where the wildcard is exact", r"(startswith|contains)_cs", r"\1"),
    Wrong("contains for starts with", r"startswith 'a'", "contains 'a'"),
    Wrong("contains for ends with", r"endswith", "contains"),
    Wrong("regex over the whole value", r"matches regex '([^^(]+)'", r"matches regex '^(\1)$'"),
    Wrong("regex anywhere in the value", r"matches regex (@?)'((?:\(\?s\))?)\^", r"matches regex \1'\2"),
    Wrong("regex without its flags", r"\(\?[ims]+\)", ""),
    Wrong("wildcards not escaped", r"\\\*", ".*"),
    Wrong("first element of a list only", _EXPAND, r"array_slice(\1, 0, 0)"),
    Wrong("an empty list lost", _EXPAND, r"\1"),
    Wrong("every element of a list", r"countif\((tostring\(.*\)) > 0 by", r"countif(not(\1) == 0 by"),
    Wrong("a window that leaves out its end", _WINDOW, "(other_at > at - 1h and other_at <= at)"),
    Wrong("an order that leaves out the window's end", r"start >= at - 1h", "start > at - 1h"),
    Wrong("a window a millisecond too long", r"at - 1h", "at - 1h - 1ms"),
    Wrong("a tumbling window", _WINDOW, "(bin(other_at, 1h) == bin(at, 1h) and other_at <= at)"),
    Wrong("no key", r"key0 = tolower\(User\)", "key0 = 'u'"),
    Wrong("values counted with repeats", r"make_set\(other_value\)", "make_list(other_value)"),
    Wrong("an order of equal times", r"reached < at", "reached <= at"),
    Wrong("seen at the same instant", r" and other_at < at\b", ""),
    Wrong("seen at the same instant as a chain", r"seen >= opening", "seen > opening"),
    Wrong("what follows at the edge forgotten", r"between \(at \.\. \(at \+ 1h\)\)", "between (at .. (at + 1h - 1ms))"),
    Wrong("what happens at once follows", r"other_at > at\b", "other_at >= at"),
]
ENGINE = Kusto(BACKEND, {CONTRACT.key: CONTRACT})


def queries(trial: Trial) -> str:
    try:
        return query_of(trial.plan, BACKEND, Bounds())
    except UnsupportedError:
        return ""


def verdicts(wanted: Sequence[Trial], change: Callable[[str], str]) -> list[frozenset[str] | Exception]:
    def changed(plan: Plan, backend: Backend, run: Bounds) -> str:
        return change(query_of(plan, backend, run))

    with patch.object(kusto, "query_of", changed):
        return [_verdict(trial) for trial in wanted]


def _verdict(trial: Trial) -> frozenset[str] | Exception:
    try:
        return ENGINE.verdict(trial)
    except Exception as error:
        return error


def test_the_torture_set() -> None:
    assert failures(verdicts, lambda trial: fitted(trial, BACKEND)) == []


def test_wrong_translations_are_caught() -> None:
    assert survivors(WRONG, queries, verdicts, lambda trial: fitted(trial, BACKEND)) == []
