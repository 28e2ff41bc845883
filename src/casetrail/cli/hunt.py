"""`casetrail hunt`: what completes the rules in log files, or on a cluster."""

from __future__ import annotations

import csv
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson
from rich.console import Console
from rich.progress import Progress, TextColumn

from casetrail.cli.cluster import Cluster, hunt_on
from casetrail.engines.hunt import Hit, Report, hunt
from casetrail.pack.pack import Pack

if TYPE_CHECKING:
    from casetrail.engines.cluster import RuleHunt

_SHOWN = 200
_COLOURS = {"critical": "red", "high": "red", "medium": "yellow"}


@click.command(epilog="Example: casetrail hunt okta.ndjson.gz salesforce/ --json")
@click.argument("logs", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--source", help="The log source of all rows, as product/service; else each row tells its own.")
@click.option("--rule", "rules", multiple=True, help="Only this rule; may be given several times.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a completion.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--exit-code", is_flag=True, help="Exit 1 when a rule completes.")
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
    as_json: bool,
    as_csv: bool,
    exit_code: bool,
    engine: str,
    url: str | None,
    api_key_env: str | None,
    api_key_file: Path | None,
    ca: Path | None,
    since: str,
    until: str,
) -> None:
    """Find what completes the rules in LOGS: files, folders, or - for standard input; or on an Elasticsearch cluster.

    NDJSON, JSON in any known envelope, CSV, Parquet and YAML, plain or as .gz or .zst. Exits 0 when it ran to the end, 2 when a file
    couldn't be read to its end or a rule couldn't be asked.

    On a cluster the shipped queries run over a range of time; for example

    casetrail hunt --engine elasticsearch --url https://es.example.com:9200 --api-key-env ES_API_KEY --from 7d
    """
    pack = ctx.obj.load()
    plans = pack.plans(rules)
    if source and source not in pack.contracts:
        raise click.UsageError(f"no contract for {source}; there are {', '.join(pack.contracts)}")
    if engine == "elasticsearch":
        if logs or not url:
            raise click.UsageError("--engine elasticsearch reads a cluster, named by --url, and no files")
        found = hunt_on(Cluster(url, api_key_env, api_key_file, ca, since, until), pack, plans)
        hits = sorted((hit for one in found for hit in one.hits), key=lambda hit: (hit.time, hit.rule, hit.id))
        _show(hits, pack, as_json, as_csv)
        _cluster_summary(found)
        ctx.exit(2 if any(one.problem for one in found) else 1 if exit_code and hits else 0)
    if not logs or url:
        raise click.UsageError("name the logs to read, or a cluster by --engine elasticsearch --url")
    missing = [path for path in logs if str(path) != "-" and not path.exists()]
    if missing:
        raise click.UsageError(f"{missing[0]}: no such file or folder")
    with _spooled(logs) as paths, _progress() as progress:
        report = hunt(plans, pack.contracts, paths, source, progress)
    _show(report.hits, pack, as_json, as_csv)
    _summary(report)
    if report.faults.fatal:
        ctx.exit(2)
    ctx.exit(1 if exit_code and report.hits else 0)


def _show(hits: Sequence[Hit], pack: Pack, as_json: bool, as_csv: bool) -> None:
    if as_json:
        sys.stdout.buffer.write(b"".join(orjson.dumps(_record(hit, pack)) + b"\n" for hit in hits))
    elif as_csv:
        _print_csv([_record(hit, pack) for hit in hits])
    else:
        _print(hits, pack)


@contextmanager
def _spooled(logs: Sequence[Path]) -> Iterator[list[Path]]:
    if not any(str(path) == "-" for path in logs):
        yield list(logs)
        return
    with tempfile.TemporaryDirectory(prefix="casetrail-stdin-") as folder:
        spool = Path(folder) / "stdin.ndjson"
        with spool.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield [spool if str(path) == "-" else path for path in logs]


@contextmanager
def _progress() -> Iterator[Any]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with Progress(TextColumn("{task.description}"), console=console, transient=True) as bar:
        task = bar.add_task("reading")
        yield lambda path, number, total: bar.update(task, description=f"file {number} of {total}: {path.name}")


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


def _print_csv(records: Sequence[dict[str, Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["time", "level", "rule", "id", "key", "evidence"])
    for record in records:
        key = "; ".join(f"{name}={value}" for name, value in record["key"].items())
        writer.writerow([*(record[name] for name in ("time", "level", "rule", "id")), key, " ".join(record["evidence"])])


def alerts(hits: Sequence[Hit], pack: Pack) -> list[list[Hit]]:
    """Completions in order of time, gathered into what a person calls an alert.

    An alert is a run of completions of one rule and key with gaps no longer than the rule's window.
    """
    found: list[list[Hit]] = []
    latest: dict[tuple[str, tuple[tuple[str, str], ...]], list[Hit]] = {}
    for hit in hits:
        name = (hit.rule, tuple(hit.key.items()))
        span = getattr(pack.rules[hit.rule].plan, "span", -1)
        run = latest.get(name)
        if run is None or hit.time - run[-1].time > span:
            run = latest[name] = []
            found.append(run)
        run.append(hit)
    return found


def _print(hits: Sequence[Hit], pack: Pack) -> None:
    runs = alerts(hits, pack)
    wide = max((len(run[0].rule) for run in runs[:_SHOWN]), default=0)
    for run in runs[:_SHOWN]:
        first = run[0]
        level = pack.rules[first.rule].level
        key = ", ".join(f"{name}={value}" for name, value in first.key.items())
        about = _printable(key or f"event {first.id}")
        more = f"  ({len(run)} events)" if len(run) > 1 else ""
        click.echo(
            f"{_time(first.time)}  {click.style(f'{level:8}', fg=_COLOURS.get(level))}  {first.rule:{wide}}  {about}{more}"
        )
    if len(runs) > _SHOWN:
        click.echo(f"… and {len(runs) - _SHOWN} more; --json or --csv prints all")


def _printable(text: str) -> str:
    """The text with control characters spelled out, so that a log can't steer the terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _summary(report: Report) -> None:
    rows = (
        ", ".join(f"{count} rows of {source}" for source, count in sorted(report.rows.items())) or "no rows of a known log"
    )
    rules = len({hit.rule for hit in report.hits})
    click.echo(f"{report.files} files, {rows}: {len(report.hits)} completions of {rules} rules", err=True)
    for name, count in sorted(report.waiting.items()):
        if count:
            click.echo(f"  {name}: {count} more could complete; the log isn't long enough to know", err=True)
    for kind, count in sorted(report.faults.counts.items()):
        places = ", ".join(_printable(place) for place in report.faults.places[kind])
        click.echo(f"  {count} × {kind}: {places}{', …' if count > len(report.faults.places[kind]) else ''}", err=True)
    for text in report.faults.fatal:
        click.echo(f"  error: {_printable(text)}", err=True)


def _cluster_summary(found: Sequence[RuleHunt]) -> None:
    run = [one for one in found if not one.problem]
    count = sum(len(one.hits) for one in run)
    click.echo(
        f"{len(run)} of {len(found)} rules run: {count} completions of {sum(bool(o.hits) for o in run)} rules", err=True
    )
    for one in found:
        if one.problem:
            click.echo(f"  not run: {one.rule}: {_printable(one.problem)}", err=True)
        for note in one.notes:
            click.echo(f"  {one.rule}: the cluster says: {_printable(note)}", err=True)
