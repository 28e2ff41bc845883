"""SPL that tells how a pack's logs come in: how many rows, how late, what came twice, and where there is nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from casetrail.languages.spl.expressions import SplExpressions
from casetrail.languages.spl.source import alone, base_of, event_id
from casetrail.logs.contract import Contract
from casetrail.stores.store import Backend, Store

LOGS = "casetrail_logs"
"""The lookup of the logs that there should be, so that one without a row is shown."""
_SECOND = 1_000_000
_STAMP = '"%Y-%m-%d %H:%M:%S %z"'
_FIGURES = ("rows", "ids", "newest_event", "newest_arrival", "p50", "p95", "p99", "latest", "late")


def queries(backend: Backend, contracts: Mapping[str, Contract]) -> dict[str, str]:
    """The queries of the dashboard, by the name that its template has for them."""
    return {"logs": logs(backend, contracts), **{name: _pipe(lines) for name, lines in charts(backend).items()}}


def expected(backend: Backend, contracts: Mapping[str, Contract]) -> list[tuple[str, str]]:
    """The logs that the rules read, by key, with their titles."""
    return [(key, contracts[key].title if key in contracts else key) for key in sorted(backend.stores)]


def measured(backend: Backend, contracts: Mapping[str, Contract]) -> list[str]:
    """The commands that measure each log that has a row."""
    greatest = {key: contracts[key].delay.greatest // _SECOND for key in backend.stores if key in contracts}
    late = ",".join(f'log="{key}",if(lateness>{seconds},1,0)' for key, seconds in greatest.items())
    return [
        *_named(backend.stores.values()),
        *_identified(backend.stores.values()),
        "eval lateness=_indextime-_time",
        f"eval beyond=case({late},1=1,0)" if late else "eval beyond=0",
        "stats count as rows, dc(event_id) as ids, max(_time) as newest_event, max(_indextime) as newest_arrival, "
        "perc50(lateness) as p50, perc95(lateness) as p95, perc99(lateness) as p99, max(lateness) as latest, "
        "sum(beyond) as late by log",
    ]


def logs(backend: Backend, contracts: Mapping[str, Contract]) -> str:
    """A row for each log that there should be."""
    kept = ", ".join(f"max({name}) as {name}" for name in _FIGURES)
    return _pipe(
        [
            *measured(backend, contracts),
            f"inputlookup append=true {LOGS}",
            f"stats values(title) as title, {kept} by log",
            "fillnull value=0 rows, ids, late",
            "eval doubled=rows-ids",
            'eval state=case(rows=0,"no events",late>0,"late",doubled>0,"doubled",1=1,"good")',
            f"eval newest_event=strftime(newest_event,{_STAMP}), newest_arrival=strftime(newest_arrival,{_STAMP})",
            "eval p50=round(p50), p95=round(p95), p99=round(p99), latest=round(latest)",
            "sort 0 +str(log)",
            "table log, title, state, rows, newest_event, newest_arrival, p50, p95, p99, latest, late, doubled",
            'rename newest_event as "newest event", newest_arrival as "newest arrival", p50 as "half within (s)", '
            'p95 as "95% within (s)", p99 as "99% within (s)", latest as "latest by (s)"',
        ]
    )


def charts(backend: Backend) -> dict[str, list[str]]:
    """The commands of the other panels, by the name that the template has for them."""
    named = list(_named(backend.stores.values()))
    return {
        "rows": [*named, "timechart limit=0 count by log"],
        "lateness": [*named, "eval lateness=_indextime-_time", "timechart limit=0 perc95(lateness) by log"],
        "gaps": [
            *named,
            "bin _time span=1m",
            "stats count by log, _time",
            "sort 0 +str(log), +num(_time)",
            "streamstats current=f last(_time) as before by log",
            "eval gap=_time-before",
            "where gap>60",
            "sort 20 -num(gap)",
            f"eval begins=strftime(before,{_STAMP}), ends=strftime(_time,{_STAMP}), minutes=round(gap/60)",
            "table log, begins, ends, minutes",
        ],
        "doubled": [
            *named,
            *_identified(backend.stores.values()),
            "stats count as times, min(_time) as time, min(_indextime) as first, max(_indextime) as last by log, event_id",
            "where times>1",
            "sort 100 -num(times), -num(time)",
            f"eval time=strftime(time,{_STAMP}), apart=last-first",
            'rename apart as "apart (s)"',
            'table log, event_id, time, times, "apart (s)"',
        ],
    }


def _pipe(lines: Iterable[str]) -> str:
    return "\n| ".join(lines)


def _named(stores: Iterable[Store]) -> Iterable[str]:
    """The rows of all logs, and each row's log."""
    found = list(stores)
    yield " OR ".join(f"({base_of(store)})" for store in found)
    yield f"eval log=case({','.join(f'{_told(store)},{_text(store.source)}' for store in found)})"
    yield "where isnotnull(log)"


def _identified(stores: Iterable[Store]) -> Iterable[str]:
    """What names each row's event, as the rules have it; the row's own text where a store doesn't say."""
    before: dict[str, None] = {}
    cases = []
    for store in stores:
        if store.identity:
            expressions = SplExpressions(store)
            named = event_id(store, expressions)
            before.update(expressions.before)
            cases.append(f"log={_text(store.source)},{named}")
    yield from before
    yield f"eval event_id=case({','.join([*cases, '1=1,_raw'])})"


def _told(store: Store) -> str:
    return " AND ".join(alone(store)) or "1=1"


def _text(text: str) -> str:
    return f'"{text}"'
