"""ES|QL for which steps match: of which bases and times, and what their figures are tested for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from casetrail.languages.base import Ago, Bounds, Instant
from casetrail.languages.esql.expressions import literal, operator
from casetrail.languages.esql.rows import Rows
from casetrail.languages.esql.step_text import milliseconds, of_bases
from casetrail.plan.window import (
    START,
    All,
    Any,
    Compares,
    Fails,
    Holds,
    Keep,
    KnownFor,
    NotBefore,
    StartsWithin,
    Test,
)
from casetrail.stores.unsupported import unknown


def moment(time: Instant) -> str:
    """A time as ES|QL for milliseconds since 1970."""
    if isinstance(time, Ago):
        return f"TO_LONG(NOW()) - {time.micros // 1000}" if time.micros else "TO_LONG(NOW())"
    return str(time // 1000)


def asked(keep: Keep, bases: int, run: Bounds) -> Iterator[str]:
    """What is asked of a step before any figure: that it is of this run, and of the bases that match. bases: how many there are."""
    if not keep.bases:
        yield "FALSE"
    elif len(set(keep.bases)) < bases:
        yield from of_bases("base", keep.bases)
    if run.start is not None:
        yield f"at >= {moment(run.start)}"
    if run.end is not None:
        yield f"at <= {moment(run.end)}"


@dataclass(frozen=True, slots=True)
class Tests:
    """Tests of rows. known: until when the log is whole."""

    rows: Rows
    known: Instant

    def conjuncts(self, test: Test) -> list[str]:
        """What all has to hold for a test. Raises UnsupportedError when it is of a column that the rows don't have."""
        return [self.text(one) for one in (test.args if isinstance(test, All) else (test,))]

    def text(self, test: Test) -> str:
        """A test as ES|QL, in which null counts as false."""
        match test:
            case Compares(column=column, op=op, value=value):
                return f"{self.rows.column(column)} {operator(op)} {literal(value)}"
            case StartsWithin(span=span):
                return f"at - {self.rows.column(START)} <= {milliseconds(span)}"
            case NotBefore(column=column, other=other):
                return f"({self.rows.column(column)} IS NULL OR {column} >= {self.rows.column(other)})"
            case KnownFor(span=span):
                return f"at + {milliseconds(span)} <= {moment(self.known)}"
            case Holds(column=column):
                return f"{self.rows.column(column)} > 0"
            case Fails(arg=Holds(column=column)):
                return f"{self.rows.column(column)} == 0"
            case Fails(arg=arg):
                return f"NOT COALESCE({self.text(arg)}, FALSE)"
            case All(args=args):
                return f"({' AND '.join(map(self.text, args)) or 'TRUE'})"
            case Any(args=args):
                return f"({' OR '.join(map(self.text, args)) or 'FALSE'})"
            case never:
                raise unknown(never)
