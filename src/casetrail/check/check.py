"""Checking a pack: every fault at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from casetrail.check.cases import case_faults
from casetrail.check.findings import Finding
from casetrail.check.form import FATAL, file_faults, guarded
from casetrail.check.lints import catalogue
from casetrail.check.lock import lock_faults
from casetrail.check.own import list_faults, overlay_faults
from casetrail.check.rules import rule_faults
from casetrail.pack.backend import read_backend
from casetrail.pack.fault import Fault
from casetrail.pack.files import Files, PackError, is_own, rule_files
from casetrail.pack.overlay import SETTINGS
from casetrail.pack.pack import Pack
from casetrail.pack.reading import Reading, read_pack
from casetrail.pack.shapes import STORED, read_shapes, unstored
from casetrail.pack.watchlist import INDEX
from casetrail.reading.yaml import START

_FOLDERS = {"logsources": "contract", "backends": "backend", "fixtures": "cases"}


def check(
    folder: Path, today: date | None = None, *, overlay: Path | None = None, lists: Path | None = None
) -> list[Finding]:
    """Every fault of the pack in a folder, and of what is laid over it, in the order of files and lines.

    overlay: a customer's whole folder; lists: one with watchlists of theirs alone.

    today: the day by which a watchlist may have expired; not asked when it isn't given, so that the same pack has the same faults.

    A folder without `logsources/` is a foreign pack of Sigma rules: the shipped contracts are taken, and what casetrail demands of its
    own rules (cases, next steps, …) is not asked. Raises PackError when there is no such folder.
    """
    files = Files()
    reading = read_pack(folder, files, overlay=overlay)
    found = list(_forms(folder, overlay, files))
    misshapen = {fault.path for fault in found if fault.lint in FATAL}
    found += [fault for fault in reading.faults if fault.path not in misshapen]
    if not _is_in_the_way(reading, misshapen):
        pack = Pack.of(reading)
        judged = [*_judged(pack, files), *(_lists(folder, overlay, lists, today, files) if is_own(folder) else ())]
        found += [fault for fault in judged if fault.lint != "schema" or fault.path not in misshapen]
    return sorted({_finding(fault) for fault in found})


def _finding(fault: Fault) -> Finding:
    known, place = catalogue()[fault.lint], fault.place or START
    message = " ".join(fault.message.split())
    return Finding(fault.path, place.line, place.column, known.code, message, known.severity)


def _forms(folder: Path, overlay: Path | None, files: Files) -> Iterator[Fault]:
    """The faults of form of all YAML files but settings and lists."""
    for name, schema in _FOLDERS.items() if is_own(folder) else ():
        for path in _below(folder, name):
            yield from file_faults(path, _schema_of(path, schema), files)
    for path in (*rule_files(folder), *_below(overlay, "rules"), *_below(overlay, "filters")):
        yield from file_faults(path, "rule", files)
    for path in _below(overlay, "fixtures"):
        yield from file_faults(path, _schema_of(path, "cases"), files)


def _below(folder: Path | None, name: str) -> list[Path]:
    return sorted((folder / name).rglob("*.yml")) if folder else []


def _schema_of(path: Path, usual: str) -> str:
    if usual == "backend" and path.parent.name == STORED:
        return "stored"
    if "incidents" in path.parts:
        return "incident" if path.stem == "incident" else "incident_events"
    return "event" if "events" in path.parts else usual


def _is_in_the_way(reading: Reading, misshapen: set[Path]) -> bool:
    """Whether nothing more can be said of a pack: a log source is misshapen, or a file can't be read that isn't a foreign rule's."""
    passed = set() if is_own(reading.folder) else set(rule_files(reading.folder))
    logs = reading.folder / "logsources"
    return any(logs in path.parents for path in misshapen) or any(fault.path not in passed for fault in reading.faults)


def _judged(pack: Pack, files: Files) -> Iterator[Fault]:
    own = is_own(pack.folder)
    yield from rule_faults(pack, own)
    if pack.overlay and pack.overlay.folder:
        yield from guarded(pack.overlay.folder / SETTINGS, overlay_faults(pack, files))
    if own:
        yield from _backend_faults(pack, files)
        yield from case_faults(pack, files)
        yield from lock_faults(pack.bare)


def _backend_faults(pack: Pack, files: Files) -> Iterator[Fault]:
    for path in sorted((pack.folder / "backends").glob("*/backend.yml")):
        try:
            own = pack.overlay.targets.get(path.parent.name) if pack.overlay else None
            backend = read_backend(path.parent, pack.contracts, own, files)
            shapes = read_shapes(path.parent, pack.contracts, files)
        except PackError as error:
            yield Fault("schema", path, None, str(error))
        else:
            for message in unstored(backend, shapes):
                yield Fault("schema", path, None, message)


def _lists(folder: Path, overlay: Path | None, lists: Path | None, today: date | None, files: Files) -> Iterator[Fault]:
    """The faults of the watchlists, up to an index that is misshapen."""
    known: dict[str, Any] = {}
    for each in (folder / "watchlists", *([overlay / "watchlists"] if overlay else []), *filter(None, [lists])):
        index = each / INDEX
        broken = list(file_faults(index, "watchlists", files)) if index.is_file() else []
        yield from broken
        if broken:
            return
        yield from list_faults(each, known, today, files)
