"""A trail on a terminal: its head fits one screen."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import click

from casetrail.reading.spelled import printable
from casetrail.trail.result import Result
from casetrail.trail.table import Table

_WIDE = 120
_LEAST = 3
_SHOWN = ("accounts", "sessions", "files", "customers", "made", "tokens", "also")
_COLUMNS = {
    "accounts": ("account", "first", "last", "exact", "likely", "possible"),
    "sessions": ("session", "account", "first", "addresses", "strength"),
    "files": ("file", "name", "customer", "first", "strength"),
    "customers": ("customer", "files", "first", "strength"),
    "made": ("what", "name", "account", "time", "strength"),
    "tokens": ("host", "name", "where", "expires", "customer"),
    "also": ("kind", "value", "why it isn't walked"),
}


def show(found: Result) -> None:
    """Print the head of a result: what was meant, the whole in two lines, the ledger, what is missing, and the first of each table."""
    for line in (*found.indicators, *found.head, *found.ledger):
        click.echo(textwrap.fill(printable(line), _WIDE, subsequent_indent="  "))
    for line in found.incomplete[:_LEAST]:
        click.echo(textwrap.shorten(printable(f"incomplete: {line}"), _WIDE))
    if len(found.incomplete) > _LEAST:
        click.echo(f"incomplete: {len(found.incomplete) - _LEAST} more reasons, in unseen.csv")
    for name in _SHOWN:
        _first(found.table(name), 2)


def show_fresh(tables: Sequence[Table]) -> None:
    """Print what is new."""
    click.echo(
        "new since the earlier result: "
        + (", ".join(f"{len(one.rows)} {one.name}" for one in tables if one.rows) or "nothing")
    )
    for each in tables:
        _first(each, 5)


def _first(table: Table, most: int) -> None:
    if not table.rows:
        return
    more = f", the first {most}; all in {table.name}.csv" if len(table.rows) > most else ""
    click.echo(f"{table.title}: {len(table.rows)}{more}")
    for row in table.dicts()[:most]:
        line = "  ".join(row[column] for column in _COLUMNS.get(table.name, table.columns) if row[column])
        click.echo(f"  {textwrap.shorten(printable(line), _WIDE - 2)}")
