"""`casetrail logsource`: define a log of one's own from a sample, and hold a definition to samples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casetrail.cli.show.terminal import count, say
from casetrail.reading.spelled import printable

if TYPE_CHECKING:
    from casetrail.logs.compare import Compared
    from casetrail.logs.faults import Faults


@click.group(epilog="Example: casetrail logsource new github/audit --from audit.ndjson")
def command() -> None:
    """Define a log of your own from a sample of its events, or see what of a sample a definition doesn't know."""


@command.command(epilog="Example: casetrail logsource new github/audit --from audit.ndjson")
@click.argument("name")
@click.option(
    "--from", "samples", type=click.Path(path_type=Path, exists=True), multiple=True, required=True, help="A file of events."
)
@click.option("--stdout", is_flag=True, help="Print the definition and write no file.")
@click.pass_context
def new(ctx: click.Context, name: str, samples: tuple[Path, ...], stdout: bool) -> None:
    """Draft the definition of the log NAME (product/service, as rules name it) from a sample: JSON, NDJSON, CSV or Parquet.

    Writes logsources/‹product›_‹service›.yml into the pack, or the overlay, and over no file. Each guess has a comment: which field is
    the time, what names an event, what types the fields have. No value of the sample is written.
    """
    from casetrail.logs.draft import DraftError, draft
    from casetrail.logs.sample import sample_of
    from casetrail.pack.files import PackError
    from casetrail.reading.files import create_all

    product, _, service = name.partition("/")
    if not product or not service or "/" in service:
        raise click.UsageError(
            f"{printable(name)}: name the log as product/service, such as github/audit, as `logsource` of its rules does"
        )
    try:
        text = draft(name, sample_of(_documents(samples)))
    except DraftError as error:
        raise PackError(f"{', '.join(map(str, samples))}: {error}") from error
    if stdout:
        click.echo(text, nl=False)
        return
    top = ctx.obj.overlay or _top(ctx)
    path = top / "logsources" / f"{_stem(product)}_{_stem(service)}.yml"
    try:
        create_all({path: text.encode()})
    except FileExistsError as error:
        raise PackError(
            f"{error.filename}: already there; `casetrail logsource check {name} SAMPLE` says what it doesn't know"
        ) from error
    click.echo(f"wrote {path}")
    say(f"now read its guesses; `casetrail logsource check {name} {samples[0]}` holds it to the sample")


@command.command(epilog="Example: casetrail logsource check github/audit audit.ndjson")
@click.argument("name")
@click.argument("samples", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.pass_context
def check(ctx: click.Context, name: str, samples: tuple[Path, ...], as_json: bool) -> None:
    """Say what of SAMPLES the definition of the log NAME doesn't know: fields, types, lists, events that it doesn't recognise.

    Exits 0 when it knows all, 1 when not, 2 when there is no event.
    """
    from casetrail.logs.compare import compare
    from casetrail.pack.files import Files
    from casetrail.pack.reading import read_pack
    from casetrail.reading.suggest import suggestion

    reading = read_pack(_top(ctx), Files(), overlay=ctx.obj.overlay)
    for fault in reading.faults:
        if fault.path.parent.name == "logsources":
            raise fault.error()
    if name not in reading.contracts:
        raise click.UsageError(f"no log source definition for {printable(name)}{suggestion(name, reading.contracts)}")
    found = compare(_documents(samples), reading.contracts[name])
    if as_json:
        click.echo(json.dumps({**asdict(found), "fits": found.fits}, indent=1))
    else:
        for line in _told(found):
            click.echo(printable(line))
    if not found.events:
        raise click.UsageError(f"{', '.join(map(str, samples))}: no events")
    ctx.exit(0 if found.fits else 1)


def _top(ctx: click.Context) -> Path:
    """The pack's folder; the current one where nobody chose a pack."""
    folder: Path = ctx.obj.folder
    return Path() if ctx.obj.is_fallback else folder


def _told(found: Compared) -> Iterator[str]:
    for one in found.differences:
        yield f"{one.field}: {one.message} ({count(one.events, 'event')})"
    if found.undetected:
        yield f"detect: {count(found.undetected, 'event')} of {found.events} aren't recognised as of this log"
    if found.unnamed:
        yield f"time, identity: {count(found.unnamed, 'event')} of {found.events} have no readable time or nothing that names them"
    seen = "all of them known" if found.fits else f"{count(len(found.differences), 'difference')}"
    yield f"{count(found.events, 'event')}: {seen}; {count(len(found.unseen), 'field')} of the definition in none of them"


def _documents(samples: Sequence[Path]) -> Iterator[object]:
    from casetrail.logs.faults import Faults
    from casetrail.logs.read import documents
    from casetrail.logs.tree import log_files

    faults = Faults()
    for sample in samples:
        for path in log_files(sample, faults):
            for _, document in documents(path, faults):
                yield document
    for line in _faults(faults):
        say(printable(line))


def _faults(faults: Faults) -> Iterator[str]:
    for kind, number in sorted(faults.counts.items()):
        yield f"  {number} × {kind}: {', '.join(faults.places[kind])}"
    yield from (f"  error: {text}" for text in faults.fatal)


def _stem(text: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in text.lower())
