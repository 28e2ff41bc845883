"""A trail as tables, its head, and the files that hold both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from casetrail import __version__
from casetrail.logs.contract import Contract
from casetrail.reading.spelled import json_text
from casetrail.trail.har import Token, expiry, tokens
from casetrail.trail.ledger import entries, searches, told
from casetrail.trail.node import Strength
from casetrail.trail.owners import Owners
from casetrail.trail.scope import UNMAPPED, files_of, names_of, scope
from casetrail.trail.store import Hour, Input, Store
from casetrail.trail.table import Table, table, when
from casetrail.trail.unseen import HOUR, completeness, gaps, never_came
from casetrail.trail.walk import Trail


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for. All as it was given."""

    indicators: tuple[str, ...]
    through: tuple[str, ...]
    maps: tuple[str, ...]
    command: str
    hars: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """A trail for people and programs.

    head: lines that say the whole; ledger: lines of what a search by each id would have found; incomplete: reasons why more may be there.
    """

    asked: Asked
    inputs: tuple[Input, ...]
    indicators: tuple[str, ...]
    head: tuple[str, ...]
    ledger: tuple[str, ...]
    incomplete: tuple[str, ...]
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table:
        return next(each for each in self.tables if each.name == name)

    def json(self) -> bytes:
        """All of it, the same to the byte for the same logs, version and command."""
        document = {
            "casetrail": __version__,
            "command": self.asked.command,
            "indicators": list(self.asked.indicators),
            "through": list(self.asked.through),
            "maps": list(self.asked.maps),
            "hars": self.asked.hars,
            "inputs": [{"path": one.path, "sha256": one.sha256} for one in self.inputs],
            "meant": list(self.indicators),
            "head": list(self.head),
            "ledger": list(self.ledger),
            "incomplete": list(self.incomplete),
            "tables": {each.name: each.dicts() for each in self.tables},
        }
        return json_text(document).encode() + b"\n"


def result(
    trail: Trail,
    store: Store,
    contracts: Mapping[str, Contract],
    owners: Owners,
    asked: Asked,
    indicators: Sequence[str],
    inactive: Sequence[str] = (),
) -> Result:
    """What there is to say of a trail."""
    steps = trail.ordered()
    names = names_of(store.accounts, trail.accounts)
    files = files_of(steps)
    places = {step.event.number: step.event.place for step in steps}
    tables = scope(trail, store.accounts, contracts, owners, places)
    found = searches(steps, store.accounts, files)
    tables.append(_ledger(trail, store, names))
    tables.append(
        table(
            "searches",
            "What a search by each kind of id would have found",
            ("account", "by", "files", "of files", "events", "of events"),
            ((names.get(s.account, s.account), s.kind, s.files, s.of_files, s.events, s.of_events) for s in found),
        )
    )
    held, unread = tokens(Path(asked.hars)) if asked.hars else ([], [])
    tables.append(_tokens(held, owners))
    unseen, incomplete = _unseen(trail, store, contracts, inactive)
    tables += [_events(trail), _also(trail, places), unseen]
    return Result(
        asked,
        tuple(store.inputs),
        tuple(indicators),
        tuple(_head(trail, tables, len(indicators))),
        tuple(told(found, names)),
        (*incomplete, *unread),
        tuple(tables),
    )


def _tokens(held: Sequence[Token], owners: Owners) -> Table:
    """The tokens of HAR files, with the customer of each file by its name in the map."""
    whose = {name: owners.customer([node]) for node, name in sorted(owners.names.items())}
    rows = (
        (
            one.host,
            one.name,
            one.where,
            one.issuer,
            expiry(one),
            one.digest,
            one.file,
            whose.get(PurePath(one.file).name) or UNMAPPED,
        )
        for one in held
    )
    columns = ("host", "name", "where", "issuer", "expires", "sha256", "file", "customer")
    return table("tokens", "Tokens in HAR files, to revoke", columns, rows, ("host", "name", "sha256", "file"))


def _events(trail: Trail) -> Table:
    rows = [
        (
            when(step.event.time),
            step.event.source,
            step.event.type,
            step.strength.word,
            "; ".join(f"{node}" for node in step.event.nodes),
            step.event.how,
            step.event.place,
            step.event.id,
            " > ".join(trail.chain(step)),
        )
        for step in trail.ordered()
    ]
    columns = ("time", "log", "event type", "strength", "names", "how", "event", "id", "chain")
    return table("events", "Events", columns, rows, ("log", "id"))


