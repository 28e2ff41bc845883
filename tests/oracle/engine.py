"""SQLite as a second opinion that isn't ours: from the Sigma rule itself, past our plan, by pysigma-backend-sqlite.

It shares the reading of values with the other engines (`plan.values`), and nothing of the lowering or the evaluation.
"""

from __future__ import annotations

import copy
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.rule import SigmaRule

from casetrail.logs.contract import Contract
from casetrail.logs.event import Event
from tests.oracle.backend import Gap, OracleBackend, Refused, pipeline, source, tested_fields
from tests.oracle.correlations import Key, Step, completing, key_fields, refuse, refuse_steps, renamed, turn, value_field
from tests.oracle.tables import Table, connect, fill

try:
    from sigma.backends.sqlite.runtime import execute_plan
except ImportError as error:
    raise ImportError("the SQLite oracle needs the package pysigma-backend-sqlite (dependency group `test`)") from error

_FOREVER = 2.0**33
_HALF = 0.5
Rules = Sequence[Mapping[str, Any]]
Watchlists = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """SQLite can't tell, or is known to tell something else."""

    gap: Gap

    @property
    def reason(self) -> str:
        return self.gap.value


class SqliteOracle:
    """What SQLite says of Sigma rules."""

    name = "sqlite"

    def verdict(
        self,
        rules: Rules,
        events: Iterable[Event],
        contracts: Mapping[str, Contract],
        watchlists: Watchlists,
        seen_until: int | None = None,
    ) -> frozenset[str] | Unsupported:
        """The ids of the events that complete the last of the rules.

        rules: Sigma documents that have a meaning (`plan.correlate.lower` gives a plan), base rules before what stands on
            them, each with a title of its own.
        events: in any order; of two with one id the first counts.
        seen_until: the time (microseconds, UTC) up to which the log is known to be whole; None when it is all there is.
        """
        log = list({event.id: event for event in reversed(list(events))}.values())
        try:
            opinion = _Opinion(rules, contracts)
            opinion.ask(log, watchlists, _FOREVER if seen_until is None else seen_until / 1_000_000)
            return frozenset(identity for identity, _ in opinion.completions(opinion.last))
        except Refused as refused:
            return Unsupported(refused.gap)


