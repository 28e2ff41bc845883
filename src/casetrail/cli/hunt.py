"""`casetrail hunt`: what completes the rules in log files, or on a cluster."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casetrail.cli.show.spool import spooled
from casetrail.cli.show.terminal import count, say
from casetrail.reading.spelled import printable

if TYPE_CHECKING:
    from casetrail.cli.show.cluster import Cluster
    from casetrail.hunt.hits import Hits
    from casetrail.hunt.progress import Progress
    from casetrail.pack.pack import Pack
    from casetrail.plan.nodes import Plan


_NAMED = 5
"""How many rules are named of those that couldn't be asked."""


@click.command(epilog="Example: casetrail hunt okta.ndjson.gz salesforce/ --json")
@click.argument("logs", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--source", help="The log source of all events, as product/service; otherwise it is recognised for each event."
)
@click.option("--rule", "rules", multiple=True, help="Only this rule; may be given several times.")
@click.option(
    "--health",
    is_flag=True,
    help="In files, also the rules on the health of logs: a file that begins and ends sets them off.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a match.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, in which no value is a formula to a spreadsheet.")
@click.option("--exit-code", is_flag=True, help="Exit 1 when a rule matches.")
@click.option(
    "--since-arrival",
    "arrived",
    metavar="TIME",
    help="Only matches of events that arrived since TIME (ISO 8601, UTC, or how long ago): by an event's key `arrived`, else by when its "
    "file was last written. Rows from before are read as well, since windows need them.",
)
@click.option("--engine", type=click.Choice(["duckdb", "elasticsearch"]), default="duckdb", show_default=True)
@click.option(
    "--url", help="The cluster, such as https://elastic.example.com:9200; for --engine elasticsearch, as all below."
)
@click.option("--api-key-env", metavar="NAME", help="The environment variable that holds the API key.")
@click.option("--api-key-file", type=click.Path(path_type=Path), help="The file that holds the API key.")
@click.option("--ca", type=click.Path(path_type=Path), help="The certificate authority to trust, as a PEM file.")
@click.option("--from", "since", default="24h", show_default=True, help="A time (ISO 8601, UTC) or how long ago.")
@click.option("--to", "until", default="0s", show_default="now", help="A time (ISO 8601, UTC) or how long ago.")
@click.pass_context
def command(
    ctx: click.Context,
    logs: tuple[Path, ...],
    source: str | None,
    rules: tuple[str, ...],
    health: bool,
    as_json: bool,
    as_csv: bool,
    exit_code: bool,
    arrived: str | None,
    engine: str,
    url: str | None,
    api_key_env: str | None,
    api_key_file: Path | None,
    ca: Path | None,
    since: str,
    until: str,
) -> None:
    """Search LOGS with the rules: files, folders, or - for standard input; or on an Elasticsearch cluster.

    NDJSON, JSON in any known envelope or as the text of a value, CSV, Parquet and YAML, plain or as .gz, .zst or .zip, in UTF-8 or UTF-16;
    dotted names stand for objects. JSON that a strict reader refuses is read with patience, and counted. Exits 0 when it ran to the end, 2
    when events of a known log were lost (a malformed line, a time that can't be read) or none was known, a file or folder couldn't be read
    to its end, or a rule couldn't be asked that --rule named or without which none is left.

    After an outage of a SIEM, or when events arrived later than their log source definition says, hunt in what arrived since:

    casetrail hunt logs/ --since-arrival 2026-03-01T09:00:00Z

    On a cluster the shipped queries run over a range of time; for example

    casetrail hunt --engine elasticsearch --url https://es.example.com:9200 --api-key-env ES_API_KEY --from 7d
    """
    from casetrail.cli.show.cluster import Cluster, instant
    from casetrail.cli.show.found import show, summary
    from casetrail.hunt.hunt import hunt

    if as_json and as_csv:
        raise click.UsageError("choose --json or --csv")
    pack = ctx.obj.load()
    plans = pack.rules.plans(rules)
    if source and source not in pack.contracts:
        raise click.UsageError(f"no log source definition for {source}; there are {', '.join(pack.contracts)}")
    if engine == "elasticsearch":
        if arrived:
            raise click.UsageError("--since-arrival is for files; on a cluster choose a range of time by --from")
        if logs or not url:
            raise click.UsageError("--engine elasticsearch reads a cluster, named by --url, and no files")
        hits, whole = _on_cluster(Cluster(url, api_key_env, api_key_file, ca, since, until), pack, plans)
        show(hits, pack, as_json=as_json, as_csv=as_csv)
        unasked = _unasked(pack, rules)
        ctx.exit(2 if unasked or not whole else 1 if exit_code and len(hits) else 0)
    if not logs or url:
        raise click.UsageError("name the logs to read, or a cluster by --engine elasticsearch --url")
    missing = [path for path in logs if str(path) != "-" and not path.exists()]
    if missing:
        raise click.UsageError(f"{printable(str(missing[0]))}: no such file or folder")
    came = instant(arrived, time.time_ns() // 1000) if arrived else None
    unwatched = [] if rules or health else [name for name in plans if pack.rules[name].of_log_health]
    plans = {name: plan for name, plan in plans.items() if name not in unwatched}
    with spooled(logs) as paths, _watched() as progress:
        report = hunt(plans, pack.contracts, paths, source, progress, came)
    show(report.hits, pack, as_json=as_json, as_csv=as_csv)
    summary(report, pack, plans)
    if unwatched:
        say(f"  {count(len(unwatched), 'rule')} on the health of logs not asked: --health asks them too")
    if not report.files:
        raise click.UsageError(f"{', '.join(printable(str(path)) for path in logs)}: no log files")
    if _unasked(pack, rules) or report.faults.fatal:
        ctx.exit(2)
    ctx.exit(1 if exit_code and len(report.hits) else 0)


def _unasked(pack: Pack, rules: Sequence[str]) -> bool:
    """Whether rules couldn't be asked that had to be: those named, or any where the settings are strict or none is left; says which."""
    named = [pack.rules.known_as(name) for name in rules]
    broken = [one for one in pack.left_out(named) if one.broken and one.lint != "no-contract"]
    for one in broken[:_NAMED]:
        say(printable(f"  not asked: {one.rule}: {one.reason}"))
    if broken:
        more = f", {len(broken) - _NAMED} more than these" if len(broken) > _NAMED else ""
        say(f"{count(len(broken), 'rule')} without a meaning{more}; see `casetrail check`")
    return bool(broken) and (bool(rules) or pack.settings.strict or not pack.rules.plans())


@contextmanager
def _watched() -> Iterator[Progress | None]:
    """Where a hunt tells how far it is, shown as a bar on a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    from casetrail.cli.show.bar import bar

    with bar(console) as progress:
        yield progress


def _on_cluster(cluster: Cluster, pack: Pack, plans: Mapping[str, Plan]) -> tuple[Hits, bool]:
    """The completions, and whether every rule could be asked; says what came of each."""
    from casetrail.cli.show.cluster import hunt_on
    from casetrail.hunt.hits import Hits, Shape
    from casetrail.hunt.scratch import Scratch

    hits = Hits(Scratch(), {name: Shape.with_names(plan) for name, plan in plans.items()})
    problems, notes, run = [], [], 0
    for one in hunt_on(cluster, pack, plans):
        hits.add(one.hits)
        run += not one.problem
        problems += [f"  not run: {one.rule}: {printable(one.problem)}"] if one.problem else []
        notes += [f"  {one.rule}: the cluster says: {printable(note)}" for note in one.notes]
    by_rule = hits.by_rule()
    found = f"{count(sum(by_rule.values()), 'match')} of {count(len(by_rule), 'rule')}"
    say(f"{run} of {count(len(plans), 'rule')} run: {found}")
    for line in (*problems, *notes):
        say(line)
    return hits, not problems