def _also(trail: Trail, places: Mapping[int, str]) -> Table:
    rows = [
        (each.node.kind, each.node.value, each.why, places.get(each.shown_by or 0, ""))
        for each in sorted(trail.aside.values(), key=lambda one: one.node)
        if each.node not in trail.found
    ]
    return table("also", "Also look at", ("kind", "value", "why it isn't walked", "event"), rows, ("kind", "value"))


def _ledger(trail: Trail, store: Store, names: Mapping[str, str]) -> Table:
    rows = (
        (names.get(one.account, one.account), one.source, one.type, one.kind, one.events, one.things)
        for one in entries(trail.ordered(), store.accounts)
    )
    columns = ("account", "log", "event type", "names by", "events", "different")
    return table("ledger", "Record ids", columns, rows)


def _unseen(
    trail: Trail, store: Store, contracts: Mapping[str, Contract], inactive: Sequence[str]
) -> tuple[Table, list[str]]:
    rows: list[tuple[object, ...]] = []
    reasons: list[str] = []
    hours = store.hours()
    steps = trail.ordered()
    kinds: dict[str, list[str]] = {}
    for one in hours:
        kinds.setdefault(one.source, []).append(one.type or "")
    if steps and hours:
        first, last = steps[0].event.time, steps[-1].event.time
        read_until = max(store.newest().values())
        for gap in gaps(_counts(hours), first // HOUR, min(last // HOUR + 24, read_until // HOUR)):
            begin, end = when(gap.begin * HOUR), when(gap.end * HOUR)
            rows.append((gap.source, gap.type, "fewer than usual", begin, end, gap.had, f"{gap.usual:g}", ""))
            reasons.append(f"{gap.source}: {gap.type}: {gap.had} events from {begin} to {end}, {gap.usual:g} are usual")
        for log in completeness(read_until, last, [contracts[source] for source in sorted(kinds)]):
            state = "whole" if log.whole else "rows may still come"
            end = "" if log.whole else f"ask again after {when(log.ask_again)}"
            rows.append((log.source, "", state, "", when(log.whole_until), "", "", end))
            if not log.whole:
                reasons.append(f"{log.source}: complete as of {when(log.whole_until)}; {end}")
    for source, kind, blind in never_came(kinds, contracts):
        rows.append((source, kind, "never collected", "", "", 0, "", f"can't be seen: {blind}"))
    rows += [("", "", "rule inactive", "", "", "", "", rule) for rule in inactive]
    for fatal in store.faults.fatal:
        rows.append(("", "", "not read to its end", "", "", "", "", fatal))
        reasons.append(fatal)
    for kind, count in sorted(store.faults.counts.items()):
        rows.append(("", "", kind, "", "", count, "", "; ".join(store.faults.places[kind])))
    if store.faults.lost:
        reasons.append(f"{store.faults.lost} rows couldn't be read")
    columns = ("log", "event type", "what", "from", "until", "had", "usual", "note")
    return table("unseen", "What these logs can't show", columns, rows), reasons


def _counts(hours: Sequence[Hour]) -> dict[tuple[str, str, int], int]:
    return {(one.source, one.type or "", one.hour): one.count for one in hours}


def _head(trail: Trail, tables: Sequence[Table], indicators: int) -> list[str]:
    """The trail in a line or two."""
    by_name = {each.name: each for each in tables}
    steps = trail.ordered()
    if not steps:
        return ["no event names any of the indicators"]
    files = by_name["files"].dicts()
    customers = [row["customer"] for row in by_name["customers"].dicts()]
    mapped = [name for name in customers if name != UNMAPPED]
    unmapped = sum(row["customer"] == UNMAPPED for row in files)
    addresses = {node for step in steps for node in step.event.of("address")}
    strong = [f"{sum(row['strength'] == each.word for row in files)} {each.word}" for each in Strength]
    parts = [
        _count(indicators, "indicator"),
        _count(len(by_name["sessions"].rows), "session"),
        _count(len(by_name["accounts"].rows), "account"),
        f"{len(addresses)} address{'' if len(addresses) == 1 else 'es'}",
        f"{_count(len(files), 'file')} ({', '.join(strong)})",
        f"{_count(len(mapped), 'customer')} ({_count(unmapped, 'file')} not in the map)",
    ]
    strengths = ", ".join(f"{sum(step.strength is each for step in steps)} {each.word}" for each in Strength)
    first, last = when(steps[0].event.time), when(steps[-1].event.time)
    return [" -> ".join(parts), f"{_count(len(steps), 'event')} ({strengths}), first {first}, last {last}"]


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