class _Opinion:
    def __init__(self, rules: Rules, contracts: Mapping[str, Contract]) -> None:
        documents = [copy.deepcopy(dict(rule)) for rule in rules]
        for document in documents:
            if "correlation" in document:
                document["correlation"]["generate"] = True
        self.rules = SigmaCollection.from_dicts(documents)
        self.contracts = contracts
        self.last = self.rules.rules[-1]
        self.turn = turn(self.last)
        self.searches = [rule for rule in self.rules.rules if isinstance(rule, SigmaRule)]
        self.correlations = [rule for rule in self.rules.rules if isinstance(rule, SigmaCorrelationRule)]
        self.expanded = _expanded(documents)
        for rule in self.correlations:
            refuse(rule, contracts)

    def ask(self, log: Sequence[Event], watchlists: Watchlists, observation_end: float) -> None:
        """Load the log and put the rules to the backend."""
        if any(not watchlists[name] for name in self.expanded):
            raise Refused(Gap.EMPTY_WATCHLIST)
        self.times = {event.id: event.time for event in log}
        self.connection = connect()
        self.tables = self.fill(log)
        lists = {name: watchlists[name] for name in self.expanded}
        backend = OracleBackend(self.tables, pipeline(self.tables, lists), observation_end)
        self.queries: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for query in json.loads(backend.convert(self.rules, "zircolite")):
            self.queries[query["title"]].append(query)

    def fill(self, log: Sequence[Event]) -> dict[str, Table]:
        """The table of each search, by its title.

        SQLite looks for an absence from the wanted event on, that instant included. Where it lies before, time runs
        backwards; where that instant doesn't count, the rules that are to be absent have a table half a microsecond earlier.
        """
        keyed = {name for rule in self.correlations for name in key_fields(rule)}
        absent = self.absent()
        groups: defaultdict[tuple[str, bool], list[SigmaRule]] = defaultdict(list)
        for rule in self.searches:
            groups[source(rule), rule.title in absent].append(rule)
        tables = {}
        for number, ((key, earlier), rules) in enumerate(groups.items()):
            fields = self.contracts[key].fields
            rows = [event for event in log if event.source == key]
            times = [event.time * (self.turn or 1) - _HALF * earlier for event in rows]
            tested = [fields[path] for rule in rules for path in tested_fields(rule)]
            keys = [fields[name] for name in sorted(keyed) if name in fields]
            table = fill(self.connection, f"log{number}", rows, times, tested, keys)
            tables.update(dict.fromkeys((rule.title for rule in rules), table))
        return tables

    def absent(self) -> set[str]:
        """The titles of the rules of an order that are to be absent."""
        last = self.last
        if isinstance(last, SigmaRule) or not self.turn or last.type.name != "TEMPORAL_ORDERED":
            return set()
        return {each.rule.title for number, each in enumerate(last.referenced_rules) if number not in completing(last)}

    def completions(self, rule: SigmaRule | SigmaCorrelationRule) -> set[tuple[str, Key]]:
        """Event ids with the keys under which they complete a rule."""
        if isinstance(rule, SigmaRule):
            queries = (text for query in self.queries[rule.title] for text in query["rule"])
            return {(row[0], ()) for text in queries for row in self.connection.execute(text)}
        steps = list(self.steps(rule))
        refuse_steps(rule, steps)
        wanted, moments = completing(rule), self.moments(rule)
        return {(step.event, step.key) for step in steps if step.base in wanted and (step.time, step.key) in moments}

    def moments(self, rule: SigmaCorrelationRule) -> set[tuple[int, Key]]:
        """The times and keys of SQLite's alerts: the end of a window, or its start where an absence follows."""
        (query,) = self.queries[rule.title]
        alerts, _ = execute_plan(self.connection, query["correlation_plan"], include_events=False)
        time, names = "window_start" if self.turn else "window_end", rule.group_by or []
        return {
            (round(alert[time] * 1_000_000) * (self.turn or 1), tuple(alert["group_keys"][name] for name in names))
            for alert in alerts
        }

    def steps(self, rule: SigmaCorrelationRule) -> Iterable[Step]:
        value = value_field(rule)
        for number, reference in enumerate(rule.referenced_rules):
            base = reference.rule
            paths = [renamed(rule, reference, name) for name in rule.group_by or []]
            for event, inner in self.completions(base):
                time = self.times[event]
                if isinstance(base, SigmaCorrelationRule):
                    given = dict(zip(base.group_by or [], inner, strict=True))
                    yield Step(number, event, time, tuple(given[path] for path in paths))
                    continue
                keys = self.tables[base.title].keys
                figure = [renamed(rule, reference, value)] if value else []
                uses = Counter([*paths, *figure])
                if any(count > 1 and len(keys[path][event]) > 1 for path, count in uses.items()):
                    raise Refused(Gap.LIST_TWICE)
                figures = tuple(each for path in figure for each in keys[path][event])
                for key in product(*(dict.fromkeys(keys[path][event]) for path in paths)):
                    yield Step(number, event, time, key, figures)


def _expanded(documents: Iterable[Any]) -> set[str]:
    """The names of the watchlists that detections expand. Raises Refused for one that is to be compared by letter case."""
    found: set[str] = set()

    def walk(value: Any, modifiers: Sequence[str]) -> None:
        match value:
            case dict():
                for key, inner in value.items():
                    walk(inner, str(key).split("|")[1:])
            case list():
                for inner in value:
                    walk(inner, modifiers)
            case str() if "expand" in modifiers:
                found.update(value.split("%")[1::2])
                if "cased" in modifiers:
                    raise Refused(Gap.CASED_WATCHLIST)

    walk([document.get("detection") for document in documents], [])
    return found
