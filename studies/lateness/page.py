"""What was measured, as the page docs/late-data.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from casetrail.plan.words import span_words
from casetrail.proof.late.law import added
from studies.lateness.defaults import DEFAULTS
from studies.lateness.measure import CLASSES, Measured

_HEAD = """# Late and doubled data

Written by `python studies/late.py --histories {histories} --defaults {defaults} --markdown docs/late-data.md`.

Logs arrive late, in bunches, out of order and twice. A SIEM runs a search now and then; some runs are late, some happen twice,
some are skipped. A schedule must hold to this law: **whatever the order in which events arrive within the delay of their log
source definition, all runs together alert on what the whole log matches, each match once.** It is tried on random histories:
events of a rule's own cases, moved in time, among others. Each event arrives within the delay of its log source definition; edges
of windows, clocks and delays are among them, and some events are sent again. The SIEM is simulated: what a run sees at its time,
what it alerts on, and how it knows an alert again. The verdict is the reference evaluator's. On the real Elasticsearch and
OpenSearch the same is tried for six rules (`tests/elastic/test_late.py`, `tests/opensearch/test_late.py`).

## The law

{histories} histories of each rule, the same for all targets.

| target | rules | histories | matches | missed | alerted twice | too early |
|---|---|---|---|---|---|---|"""

_EARLY = """
*Too early* is an alert that a row undoes which comes later: a rule that asks for what hasn't been before alerts at once, and doesn't
wait for as long as the row that would have kept it quiet may take. Only rules of which `casetrail schedule` says so do that. A rule that
waits to see what doesn't follow alerts once the log is known to be whole that far, and never too early.

## What each SIEM does when it can't run

`casetrail schedule RULE` shows the numbers; they come from `backends/*/backend.yml`.

| target | a run that was left out | for how long nothing may run | a longer outage |
|---|---|---|---|"""

_OUTAGES = (
    (
        "Elastic",
        "is lost: the gap of a rule that aggregates isn't filled, and the query's `NOW()` is the clock of the run that there is",
        "{elastic}, which what a run looks at covers",
        "`casetrail hunt --since-arrival` over the raw logs, or `hunt --engine elasticsearch --from`",
    ),
    (
        "OpenSearch",
        "is lost: the scheduler of monitors makes up for none",
        "{opensearch}, which what a run looks at covers",
        "`casetrail hunt --since-arrival` over the raw logs",
    ),
    (
        "Sentinel",
        "is tried again over the same time, with its own time as its clock; one that was given up is replayed by hand under Rule runs",
        "{sentinel}, if replayed within it",
        "the same, for seven days; an event may be in two incidents",
    ),
    (
        "Splunk",
        "is made up for, since `realtime_schedule = 0`",
        "{splunk}",
        "made up for as well; an event may be alerted twice",
    ),
)

_AGAIN = """
How each knows an event again that it has alerted: Kibana by the row's `_id` and by suppression on `event_id`; Sentinel puts alerts of
one `EventId` into one incident, as long as that isn't closed in between; Splunk throttles by `event_id`; of an OpenSearch monitor one
alert stands as long as anything fresh completes its rule, and its rows carry the ids, so who acts on each run of it must know them again.
A row that comes later than its contract says isn't promised to be looked at: `casetrail hunt --since-arrival TIME` finds what it
completes.

What the simulation doesn't have: more alerts in a run than the SIEM's limit, an analyst who closes an incident before its last alert, a
clock that runs wrong, and a Sentinel or Splunk that were real.

## What public defaults miss

The same rules under the schedules and windows that converters write when nobody sets them otherwise, with every run on time. *Mostly
late*: no row later than its log's contract calls typical. *As late as may be*: within the contract. {defaults} histories of each rule for
either. Rules that a converter refuses are left out, and a window that is a bucket of a grid is counted as alerting all that completes in
it. The shares are of these histories, which are made to hit edges, and of no real log.

| schedule | of | rules | mostly late: completions | missed | alerted again | as late as may be: completions | missed | alerted again |
|---|---|---|---|---|---|---|---|---|"""


def markdown(found: Measured, defaults: int, outages: Mapping[str, int]) -> str:
    """The page. outages: for how long a target may run nothing, in microseconds."""
    return "\n".join(_lines(found, defaults, outages)) + "\n"


def _lines(found: Measured, defaults: int, outages: Mapping[str, int]) -> Iterator[str]:
    yield _HEAD.format(histories=f"{found.histories}", defaults=defaults)
    for target, tally in sorted(added(found.helds).items()):
        names = sum(target in held.tallies for held in found.helds)
        figures = [names, tally.histories, tally.completions, tally.missed, tally.doubled, tally.early]
        yield f"| {target} | " + " | ".join(f"{figure:,}" for figure in figures) + " |"
    yield _EARLY
    spans = {target: span_words(span) for target, span in outages.items()}
    yield from (f"| {' | '.join(row)} |".format(**spans) for row in _OUTAGES)
    yield _AGAIN.format(defaults=defaults)
    for default in DEFAULTS:
        for sort in sorted({sort for sort, name in found.rules if name == default.name}):
            yield _default(found, default.name, sort)
    yield from ("", *(f"* **{default.name}**: {default.basis}." for default in DEFAULTS))
    yield (
        "* pySigma-backend-opensearch 2.0.3's `monitor_rule` names no time at all: its alert stands from the first row that ever "
        "matched, and no later one makes another. It isn't in the table."
    )


def _default(found: Measured, name: str, sort: str) -> str:
    cells = [name, sort, str(found.rules[sort, name])]
    for late in CLASSES:
        tally = found.defaults[sort, name, late]
        of = max(tally.completions, 1)
        cells += [f"{tally.completions:,}", f"{tally.missed / of:.0%}", f"{tally.doubled / of:.0%}"]
    return f"| {' | '.join(cells)} |"
