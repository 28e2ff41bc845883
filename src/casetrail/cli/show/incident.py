"""An incident that was replayed, as text for people."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from casetrail.cli.show.terminal import say
from casetrail.incidents.record import time_of
from casetrail.incidents.replay import Day, Replay, ReplayAlert, Replayed, day_of
from casetrail.incidents.rows import log_of
from casetrail.incidents.story import Incident
from casetrail.pack.pack import Pack
from casetrail.reading.spelled import printable

_LEAST_WIDTH = 176


def write_rows(pack: Pack, incident: Incident, folder: Path) -> None:
    """Each company's rows in order of arrival, a file for each log, as a connector would have written them."""
    for company in incident.companies:
        by_source: dict[str, list[bytes]] = {}
        for one in log_of(pack, incident, company):
            row = {**one.event.row, "arrived": time_of(one.arrived)}
            by_source.setdefault(one.event.source, []).append(orjson.dumps(row) + b"\n")
        for source, lines in by_source.items():
            path = folder / company.name / f"{source.replace('/', '.')}.ndjson"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(lines))
        say(f"wrote {sum(map(len, by_source.values()))} events below {folder / company.name}")


def show(found: Replay) -> None:
    """Print a replay for people."""
    width = max(shutil.get_terminal_size().columns, _LEAST_WIDTH)
    console = Console(width=width, highlight=False)
    console.print(_text(found.incident.title))
    for interval, targets in found.groups.items():
        console.print(_text(f"searches every {interval / 60_000_000:g} minutes or more rarely: {', '.join(targets)}"))
    console.print()
    for each in found.companies:
        for line in _headline(each, found):
            console.print(_text(line), soft_wrap=True)
        console.print(_days(each, found))
        for line in [*_files(each, found), *_ordinary(each, found.incident)]:
            console.print(_text(line), soft_wrap=True)
        console.print()


def _headline(each: Replayed, found: Replay) -> Iterator[str]:
    company = each.company
    yield f"{company.title}: {sum(each.rows.values())} events of {len(each.rows)} logs"
    alerts = each.about(found.incident, "intruder")
    if not alerts:
        yield "  no alert on an event of the intruder"
        return
    first = alerts[0]
    days = (company.saw - day_of(first.first)).days
    ahead = {0: "on the day on which", 1: "one day before"}.get(days, f"{days} days before")
    yield f"  first alert on the intruder: {time_of(first.first)}, {ahead} the real victim detected it ({company.saw})"


def _days(each: Replayed, found: Replay) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("day", no_wrap=True)
    table.add_column("what happened", ratio=1, min_width=28)
    for heading in ("alerted first", "happened", "arrived"):
        table.add_column(heading, no_wrap=True)
    for interval in found.groups:
        table.add_column(f"alerted ({interval / 60_000_000:g}m or more)", no_wrap=True)
    for heading in ("alerts", "downloaded", "covered") if each.files else ("alerts",):
        table.add_column(heading, justify="right")
    table.add_column("the victim", no_wrap=True)
    for day in each.days:
        table.add_row(*_day(day, each, list(found.groups.values())))
    return table


def _day(day: Day, each: Replayed, groups: Sequence[Sequence[str]]) -> Iterator[Text]:
    saw = each.company.saw
    yield _text(day.day.isoformat())
    yield _text(" ".join(fact.text for fact in day.facts))
    if day.first:
        yield _text(f"{day.first.rule} ({day.first.level})")
        yield from (_text(_clock(moment, day)) for moment in (day.first.time, day.first.arrived))
        yield from (_text(_told(day.first, targets, day)) for targets in groups)
    else:
        yield from (_text("") for _ in range(3 + len(groups)))
    counts = (len(day.alerts) + len(day.others), day.taken, day.named)
    yield from (_text(str(count or "")) for count in (counts if each.files else counts[:1]))
    yield _text("detects it" if day.day == saw else "aware" if day.day > saw else "unaware")


def _told(alert: ReplayAlert, targets: Sequence[str], day: Day) -> str:
    """When the targets of one interval tell, and which of them don't hold the rule."""
    times = [alert.alerted[target] for target in targets if target in alert.alerted]
    without = [target for target in targets if target not in alert.alerted]
    text = _clock(min(times), day) if times else "unsupported"
    return f"{text} (not {', '.join(without)})" if times and without else text


def _clock(moment: int, day: Day) -> str:
    text = time_of(moment)
    return text[11:19] if day_of(moment) == day.day else f"{text[5:10]} {text[11:19]}"


def _files(each: Replayed, found: Replay) -> Iterator[str]:
    if not each.files:
        return
    named = [file for file in each.files if file.alerted]
    owners = {file.owner for file in each.files if file.owner}
    yield f"  files downloaded: {len(each.files)} of {len(owners)} owners; covered by an alert: {len(named)}"
    for rule, count in _most([file.rules[0] for file in named]).items():
        yield f"    {count} first by {rule}"
    late = [file for file in each.files if file.late]
    if late:
        yield f"  of these {len(late)} arrived late:"
    for file in late:
        told = f"alerted {time_of(min(file.alerted.values()))}" if file.alerted else "not covered by an alert"
        yield f"    {file.id} {file.name}: downloaded {time_of(file.time)}, arrived {time_of(file.arrived)}; {told}"
    for file in each.files:
        if not file.alerted and not file.late:
            yield f"        not covered: {file.id} {file.name}, downloaded {time_of(file.time)}"


def _most(rules: Sequence[str]) -> dict[str, int]:
    counts = {rule: rules.count(rule) for rule in rules}
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _ordinary(each: Replayed, incident: Incident) -> Iterator[str]:
    yield f"  on ordinary work: {_counted(each.noise(incident))}"
    young = each.noise(incident, young=True)
    if young:
        yield f"  in the log's first ten days, when everything is new: {_counted(young)}"
    if each.taken_back:
        yield f"  too early, and undone by events that arrived later: {_counted(each.taken_back)}"
    if each.inactive:
        yield f"  inactive until a watchlist is filled: {len(each.inactive)} rules"


def _counted(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} × {rule}" for rule, count in ordered) or "no alert"


def _text(text: str) -> Text:
    return Text(printable(text))
