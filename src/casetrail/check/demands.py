"""What the cases of a rule must hold, since it is where SIEMs differ: a missing field, a list, letter case, the window's edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import assert_never

from casetrail.logs.contract import Contract
from casetrail.logs.event import Event
from casetrail.pack.cases import Case
from casetrail.plan.nodes import (
    And,
    Compare,
    Correlation,
    Equals,
    Exists,
    Expr,
    Field,
    InNetwork,
    InPart,
    Is,
    IsMissing,
    Like,
    Listed,
    ListedPart,
    Matches,
    Not,
    OneOf,
    Or,
    Plan,
    SameAs,
    Type,
    Wildcard,
    searches,
    tests,
)
from casetrail.plan.values import bag, fold
from casetrail.plan.words import span_words

_MILLISECOND = 1_000


def demands(plan: Plan, cases: Sequence[Case], contracts: Mapping[str, Contract]) -> Iterator[tuple[str, str]]:
    """The lints that the cases of a plan raise, each with what is missing in words.

    No event lacks its type.
    """
    found: dict[tuple[str, str], None] = {}
    for search in searches(plan):
        events = [event for case in cases for event in case.events if event.source == search.source]
        for field in _excluding(search.where):
            if field != contracts[search.source].event_type and not any(not bag(event.row, field) for event in events):
                found["no-missing-field", f"no event lacks {field.path}, by which {search.name} excludes"] = None
        for test in tests(search.where):
            if test.field.many and not isinstance(test.check, IsMissing | Exists) and not _several(test.field, events):
                found["no-second-element", f"no event has two elements of {test.field.path}, which {search.name} tests"] = (
                    None
                )
        for field, told in _texts(search.where).items():
            written = [text for event in events for text in bag(event.row, field)]
            if not any(_cased_otherwise(text, wanted) for text, wanted in product(written, told)):
                found["no-mixed-case", f"no event has {field.path} in another letter case than {search.name}"] = None
    for one in _correlations(plan):
        for gap in (one.span, one.span + _MILLISECOND):
            if not any(_apart(case, gap) for case in cases):
                found["no-window-edge", f"no two events of a case are {span_words(gap)} apart, as {one.name} needs"] = None
    yield from found


def _excluding(expr: Expr, negated: bool = False) -> Iterator[Field]:
    match expr:
        case Not(arg=arg):
            yield from _excluding(arg, not negated)
        case And(args=args) | Or(args=args):
            for arg in args:
                yield from _excluding(arg, negated)
        case Is(field=field, check=check):
            if negated and not isinstance(check, IsMissing | Exists):
                yield field
        case never:
            assert_never(never)


def _several(field: Field, events: Sequence[Event]) -> bool:
    return any(len(bag(event.row, field)) > 1 for event in events)


def _texts(expr: Expr) -> dict[Field, list[str]]:
    """The texts that an expression compares each field with, where letter case doesn't count."""
    found: dict[Field, list[str]] = {}
    for test in tests(expr):
        match test.check:
            case Equals(value=str(value), cased=False):
                texts = [value]
            case OneOf(values=values, cased=False) | Listed(values=values, cased=False):
                texts = [str(value) for value in values]
            case Like(parts=parts, cased=False):
                texts = ["".join(part for part in parts if not isinstance(part, Wildcard))]
            case Equals() | OneOf() | Listed() | ListedPart() | Like() | Matches():
                continue
            case InNetwork() | Compare() | InPart() | IsMissing() | Exists() | SameAs():
                continue
            case never:
                assert_never(never)
        lettered = [text for text in texts if text.lower() != text.upper()]
        if test.field.type is Type.TEXT and lettered:
            found.setdefault(test.field, []).extend(lettered)
    return found


def _cased_otherwise(text: str, wanted: str) -> bool:
    """wanted: folded; a text is in another case when it holds a capital and would be the same without."""
    return fold(text) != text and (wanted in fold(text) or fold(text) == wanted)


def _correlations(plan: Plan) -> Iterator[Correlation]:
    if isinstance(plan, Correlation):
        yield plan
        for base in plan.bases:
            yield from _correlations(base)


def _apart(case: Case, gap: int) -> bool:
    times = {event.time for event in case.events}
    return any(time + gap in times for time in times)
