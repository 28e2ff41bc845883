"""Checking what a customer fills in: watchlists, settings, and what of an overlay hits nothing or is shown by no case."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from casetrail.check.findings import Fault
from casetrail.check.unused import unused
from casetrail.pack.cases import paths_below, rule_of
from casetrail.pack.files import PackError, documents
from casetrail.pack.overlay import SETTINGS, ill_formed, place_of
from casetrail.pack.pack import Pack
from casetrail.pack.watchlist import INDEX, expired, faults
from casetrail.reading.yaml import START, Position, YamlError, read


def list_faults(folder: Path, known: dict[str, Any], today: date | None) -> Iterator[Fault]:
    """The faults of the watchlists of a folder.

    known: what the lists hold, by name, from the folders before; this one's `watchlists.yml` is added to it.
    today: the day by which one may have expired; not asked when it isn't given.
    """
    index, places = folder / INDEX, {}
    if index.is_file():
        (told,) = read(index)
        for name in told.data:
            if not (folder / f"{name}.csv").is_file():
                yield Fault("watchlist", index, told.position([name]), f"there is no {name}.csv beside it")
        known |= told.data
        places = {name: (index, told.position([name, "expires"])) for name in told.data}
    for path in sorted(folder.glob("*.csv")) if known else ():
        if path.stem not in known:
            yield Fault("watchlist", path, START, f"{INDEX} doesn't say what it holds")
            continue
        lines = path.read_text("utf-8-sig").splitlines()
        for line, fault in faults(lines, known[path.stem]["holds"]):
            yield Fault("watchlist", path, Position(line, 1), fault)
        ends = known[path.stem].get("expires")
        where = places.get(path.stem, (path, START))
        try:
            over = ends is not None and today is not None and expired(lines, str(ends), today)
        except ValueError as error:
            yield Fault("watchlist", *where, f"{path.stem} expires on no day that there is: {error}")
            continue
        if over:
            yield Fault("expired-watchlist", *where, f"{path.stem} has expired on {ends}: empty it")


def settings_faults(folder: Path) -> Iterator[Fault]:
    """What in an overlay's `casetrail.yml` can't be read or isn't of the form that its schema demands."""
    path = folder / SETTINGS
    try:
        found = read(path)
    except YamlError as error:
        yield Fault("yaml", path, error.position, error.message)
        return
    for document in found[:1]:
        for message, place in ill_formed(document):
            yield Fault("schema", path, place, message)


def overlay_faults(pack: Pack, told: Collection[Path]) -> Iterator[Fault]:
    """What of an overlay hits nothing, but for files of which that is told already, and thresholds that no case of its own shows."""
    try:
        idle = unused(pack)
    except PackError:
        return
    for one in idle:
        if one.path not in told:
            yield Fault("idle-overlay", one.path, one.place, one.message)
    overlay = pack.overlay
    if overlay is None or overlay.folder is None:
        return
    shown = {rule_of(path) for path in paths_below(overlay.folder)}
    idle_places = {one.place for one in pack.unused}
    for name in _names(overlay.thresholds):
        place = place_of(overlay.thresholds, name)
        if place not in idle_places and name not in shown:
            message = f"no case of yours shows {name} with these numbers: those of the pack are about its own"
            yield Fault("untested-threshold", overlay.thresholds, place, message)


def _names(path: Path) -> list[str]:
    return [name for document in (documents(path) if path.is_file() else ()) for name in document]
