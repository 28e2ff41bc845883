"""OpenSearch's `_search` for correlations, in exact sliding windows, as one `scripted_metric`.

The query scores each event by the base rules that it meets, a power of two each, so that the index evaluates the rules and
the map script reads from `_score` which they were. The reduce script joins the events of all shards, groups them by key,
sorts by time and slides the window. Both are the same for every rule; the correlation is their parameters. Nothing is
bucketed, so there is no greatest number of keys: what is too much for the cluster ends in an error, never in fewer keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from casetrail.languages.base import Ago, Bounds, Instant
from casetrail.languages.querydsl.expressions import OpenSearchExpressions, Query
from casetrail.languages.querydsl.painless import program
from casetrail.plan import window as w
from casetrail.plan.horizon import reach, wait
from casetrail.plan.nodes import Correlation, Figure, KeyPart, Search, Type
from casetrail.stores.places import Stores, store_of
from casetrail.stores.unsupported import UnsupportedError, unknown

RESULT = "completions"
"""The name of the aggregation."""
_MOST_CONDITIONS = 24
"""Powers of two that a score, which is a float, adds up exactly."""


def milliseconds(span: int) -> int:
    """A timespan in milliseconds. Raises UnsupportedError for a finer one."""
    if span % 1000:
        raise UnsupportedError("its timespan is finer than the milliseconds of OpenSearch's times")
    return span // 1000


def time_filter(times: Sequence[str], start: Instant | None, end: Instant | None) -> list[Query]:
    """The events from `start` to `end`, by any of the fields that hold their time; none without a bound."""
    bounds = {
        **({"gte": _date(start, 0)} if start is not None else {}),
        **({"lte": _date(end, 1)} if end is not None else {}),
    }
    if not bounds:
        return []
    ranges = [{"range": {time: {**bounds, "format": "epoch_millis"}}} for time in times]
    return ranges if len(ranges) == 1 else [{"bool": {"should": ranges, "minimum_should_match": 1}}]


def _date(time: Instant, rounded_up: int) -> int | str:
    if isinstance(time, Ago):
        # Date arithmetic knows whole seconds; the exact bound is the script's.
        seconds = time.micros // 1_000_000 if rounded_up else -(-time.micros // 1_000_000)
        return f"now-{seconds}s" if seconds >= 0 else f"now+{-seconds}s"
    return time // 1000 if not rounded_up else -(-time // 1000)


def shifted(time: Instant | None, by: int) -> Instant | None:
    """A time so many microseconds later."""
    if time is None:
        return None
    return Ago(time.micros - by) if isinstance(time, Ago) else time + by


def correlation_body(plan: Correlation, stores: Stores, run: Bounds) -> dict[str, Any]:
    """The body of `_search` for a correlation's completions: maps of event_id, @timestamp, key, n and evidence.

    Raises UnsupportedError when OpenSearch can't say it.
    """
    leaves = _Leaves(stores)
    made = _plan(plan, leaves)
    read = leaves.params()
    params = {"plan": made, "leaves": read, "run": _bounds(run)}
    times = list(dict.fromkeys(leaf["time"] for leaf in read))
    filters = time_filter(times, shifted(run.start, -reach(plan)), shifted(run.end, wait(plan)))
    conditions = [
        {"constant_score": {"filter": condition, "boost": 1 << place}} for place, condition in enumerate(leaves.conditions())
    ]
    query: Query = {**({"filter": filters} if filters else {}), "should": conditions, "minimum_should_match": 1}
    metric = {
        "params": params,
        "init_script": "state.events = new ArrayList();",
        "map_script": program("read", "map"),
        "combine_script": "return state.events;",
        "reduce_script": program("read", "compare", "reduce"),
    }
    return {"size": 0, "query": {"bool": query}, "aggs": {RESULT: {"scripted_metric": metric}}}


def _bounds(run: Bounds) -> dict[str, Any]:
    bounds = {"start": _bound(run.start, up=True), "known": _bound(run.known), "end": _bound(run.end)}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _bound(time: Instant | None, *, up: bool = False) -> dict[str, int] | None:
    if time is None:
        return None
    if isinstance(time, Ago):
        return {"ago": time.micros // 1000}
    return {"at": -(-time // 1000) if up else time // 1000}


class _Leaves:
    """The searches that a correlation stands on, with the fields of their events that it asks for."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self.searches: list[Search] = []
        self.fields: list[list[dict[str, Any]]] = []

    def add(self, search: Search) -> int:
        self.searches.append(search)
        self.fields.append([])
        return len(self.searches) - 1

    def place(self, leaf: int, part: KeyPart, base: int) -> dict[str, Any]:
        """Where the program finds the values of a part in what is read of an event."""
        field = part.fields[base]
        if field is None:
            raise UnsupportedError(f"{part.name}: it has no field in {self.searches[leaf].name}")
        expressions = OpenSearchExpressions(store_of(self.searches[leaf], self.stores))
        wanted = expressions.readable(field, part.cased)
        if wanted not in self.fields[leaf]:
            self.fields[leaf].append(wanted)
        return {"place": self.fields[leaf].index(wanted)}

    def conditions(self) -> list[Query]:
        """What the index is asked, each once. Raises UnsupportedError for more than a score can tell apart."""
        found: list[Query] = []
        for condition in map(self.condition, self.searches):
            if condition not in found:
                found.append(condition)
        if len(found) > _MOST_CONDITIONS:
            raise UnsupportedError(f"it references more than {_MOST_CONDITIONS} rules, the most that a score tells apart")
        return found

    def condition(self, search: Search) -> Query:
        store = store_of(search, self.stores)
        where = OpenSearchExpressions(store).expression(search.where)
        if len({store_of(one, self.stores).index for one in self.searches}) == 1:
            return where
        only = [{"term": {name: {"value": value}}} for name, value in store.only.items()]
        return {"bool": {"filter": [*only, where]}}

    def params(self) -> list[dict[str, Any]]:
        conditions = self.conditions()
        return [
            {
                "number": number,
                "bit": 1 << conditions.index(self.condition(search)),
                "time": store_of(search, self.stores).time,
                "fields": self.fields[number],
            }
            for number, search in enumerate(self.searches)
        ]


