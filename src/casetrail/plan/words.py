"""A plan in plain words, for people who ask what a rule means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from casetrail.plan.nodes import (
    AllOf,
    And,
    AnyOf,
    Compare,
    Correlation,
    Equals,
    Exists,
    Expr,
    Field,
    Figure,
    InNetwork,
    InPart,
    Is,
    IsMissing,
    KeyPart,
    Like,
    Listed,
    ListedPart,
    Matches,
    Not,
    OneOf,
    Op,
    Or,
    Order,
    Plan,
    Present,
    SameAs,
    Scalar,
    Search,
    Threshold,
    Together,
    Without,
)

_OPS = {
    Op.LT: "less than",
    Op.LTE: "at most",
    Op.GT: "more than",
    Op.GTE: "at least",
    Op.EQ: "exactly",
    Op.NEQ: "any number but",
}
_FIGURES = {
    Figure.EVENTS: "number of events",
    Figure.DISTINCT: "number of distinct values of {}",
    Figure.SUM: "sum of {}",
    Figure.AVG: "mean of {}",
    Figure.MEDIAN: "median of {}",
    Figure.PERCENTILE: "percentile {percentile} of {}",
}
_KINDS = {
    Figure.EVENTS: "number of events",
    Figure.DISTINCT: "number of values",
    Figure.SUM: "sum",
    Figure.AVG: "mean",
    Figure.MEDIAN: "median",
    Figure.PERCENTILE: "percentile",
}
_UNITS = (("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("µs", 1))


def span_words(span: int) -> str:
    """A span in microseconds as `1d 12h`."""
    found = []
    for unit, size in _UNITS:
        if span >= size:
            found.append(f"{span // size}{unit}")
            span %= size
    return " ".join(found) or "0s"


def field_words(field: Field) -> str:
    """A field's path with its array steps marked: `target[].displayName`."""
    return ".".join(f"{step}[]" if number in field.arrays else step for number, step in enumerate(field.steps, 1))


def type_words(field: Field) -> str:
    """What a field's values are and how they compare: `text, in its own letter case`."""
    words = [str(field.type)]
    if field.exact:
        words.append("in its own letter case")
    if field.many:
        words.append("any element of a list")
    if field.empty_is_missing:
        words.append("empty text is no value")
    return ", ".join(words)


def kind_words(plan: Plan) -> str:
    """What a rule waits for, in two or three words: `first seen`, `number of events`."""
    match plan:
        case Search():
            return "single event"
        case Correlation(condition=Threshold(figure=figure)):
            return _KINDS[figure]
        case Correlation(condition=Order(wanted=wanted, before=before, after=after)):
            if after:
                return "not followed by"
            if before:
                return "first seen" if len(wanted) == 1 else "sequence, none before"
            return "sequence"
        case Correlation():
            return "together in any order"


def test_words(test: Is) -> str:
    """One test in words: `outcome.result is 'SUCCESS'`."""
    field = field_words(test.field)
    cased = ", in this letter case" if getattr(test.check, "cased", False) and not test.field.exact else ""
    match test.check:
        case Equals(value=value):
            return f"{field} is {_value(value)}{cased}"
        case OneOf(values=values):
            return f"{field} is one of {', '.join(map(_value, values))}{cased}"
        case Listed(watchlist=watchlist, values=values):
            held = ", ".join(map(_value, values)) or "which is empty"
            return f"{field} is in the watchlist {watchlist} ({held}){cased}"
        case ListedPart(watchlist=watchlist, values=values, before=before, after=after):
            held = ", ".join(map(_value, values)) or "which is empty"
            how = "holds" if before and after else "ends with" if before else "begins with"
            return f"{field} {how} a value of the watchlist {watchlist} ({held}){cased}"
        case Like(parts=parts):
            return f"{field} is like {_value(''.join(map(str, parts)))}{cased}"
        case Matches(pattern=pattern):
            return f"{field} matches /{pattern}/{_flags(test.check)}"
        case InNetwork(network=network):
            return f"{field} is in {network}"
        case Compare(op=op, value=value):
            return f"{field} is {_OPS[op]} {value}"
        case InPart(part=part, op=op, value=value):
            return f"the {part} of {field} (UTC) is {_OPS[op]} {value}"
        case SameAs(other=other, overlap=overlap):
            return f"{field} {overlap} {field_words(other)}"
        case IsMissing():
            return f"{field} is missing"
        case Exists():
            return f"{field} exists"


