"""The plan: what a rule means, in about a dozen frozen nodes.

By the time a plan exists all of Sigma's modifiers are gone, text to be compared without regard to case is
folded (`values.fold`), numbers are numbers and addresses are canonical. A dialect only has to say it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class Type(StrEnum):
    """What a field holds, by its log source's contract."""

    TEXT = "text"
    INTEGER = "integer"
    """A whole number of 64 bits, signed."""
    NUMBER = "number"
    BOOLEAN = "boolean"
    ADDRESS = "address"
    """An IP address, v4 or v6."""
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a log row: where it lies and how its values compare.

    path: dotted, as the log spells it, without array marks (`target.displayName`).
    arrays: the number of leading steps after which a list is walked (`target[].displayName` has (1,)).
    exact: text compares with regard to case always, since the vendor writes one spelling.
    empty_is_missing: the empty text stands for no value.
    time_format: for `Type.TIME`, a name of `values.TIME_FORMATS`.
    spellings: other forms in which the vendor writes a value, `{}` the value (`{}Store`). Reading gives the value; a SIEM keeps the form.
    """

    path: str
    type: Type = Type.TEXT
    exact: bool = False
    arrays: tuple[int, ...] = ()
    empty_is_missing: bool = False
    time_format: str = ""
    spellings: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[str, ...]:
        return tuple(self.path.split("."))

    @property
    def many(self) -> bool:
        """Whether the contract allows more than one value a row."""
        return bool(self.arrays)


class Wildcard(Enum):
    """A mark in a pattern. No text equals it: a text may hold the same character and mean it."""

    MANY = "*"
    ONE = "?"

    def __str__(self) -> str:
        return self.value


class Op(StrEnum):
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    EQ = "eq"
    NEQ = "neq"


class Part(StrEnum):
    """A part of a time, in UTC; the week is ISO 8601's."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Overlap(StrEnum):
    """How one field's text must lie in another's for `SameAs`."""

    EQUALS = "equals"
    STARTSWITH = "startswith"
    ENDSWITH = "endswith"
    CONTAINS = "contains"


Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Equals:
    """The value itself: text (folded unless `cased`), a number, a boolean or a canonical address."""

    value: Scalar
    cased: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """`Equals` for any of several values; never fewer than two."""

    values: tuple[Scalar, ...]
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """`Equals` for any value of a watchlist, of which there may be none. A language may look them up while it runs."""

    watchlist: str
    values: tuple[Scalar, ...]
    cased: bool = False


@dataclass(frozen=True, slots=True)
class ListedPart:
    """Any value of a watchlist as a part of the text: at its end (`before`: any text may come before), its start (`after`), anywhere.

    values: folded unless `cased`. Only a plan for a language that looks parts up holds it; elsewhere `Like`s stand for it.
    """

    watchlist: str
    values: tuple[str, ...]
    before: bool
    after: bool
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Like:
    """Text with wildcards over the whole value: literal runs (folded unless `cased`) and `Wildcard`s."""

    parts: tuple[str | Wildcard, ...]
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Matches:
    """An RE2 pattern, searched anywhere in the value as written in the log."""

    pattern: str
    ignore_case: bool = False
    multiline: bool = False
    dotall: bool = False


@dataclass(frozen=True, slots=True)
class InNetwork:
    """An address in a network (`192.0.2.0/24`, `2001:db8::/32`)."""

    network: str


@dataclass(frozen=True, slots=True)
class Compare:
    """Numbers by `lt`, `lte`, `gt` or `gte`."""

    op: Op
    value: int | float


@dataclass(frozen=True, slots=True)
class InPart:
    """A part of a time, in UTC, compares with a number (`|hour`, `|hour|gte`)."""

    part: Part
    op: Op
    value: int


@dataclass(frozen=True, slots=True)
class IsMissing:
    """No value at all."""


@dataclass(frozen=True, slots=True)
class Exists:
    """Some value, of whatever form."""


@dataclass(frozen=True, slots=True)
class SameAs:
    """Any value of the field and any of the other, of the same type, overlap."""

    other: Field
    overlap: Overlap = Overlap.EQUALS
    cased: bool = False


Check = Equals | OneOf | Listed | ListedPart | Like | Matches | InNetwork | Compare | InPart | IsMissing | Exists | SameAs


@dataclass(frozen=True, slots=True)
class Is:
    """True when any value of the field passes."""

    field: Field
    check: Check


@dataclass(frozen=True, slots=True)
class And:
    """True when all are; with none, always."""

    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True when any is; with none, never."""

    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Two-valued: true exactly when its operand isn't."""

    arg: Expr


