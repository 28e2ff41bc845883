"""An incident laid into ordinary work: is it still seen as early as alone?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson

from casetrail.hunt.hits import Hit
from casetrail.hunt.hunt import hunt
from casetrail.incidents.replay import on_silence
from casetrail.pack.pack import Pack
from casetrail.pack.watchlist import read_watchlists
from studies.quiet.measure import Settings

WriteLogs = Callable[[Path, Settings], Mapping[str, int]]


def laid_in(pack_folder: Path, name: str, folder: Path, settings: Settings, write_logs: WriteLogs) -> int:
    """Print, for each company of an incident, the first alert on the intruder alone and amid the ordinary work of the same days.

    Gives 0 when every completion on the intruder's rows stands, 1 when one is lost, 2 when the pack has no such incident.
    """
    try:
        incident_rows, story = import_module("casetrail.incidents.rows"), import_module("casetrail.incidents.story")
    except ImportError:
        print("this pack has no incidents to lay in")
        return 2
    pack = Pack.load(pack_folder)
    incident = story.read_incident(pack, name)
    days = (incident.last - incident.first).days + 2
    write_logs(folder, replace(settings, first=incident.first, days=days))
    lost = 0
    for company in incident.companies:
        arrivals = incident_rows.log_of(pack, incident, company)
        theirs = {key: tuple(values) for key, values in incident_rows.watchlists_of(incident, company).items()}
        alone_lists = {key: values for key, values in theirs.items() if key in pack.watchlists}
        ours = read_watchlists(folder / "watchlists")
        both = {key: tuple(dict.fromkeys((*ours.get(key, ()), *alone_lists.get(key, ())))) for key in {*ours, *alone_lists}}
        rows = folder / f"incident-{company.name}"
        _write(rows, arrivals)
        alone = _on_intruder(pack.with_watchlists(alone_lists), [rows], arrivals, incident)
        amid = _on_intruder(pack.with_watchlists(both), [rows, folder / "logs"], arrivals, incident)
        gone = [hit for key, hit in alone.items() if key not in amid]
        lost += len(gone)
        for line in _told(company, alone, amid, gone):
            print(line)
    return 1 if lost else 0


def _write(folder: Path, arrivals: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    by_source: dict[str, list[bytes]] = {}
    for one in arrivals:
        by_source.setdefault(one.event.source, []).append(orjson.dumps(one.event.row))
    for source, lines in by_source.items():
        (folder / f"{source.replace('/', '.')}.ndjson").write_bytes(b"\n".join(lines) + b"\n")


def _on_intruder(pack: Pack, logs: list[Path], arrivals: Any, incident: Any) -> dict[tuple[str, str], Hit]:
    """The completions that rest on the intruder's rows, by rule and id."""
    by_intruder = {fact.id for fact in incident.facts if fact.by == "intruder"}
    theirs = {one.event.id for one in arrivals if one.fact in by_intruder}
    plans = {name: plan for name, plan in pack.rules.plans().items() if not on_silence(pack.rules[name], plan)}
    hits = hunt(plans, pack.contracts, logs).hits
    return {(hit.rule, hit.id): hit for hit in hits if hit.id in theirs}


def _told(
    company: Any, alone: Mapping[tuple[str, str], Hit], amid: Mapping[tuple[str, str], Hit], gone: list[Hit]
) -> Iterator[str]:
    yield f"{company.title}: {len(alone)} completions on the intruder alone, {len(alone) - len(gone)} of them amid ordinary work"
    for name, hits in (("alone", alone), ("amid ordinary work", amid)):
        first = min(hits.values(), key=lambda hit: (hit.time, hit.rule), default=None)
        if first is not None:
            from studies.quiet.measure import day_of

            ahead = (company.saw - day_of(first)).days
            yield f"  first {name}: {first.rule} on {day_of(first)}, {ahead} days before the real victim saw it ({company.saw})"
    for rule in sorted({hit.rule for hit in gone}):
        yield f"  lost: {rule}, {sum(hit.rule == rule for hit in gone)} completions"
