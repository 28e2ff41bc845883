"""KQL for the rows that a search matches, and for the steps of a correlation as a `let` table.

A table of steps has the columns `base` (the base's number), `id`, `at`, `key0`, …, `shown0`, … for addresses (as the log has them),
`value` where the condition is of one, and `arrived` where a run looks only at what is new; each step is one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from casetrail.languages.base import Bounds
from casetrail.languages.kql.expressions import KqlExpressions, held, lists_in
from casetrail.languages.kql.lists import Lists
from casetrail.languages.kql.source import INGESTION, arrived, rows
from casetrail.languages.kql.text import moment, name, string
from casetrail.plan.nodes import And, Correlation, Expr, Field, Figure, KeyPart, Search, Threshold, Type, fields
from casetrail.stores.places import Stores, place_of, store_of
from casetrail.stores.store import Store
from casetrail.stores.unsupported import UnsupportedError, unknown

ID = "event_id"
"""The column of the completing event's id in what a query returns."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a query is written for.

    live: whether watchlists are looked up at each run.
    new: a run looks only at what arrived since so long before it, in microseconds; None when it looks at all in its time.
    tolerant: whether tables and columns that aren't there are as if they were empty.
    """

    stores: Stores
    run: Bounds
    live: bool = False
    new: int | None = None
    tolerant: bool = False

    @property
    def arrivals(self) -> bool:
        return self.new is not None


def known_at(store: Store, setting: Setting) -> str:
    """When a run can first see an event: at its arrival, or at its own time where it arrived before that."""
    return f"max_of({arrived(store, tolerant=setting.tolerant)}, {name(store.time)})"


def identity(store: Store) -> str:
    """What names an event of a store. Raises UnsupportedError when the backend doesn't say."""
    if not store.identity:
        raise UnsupportedError(f"the backend doesn't say what names an event of {store.source}")
    places = {place.name: place for place in store.columns}
    columns = [
        f"tostring({name(column)})" if column == store.time else held(places[column]) if column in places else name(column)
        for column in store.identity
    ]
    return columns[0] if len(columns) == 1 else f"strcat_delim('|', {', '.join(columns)})"


def matching(
    search: Search, setting: Setting, first: Sequence[str] = (), read: Iterable[Field] = (), *, whole: bool = False
) -> Iterator[str]:
    """The rows of a store that a search matches; with the column `event_id` if `whole` or if it looks into a list.

    first: lines to put right after the table; read: what is asked for besides what the search tests.
    whole: one row an event, with all of the store's columns.
    """
    store = store_of(search, setting.stores)
    expressions = KqlExpressions(store, live=setting.live)
    args = search.where.args if isinstance(search.where, And) else (search.where,)
    plain = And(tuple(arg for arg in args if not lists_in(arg)))
    listed = And(tuple(arg for arg in args if lists_in(arg)))
    asked = dict.fromkeys([*fields(search), *read])
    yield from rows(store, asked, tolerant=setting.tolerant)
    yield from first
    yield from (f"where {name(column)} == {string(value)}" for column, value in store.only.items())
    yield from derived(fields(search), store, arrived(store, tolerant=setting.tolerant))
    if plain.args or not listed.args:
        yield f"where {expressions.expression(_flat(plain))}"
    lists = expressions.lists
    condition = expressions.expression(_flat(listed)) if listed.args else ""
    yield from lists.expansions()
    if condition or whole:
        figures = "".join(f", {column} = countif({asked}) > 0" for column, asked in lists.asked.items())
        yield f"extend {ID} = {identity(store)}"
        yield f"summarize arg_max({name(store.time)}, *){figures} by {ID}"
    if condition:
        yield f"where {condition}"
        yield f"project-away {', '.join([*lists.sources, *lists.asked])}"


def derived(named: Iterable[Field], store: Store, arrival: str) -> list[str]:
    """The lines that work out what no column holds: first of all, since behind a `summarize` a row has no time of arrival."""
    places = dict.fromkeys(store.fields[field.path] for field in named if field.path in store.fields)
    return [f"extend {name(place.name)} = {place.derive.replace(INGESTION, arrival)}" for place in places if place.derive]


def _flat(expr: And) -> Expr:
    return expr.args[0] if len(expr.args) == 1 else expr