Expr = And | Or | Not | Is

NEVER = Or(())
ALWAYS = And(())


@dataclass(frozen=True, slots=True)
class Search:
    """The events of one log source (`product/service`) for which an expression holds.

    dotted: whether a text that compares in either letter case was written with İ, which is i here and not in every store.
    """

    name: str
    source: str
    where: Expr
    dotted: bool = False


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One part of a correlation's key.

    fields: one per base, in the order of the bases; None where the base is a correlation, whose completions
        carry a part of this name in their own key.
    type, cased: how the part compares, the same for all bases.
    """

    name: str
    fields: tuple[Field | None, ...]
    type: Type
    cased: bool


class Figure(StrEnum):
    """What is computed over the window of a step."""

    EVENTS = "event_count"
    DISTINCT = "value_count"
    SUM = "value_sum"
    AVG = "value_avg"
    MEDIAN = "value_median"
    PERCENTILE = "value_percentile"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A figure of the window compares with a number.

    value: the field that the figure is of, as a part (one field per base); None for `Figure.EVENTS`.
    percentile: 0 to 100, for `Figure.PERCENTILE`: the nearest rank.
    """

    figure: Figure
    op: Op
    count: int | float
    value: KeyPart | None = None
    percentile: int | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """The base of this index has a step in the window."""

    base: int


@dataclass(frozen=True, slots=True)
class AllOf:
    args: tuple[Together, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    args: tuple[Together, ...]


@dataclass(frozen=True, slots=True)
class Without:
    arg: Together


Together = Present | AllOf | AnyOf | Without
"""The condition of `temporal`, over which bases have a step in the window."""


@dataclass(frozen=True, slots=True)
class Order:
    """The condition of `temporal_ordered`, as indexes of bases.

    wanted: the chain, each strictly later than the one before; never empty.
    before: none of these has a step in the window strictly before the chain's first step.
    after: none of these has a step in the timespan strictly after the chain's last step.
    """

    wanted: tuple[int, ...]
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()


Condition = Threshold | Present | AllOf | AnyOf | Without | Order


@dataclass(frozen=True, slots=True)
class Correlation:
    """Steps of several bases, by key, in a sliding window.

    span: the timespan in microseconds. The window of a step e is [t(e) - span, t(e)], both ends included.
    """

    name: str
    bases: tuple[Plan, ...]
    key: tuple[KeyPart, ...]
    span: int
    condition: Condition

    @property
    def value(self) -> KeyPart | None:
        """What the condition's figure is of, where it is of one."""
        return self.condition.value if isinstance(self.condition, Threshold) else None

    @property
    def absent(self) -> tuple[int, ...]:
        """The bases of which no step may follow within the timespan."""
        return self.condition.after if isinstance(self.condition, Order) else ()


Plan = Search | Correlation


def searches(plan: Plan) -> tuple[Search, ...]:
    """All searches that a plan stands on, in order, each once."""
    match plan:
        case Search():
            return (plan,)
        case Correlation(bases=bases):
            return tuple(dict.fromkeys(search for base in bases for search in searches(base)))


def sources(plan: Plan) -> tuple[str, ...]:
    """The log sources that a plan reads, in order, each once."""
    return tuple(dict.fromkeys(search.source for search in searches(plan)))


def wanted_bases(together: Together) -> set[int]:
    """The bases that a condition of `temporal` names without `not`: only their steps complete it."""
    match together:
        case Present(base=base):
            return {base}
        case Without():
            return set()
        case AllOf(args=args) | AnyOf(args=args):
            return {base for arg in args for base in wanted_bases(arg)}


def tests(expr: Expr) -> tuple[Is, ...]:
    """All tests of an expression, in order."""
    match expr:
        case Is():
            return (expr,)
        case Not(arg=arg):
            return tests(arg)
        case And(args=args) | Or(args=args):
            return tuple(test for arg in args for test in tests(arg))


def fields(plan: Plan) -> tuple[Field, ...]:
    """All fields that a plan names, tests and keys and values alike, each once."""
    found: dict[Field, None] = {}
    match plan:
        case Search(where=where):
            for test in tests(where):
                found[test.field] = None
                if isinstance(test.check, SameAs):
                    found[test.check.other] = None
        case Correlation(bases=bases, key=key):
            for base in bases:
                found.update(dict.fromkeys(fields(base)))
            value = (plan.value,) if plan.value else ()
            found.update((field, None) for part in (*key, *value) for field in part.fields if field is not None)
    return tuple(found)
