"""An incident replayed: what each company would have been told, when, and of which files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from casetrail.build.targets import backend_of
from casetrail.incidents.alerting import Alerted, ArrivalLog, alerted
from casetrail.incidents.rows import Arrival, Taken, files_of, log_of, watchlists_of
from casetrail.incidents.story import Company, Fact, Incident
from casetrail.pack.pack import Pack
from casetrail.pack.rules import Rule
from casetrail.plan.horizon import waits
from casetrail.plan.nodes import Plan, sources
from casetrail.plan.values import bag
from casetrail.schedule.schedule import Schedule, schedule, shipped_query
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError

YOUNG = timedelta(days=10)
"""How long a log must be before what is new in it says anything."""


@dataclass(frozen=True, slots=True)
class ReplayAlert:
    """A run of completions of one rule and key, with gaps no longer than the rule's window.

    time: of the first completing event; arrived: when the row came that told it; both in microseconds since 1970 (UTC).
    told: when the first run told, by target, a target that doesn't hold the rule left out.
    events: how many completions; facts: ids of the facts whose rows it rests on, none for ordinary work.
    taken_back: whether later rows undo all of it.
    """

    rule: str
    level: str
    key: Mapping[str, str]
    time: int
    arrived: int
    alerted: Mapping[str, int]
    events: int
    facts: tuple[str, ...]
    taken_back: bool

    @property
    def first(self) -> int:
        return min(self.alerted.values())


@dataclass(frozen=True, slots=True)
class File:
    """A file that was taken, once or more.

    time: when first; arrived: when the first of its rows came; late: whether that was later than the log's typical delay.
    told: when the first alert that names it was told, by target; rules: those that name it, the earliest first.
    """

    id: str
    name: str
    owner: str
    time: int
    arrived: int
    late: bool
    alerted: Mapping[str, int]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which something happened or was told.

    alerts: those first told on it that rest on the intruder's rows; others: on rows of other facts.
    taken: how many files were first taken on it; named: how many an alert named on it first.
    """

    day: date
    facts: tuple[Fact, ...]
    alerts: tuple[ReplayAlert, ...]
    others: tuple[ReplayAlert, ...]
    taken: int
    named: int

    @property
    def first(self) -> ReplayAlert | None:
        """What fired first: on the intruder's rows, or else on others."""
        return next(iter([*self.alerts, *self.others]), None)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What one company's logs would have told.

    rows: by log source; alerts: all of them, by when they were told; asleep: rules about logs that it has which
    wait for an empty watchlist.
    """

    company: Company
    log: tuple[Arrival, ...]
    rows: Mapping[str, int]
    alerts: tuple[ReplayAlert, ...]
    files: tuple[File, ...]
    days: tuple[Day, ...]
    inactive: tuple[str, ...]

    def about(self, incident: Incident, by: str) -> tuple[ReplayAlert, ...]:
        """The alerts that rest on rows of facts by an actor."""
        wanted = {fact.id for fact in incident.facts if fact.by == by}
        return tuple(alert for alert in self.alerts if wanted.intersection(alert.facts))

    def noise(self, incident: Incident, *, young: bool = False) -> Counter[str]:
        """Alerts on ordinary work alone, by rule, those taken back left out.

        young: those of the log's first ten days, in which a rule that asks for what is new finds all new; else those after.
        """
        return Counter(
            alert.rule
            for alert in self.alerts
            if not alert.facts and not alert.taken_back and (day_of(alert.first) < incident.first + YOUNG) == young
        )

    @property
    def taken_back(self) -> Counter[str]:
        """Alerts that later rows undid, by rule: the row that would have kept the rule quiet came after the run."""
        return Counter(alert.rule for alert in self.alerts if alert.taken_back)


@dataclass(frozen=True, slots=True)
class Replay:
    """An incident replayed on some targets.

    intervals: how often a target's searches run at most, in microseconds; titles: short ones, by log source.
    """

    incident: Incident
    intervals: Mapping[str, int]
    titles: Mapping[str, str]
    companies: tuple[Replayed, ...]

    @property
    def groups(self) -> dict[int, tuple[str, ...]]:
        """The targets that search equally often at most, by interval."""
        return {
            interval: tuple(name for name, other in self.intervals.items() if other == interval)
            for interval in sorted(set(self.intervals.values()))
        }


def replay(pack: Pack, incident: Incident, targets: Sequence[str], leave_out: Iterable[str] = ()) -> Replay:
    """What the rules of a pack would have told of an incident, with each company's own watchlists.

    leave_out: names of rules to do without. Raises PackError.
    """
    backends = {target: backend_of(pack, target) for target in targets}
    without = set(leave_out)
    found = []
    for company in incident.companies:
        theirs = pack.with_watchlists(known_lists(pack, watchlists_of(incident, company)))
        found.append(_company(theirs, incident, company, backends, without))
    intervals = {name: backend.interval for name, backend in backends.items()}
    titles = {source: contract.short_title for source, contract in pack.contracts.items()}
    return Replay(incident, intervals, titles, tuple(found))


def known_lists(pack: Pack, lists: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Of a company's watchlists, those that the pack has rules for."""
    return {name: values for name, values in lists.items() if name in pack.watchlists}


