"""Splunk as its documentation has it: events stored as Splunk stores them, and the shipped query run by a model of SPL.

This is a model and not Splunk: no Splunk runs offline. What agrees here means what Splunk's documentation says; whether a
Splunk does what its documentation says is for the reader's own to show. Each trial is run several times: rows whose order Splunk
leaves open come in other orders, what its documentation can be read to say in two ways is read in both, and the null of JSON comes
as the text null, as Splunk is seen to extract it, and not at all. All runs must agree.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from casetrail.engines.base import Trial
from casetrail.engines.spelled import spelled
from casetrail.engines.spl_model import Lookup, Readings, run
from casetrail.languages.base import Bounds
from casetrail.languages.spl.expressions import TIME
from casetrail.languages.spl.lookups import LIVE
from casetrail.languages.spl.query import query_of
from casetrail.languages.spl.source import ID
from casetrail.languages.spl.tables import csvs, looked_up, transforms
from casetrail.logs.contract import Contract
from casetrail.logs.event import Event, arrival
from casetrail.plan.nodes import Field, Plan, Type, fields
from casetrail.plan.values import scalar_text
from casetrail.stores.shape import Shape
from casetrail.stores.store import Backend, Store
from casetrail.stores.unsupported import UnsupportedError

_NULL = "null"


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a query could run. seed: chooses the order of rows; nulls: whether null comes as text."""

    seed: int
    readings: Readings
    nulls: bool


WAYS = (
    Way(0, Readings(), nulls=True),
    Way(1, Readings(exact=False, kleene=False, null_match_is_null=False), nulls=True),
    Way(2, Readings(), nulls=False),
)
_SECOND = 1_000_000


Kept = Mapping[str, Sequence[tuple[str, str]]]
"""By field the names that Splunk has it under, each with its kind: text of a key=value line, or a parameter's kind of value; else JSON."""
_PARAMETER = ("value", "intValue", "boolValue")


def as_named(store: Store) -> Kept:
    """What Splunk has, by the names that the backend gives."""
    kinds = {"parameter": "value", "json": ""}
    return {
        path: [(place.name, kinds.get(place.type, place.type))]
        for path, place in store.fields.items()
        if not (place.unsupported or place.derive)
    }


def as_shaped(shape: Shape) -> Kept:
    """What Splunk has of what a vendor's add-on indexes."""
    every = shape.types.get("*", "")
    return {
        path: [(column.name, shape.types.get(column.name, every)) for column in columns]
        for path, columns in shape.fields.items()
    }


