"""A figure, a check or a node that somebody adds can't be forgotten: what doesn't know it fails, and says nothing false."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import cast, get_args

import pytest

from casetrail.build.targets import backend_of
from casetrail.engines.base import Trial
from casetrail.engines.duckdb import Duckdb
from casetrail.engines.reference import evaluate
from casetrail.languages.base import Bounds
from casetrail.languages.languages import language_of
from casetrail.pack.pack import Pack
from casetrail.plan import nodes, window
from casetrail.plan.nodes import Correlation, Field, Figure, Is, Plan, Search, Threshold
from casetrail.stores.unsupported import UnsupportedError
from tests.engines.test_reference import log, plan

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "casetrail"
ENUMS = {"Type", "Op", "Part", "Overlap", "Figure", "Of"}
UNIONS: tuple[object, ...] = (
    nodes.Check,
    nodes.Expr,
    nodes.Together,
    nodes.Condition,
    nodes.Plan,
    window.Test,
    window.Look | window.Mark,
)
CLOSED = {member.__name__ for union in UNIONS for member in get_args(union)}
TARGETS = ("elastic", "opensearch", "sentinel", "splunk")
REFUSED = (UnsupportedError, AssertionError)


class Later(StrEnum):
    MODE = "value_mode"


@dataclass(frozen=True, slots=True)
class Longer:
    length: int


def patterns(case: ast.match_case) -> Iterator[str]:
    """The closed classes and enums that a case names."""
    tuples = isinstance(case.pattern, ast.MatchSequence)
    for node in () if tuples else ast.walk(case.pattern):
        if isinstance(node, ast.MatchClass) and isinstance(node.cls, ast.Name) and node.cls.id in CLOSED:
            yield node.cls.id
        if isinstance(node, ast.MatchValue) and isinstance(node.value, ast.Attribute):
            yield from {ast.unparse(node.value.value).rpartition(".")[2]} & ENUMS


def is_open(case: ast.match_case) -> bool:
    """Whether a case takes whatever comes and goes on: it neither refuses nor leaves it to the class below, which is closed itself."""
    rest, first = case.pattern, case.body[0]
    takes_all = isinstance(rest, ast.MatchAs) and rest.pattern is None and case.guard is None
    closes = {name.id for name in ast.walk(first) if isinstance(name, ast.Name)} & {"assert_never", "super"}
    return takes_all and not closes and not isinstance(first, ast.Raise)


def test_no_match_over_a_closed_union_takes_the_rest() -> None:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        if "spl_model" in path.parts:
            # Its nodes are Splunk's, of which it models some.
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Match) and any(name for case in node.cases for name in patterns(case)):
                found += [f"{path.relative_to(SOURCE)}:{case.pattern.lineno}" for case in node.cases if is_open(case)]
    assert not found, "\n".join(found)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.load(ROOT)


def summed(pack: Pack) -> Correlation:
    """A shipped rule whose figure is of a value."""
    plans = (rule.plan for rule in pack.rules.values())
    return next(
        plan
        for plan in plans
        if isinstance(plan, Correlation)
        and isinstance(plan.condition, Threshold)
        and plan.value
        and all(isinstance(base, Search) for base in plan.bases)
    )


def queries(plan: Plan, pack: Pack) -> list[str]:
    """The targets that write a query for a plan."""
    written = []
    for target in TARGETS:
        backend = backend_of(pack, target)
        try:
            language_of(backend).query_of(plan, backend, Bounds())
        except REFUSED:
            continue
        written.append(target)
    return written


def test_a_figure_that_is_added_is_refused_by_each_language_until_it_is_written(pack: Pack) -> None:
    known = summed(pack)
    assert isinstance(known.condition, Threshold)
    later = replace(known, condition=replace(known.condition, figure=cast(Figure, Later.MODE)))
    assert queries(later, pack) == []
    with pytest.raises(REFUSED):
        raise Duckdb().verdicts([Trial(later, ())])[0]  # type: ignore[misc]


def test_a_check_that_is_added_is_refused_by_each_language_until_it_is_written(pack: Pack) -> None:
    search = next(rule.plan for rule in pack.rules.values() if isinstance(rule.plan, Search))
    tested = next(test.field for test in nodes.tests(search.where))
    later = replace(search, where=Is(tested, Longer(3)))  # type: ignore[arg-type]
    assert queries(later, pack) == []
    with pytest.raises(REFUSED):
        raise Duckdb().verdicts([Trial(later, ())])[0]  # type: ignore[misc]


def test_the_reference_gives_neither_a_meaning() -> None:
    counted = plan({"type": "value_sum", "rules": ["a"], "condition": {"field": "n", "gte": 1}})
    assert isinstance(counted, Correlation)
    assert isinstance(counted.condition, Threshold)
    later = replace(counted, condition=replace(counted.condition, figure=cast(Figure, Later.MODE)))
    with pytest.raises(AssertionError):
        evaluate(later, log("1 a 0 u 3"))
    with pytest.raises(AssertionError):
        evaluate(Search("a", "test/log", Is(Field("user"), Longer(3))), log("1 a 0 u"))  # type: ignore[arg-type]
