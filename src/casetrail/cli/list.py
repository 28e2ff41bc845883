"""`casetrail list`: what a pack holds."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from casetrail.pack.pack import Pack


@click.command(epilog="Example: casetrail list rules --json")
@click.argument("what", type=click.Choice(["rules", "sources", "watchlists"]), default="rules")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(ctx: click.Context, what: str, as_json: bool) -> None:
    """List what a pack holds: rules, sources or watchlists."""
    pack = Pack.load(ctx.obj.pack_dir)
    rows = {"rules": _rules, "sources": _sources, "watchlists": _watchlists}[what](pack)
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    table = Table(box=None, pad_edge=False)
    for name in rows[0] if rows else ():
        table.add_column(name)
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row.values()))
    Console().print(table)


def _rules(pack: Pack) -> list[dict[str, object]]:
    return [
        {
            "rule": rule.name,
            "level": rule.level,
            "kind": getattr(getattr(rule.sigma, "type", None), "name", "search").lower(),
            "title": rule.sigma.title,
        }
        for rule in pack.rules.values()
        if rule.alone
    ]


def _sources(pack: Pack) -> list[dict[str, object]]:
    return [
        {"source": contract.key, "title": contract.title, "fields": len(contract.fields)}
        for contract in pack.contracts.values()
    ]


def _watchlists(pack: Pack) -> list[dict[str, object]]:
    return [{"watchlist": name, "values": len(values)} for name, values in pack.watchlists.items()]