def stored(
    event: Event, store: Store, contract: Contract, kept: Kept | None = None, *, nulls: bool = True
) -> dict[str, Any]:
    """The fields that Splunk has for an event: text, a list of texts where there are several.

    kept: under which names; by those of the backend if not given.
    nulls: whether the null of JSON comes as the text null. An empty value of a key=value line doesn't come at all.
    """
    kept = as_named(store) if kept is None else kept
    seconds = Fraction(event.time, _SECOND)
    row: dict[str, Any] = {TIME: seconds if store.time == TIME else Fraction(event.time // _SECOND), "index": store.index}
    row.update((column, value.replace("*", "event")) for column, value in store.only.items())
    parameters: list[dict[str, Any]] = []
    for path, field in contract.fields.items():
        for name, kind in kept.get(path, ()):
            if name == TIME:
                continue
            texts = [spelled(text, field, event) for text in _texts(event.row, field, kind, nulls=nulls)]
            if kind in _PARAMETER:
                parameters += [
                    {"name": name, kind: _FALSE_TRUE.get(text, text) if kind == "boolValue" else text} for text in texts[:1]
                ]
                row["_raw"] = json.dumps({"event": {"parameters": parameters}}, ensure_ascii=False)
            elif texts:
                row[name] = texts if len(texts) > 1 else texts[0]
    arrived = arrival(event, contract)
    if store.arrival and arrived is not None:
        row[store.arrival] = Fraction(arrived // _SECOND)
    return row


_FALSE_TRUE = {"false": False, "true": True}


def _texts(row: Mapping[str, Any], field: Field, kind: str, *, nulls: bool) -> Iterator[str]:
    for value in _values(row, field.steps):
        text = scalar_text(value)
        if value is None and nulls and not kind:
            yield _NULL
        elif text or (text is not None and kind != "text"):
            yield text


def _values(value: object, steps: Sequence[str]) -> Iterator[object]:
    if isinstance(value, list):
        for item in value:
            yield from _values(item, steps)
    elif not steps:
        yield value
    elif isinstance(value, Mapping) and steps[0] in value:
        yield from _values(value[steps[0]], steps[1:])


def named(event: Event, contract: Contract, tested: frozenset[str]) -> Event:
    """The event with its own id where its identity leaves room: in a text that names it and that no test of the plan reads."""
    free = [known.path for known in contract.identity if known.type is Type.TEXT and known.path not in tested]
    free = [path for path in free if contract.event_type is None or path != contract.event_type.path]
    if not free:
        raise UnsupportedError("the plan tests all that names an event, so the trial's events can't be told apart")
    row = dict(event.row)
    here = row
    *way, last = min(free, key=lambda path: (path.lower() not in _IDS, free.index(path))).split(".")
    for step in way:
        here[step] = dict(here.get(step) or {})
        here = here[step]
    here[last] = event.id
    return replace(event, row=row)


_IDS = ("id", "uuid", "request_id", "id.uniquequalifier", "eventidentifier")


def tables(plans: Iterable[Plan]) -> dict[str, Lookup]:
    """The lookups that the package writes for the watchlists of plans, read as Splunk reads them."""
    lists = looked_up(plans)
    files = csvs(lists, {})
    return {name: _lookup(keys, files[keys["filename"]]) for name, keys in transforms(lists).items()}


def _lookup(keys: Mapping[str, str], content: bytes) -> Lookup:
    kind = {name: frozenset({"value"}) for name in ("CIDR", "WILDCARD") if keys.get("match_type") == f"{name}(value)"}
    return Lookup(
        tuple(csv.DictReader(content.decode().splitlines())),
        keys["case_sensitive_match"] == "true",
        int(keys["max_matches"]),
        kind.get("CIDR", frozenset()),
        kind.get("WILDCARD", frozenset()),
    )


class SplunkModel:
    """Runs trials on a model of Splunk, each over its own events."""

    name = "splunk (model)"

    def __init__(
        self, backend: Backend, contracts: Mapping[str, Contract], shapes: Mapping[str, Shape] = MappingProxyType({})
    ) -> None:
        self.backend = backend
        self.contracts = contracts
        self.kept = {source: as_named(store) for source, store in backend.stores.items()} | {
            source: as_shaped(shape) for source, shape in shapes.items()
        }

    def verdicts(self, trials: Sequence[Trial]) -> list[frozenset[str] | Exception]:
        return [self.verdict(trial) for trial in trials]

    def verdict(self, trial: Trial) -> frozenset[str] | Exception:
        known = trial.seen_until
        last = max((event.time for event in trial.events), default=0)
        try:
            query = query_of(trial.plan, self.backend, Bounds(known=known if known is not None else last + _FOREVER))
            return self.ids(query, trial)
        except UnsupportedError as error:
            error.rule, error.target = trial.plan.name, self.name
            return error

    def ids(self, query: str, trial: Trial, now: int | None = None) -> frozenset[str]:
        """The ids of the events of a trial that a query returns, the same under all orders and readings.

        now: microseconds since 1970 (UTC). Raises UnsupportedError when they aren't the same, or when the model can't say.
        """
        events = list(self.events(trial))
        macros = {store.index: f"index={store.index}" for store in self.backend.stores.values()}
        lookups = tables([trial.plan]) if self.backend.options.get("watchlists") == LIVE else {}
        at = None if now is None else Fraction(now, _SECOND)
        found: set[frozenset[str]] = set()
        for way in WAYS:
            rows = [
                stored(
                    one,
                    self.backend.stores[one.source],
                    self.contracts[one.source],
                    self.kept[one.source],
                    nulls=way.nulls,
                )
                for one in events
            ]
            answer = run(query, rows, macros=macros, lookups=lookups, now=at, seed=way.seed, readings=way.readings)
            found.add(frozenset(str(row[ID]) for row in answer))
        if len(found) > 1:
            raise UnsupportedError(f"its verdict depends on what Splunk leaves open: {sorted(map(sorted, found))}")
        names = {self.identity(event): event.id for event in events}
        return frozenset(names[identity] for identity in found.pop())

    def events(self, trial: Trial) -> Iterator[Event]:
        tested = frozenset(known.path for known in fields(trial.plan))
        for event in trial.events:
            if event.source in self.backend.stores:
                yield named(event, self.contracts[event.source], tested)

    def identity(self, event: Event) -> str:
        """What a query calls an event."""
        store, contract = self.backend.stores[event.source], self.contracts[event.source]
        named_by = {place.name: contract.fields[path] for path, place in store.fields.items()}
        kinds = dict(kept for each in as_named(store).values() for kept in each)
        texts = [list(_texts(event.row, named_by[column], kinds[column], nulls=False)) for column in store.identity]
        return "|".join(found[0] if found else "" for found in texts)


_FOREVER = 10 * 366 * 86_400 * _SECOND
