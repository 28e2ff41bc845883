"""Splunk as its documentation has it: events stored as Splunk stores them, and the shipped query run by a model of SPL.

This is a model and not Splunk: no Splunk runs offline. What agrees here means what Splunk's documentation says; whether a
Splunk does what its documentation says is for the reader's own to show. Each trial is run several times, with the rows whose order
Splunk leaves open in other orders, and under each of the readings that the documentation leaves room for; all must agree.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from casetrail.dialects.base import Ago, Run, UnsupportedError
from casetrail.dialects.spl import TIME
from casetrail.dialects.spl_query import query_of
from casetrail.dialects.spl_source import ID
from casetrail.engines.base import Trial
from casetrail.engines.event import Event
from casetrail.engines.spl_model import Readings, run
from casetrail.pack.backend import Backend, Store, StoredField
from casetrail.pack.contract import Contract
from casetrail.plan.nodes import Field, Type, fields
from casetrail.plan.values import scalar_text

SEEDS = (0, 1, 2)
READINGS = tuple(Readings(exact=exact, kleene=exact, null_match_is_null=exact) for exact in (True, False))
_SECOND = 1_000_000


def stored(event: Event, store: Store, contract: Contract) -> dict[str, Any]:
    """The fields that Splunk has for an event, as the backend names them: text, a list of texts where there are several.

    From JSON null comes as the text null, from a key=value line an empty value not at all.
    """
    seconds = Fraction(event.time, _SECOND)
    row: dict[str, Any] = {TIME: seconds if store.time == TIME else Fraction(event.time // _SECOND), "index": store.index}
    row.update((column, value.replace("*", "event")) for column, value in store.only.items())
    parameters: list[dict[str, str]] = []
    for path, field in contract.fields.items():
        place = store.fields.get(path)
        if place is None or place.unsupported or place.name == TIME:
            continue
        texts = list(_texts(event.row, field, place))
        if place.type == "parameter":
            parameters += [{"name": place.name, "value": text} for text in texts[:1]]
            row["_raw"] = json.dumps({"event": {"parameters": parameters}}, ensure_ascii=False)
        elif texts:
            row[place.name] = texts if len(texts) > 1 else texts[0]
    return row


def _texts(row: Mapping[str, Any], field: Field, place: StoredField) -> Iterator[str]:
    for value in _values(row, field.steps):
        text = scalar_text(value)
        if text is None and value is None and place.type == "json":
            yield "null"
        elif text or (text is not None and place.type in ("json", "parameter")):
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


class SplunkModel:
    """Runs trials on a model of Splunk, each over its own events."""

    name = "splunk (model)"

    def __init__(self, backend: Backend, contracts: Mapping[str, Contract]) -> None:
        self.backend = backend
        self.contracts = contracts

    def verdicts(self, trials: Sequence[Trial]) -> list[frozenset[str] | Exception]:
        return [self.verdict(trial) for trial in trials]

    def verdict(self, trial: Trial) -> frozenset[str] | Exception:
        known = trial.seen_until
        last = max((event.time for event in trial.events), default=0)
        try:
            query = query_of(trial.plan, self.backend, Run(known=known if known is not None else last + _FOREVER))
            return self.ids(query, trial)
        except UnsupportedError as error:
            error.rule, error.target = trial.plan.name, self.name
            return error

    def ids(self, query: str, trial: Trial, now: int | None = None) -> frozenset[str]:
        """The ids of the events of a trial that a query returns, the same under all orders and readings.

        now: microseconds since 1970 (UTC). Raises UnsupportedError when they aren't the same, or when the model can't say.
        """
        rows = list(self.rows(trial))
        macros = {store.index: f"index={store.index}" for store in self.backend.stores.values()}
        at = None if now is None else Fraction(now, _SECOND)
        found: set[frozenset[str]] = set()
        for readings in READINGS:
            for seed in SEEDS:
                answer = run(query, rows, macros=macros, now=at, seed=seed, readings=readings)
                found.add(frozenset(str(row[ID]) for row in answer))
        if len(found) > 1:
            raise UnsupportedError(f"its verdict depends on what Splunk leaves open: {sorted(map(sorted, found))}")
        names = dict(self.names(trial))
        return frozenset(names[identity] for identity in found.pop())

    def events(self, trial: Trial) -> Iterator[Event]:
        tested = frozenset(known.path for known in fields(trial.plan))
        for event in trial.events:
            if event.source in self.backend.stores:
                yield named(event, self.contracts[event.source], tested)

    def rows(self, trial: Trial) -> Iterator[dict[str, Any]]:
        for event in self.events(trial):
            yield stored(event, self.backend.stores[event.source], self.contracts[event.source])

    def names(self, trial: Trial) -> Iterator[tuple[str, str]]:
        for event in self.events(trial):
            store, contract = self.backend.stores[event.source], self.contracts[event.source]
            row = stored(event, store, contract)
            parts = []
            for path in store.identity:
                place = store.fields.get(path)
                if place is not None and not place.unsupported:
                    texts = list(_texts(event.row, contract.fields[path], place))
                    value = texts[0] if texts else ""
                    parts.append("" if value == "null" else value)
            yield "|".join(parts), event.id


_FOREVER = 10 * 366 * 86_400 * _SECOND