@dataclass
class KqlSteps:
    """Writes the steps of a correlation's searches; `lets` are the statements that they need, by name."""

    setting: Setting
    lets: dict[str, str] = field(default_factory=dict)

    def let(self, kind: str, text: str) -> str:
        found = f"{kind}{sum(known.startswith(kind) for known in self.lets)}"
        self.lets[found] = text
        return found

    def table(self, plan: Correlation, inner: dict[int, str]) -> str:
        """The name of the table of a correlation's steps. inner: that of each base's completions that is a correlation."""
        branches = [
            self.again(number, plan, inner[number], base)
            if isinstance(base, Correlation)
            else self.branch(number, base, plan)
            for number, base in enumerate(plan.bases)
        ]
        bodies = ["\n    | ".join(branch) for branch in branches]
        joined = bodies[0] if len(bodies) == 1 else "union\n    (" + "),\n    (".join(bodies) + ")"
        present = [_present(f"key{place}", part.type) for place, part in enumerate(plan.key)]
        lines = [joined, f"where {' and '.join(present)}"] if present else [joined]
        lines.append(self.once(plan))
        return self.let("steps", "materialize(" + "\n| ".join(lines) + ")")

    def once(self, plan: Correlation) -> str:
        value = ["value"] if _value(plan) else []
        place = ["place"] if _repeats(plan) else []
        by = ", ".join(["base", "id", "at", *keys(plan), *value, *place])
        figures = [f"{column} = take_any({column})" for column in shown(plan)]
        figures += ["arrived = min(arrived)"] if self.setting.arrivals else []
        return f"summarize {', '.join(figures)} by {by}" if figures else f"distinct {by}"

    def branch(self, number: int, search: Search, plan: Correlation) -> list[str]:
        store = store_of(search, self.setting.stores)
        lists = Lists()
        reader = KqlExpressions(store, lists=lists)
        known = known_at(store, self.setting)
        first = [f"extend arrived = {known}", "where arrived <= now()"] if self.setting.arrivals else []
        parts = [*plan.key, *([plan.value] if plan.value else [])]
        read = [held for part in parts for held in [part.fields[number]] if held is not None]
        lines = list(matching(search, self.setting, first, read))
        event = ID if any(line.startswith("summarize") for line in lines) else identity(store)
        columns = [f"base = {number}", f"id = {event}", f"at = {name(store.time)}"]
        columns += ["arrived"] if self.setting.arrivals else []
        for place, part in enumerate(plan.key):
            column = part.fields[number]
            if column is None:
                raise ValueError(f"{part.name} has no field in base {number}")
            columns.append(f"key{place} = {reader.readable(column, cased=part.cased, role=f'part{place}_')}")
        columns += [] if plan.key else ["key0 = 0"]
        columns += [
            f"shown{place} = {self.seen(part.fields[number], store, reader, place)}" for place, part in _addresses(plan)
        ]
        value = _value(plan)
        values = Lists()
        if value:
            column = value.fields[number]
            if column is None:
                raise ValueError(f"{value.name} has no field in base {number}")
            columns.append(f"value = {KqlExpressions(store, lists=values).readable(column, cased=value.cased, role='held')}")
        if _repeats(plan):
            places = ", ".join(f"tostring(place_{column})" for column in values.sources)
            columns.append(f"place = strcat_delim('.', {places}, '')" if places else "place = ''")
        lines += [*lists.expansions(), *values.expansions(indexed=_repeats(plan))]
        return [*lines, f"project {', '.join(columns)}"]

    def seen(self, field: Field | None, store: Store, reader: KqlExpressions, place: int) -> str:
        """An address as the log has it, where there is one a step."""
        if field is None or place_of(field, store).type != "string":
            return "''"
        return reader.column(field).text

    def again(self, number: int, plan: Correlation, inner: str, base: Correlation) -> list[str]:
        """The completions of a base that is a correlation as steps of another."""
        own = [part.name for part in base.key]
        columns = [f"base = {number}", "id", "at", *(["arrived"] if self.setting.arrivals else [])]
        columns += [f"key{place} = {_again(own.index(part.name), part)}" for place, part in enumerate(plan.key)]
        columns += [] if plan.key else ["key0 = 0"]
        columns += [f"shown{place} = shown{own.index(part.name)}" for place, part in _addresses(plan)]
        value = _value(plan)
        columns += [f"value = {_again(own.index(value.name), value)}"] if value else []
        columns += ["place = ''"] if _repeats(plan) else []
        return [inner, f"project {', '.join(columns)}"]


def keys(plan: Correlation) -> list[str]:
    """The columns of a correlation's key; a constant where it has none."""
    return [f"key{place}" for place in range(max(1, len(plan.key)))]


def shown(plan: Correlation) -> list[str]:
    return [f"shown{place}" for place, _ in _addresses(plan)]


def _addresses(plan: Correlation) -> Sequence[tuple[int, KeyPart]]:
    return [(place, part) for place, part in enumerate(plan.key) if part.type is Type.ADDRESS]


def _value(plan: Correlation) -> KeyPart | None:
    return plan.value


def _repeats(plan: Correlation) -> bool:
    """Whether an event may hold one value several times, and each counts."""
    value = _value(plan)
    many = value is not None and any(field is not None and field.many for field in value.fields)
    return many and isinstance(plan.condition, Threshold) and _each_counts(plan.condition.figure)


def _each_counts(figure: Figure) -> bool:
    match figure:
        case Figure.SUM | Figure.AVG | Figure.MEDIAN | Figure.PERCENTILE:
            return True
        case Figure.EVENTS | Figure.DISTINCT:
            return False
        case never:
            raise unknown(never)


def _again(place: int, part: KeyPart) -> str:
    return f"tolower(key{place})" if part.type is Type.TEXT and not part.cased else f"key{place}"


def _present(column: str, kind: Type) -> str:
    return f"isnotempty({column})" if kind in (Type.TEXT, Type.ADDRESS) else f"isnotnull({column})"


def bounded(column: str, run: Bounds) -> list[str]:
    """The lines that keep what a run is for."""
    lines = [f"where {column} >= {moment(run.start)}"] if run.start is not None else []
    return lines + ([f"where {column} <= {moment(run.end)}"] if run.end is not None else [])
