"""`casetrail redteam`: what the rules say of attacks by somebody who has read them."""

from __future__ import annotations

from datetime import timedelta

import click

from casetrail.cli.show.terminal import table
from casetrail.reading.spelled import json_text, printable


@click.command(epilog="Example: casetrail redteam --json")
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Try the evasions of the pack (fixtures/redteam): days of honest work, then an intruder who has read the rules.

    Shows what alerts on each, how long after its first event, and how many of the intruder's events came before. Exits 1 when an alert that
    must come doesn't, or one comes on a known miss.
    """
    from casetrail.incidents.redteam import attempts, evasions

    pack = ctx.obj.load()
    pack.require_meaning()
    found = attempts(pack, evasions(pack))
    rows = [
        {
            "family": one.evasion.family,
            "evasion": one.evasion.name,
            "alert": one.rule or "known miss" if one.kept else f"MISSED: {one.evasion.rule or one.rule}",
            "level": one.level or "-",
            "after": "-" if one.after is None else str(timedelta(microseconds=one.after)),
            "events before": str(one.before),
        }
        for one in found
    ]
    if as_json:
        click.echo(json_text(rows, 2))
    else:
        for line in table(rows):
            click.echo(printable(line))
    ctx.exit(0 if all(one.kept for one in found) else 1)