def _company(
    pack: Pack, incident: Incident, company: Company, backends: Mapping[str, Backend], without: set[str]
) -> Replayed:
    arrivals = log_of(pack, incident, company)
    log = ArrivalLog(arrivals, pack.contracts)
    facts = {one.event.id: one.fact for one in log.arrivals if one.fact}
    alerts: list[ReplayAlert] = []
    naming: defaultdict[str, list[tuple[str, str, int]]] = defaultdict(list)
    takings = _takings(log, incident, pack)
    taken_rows = {identity for rows in takings.values() for identity in (one.event.id for one in rows)}
    for name, plan in pack.rules.plans().items():
        if name in without or pack.rules[name].inactive or on_silence(pack.rules[name], plan):
            continue
        by_target = _told(pack, plan, log, backends)
        alerts += _alerts(pack, name, plan, by_target, facts)
        for target, found in by_target.items():
            for one in found:
                for identity in taken_rows.intersection(one.evidence):
                    naming[identity].append((target, name, one.at))
    alerts.sort(key=lambda alert: (alert.first, alert.time, alert.rule, sorted(alert.key.items())))
    rows = Counter(one.event.source for one in arrivals)
    files = tuple(_files(takings, naming, files_of(incident, company), pack))
    inactive = tuple(
        name for name, plan in pack.rules.plans().items() if pack.rules[name].inactive and set(sources(plan)) & rows.keys()
    )
    days = tuple(_days(incident, company, alerts, files))
    return Replayed(company, log.arrivals, dict(sorted(rows.items())), tuple(alerts), files, days, inactive)


def on_silence(rule: Rule, plan: Plan) -> bool:
    """Whether a rule tells of a log's silence. An incident's logs hold a part of what its companies do, and end: they are silent often."""
    return rule.of_log_health and waits(plan)


def _told(pack: Pack, plan: Plan, log: ArrivalLog, backends: Mapping[str, Backend]) -> dict[str, list[Alerted]]:
    """What a rule tells on each target that holds it. Targets of one schedule tell the same."""
    found: dict[str, list[Alerted]] = {}
    by_schedule: dict[Schedule, list[Alerted]] = {}
    for target, backend in backends.items():
        try:
            shipped_query(plan, backend, pack.contracts)
        except UnsupportedError:
            continue
        when = schedule(plan, backend, pack.contracts)
        if when not in by_schedule:
            by_schedule[when] = alerted(plan, log, when)
        found[target] = by_schedule[when]
    return found


