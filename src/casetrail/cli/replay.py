"""`casetrail replay`: what the rules would have told of an incident, day by day."""

from __future__ import annotations

from pathlib import Path

import click

from casetrail.reading.files import replace
from casetrail.reading.spelled import json_text, printable


@click.command(epilog="Example: casetrail replay okta-2023 --html okta-2023.html")
@click.argument("name", required=False)
@click.option("--target", "chosen", multiple=True, help="A SIEM whose schedule counts; all of them if not given.")
@click.option("--without", multiple=True, help="A rule to leave out; may be given several times.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write the picture to this file.")
@click.option(
    "--rows", type=click.Path(path_type=Path, file_okay=False), help="Write the whole events as NDJSON into this folder."
)
@click.option("--json", "as_json", is_flag=True, help="Print all that was found as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    name: str | None,
    chosen: tuple[str, ...],
    without: tuple[str, ...],
    html: Path | None,
    rows: Path | None,
    as_json: bool,
) -> None:
    """Replay the incident NAME: whole logs of invented companies, event by event as they arrived.

    Shows, day by day, what fired first, when its event happened and arrived, and when a search on each SIEM's schedule alerts; beside it
    the day on which the real victim saw it; then of each file that was taken whether an alert names it. Without NAME the incidents are
    listed.
    """
    from casetrail.cli.show.incident import show, write_rows
    from casetrail.incidents.record import record
    from casetrail.incidents.replay import replay
    from casetrail.incidents.story import incidents, read_incident
    from casetrail.pack.backend import targets

    pack = ctx.obj.load()
    if name is None:
        for each in incidents(pack):
            click.echo(printable(f"{each}: {read_incident(pack, each).title}"))
        return
    pack.require_meaning()
    incident = read_incident(pack, name)
    for rule in without:
        pack.rules.named(rule)
    known = targets(pack)
    strangers = set(chosen) - set(known)
    if strangers:
        raise click.UsageError(f"no target is named {min(strangers)}; there are: {', '.join(known)}")
    if rows:
        write_rows(pack, incident, rows)
    found = replay(pack, incident, list(dict.fromkeys(chosen)) or known, without)
    if html:
        from casetrail.incidents.picture import picture

        replace(html, picture(found).encode())
    if as_json:
        click.echo(json_text(record(found), 2))
    else:
        show(found)
