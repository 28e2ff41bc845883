"""The parsed pipeline: what each command was told, nothing of what it does."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

# --- the search command's expressions


@dataclass(frozen=True, slots=True)
class SearchAnd:
    args: tuple[SearchExpr, ...]


@dataclass(frozen=True, slots=True)
class SearchOr:
    args: tuple[SearchExpr, ...]


@dataclass(frozen=True, slots=True)
class SearchNot:
    arg: SearchExpr


@dataclass(frozen=True, slots=True)
class FieldIs:
    """field op value; op is one of = != < <= > >=. In value every `*` is a wildcard."""

    field: str
    op: str
    value: str
    at: int


@dataclass(frozen=True, slots=True)
class FieldIn:
    field: str
    values: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class TimeBound:
    """earliest, latest, _index_earliest or _index_latest, with the text of the time."""

    kind: str
    time: str
    at: int


SearchExpr = SearchAnd | SearchOr | SearchNot | FieldIs | FieldIn | TimeBound

# --- the expressions of eval and where


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | Fraction


@dataclass(frozen=True, slots=True)
class FieldRef:
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    args: tuple[EvalExpr, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Unary:
    """op is NOT or -."""

    op: str
    arg: EvalExpr
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    op: str
    left: EvalExpr
    right: EvalExpr
    at: int


EvalExpr = Literal | FieldRef | Call | Unary | Binary

# --- commands


@dataclass(frozen=True, slots=True)
class SearchCommand:
    where: SearchExpr


@dataclass(frozen=True, slots=True)
class WhereCommand:
    where: EvalExpr
    at: int


@dataclass(frozen=True, slots=True)
class Eval:
    assignments: tuple[tuple[str, EvalExpr], ...]
    at: int


@dataclass(frozen=True, slots=True)
class Fields:
    keep: bool
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableCommand:
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rename:
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SortKey:
    """how is auto, num or str."""

    field: str
    descending: bool
    how: str


@dataclass(frozen=True, slots=True)
class Sort:
    """limit: None when the text gives none; 0 for no limit."""

    limit: int | None
    keys: tuple[SortKey, ...]


@dataclass(frozen=True, slots=True)
class Head:
    count: int


@dataclass(frozen=True, slots=True)
class Dedup:
    count: int
    fields: tuple[str, ...]
    keep_empty: bool


@dataclass(frozen=True, slots=True)
class Aggregate:
    """function(arg) AS name; percentile for perc and exactperc; arg None for a bare count."""

    function: str
    percentile: Fraction | None
    arg: str | EvalExpr | None
    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Stats:
    """kind is stats, eventstats or streamstats; the last five are streamstats' own."""

    kind: str
    aggregates: tuple[Aggregate, ...]
    by: tuple[str, ...]
    at: int
    all_numeric: bool = False
    current: bool = True
    window: int = 0
    global_window: bool = True
    reset_on_change: bool = False


@dataclass(frozen=True, slots=True)
class MvExpand:
    field: str
    limit: int


@dataclass(frozen=True, slots=True)
class MakeMv:
    field: str
    delimiter: str
    allow_empty: bool


@dataclass(frozen=True, slots=True)
class MvCombine:
    field: str


@dataclass(frozen=True, slots=True)
class LookUp:
    """inputs and outputs: (field of the table, field of the event). outputs None: every other field of the table."""

    table: str
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...] | None
    only_new: bool
    at: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Puts _time into spans of so many seconds, under a name."""

    span: int
    name: str


@dataclass(frozen=True, slots=True)
class FillNull:
    """fields empty: every field of the results."""

    value: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddInfo:
    pass


Command = (
    SearchCommand
    | AddInfo
    | WhereCommand
    | Eval
    | Fields
    | TableCommand
    | Rename
    | Sort
    | Head
    | Dedup
    | Stats
    | MvExpand
    | MakeMv
    | MvCombine
    | LookUp
    | Bin
    | FillNull
)