def _plan(plan: Correlation, leaves: _Leaves) -> dict[str, Any]:
    milliseconds(plan.span)
    window = w.window(plan)
    figures = [column for node in window.nodes if isinstance(node, w.Look) for column, seen in node.figures if seen.figure]
    return {
        "key": [part.name for part in plan.key],
        "bases": [_base(plan, number, leaves) for number in range(len(plan.bases))],
        "nodes": [_node(node) for node in window.nodes],
        "keep": {"bases": list(window.keep.bases), "test": _test(window.keep.test)},
        **({"evidence": _range(window.evidence)} if window.evidence else {}),
        **({"shown": figures[0]} if figures else {}),
    }


def _node(node: w.Look | w.Mark) -> dict[str, Any]:
    match node:
        case w.Look(figures=figures):
            return {"is": "look", "figures": [{"column": column, **_seen(seen)} for column, seen in figures]}
        case w.Mark(base=base, column=column):
            return {"is": "mark", "base": base, "column": column}
        case never:
            assert_never(never)


def _seen(seen: w.Seen) -> dict[str, Any]:
    return {
        "of": seen.of.value,
        "range": _range(seen.range),
        "bases": list(seen.bases),
        **({"figure": _figure(seen.figure)} if seen.figure else {}),
        **({"percentile": seen.percentile} if seen.percentile is not None else {}),
    }


def _figure(figure: Figure) -> str:
    """A figure's name, of one that the program knows."""
    match figure:
        case Figure.EVENTS | Figure.DISTINCT | Figure.SUM | Figure.AVG | Figure.MEDIAN | Figure.PERCENTILE:
            return figure.value
        case never:
            raise unknown(never)


def _range(around: w.Range) -> dict[str, int]:
    """The whole milliseconds of a range: OpenSearch's times have no others."""
    return {**({"low": -(-around.low // 1000)} if around.low is not None else {}), "high": around.high // 1000}


def _test(test: w.Test) -> dict[str, Any]:
    match test:
        case w.Compares(column=column, op=op, value=value):
            return {"is": "compares", "column": column, "op": op.value, "value": value}
        case w.StartsWithin(span=span):
            return {"is": "starts_within", "span": milliseconds(span)}
        case w.NotBefore(column=column, other=other):
            return {"is": "not_before", "column": column, "other": other}
        case w.KnownFor(span=span):
            return {"is": "known_for", "span": milliseconds(span)}
        case w.Holds(column=column):
            return {"is": "holds", "column": column}
        case w.Fails(arg=arg):
            return {"is": "fails", "arg": _test(arg)}
        case w.All(args=args):
            return {"is": "all", "args": list(map(_test, args))}
        case w.Any(args=args):
            return {"is": "any", "args": list(map(_test, args))}
        case never:
            assert_never(never)


def _base(plan: Correlation, number: int, leaves: _Leaves) -> dict[str, Any]:
    base = plan.bases[number]
    value = plan.value
    values = [value] if value else []
    if isinstance(base, Search):
        leaf = leaves.add(base)
        key, counted = ([leaves.place(leaf, part, number) for part in parts] for parts in (plan.key, values))
        return {"leaf": leaf, "key": key, "value": counted}
    key, counted = ([_given(base, part) for part in parts] for parts in (plan.key, values))
    return {"plan": _plan(base, leaves), "key": key, "value": counted}


def _given(base: Correlation, part: KeyPart) -> dict[str, Any]:
    place = next((place for place, own in enumerate(base.key) if own.name == part.name), None)
    if place is None:
        raise UnsupportedError(f"{part.name}: the matches of {base.name} carry no such key")
    return {"place": place, "folded": part.type is Type.TEXT and not part.cased}
