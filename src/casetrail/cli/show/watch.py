"""Running a command again whenever a file of a pack changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NoReturn

import click

from casetrail.cli.show.terminal import say

_SECONDS = 0.3


def again(ctx: click.Context) -> NoReturn:
    """Run the command of a context without `--watch`, again after each change of its pack and overlay."""
    folders = [ctx.obj.folder, *filter(None, (ctx.obj.overlay, ctx.obj.customer))]
    watch(folders, lambda: ctx.invoke(ctx.command, **{**ctx.params, "watch": False}))


def watch(folders: Iterable[Path], run: Callable[[], object]) -> NoReturn:
    """Run now, and again after each change below the folders, until Ctrl-C. What ends one run, an error too, ends only that run."""
    tops = list(folders)
    while True:
        before = dict(_files(tops))
        try:
            run()
        except click.exceptions.Exit:
            pass
        except click.ClickException as error:
            error.show()
        except Exception as error:
            if not type(error).__module__.startswith("casetrail."):
                raise
            say(f"casetrail: {error}")
        say("waiting for a change; end with Ctrl-C")
        while dict(_files(tops)) == before:
            time.sleep(_SECONDS)


def _files(folders: Iterable[Path]) -> Iterator[tuple[Path, int]]:
    """The files below folders that aren't hidden, each with the time of its last change."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.suffix in (".yml", ".yaml", ".csv", ".ndjson", ".json") and not any(
                part.startswith(".") for part in path.parts
            ):
                try:
                    yield path, path.stat().st_mtime_ns
                except OSError:
                    continue