def _alerts(
    pack: Pack, name: str, plan: Plan, by_target: Mapping[str, Sequence[Alerted]], facts: Mapping[str, str]
) -> list[ReplayAlert]:
    span = getattr(plan, "span", -1)
    names = [part.name for part in getattr(plan, "key", ())]
    by_key: defaultdict[tuple[object, ...], dict[str, list[tuple[str, Alerted]]]] = defaultdict(dict)
    for target, found in by_target.items():
        for one in found:
            by_key[one.key].setdefault(one.event.id, []).append((target, one))
    alerts = []
    for key, events in by_key.items():
        run: list[list[tuple[str, Alerted]]] = []
        ordered = sorted(events.values(), key=lambda tellings: (tellings[0][1].event.time, tellings[0][1].event.id))
        for tellings in ordered:
            if run and tellings[0][1].event.time - run[-1][0][1].event.time > span:
                alerts.append(_alert(pack, name, dict(zip(names, map(str, key), strict=True)), run, facts))
                run = []
            run.append(tellings)
        alerts.append(_alert(pack, name, dict(zip(names, map(str, key), strict=True)), run, facts))
    return alerts


def _alert(
    pack: Pack, name: str, key: Mapping[str, str], run: Sequence[Sequence[tuple[str, Alerted]]], facts: Mapping[str, str]
) -> ReplayAlert:
    every = [(target, one) for tellings in run for target, one in tellings]
    _, first = min(every, key=lambda told_one: (told_one[1].at, told_one[1].event.time))
    at: dict[str, int] = {}
    for target, one in every:
        at[target] = min(one.at, at.get(target, one.at))
    rested = sorted({facts[identity] for _, one in every for identity in one.evidence if identity in facts})
    back = all(one.taken_back for _, one in every)
    level = pack.rules[name].level
    return ReplayAlert(name, level, key, first.event.time, first.arrived, at, len(run), tuple(rested), back)


def _takings(log: ArrivalLog, incident: Incident, pack: Pack) -> dict[str, list[Arrival]]:
    """The rows of what was taken, by file."""
    takes = {fact.id for fact in incident.facts if fact.takes}
    found: defaultdict[str, list[Arrival]] = defaultdict(list)
    for one in log.arrivals:
        if one.fact in takes:
            contract = pack.contracts[one.event.source]
            paths = contract.pivots.get("file", ())
            texts = [text for path in paths for text in bag(one.event.row, contract.fields[path])]
            if texts:
                found[texts[0]].append(one)
    return found


def _files(
    takings: Mapping[str, Sequence[Arrival]],
    naming: Mapping[str, Sequence[tuple[str, str, int]]],
    known: Mapping[str, Taken],
    pack: Pack,
) -> Iterable[File]:
    for identity, rows in sorted(takings.items(), key=lambda item: (min(one.event.time for one in item[1]), item[0])):
        named = sorted((at, rule, target) for one in rows for target, rule, at in naming.get(one.event.id, ()))
        at: dict[str, int] = {}
        for when, _, target in named:
            at.setdefault(target, when)
        first = min(rows, key=lambda one: one.arrived)
        late = first.arrived - first.event.time > pack.contracts[first.event.source].delay.typical
        told_of = known.get(identity, Taken("", ""))
        rules = tuple(dict.fromkeys(rule for _, rule, _ in named))
        time = min(one.event.time for one in rows)
        yield File(identity, told_of.name, told_of.owner, time, first.arrived, late, at, rules)


def day_of(micros: int) -> date:
    """The day of a time, in UTC."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).date()


def _days(incident: Incident, company: Company, alerts: Sequence[ReplayAlert], files: Sequence[File]) -> Iterable[Day]:
    told_on: defaultdict[date, list[ReplayAlert]] = defaultdict(list)
    for alert in alerts:
        if alert.facts:
            told_on[day_of(alert.first)].append(alert)
    facts = [fact for fact in incident.facts if fact.company == company.name]
    hostile = {fact.id for fact in facts if fact.by == "intruder"}
    taken = Counter(day_of(file.time) for file in files)
    named = Counter(day_of(min(file.alerted.values())) for file in files if file.alerted)
    for day in sorted({*told_on, *taken, *named, *(fact.day for fact in facts), company.saw}):
        mine = [alert for alert in told_on[day] if hostile.intersection(alert.facts)]
        others = [alert for alert in told_on[day] if alert not in mine]
        today = tuple(fact for fact in facts if fact.day == day)
        yield Day(day, today, tuple(mine), tuple(others), taken[day], named[day])
