"""ES|QL for the steps of a correlation: a row for each base that an event matches and each of its keys.

Rows have `base` (the base's number as text), `key0`, `key1`, …, `value` where the condition is of one, `at` (milliseconds since 1970)
and `id`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casetrail.languages.esql.expressions import EsqlExpressions, literal, name, operator, string
from casetrail.languages.esql.step_text import VALUE, beside, held, milliseconds, of_bases, packed
from casetrail.plan.dispatch import kinds
from casetrail.plan.nodes import And, Correlation, Expr, Field, Figure, KeyPart, Search, Type, tests
from casetrail.plan.window import Compares, Keep, Look, Of, Range, Seen, Window, window
from casetrail.stores.places import Stores, store_of
from casetrail.stores.unsupported import UnsupportedError

_EVENT = "EVAL at = TO_LONG(@timestamp), id = _id"
_LISTED = {Figure.EVENTS: "events", Figure.DISTINCT: "held"}
"""What is counted over the steps beside one, by the column that lists it."""


def _quoted(number: int) -> str:
    return f'"{number}"'


def _case(column: str, cases: Sequence[tuple[Sequence[int], str]]) -> str:
    """The text of the case whose numbers a column of numbers as text holds, told apart only where the texts differ."""
    groups: dict[str, list[int]] = {}
    for numbers, text in cases:
        groups.setdefault(text, []).extend(numbers)
    if len(groups) == 1:
        return next(iter(groups))
    if all(text == _quoted(numbers[0]) and len(numbers) == 1 for text, numbers in groups.items()):
        return column
    told = [f"{' AND '.join(of_bases(column, numbers))}, {text}" for text, numbers in groups.items() if text != "NULL"]
    return f"CASE({', '.join(told)})"


class EsqlLeaves:
    """The searches that a correlation stands on, and the fields of their events."""

    def __init__(self, searches: Sequence[Search], stores: Stores) -> None:
        self.searches = searches
        self.stores = [store_of(search, stores) for search in searches]
        self.expressions = [EsqlExpressions(store) for store in self.stores]

    def rows(self) -> Iterator[str]:
        """A row for each search that an event matches."""
        yield f"FROM {', '.join(dict.fromkeys(store.index for store in self.stores))} METADATA _id"
        conditions = [self.condition(number) for number in range(len(self.searches))]
        marks = [f'"{number}"' for number in range(len(self.searches))]
        if len(set(conditions)) == 1:
            yield f"WHERE {conditions[0]}"
            yield f"EVAL base = [{', '.join(marks)}]" if len(marks) > 1 else f"EVAL base = {marks[0]}"
        else:
            yield "WHERE " + " OR ".join(f"({condition})" for condition in dict.fromkeys(conditions))
            told = ", ".join(f'CASE({self.mark(number)}, "{number} ", "")' for number in range(len(self.searches)))
            yield f'EVAL base = SPLIT(TRIM(CONCAT({told})), " ")'
        if len(marks) > 1:
            yield "MV_EXPAND base"

    def condition(self, number: int) -> str:
        """What holds for the rows of a search."""
        return self.among_all(number, self.searches[number].where)

    def mark(self, number: int) -> str:
        """What tells the rows of a search from those of the others, once only rows of any are left.

        A full-text function can't stand there. It can be left out where no row of another search passes what is left.
        Raises UnsupportedError where one might.
        """
        search, expressions = self.searches[number], self.expressions[number]
        if not expressions.full_text(search.where):
            return self.condition(number)
        args = search.where.args if isinstance(search.where, And) else (search.where,)
        plain = And(tuple(arg for arg in args if not expressions.full_text(arg)))
        others = [place for place in range(len(self.searches)) if place != number]
        if not all(
            self.stores[number].index != self.stores[place].index or _apart(plain, self.searches[place].where)
            for place in others
        ):
            raise UnsupportedError(
                "it tests a flattened field in one of several referenced rules that may match one event, so ES|QL can't tell which did"
            )
        return self.among_all(number, plain)

    def among_all(self, number: int, where: Expr) -> str:
        expressions = self.expressions[number]
        if len({store.index for store in self.stores}) > 1:
            only = " AND ".join(f"{name(key)} == {string(value)}" for key, value in self.stores[number].only.items())
            return f"{only} AND {expressions.operand(where)}"
        return expressions.expression(where)

    def column(self, target: str, fields: Sequence[tuple[Field, bool] | None], *, as_text: bool = False) -> Iterator[str]:
        """A column with the values of a field for each search (and whether they compare with regard to case), or of none."""
        texts = {
            number: self.expressions[number].readable(*field) for number, field in enumerate(fields) if field is not None
        }
        shown = {number: f"TO_STRING({text})" if as_text else text for number, text in texts.items()}
        cases = [([number], shown.get(number, "NULL")) for number in range(len(fields))]
        yield f"EVAL {target} = {_case('base', cases)}"
        if any(field is not None and field[0].many for field in fields):
            yield f"MV_EXPAND {target}"


def _apart(one: Expr, other: Expr) -> bool:
    """Whether a field of one value shows that no row can pass both."""
    for field in dict.fromkeys(test.field for test in tests(one)):
        values = kinds(one, field), kinds(other, field)
        if values[0] is not None and values[1] is not None and values[0].isdisjoint(values[1]):
            return True
    return False


def steps(plan: Correlation, stores: Stores) -> Iterator[str]:
    """The steps of a correlation. Raises UnsupportedError when ES|QL can't say them."""
    if any(isinstance(base, Correlation) for base in plan.bases):
        yield from _chained(plan, stores)
        return
    leaves = EsqlLeaves([base for base in plan.bases if isinstance(base, Search)], stores)
    yield from leaves.rows()
    for number, part in enumerate(plan.key):
        yield from leaves.column(f"key{number}", _fields(part))
        yield f"WHERE key{number} IS NOT NULL"
    if plan.value:
        yield from leaves.column(VALUE, _fields(plan.value))
    yield _EVENT


