"""What all query languages share: how an expression is put together. A dialect says only how it differs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar, assert_never

from casetrail.plan.nodes import (
    And,
    Compare,
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
    SameAs,
)
from casetrail.stores.unsupported import UnsupportedError


@dataclass(frozen=True, slots=True)
class Ago:
    """A time before that at which the query runs, in microseconds."""

    micros: int


Instant = int | Ago
"""A time: microseconds since 1970 (UTC), or so long before the run."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which completions a query is for.

    start: events before it complete nothing here, having been looked at before; None for no bound.
    known: the log is whole up to this time, for rules that wait to see that nothing follows.
    end: events after it complete nothing here, though they may follow what does; None for no bound.
    every: how long before this run the one before it was, in microseconds, where the SIEM runs it on schedule.
    """

    start: Instant | None = None
    known: Instant = Ago(0)
    end: Instant | None = None
    every: int | None = None


ColumnT = TypeVar("ColumnT")
SaidT = TypeVar("SaidT")


class Checks(ABC, Generic[ColumnT, SaidT]):
    """Tests in one language, each said in its own form, over columns of one store."""

    @abstractmethod
    def column(self, field: Field) -> ColumnT:
        """Where the store keeps a field. Raises UnsupportedError when it doesn't."""

    @abstractmethod
    def nothing(self) -> SaidT:
        """What is never true."""

    def test(self, test: Is) -> SaidT:
        column = self.column(test.field)
        match test.check:
            case Equals() as check:
                return self.equals(column, test.field, check)
            case OneOf() as check:
                return self.one_of(column, test.field, check)
            case Listed() as check:
                return self.listed(column, test.field, check)
            case ListedPart() as check:
                return self.listed_part(column, test.field, check)
            case Like() as check:
                return self.like(column, test.field, check)
            case Matches() as check:
                return self.matches(column, test.field, check)
            case InNetwork() as check:
                return self.in_network(column, test.field, check)
            case Compare() as check:
                return self.compare(column, test.field, check)
            case InPart() as check:
                return self.in_part(column, test.field, check)
            case SameAs() as check:
                return self.same_as(column, test.field, check)
            case IsMissing():
                return self.is_missing(column, test.field)
            case Exists():
                return self.exists(column, test.field)
            case never:
                assert_never(never)

    @abstractmethod
    def equals(self, column: ColumnT, field: Field, check: Equals) -> SaidT: ...

    @abstractmethod
    def one_of(self, column: ColumnT, field: Field, check: OneOf) -> SaidT: ...

    def listed(self, column: ColumnT, field: Field, check: Listed) -> SaidT:
        """The watchlist's values as they are when the query is written; a language that can look them up overrides this."""
        return self.one_of(column, field, OneOf(check.values, check.cased)) if check.values else self.nothing()

    def listed_part(self, column: ColumnT, field: Field, check: ListedPart) -> SaidT:
        """For a language that looks parts up; raises UnsupportedError in the others, whose plans hold no such test."""
        raise UnsupportedError(f"{field.path}: the watchlist {check.watchlist} isn't looked up here for a part of a text")

    @abstractmethod
    def like(self, column: ColumnT, field: Field, check: Like) -> SaidT: ...

    @abstractmethod
    def matches(self, column: ColumnT, field: Field, check: Matches) -> SaidT: ...

    @abstractmethod
    def in_network(self, column: ColumnT, field: Field, check: InNetwork) -> SaidT: ...

    @abstractmethod
    def compare(self, column: ColumnT, field: Field, check: Compare) -> SaidT: ...

    @abstractmethod
    def in_part(self, column: ColumnT, field: Field, check: InPart) -> SaidT: ...

    @abstractmethod
    def same_as(self, column: ColumnT, field: Field, check: SameAs) -> SaidT: ...

    @abstractmethod
    def is_missing(self, column: ColumnT, field: Field) -> SaidT: ...

    @abstractmethod
    def exists(self, column: ColumnT, field: Field) -> SaidT: ...


class Expressions(Checks[ColumnT, str], Generic[ColumnT]):
    """Expressions in one language, as text, over columns of one store.

    Every text that a method returns is two-valued there: true or false, never null, so that `NOT` of it is right.
    """

    AND: ClassVar[str] = " AND "
    OR: ClassVar[str] = " OR "
    NOT: ClassVar[str] = "NOT "
    ALWAYS: ClassVar[str] = "TRUE"
    NEVER: ClassVar[str] = "FALSE"

    def nothing(self) -> str:
        return self.NEVER

    def expression(self, expr: Expr) -> str:
        """The expression as text of the language. Raises UnsupportedError."""
        match expr:
            case And(args=()):
                return self.ALWAYS
            case Or(args=()):
                return self.NEVER
            case And(args=args):
                return self.AND.join(map(self.operand, args))
            case Or(args=args):
                return self.OR.join(map(self.operand, args))
            case Not(arg=arg):
                return self.NOT + self.operand(arg)
            case Is():
                return self.test(expr)
            case never:
                assert_never(never)

    def operand(self, expr: Expr) -> str:
        """The expression, in parentheses where it could fall apart inside another."""
        text = self.expression(expr)
        joined = isinstance(expr, And | Or) and expr.args
        return f"({text})" if joined or isinstance(expr, Not) else text
