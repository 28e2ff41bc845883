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
of windows, clocks and delays are among them, and some events are sent again. An event that says how late it was comes just so late.
In some histories the log's clock is ahead, a watchlist changes, or the rule is turned on while events come. The SIEM is simulated:
what a run sees at its time, what it alerts on, how it knows an alert again, and what it keeps of an event's time. Its clock is set
back now and then. The verdict is the reference evaluator's. On the real Elasticsearch and OpenSearch the same is tried for six rules
(`tests/every_engine/test_late.py`).

## The law

{histories} histories of each rule, the same for all targets.

| target | rules | histories | matches | missed | alerted twice | too early | lost to a replaced time |
|---|---|---|---|---|---|---|---|"""

_EARLY = """
*Too early* is an alert that a later arrival undoes. A rule on what hasn't happened before alerts at once, and doesn't wait as long as the
event that would have prevented the alert may take to arrive. Only rules do that for which `casetrail schedule` says so. A rule that waits
to see that nothing follows alerts once the log is known to be complete that far, and never too early.

*Lost to a replaced time*: matches that the SIEM doesn't hold, or holds as two events. Sentinel puts the arrival in `TimeGenerated` of an
event that is more than two days late or a day early. Logs whose tables keep the source's own time don't suffer from it. Others do only in
rules on lateness, since no other log may be so late; the other figures are of what the SIEM keeps.

A rule that is turned on must alert on matches in which a later event takes part. Under two watchlists, one after the other, it must alert
on what both match by the same events.

## What each SIEM does when it can't run

`casetrail schedule RULE` shows the numbers; they come from `backends/*/backend.yml`.

| target | a skipped run | how long nothing may run | a longer outage |
|---|---|---|---|"""

_OUTAGES = (
    (
        "Elastic",
        "is lost: the gap of a rule that aggregates isn't filled, and the query's `NOW()` is the clock of the next run",
        "{elastic}, covered by what a run searches",
        "`casetrail hunt --since-arrival` over the raw logs, or `hunt --engine elasticsearch --from`",
    ),
    (
        "OpenSearch",
        "is lost: the scheduler of monitors doesn't make up for it",
        "{opensearch}, covered by what a run searches",
        "`casetrail hunt --since-arrival` over the raw logs",
    ),
    (
        "Sentinel",
        "is tried again over the same time, with its own time as its clock; one that was given up can be replayed manually under Rule runs",
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
How each recognises a match that it has alerted on: Kibana by the event's `_id` and by suppression on `event_id`. Sentinel puts alerts of
one `EventId` into one incident, as long as that isn't closed in between. Splunk throttles by `event_id`. An OpenSearch monitor has one
alert, which stays active as long as any fresh event matches its rule. The alert's rows carry the ids; whatever acts on each run must
recognise them. The law doesn't cover an event later than the greatest delay of its log: `casetrail hunt --since-arrival TIME` finds its
matches.

The simulation doesn't include more alerts in a run than the SIEM's limit, an analyst who closes an incident before its last alert, or a
real Sentinel or Splunk.

## What public defaults miss

The same rules under the default schedules and windows of public converters, with every run on time. *Typical delay*: no event later than
its log source definition calls typical. *Greatest delay*: any delay that the definition allows. {defaults} histories of each rule for
either. Rules that a converter doesn't support are left out. A window that is a bucket of a grid counts as alerting on all matches in it.
The shares are of these histories, which are made to hit edges, and not of a real log.

| schedule | of | rules | typical delay: matches | missed | alerted again | greatest delay: matches | missed | alerted again |
|---|---|---|---|---|---|---|---|---|"""


def markdown(found: Measured, defaults: int, outages: Mapping[str, int]) -> str:
    """The page. outages: for how long a target may run nothing, in microseconds."""
    return "\n".join(_lines(found, defaults, outages)) + "\n"


def _lines(found: Measured, defaults: int, outages: Mapping[str, int]) -> Iterator[str]:
    yield _HEAD.format(histories=f"{found.histories}", defaults=defaults)
    for target, tally in sorted(added(found.helds).items()):
        names = sum(target in held.tallies for held in found.helds)
        figures = [names, tally.histories, tally.completions, tally.missed, tally.doubled, tally.early, tally.replaced]
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
        "* pySigma-backend-opensearch 2.0.3's `monitor_rule` sets no time range at all: its alert stays active from the first event that "
        "ever matched, and no later event makes another. It isn't in the table."
    )


def _default(found: Measured, name: str, sort: str) -> str:
    cells = [name, sort, str(found.rules[sort, name])]
    for late in CLASSES:
        tally = found.defaults[sort, name, late]
        of = max(tally.completions, 1)
        cells += [f"{tally.completions:,}", f"{tally.missed / of:.0%}", f"{tally.doubled / of:.0%}"]
    return f"| {' | '.join(cells)} |"
