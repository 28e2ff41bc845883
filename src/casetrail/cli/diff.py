"""`casetrail diff`: what a change of the rules means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from casetrail.cli.show.terminal import say
from casetrail.reading.spelled import json_text


@click.command(epilog="Example: casetrail --pack . diff origin/main --markdown")
@click.argument("old", required=False)
@click.argument("new", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--markdown", is_flag=True, help="Print it for a pull request.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("--exit-code", is_flag=True, help="Exit 1 when a rule was added, removed or means something else.")
@click.pass_context
def command(ctx: click.Context, old: str | None, new: Path | None, markdown: bool, as_json: bool, exit_code: bool) -> None:
    """Say what changed from OLD, a commit or a folder, to the pack (or the folder NEW): rules, meanings, cases, words, queries.

    Without OLD it is the commit at which the branch left main. Old cases and new ones run on both meanings, and those that tell them apart
    are named with the reason. An overlay is laid over both.
    """
    from casetrail.cli.show.changed import as_markdown, lines, record
    from casetrail.pack.lockfile import read_lock
    from casetrail.pack.pack import Pack
    from casetrail.proof.difference import compare

    if markdown and as_json:
        raise click.UsageError("choose --markdown or --json")
    folder: Path = new or ctx.obj.folder
    own = (ctx.obj.customer, ctx.obj.overlay)
    with _old(folder, old) as (before, name):
        say(f"{ctx.obj.title}: from {name} to {folder}")
        lock = None if any(own) else read_lock(before)
        found = compare(Pack.load(before, *own), Pack.load(folder, *own), lock)
    if as_json:
        click.echo(json_text(record(found)))
    else:
        for line in as_markdown(found) if markdown else lines(found):
            click.echo(line)
    ctx.exit(1 if exit_code and found.means_something else 0)


@contextmanager
def _old(folder: Path, old: str | None) -> Iterator[tuple[Path, str]]:
    """The folder of what was, and its name."""
    from casetrail.cli.earlier import base, earlier

    if old is not None and Path(old).is_dir():
        yield Path(old), old
        return
    ref = old or base(folder)
    with earlier(folder, ref) as before:
        yield before, old or f"{ref[:12]}, where this work began"
