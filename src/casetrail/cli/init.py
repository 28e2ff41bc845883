"""`casetrail init`: a customer's folder to lay over the pack."""

from __future__ import annotations

import json
import os
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casetrail.reading.files import create_all
from casetrail.reading.spelled import printable
from casetrail.reading.words import of_os

if TYPE_CHECKING:
    from casetrail.pack.pack import Pack

_FILES = ("casetrail.yml", "thresholds.yml", "README.md")


@click.command(epilog="Example: casetrail init ours")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_context
def command(ctx: click.Context, folder: Path) -> None:
    """Write into FOLDER what can be laid over the pack: settings, thresholds, the empty watchlists, and a README with the next steps.

    Writes over nothing: a file that is there already stops it, and then nothing is written.
    """
    for path in create(ctx.obj.load(), folder):
        click.echo(printable(f"wrote {path}"))
    click.echo(printable(f"now see {folder / 'README.md'}; `casetrail --overlay {folder} check` says what is wrong with it"))


def create(pack: Pack, folder: Path) -> list[Path]:
    """Write the files and return their paths. Raises PackError when one is there or can't be written; none is written then."""
    from casetrail.pack.files import PackError, shipped

    templates = files("casetrail.templates") / "overlay"
    made = {folder / name: (templates / name).read_bytes() for name in _FILES}
    if pack.folder.resolve() != shipped().resolve():
        made[folder / "casetrail.yml"] = made[folder / "casetrail.yml"].replace(b"over: shipped", _over(pack, folder))
    made |= {
        folder / "watchlists" / f"{name}.csv": _head(pack, name) for name, values in pack.watchlists.items() if not values
    }
    try:
        create_all(made)
    except FileExistsError as error:
        raise PackError(f"{error.filename}: already there; choose another folder") from error
    except OSError as error:
        raise PackError(f"{error.filename}: {of_os(error)}") from error
    return list(made)


def _over(pack: Pack, folder: Path) -> bytes:
    return f"over: {json.dumps(os.path.relpath(pack.folder.resolve(), folder.resolve()))}".encode()


def _head(pack: Pack, name: str) -> bytes:
    """A watchlist of the pack without values: its comments and its header."""
    return (pack.lists / f"{name}.csv").read_bytes()