def _value(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}'" if isinstance(value, str) else str(value)


def _flags(check: Matches) -> str:
    marks = (("i", check.ignore_case), ("m", check.multiline), ("s", check.dotall))
    return "".join(mark for mark, present in marks if present)


def expression_lines(expr: Expr, indent: int = 0) -> Iterator[str]:
    """An expression, a test a line, indented by what holds it."""
    pad = "  " * indent
    match expr:
        case And(args=()):
            yield f"{pad}always"
        case Or(args=()):
            yield f"{pad}never"
        case Is():
            yield pad + test_words(expr)
        case Not(arg=Is() as arg):
            yield f"{pad}not: {test_words(arg)}"
        case Not(arg=arg):
            yield f"{pad}not:"
            yield from expression_lines(arg, indent + 1)
        case And(args=args) | Or(args=args):
            yield pad + ("all of:" if isinstance(expr, And) else "any of:")
            for arg in args:
                yield from expression_lines(arg, indent + 1)


def plan_lines(plan: Plan, indent: int = 0) -> Iterator[str]:
    """A plan in words, a thought a line."""
    pad = "  " * indent
    match plan:
        case Search():
            yield f"{pad}{plan.name}: an event of {plan.source} for which"
            yield from expression_lines(plan.where, indent + 1)
        case Correlation():
            yield f"{pad}{plan.name}: {condition_words(plan)}"
            if plan.key:
                yield f"{pad}  by {', '.join(map(_part_words, plan.key))}"
            yield f"{pad}  where"
            for base in plan.bases:
                yield from plan_lines(base, indent + 2)


def _part_words(part: KeyPart) -> str:
    paths = list(dict.fromkeys(field_words(field) for field in part.fields if field is not None))
    return part.name if paths in ([], [part.name]) else f"{part.name} ({' / '.join(paths)})"


def threshold_words(threshold: Threshold) -> str:
    """What a threshold wants: `at least 3`."""
    return f"{_OPS[threshold.op]} {threshold.count}"


def condition_words(plan: Correlation) -> str:
    """When an event completes a correlation, as a sentence without its end."""
    names = [base.name for base in plan.bases]
    span = span_words(plan.span)
    match plan.condition:
        case Threshold(figure=figure, op=op, count=count, value=value, percentile=percentile):
            what = _FIGURES[figure].format(value.name if value else "", percentile=percentile)
            return f"an event of {_any(names)}, when over the {span} up to it the {what} is {_OPS[op]} {count}"
        case Order(wanted=wanted, before=before, after=after):
            chain = ", then ".join(names[base] for base in wanted)
            text = f"{chain}, within {span}" if len(wanted) > 1 else chain
            if before:
                text += f", with no {_any([names[base] for base in before])} in the {span} before, up to the first of them"
            if after:
                text += f", and no {_any([names[base] for base in after])} in the {span} that follow"
            return f"{text}; the last wanted event is the match"
        case Present() | AllOf() | AnyOf() | Without() as together:
            return f"an event of a wanted rule, when over the {span} up to it there is {_together(together, names)}"
        case never:
            assert_never(never)


def _any(names: list[str]) -> str:
    return " or ".join(dict.fromkeys(names))


def _together(together: Together, names: list[str]) -> str:
    match together:
        case Present(base=base):
            return names[base]
        case Without(arg=arg):
            return f"no {_together(arg, names)}"
        case AllOf(args=args):
            return " and ".join(_inner(arg, names) for arg in args)
        case AnyOf(args=args):
            return " or ".join(_inner(arg, names) for arg in args)


def _inner(together: Together, names: list[str]) -> str:
    text = _together(together, names)
    return f"({text})" if isinstance(together, AllOf | AnyOf) else text
