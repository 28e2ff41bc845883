"""Checking what a customer fills in: watchlists, and what of an overlay hits nothing or is shown by no case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from casetrail.check.unused import unused
from casetrail.pack.cases import paths_below, rule_of
from casetrail.pack.fault import Fault
from casetrail.pack.files import Files
from casetrail.pack.pack import Pack
from casetrail.pack.watchlist import INDEX, expired, faults
from casetrail.reading.yaml import START, Position


def list_faults(folder: Path, known: dict[str, Any], today: date | None, files: Files) -> Iterator[Fault]:
    """The faults of the watchlists of a folder.

    known: what the lists hold, by name, from the folders before; this one's `watchlists.yml` is added to it.
    today: the day by which one may have expired; not asked when it isn't given.
    """
    index, places = folder / INDEX, {}
    if index.is_file():
        (told,) = files.read(index)
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


def overlay_faults(pack: Pack, files: Files) -> Iterator[Fault]:
    """What of an overlay hits nothing, and thresholds that no case of its own shows; none while of some rule there is no telling."""
    overlay = pack.overlay
    if pack.sources.faults or pack.bare.sources.faults or overlay is None or overlay.folder is None:
        return
    for one in unused(pack):
        if one.path not in pack.sources:
            yield Fault("idle-overlay", one.path, one.place, one.message)
    shown = {rule_of(path, files) for path in paths_below(overlay.folder)}
    idle = {one.place for one in pack.unused}
    for document in files.read(overlay.thresholds) if overlay.thresholds.is_file() else ():
        for name in document.data:
            place = document.position([name])
            if place not in idle and name not in shown:
                message = f"no case of yours shows {name} with these numbers: those of the pack are about its own"
                yield Fault("untested-threshold", overlay.thresholds, place, message)
