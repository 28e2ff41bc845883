r"""SPL for the events that searches match: the base search that narrows, `where` that decides, and each event's id and time.

Times are counted in whole microseconds from EPOCH on, so that the edge of a window is an edge. `_time` is a double there, of
1.8e9 seconds with steps of 2.4e-7: a microsecond's text is off by at most 0.12 µs, its product by a million by 0.13 µs more, so
`round` meets the whole number that was meant, until 2106. `exact` keeps eval from rounding the product by its significant
figures. From EPOCH the numbers have fifteen digits at most until 2052, and so are the same as numbers and as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from casetrail.languages.base import Ago, Bounds, Instant
from casetrail.languages.spl import regex as spl_regex
from casetrail.languages.spl.expressions import TIME, SplExpressions, name, search_name
from casetrail.languages.spl.lookups import outputs
from casetrail.plan.nodes import And, Equals, Expr, Is, Not, OneOf, Or, Search, Type
from casetrail.stores.places import store_of
from casetrail.stores.store import Backend, Store, StoredField
from casetrail.stores.unsupported import UnsupportedError

EPOCH = 1_600_000_000
"""2020-09-13, in seconds since 1970."""
ID = "event_id"
"""The column of the completing event's id in what a query returns."""
BASE = "s"
"""Begins what tells a search's events, so that no comparison takes it for a number."""
_SECOND = 1_000_000
_TERM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.: -]*", re.ASCII)
_FRACTION = r"^[^.]*\.?([0-9]{0,6}).*\z"


def _time(store: Store) -> str:
    if store.time == TIME:
        return f"round(exact(({TIME}-{EPOCH})*{_SECOND}))"
    digits = f'substr(replace({name(store.time)},"{_FRACTION}","\\1")."000000",1,6)'
    return f"(floor({TIME})-{EPOCH})*{_SECOND}+tonumber({digits})"


class SplLeaves:
    """The searches that a plan stands on, over their stores."""

    def __init__(self, searches: Sequence[Search], backend: Backend) -> None:
        self.searches = searches
        self.stores = [store_of(search, backend.stores) for search in searches]
        known = {store.source: SplExpressions(store, backend.options) for store in self.stores}
        self.expressions = [known[store.source] for store in self.stores]
        self.several = len(known) > 1

    def base(self) -> str:
        """The base search: for each store its macro, what it has alone, and what all its searches ask of exact fields."""
        parts = []
        for store in {store.source: store for store in self.stores}.values():
            wheres = [
                search.where for search, own in zip(self.searches, self.stores, strict=True) if own.source == store.source
            ]
            terms = [base_of(store), *(text for text in [narrow(Or(tuple(wheres)), store)] if text)]
            parts.append(" ".join(terms))
        return parts[0] if len(parts) == 1 else " OR ".join(f"({part})" for part in parts)

    def matching(self) -> Iterator[str]:
        """Commands after the base search; then each row is a search's event, told by `base`, once."""
        conditions = [self.condition(number) for number in range(len(self.searches))]
        told: list[str] = []
        if len(set(conditions)) == 1:
            told += [f"where {conditions[0]}"] if conditions[0] != SplExpressions.ALWAYS else []
        else:
            marks = ".".join(f'if({condition},"{BASE}{number} ","")' for number, condition in enumerate(conditions))
            told += [f"eval base={marks}", 'where base!=""']
        ids = self.by_store([self.event_id(number) for number in range(len(self.searches))])
        times = self.by_store([_time(store) for store in self.stores])
        yield from self.before()
        yield from told
        yield f"eval {ID}={ids}"
        yield f"dedup {ID}"
        yield f"eval at={times}"
        if len(set(conditions)) > 1:
            yield 'makemv delim=" " base'
            yield "mvexpand base"
        elif len(conditions) > 1:
            yield f'eval base="{" ".join(f"{BASE}{number}" for number in range(len(conditions)))}"'
            yield 'makemv delim=" " base'
            yield "mvexpand base"
        else:
            yield f'eval base="{BASE}0"'

    def before(self) -> list[str]:
        """The commands that fill what all conditions read, each once."""
        lines = list(dict.fromkeys(line for one in dict.fromkeys(self.expressions) for line in one.before))
        filled = [outputs(line) for line in lines if outputs(line)]
        if len(set(filled)) < len(filled):
            raise UnsupportedError("two fields of one name but for its punctuation are compared with one watchlist")
        return lines

    def condition(self, number: int) -> str:
        """What tells a search's events; null is false to whoever asks."""
        where = self.expressions[number].where(self.searches[number].where)
        only = alone(self.stores[number]) if self.several else []
        return " AND ".join([*only, where] if where != SplExpressions.ALWAYS or not only else only)

    def by_store(self, texts: Sequence[str]) -> str:
        if len(set(texts)) == 1:
            return texts[0]
        cases = {}
        for store, text in zip(self.stores, texts, strict=True):
            cases[" AND ".join(alone(store))] = text
        return f"case({','.join(f'{only},{text}' for only, text in cases.items())})"

    def event_id(self, number: int) -> str:
        return event_id(self.stores[number], self.expressions[number])


