"""`casetrail schedule`: when rules run on a SIEM, and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from casetrail.cli.show.terminal import table
from casetrail.reading.spelled import json_text, printable

if TYPE_CHECKING:
    from casetrail.build.timing import Timing


_DAY = 86_400_000_000


@click.command(epilog="Example: casetrail schedule okta_session_flapping --target splunk")
@click.argument("rules", nargs=-1, metavar="[RULE]...")
@click.option("--target", "chosen", multiple=True, help="Only this target, such as elastic; may be given several times.")
@click.option("--json", "as_json", is_flag=True, help="Print all that is known as JSON, times in seconds.")
@click.pass_context
def command(ctx: click.Context, rules: tuple[str, ...], chosen: tuple[str, ...], as_json: bool) -> None:
    """Explain when each RULE runs on each target: how late an event may arrive, how long after an event its alert comes,
    mostly and at worst, how often an event is read again, how long the SIEM may run nothing, and its limits.

    Nothing of it is written in a rule. It follows from the rule's timespan, the delays in its log source definitions and the target's
    clocks (backends/TARGET/backend.yml). An event that arrives later than its log source definition says is not looked at on schedule;
    `casetrail hunt --since-arrival` finds its matches. Without RULE all rules are listed, a line each, with the sums of each target below:
    by how many searches an event is read, and by how many it would be were each run at the shortest interval.
    """
    from casetrail.build.timing import timings
    from casetrail.pack.backend import targets

    pack = ctx.obj.load()
    known = targets(pack)
    strangers = set(chosen) - set(known)
    if strangers:
        raise click.UsageError(f"no target is named {min(strangers)}; there are: {', '.join(known)}")
    wanted = [pack.rules.named(name) for name in dict.fromkeys(rules)] or [
        rule for rule in pack.rules.values() if rule.alone
    ]
    found = list(timings(pack, wanted, list(dict.fromkeys(chosen)) or known))
    if as_json:
        click.echo(json_text([_record(one) for one in found]))
    elif rules:
        for number, name in enumerate(dict.fromkeys(rules)):
            mine = [one for one in found if one.rule == name]
            for line in [""] * bool(number) + list(_told(name, mine)):
                click.echo(printable(line))
    else:
        for line in [*table([_line(one) for one in found]), "", *table(list(_sums(found)))]:
            click.echo(printable(line))


def _seconds(micros: int) -> float:
    return micros / 1_000_000


def _span(micros: int) -> str:
    from casetrail.plan.words import span_words

    return span_words(micros)


def _line(one: Timing) -> dict[str, object]:
    when = one.when
    if when is None:
        values = ["refused", *[""] * 4]
    else:
        values = [*map(_span, (when.interval, when.lookback, one.typical, when.worst)), f"{when.rereads:.0f} times"]
    columns = ("every", "looks back", "mostly", "at worst", "reads")
    return {"rule": one.rule, "target": one.target, **dict(zip(columns, values, strict=True))}


def _sums(found: list[Timing]) -> Iterator[dict[str, object]]:
    """What all rules of a target read together, and would read if each ran as often as it may."""
    for target in dict.fromkeys(one.target for one in found):
        mine = [(one, one.when) for one in found if one.target == target and one.when]
        reads, often = sum(when.rereads for _, when in mine), sum(one.often for one, _ in mine)
        yield {
            "target": target,
            "rules": len(mine),
            "runs a day": f"{sum(_DAY / when.interval for _, when in mine):,.0f}",
            "reads": f"{reads:,.0f} times",
            "at the shortest interval": f"{often:,.0f} times",
            "saved": f"{often / reads:.1f} times" if reads else "",
        }


def _told(name: str, found: list[Timing]) -> Iterator[str]:
    first = found[0]
    yield name
    window = f"over {_span(first.window)}" if first.window else "of single events"
    yield f"  a rule {window}"
    for source, delay in first.delays.items():
        yield f"  an event of {source} may arrive {_span(delay.greatest)} late, and mostly is {_span(delay.typical)} late at most"
    if first.early or any(one.early for one in found):
        yield "  an event that arrives late can undo an alert, since the rule asks for what hasn't been or an aggregate that can sink"
    for one in found:
        yield ""
        yield f"  {one.target}  ({one.title})"
        yield from (f"    {line}" for line in _on(one))


def _on(one: Timing) -> Iterator[str]:
    when = one.when
    if when is None:
        yield f"unsupported: {one.refused}"
        return
    yield f"runs every {_span(when.interval)}{f', and looks {_span(when.lag)} after its time' if when.lag else ''}"
    yield (
        f"alerts {_span(one.typical)} after the triggering event mostly, {_span(when.worst)} at worst"
        + (f", of which {_span(when.wait + when.delay)} to know that nothing followed" if when.wait else "")
    )
    reach = when.lookback - when.fresh
    parts = [f"{_span(when.delay)} of delay", f"{_span(when.fresh - when.delay - when.wait)} of runs late or skipped"]
    parts += [f"{_span(when.wait)} of waiting"] if when.wait else []
    parts += [f"{_span(reach)} of windows"] if reach else []
    yield f"looks back {_span(when.lookback)}: {', '.join(parts)}; an event is read by {when.rereads:.0f} runs"
    if when.arrivals is not None:
        yield f"alerts on matches with an event that arrived in the {_span(when.arrivals)} before its time"
    made_up = "each skipped run is made up for with its own time" if when.made_up else "no skipped run is made up for"
    yield f"may run nothing for {_span(when.outage)}: {made_up}"
    yield f"may find the same triggering event again for {_span(when.quiet)}, and knows it by its id"
    if one.alerts is not None:
        yield f"gives {one.alerts:,} alerts a run at most"
    for limit, span in one.limits.items():
        yield f"limit {limit.replace('_', ' ')}: {_span(span)}"
    for key, value in one.terms.items():
        yield f"{key}: {value if isinstance(value, str) else json.dumps(value)}"


def _record(one: Timing) -> dict[str, Any]:
    when = one.when
    record: dict[str, Any] = {
        "rule": one.rule,
        "target": one.target,
        "window": _seconds(one.window),
        "logs": {
            source: {"typical": _seconds(delay.typical), "greatest": _seconds(delay.greatest)}
            for source, delay in one.delays.items()
        },
        "refused": one.refused or None,
    }
    if when is None:
        return record
    return record | {
        "interval": _seconds(when.interval),
        "fresh": _seconds(when.fresh),
        "lookback": _seconds(when.lookback),
        "delay": _seconds(when.delay),
        "wait": _seconds(when.wait),
        "lag": _seconds(when.lag),
        "arrivals": None if when.arrivals is None else _seconds(when.arrivals),
        "outage": _seconds(when.outage),
        "missed_runs": "made up" if when.made_up else "lost",
        "known_again": _seconds(when.quiet),
        "alert": {"typical": _seconds(one.typical), "worst": _seconds(when.worst), "may_be_undone": one.early},
        "reads": when.rereads,
        "reads_at_shortest_interval": one.often,
        "alerts_a_run": one.alerts,
        "limits": {name: _seconds(span) for name, span in one.limits.items()},
        "terms": dict(one.terms),
    }