def _fields(part: KeyPart) -> list[tuple[Field, bool] | None]:
    return [None if field is None else (field, part.cased) for field in part.fields]


@dataclass(frozen=True, slots=True)
class _Part:
    """A base of a correlation over correlations.

    leaves: the numbers of its searches among all; key: for each part of its own key, by name, the field of each of its leaves;
    span: in milliseconds; value: what it counts, where not events; reached: what its count is asked for. A search has none of these,
    since its every event is a step.
    """

    leaves: range
    key: tuple[KeyPart, ...]
    span: int = 0
    value: KeyPart | None = None
    reached: Sequence[str] = ()


def _chained(plan: Correlation, stores: Stores) -> Iterator[str]:
    parts, searches = _parts(plan)
    leaves = EsqlLeaves(searches, stores)
    yield from leaves.rows()
    yield f"EVAL part = {_case('base', [(part.leaves, _quoted(number)) for number, part in enumerate(parts)])}"
    width = max(len(part.key) for part in parts)
    for place in range(width):
        fields = [field for part in parts for field in _at(part, part.key[place] if place < len(part.key) else None)]
        yield from leaves.column(f"inner{place}", fields, as_text=True)
    yield _where([_whole(part) for part in parts])
    values = [field for part in parts for field in _at(part, part.value)]
    if any(values):
        yield from leaves.column(VALUE, values, as_text=True)
    carried = [VALUE] if any(values) else []
    by = ["part", *(f"inner{place}" for place in range(width))]
    yield _EVENT
    yield packed(carried, Type.TEXT)
    yield from beside(carried, by)
    yield f"WHERE gap >= 0 AND gap <= {_case('part', [([number], str(part.span)) for number, part in enumerate(parts)])}"
    if carried:
        yield held(Type.TEXT)
    values_held = ["held = VALUES(held)"] if carried else []
    yield f"STATS {', '.join(['events = VALUES(other_id)', *values_held])} BY {', '.join([*by, 'id', 'at'])}"
    yield _where([part.reached for part in parts])
    yield "EVAL base = part"
    for number, key in enumerate(plan.key):
        found = _case("part", [([place], f"inner{_place(part, key)}") for place, part in enumerate(parts)])
        yield f"EVAL key{number} = {f'TO_LOWER({found})' if key.type is Type.TEXT and not key.cased else found}"


def _parts(plan: Correlation) -> tuple[list[_Part], list[Search]]:
    parts: list[_Part] = []
    searches: list[Search] = []
    if plan.value:
        raise UnsupportedError("it counts the values of a correlation's matches")
    for number, base in enumerate(plan.bases):
        first = len(searches)
        if isinstance(base, Search):
            searches.append(base)
            key = tuple(KeyPart(part.name, (part.fields[number],), part.type, part.cased) for part in plan.key)
            parts.append(_Part(range(first, len(searches)), key))
            continue
        inner = [one for one in base.bases if isinstance(one, Search)]
        if len(inner) < len(base.bases):
            raise UnsupportedError(
                f"it references {base.name}, which itself references a correlation: in ES|QL only one such layer is supported"
            )
        parts.append(
            _Part(range(first, first + len(inner)), base.key, milliseconds(base.span), base.value, [_reached(base)])
        )
        searches += inner
    return parts, searches


def _at(part: _Part, key: KeyPart | None) -> list[tuple[Field, bool] | None]:
    return _fields(key) if key else [None] * len(part.leaves)


def _where(parts: Sequence[Sequence[str]]) -> str:
    """A row of any part for which all that it asks holds, told apart by part only where they ask different things."""
    asked = {tuple(part) for part in parts}
    if len(asked) == 1:
        return f"WHERE {' AND '.join(asked.pop()) or 'TRUE'}"
    told = [" AND ".join([f'part == "{number}"', *part]) for number, part in enumerate(parts)]
    return "WHERE " + " OR ".join(f"({one})" for one in told)


def _whole(part: _Part) -> list[str]:
    return [f"inner{place} IS NOT NULL" for place in range(len(part.key))]


def _reached(base: Correlation) -> str:
    """What is asked of a base's count. Raises UnsupportedError for a base that is more than one count over its window."""
    match window(base):
        case Window(
            nodes=(Look(figures=((column, Seen(of=Of.FIGURE, range=around, bases=(), figure=figure)),)),),
            keep=Keep(bases=kept, test=Compares(column=compared, op=op, value=count)),
        ) if column == compared and around == Range(-base.span, 0) and len(kept) == len(base.bases) and figure in _LISTED:
            return f"COALESCE(MV_COUNT({_LISTED[figure]}), 0) {operator(op)} {literal(count)}"
    raise UnsupportedError(f"it references {base.name}, and in ES|QL only counts of events or values can be referenced")


def _place(part: _Part, key: KeyPart) -> int:
    return next(place for place, own in enumerate(part.key) if own.name == key.name)