def base_of(store: Store) -> str:
    """What `search` asks for the rows of a store: its macro, and what it has alone."""
    return " ".join([f"`{store.index}`", *(f'{search_name(key)}="{value}"' for key, value in store.only.items())])


def alone(store: Store) -> list[str]:
    """What an event of a store has that events of others haven't; `*` at the end of a value is a wildcard."""
    return [
        f'match({name(key)},"^{spl_regex.quoted(value[:-1])}")' if value.endswith("*") else f'{name(key)}="{value}"'
        for key, value in store.only.items()
    ]


def event_id(store: Store, expressions: SplExpressions) -> str:
    """The text that names an event: its identity's values, joined. Raises UnsupportedError for a store without an identity."""
    known = {column: StoredField(column, "text") for column in store.identity}
    known |= {stored.name: stored for stored in store.fields.values()}
    if not store.identity:
        raise UnsupportedError(f"{store.source}: the backend doesn't say what names an event")
    for column in store.identity:
        if known[column].type == "parameter":
            expressions.parameter(known[column])
    if len(store.identity) == 1:
        return name(store.identity[0])
    texts = [(name(column), known[column].type) for column in store.identity]
    return '."|".'.join(
        f'coalesce({text},"")' if kind == "text" else f'if({text}!="null",{text},"")' for text, kind in texts
    )


def narrow(expr: Expr, store: Store) -> str | None:
    """What `search` can ask so that no event is lost for which an expression holds: values of fields that compare exactly."""
    match expr:
        case Is(field=field, check=Equals() | OneOf() as check) if field.type is Type.TEXT:
            values = [str(value) for value in (check.values if isinstance(check, OneOf) else (check.value,))]
            stored = store.fields.get(field.path)
            cased = field.exact or check.cased
            if not cased or stored is None or stored.type == "parameter" or not all(map(_TERM.fullmatch, values)):
                return None
            listed = ", ".join(f'"{value}"' for value in dict.fromkeys(values))
            named = search_name(stored.name)
            return f"{named}={listed}" if len(values) == 1 else f"{named} IN ({listed})"
        case And(args=args):
            found = [text for text in (narrow(arg, store) for arg in args) if text]
            return " ".join(dict.fromkeys(found)) or None
        case Or(args=args) if args:
            each = [narrow(arg, store) for arg in args]
            texts = list(dict.fromkeys(text for text in each if text))
            if None in each:
                return None
            return texts[0] if len(texts) == 1 else f"({' OR '.join(f'({text})' for text in texts)})"
        case Or() | Is() | Not():
            return None
        case never:
            assert_never(never)


def bounds(run: Bounds, waits: Mapping[str, int]) -> Iterator[str]:
    """Commands that mark the steps on which a run may complete (`fresh`) and those after which so long a time is known.

    waits: the fields of such marks, with the time in microseconds.
    """
    if any(isinstance(moment, Ago) for moment in (run.start, run.end, run.known if waits else None)):
        latest = r'if(match(info_max_time,"^[0-9.]+\z"),info_max_time,now())'
        yield "addinfo"
        yield f"eval until=round(exact(({latest}-{EPOCH})*{_SECOND}))"
    marks = [f"at{op}{_moment(moment)}" for moment, op in ((run.start, ">="), (run.end, "<=")) if moment is not None]
    if marks:
        yield f"eval fresh=if({' AND '.join(marks)},1,0)"
    for mark, span in waits.items():
        yield f"eval {mark}=if(at+{span}<={_moment(run.known)},1,0)"


def _moment(moment: Instant) -> str:
    """A time as SPL, in microseconds since EPOCH; a run's own time is the end of the time range that it searches."""
    if isinstance(moment, Ago):
        return f"until-{moment.micros}" if moment.micros else "until"
    return f"({moment - EPOCH * _SECOND})"
