"""Completions as a table for people, as JSON and as CSV, none of which holds them all at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import click
import orjson

from casetrail.cli.show.terminal import count, say
from casetrail.hunt.hits import Alert, Hit, Hits
from casetrail.hunt.hunt import Report
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import Plan, sources
from casetrail.reading.spelled import cell, printable, printable_json

_SHOWN = 200
_CHUNK = 500
_COLOURS = {"critical": "red", "high": "red", "medium": "yellow"}


def show(hits: Hits, pack: Pack, *, as_json: bool, as_csv: bool) -> None:
    """Print completions on the standard output: each of them as JSON or CSV (UTF-8), else the first alerts."""
    if as_json:
        _write(printable_json(orjson.dumps(_record(hit, pack)).decode()) + "\n" for hit in hits)
    elif as_csv:
        _write(_csv(hits, pack))
    else:
        alerts, total = hits.alerts(_SHOWN)
        wide = max((len(alert.first.rule) for alert in alerts), default=0)
        for alert in alerts:
            click.echo(_line(alert, pack.rules[alert.first.rule].level, wide))
        if total > len(alerts):
            say(f"… and {total - len(alerts)} more alerts; --json or --csv prints every match")


def _write(lines: Iterator[str]) -> None:
    while chunk := "".join(islice(lines, _CHUNK)):
        click.echo(chunk.encode(), nl=False)


def _time(micros: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _record(hit: Hit, pack: Pack) -> dict[str, Any]:
    return {
        "time": _time(hit.time),
        "level": pack.rules[hit.rule].level,
        "rule": hit.rule,
        "id": hit.id,
        "key": dict(hit.key),
        "evidence": list(hit.evidence),
    }


def _csv(hits: Hits, pack: Pack) -> Iterator[str]:
    yield _csv_line(["time", "level", "rule", "id", "key", "evidence"])
    for hit in hits:
        key = "; ".join(f"{name}={value}" for name, value in hit.key.items())
        level = pack.rules[hit.rule].level
        yield _csv_line([_time(hit.time), level, hit.rule, hit.id, key, " ".join(hit.evidence)])


def _csv_line(texts: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(map(cell, texts))
    return line.getvalue()


def _line(alert: Alert, level: str, wide: int) -> str:
    first = alert.first
    about = ", ".join(f"{name}={value}" for name, value in first.key.items()) or f"event {first.id}"
    more = f"  ({alert.count} events)" if alert.count > 1 else ""
    return f"{_time(first.time)}  {click.style(f'{level:8}', fg=_COLOURS.get(level))}  {first.rule:{wide}}  {printable(about)}{more}"


def summary(report: Report, pack: Pack, plans: Mapping[str, Plan]) -> None:
    """Say what was read and found, and what was wrong with it. plans: those that were tried, by rule."""
    rows = ", ".join(f"{count(number, 'event')} of {source}" for source, number in sorted(report.rows.items()))
    by_rule = report.hits.by_rule()
    found = f"{count(sum(by_rule.values()), 'match')} of {count(len(by_rule), 'rule')}"
    say(f"{count(report.files, 'file')}, {rows or 'no events of a known log'}: {found}")
    sleeping = [name for name, plan in plans.items() if pack.rules[name].inactive and set(sources(plan)) & set(report.rows)]
    if sleeping:
        say(f"  inactive until their watchlists are filled in: {', '.join(sleeping)}")
    for source, number in sorted(report.again.items()):
        say(
            f"  {count(number, 'event')} of {source} arrived again, of those that a rule looks at: the same events, each counted once"
        )
    for source, number in sorted(report.bare.items()):
        say(
            f"  {count(number, 'event')} of {source} hold no field that rules ask for or that tells who did it; are they written as the "
            "vendor writes them?"
        )
    for name, number in sorted(report.waiting.items()):
        if number:
            say(f"  {name}: {number} more could match; the log isn't long enough to know")
    faults = report.faults
    for kind, number in sorted(faults.counts.items()):
        places = ", ".join(map(printable, faults.places[kind]))
        say(f"  {number} × {kind}: {places}{', …' if number > len(faults.places[kind]) else ''}")
    for text in faults.fatal:
        say(f"  error: {printable(text)}")
