"""Checking a pack: every fault at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from casetrail.check.baseline import unknown
from casetrail.check.cases import case_faults
from casetrail.check.causes import at_their_causes
from casetrail.check.chosen import Ruled, settings_faults, told
from casetrail.check.findings import Checked, Finding, in_order
from casetrail.check.form import FATAL, RULE, file_faults, guarded
from casetrail.check.lints import catalogue
from casetrail.check.lock import lock_faults
from casetrail.check.own import list_faults, overlay_faults
from casetrail.check.rules import rule_faults
from casetrail.pack.backend import backend_folder, backend_of, store_files, targets
from casetrail.pack.cases import ASIDE, paths_below
from casetrail.pack.fault import Fault
from casetrail.pack.files import Files, PackError, data_files, is_own, lists_of, rule_files, yaml_files
from casetrail.pack.pack import Pack
from casetrail.pack.reading import Reading, read_pack
from casetrail.pack.settings import SETTINGS
from casetrail.pack.shapes import STORED, read_shapes, unstored
from casetrail.pack.watchlist import INDEX
from casetrail.reading.yaml import START

_ENDINGS = {
    "rules": "rules are YAML, in files ending in .yml or .yaml",
    "filters": "filters are YAML, in files ending in .yml or .yaml",
    "logsources": "log source definitions are YAML files right in logsources/",
    "watchlists": "watchlists are CSV files right in watchlists/, described in watchlists.yml",
    "backends": "a target's files are YAML right in backends/TARGET/",
}
_FOLDERS = {"logsources": "contract", "backends": "backend", "fixtures": "cases"}


def check(
    folder: Path, today: date | None = None, *, overlay: Path | None = None, lists: Path | None = None
) -> list[Finding]:
    """The findings of `examine` that the baseline of the settings doesn't know."""
    return unknown(examine(folder, today, overlay=overlay, lists=lists), folder).findings


def examine(folder: Path, today: date | None = None, *, overlay: Path | None = None, lists: Path | None = None) -> Checked:
    """Every fault of the pack in a folder, and of what is laid over it, that their settings ask for.

    overlay: a customer's whole folder; lists: one with watchlists of theirs alone.
    today: the day by which a watchlist may have expired; not asked when it isn't given, so that the same pack has the same faults.

    What casetrail demands of its own rules (cases, next steps, …) is asked where `profile: house` stands. Raises PackError when there is
    no such folder. All that it reads is in `fingerprint`.
    """
    files = Files()
    reading = read_pack(folder, files, lists, overlay=overlay)
    settings = reading.settings
    found = list(_forms(folder, overlay, files))
    misshapen = {fault.path for fault in found if fault.lint in FATAL}
    found += [fault for fault in reading.faults if fault.path not in misshapen]
    if not _is_in_the_way(reading, misshapen):
        pack = Pack.of(reading)
        judged = [*_judged(pack, files), *_lists(folder, overlay, lists, today, files)]
        found += [fault for fault in judged if fault.lint != "schema" or fault.path not in misshapen]
        found = at_their_causes(found, pack)
        for each in (settings, *([reading.laid.overlay.settings] if reading.laid else [])):
            found += settings_faults(each, targets(pack))
        found += [*_unread(folder, overlay, files)]
    found = list(_each_once(found))
    ruled = [Ruled(reading.laid.overlay.lists.parent, reading.laid.overlay.settings)] if reading.laid and overlay else []
    findings = in_order({_finding(fault) for fault in told(found, [*ruled, Ruled(folder, settings)], files.known)})
    return Checked(findings, _read(reading, overlay, files), settings.strict, settings.baseline)


_MISSING = ("the rule has no ", "the detection has no ", "the correlation has no ")


def _each_once(faults: Sequence[Fault]) -> Iterator[Fault]:
    """The faults, each once: what two readers say of one line is the schema's to tell."""
    told = {(fault.path, (fault.place or START).line) for fault in faults if fault.lint in FATAL}
    idle = {(fault.path, fault.place) for fault in faults if fault.lint == "idle-overlay"}
    for fault in faults:
        match fault.lint:
            case "bad-case" if any(path == fault.path for path, _ in told):
                continue
            case "watchlist" if (fault.path, fault.place) in idle:
                continue
            case "sigma":
                twice = fault.message.startswith(_MISSING) and any(path == fault.path for path, _ in told)
                if not twice and (fault.path, (fault.place or START).line) not in told:
                    yield fault
            case _:
                yield fault


def _read(reading: Reading, overlay: Path | None, files: Files) -> dict[str, int]:
    """How many rules, filters, case files and watchlists there are, in words."""
    sources = reading.laid.sources if reading.laid else reading.sources
    lists = reading.laid.watchlists if reading.laid else reading.watchlists
    known = {*files.known}
    cases = [path for top in filter(None, (reading.folder, overlay)) for path in paths_below(top) if path in known]
    return {
        "rule": len(sources.rules()),
        "filter": len(sources.filters()),
        "case file": len(cases),
        "watchlist": len(lists),
    }


def _unread(folder: Path, overlay: Path | None, files: Files) -> Iterator[Fault]:
    """The files in a pack's or an overlay's folders that look as if they were of it, and that nothing reads."""
    known = {*files.known}
    for top in filter(None, (folder, overlay)):
        for name, why in _ENDINGS.items():
            for path in data_files(top / name):
                if path not in known and not (name == "watchlists" and path.suffix == ".csv" and path.parent == top / name):
                    yield Fault("unread-file", path, None, f"nothing reads it: {why}")


def _finding(fault: Fault) -> Finding:
    known, place = catalogue()[fault.lint], fault.place or START
    message = " ".join(fault.message.split())
    return Finding(fault.path, place.line, place.column, known.code, message, known.severity, len(fault.rules))


def _forms(folder: Path, overlay: Path | None, files: Files) -> Iterator[Fault]:
    """The faults of form of all YAML files but settings and lists."""
    for path in (*rule_files(folder), *_below(overlay, "rules"), *_below(overlay, "filters")):
        yield from file_faults(path, RULE, files)
    for top in filter(None, (folder, overlay)):
        for name, schema in _FOLDERS.items():
            for path in _below(top, name):
                yield from file_faults(path, _schema_of(path, top / name, schema), files)


def _below(folder: Path | None, name: str) -> list[Path]:
    return yaml_files(folder / name) if folder else []


def _schema_of(path: Path, folder: Path, usual: str) -> str:
    """The schema of a file below one of a pack's folders, most of whose files are of the `usual` one."""
    if usual == "backend" and path.parent.name == STORED:
        return "stored"
    place = path.relative_to(folder).parts[0]
    if usual != "cases" or place not in ASIDE:
        return usual
    if place == "incidents":
        return "incident" if path.stem == "incident" else "incident_events"
    return "event" if place == "events" else place


def _is_in_the_way(reading: Reading, misshapen: set[Path]) -> bool:
    """Whether nothing more can be said of a pack: a log source is misshapen, or something but a rule can't be read."""
    logs = reading.folder / "logsources"
    return any(logs in path.parents for path in misshapen) or not all(map(reading.is_of_a_rule, reading.faults))


def _judged(pack: Pack, files: Files) -> Iterator[Fault]:
    yield from rule_faults(pack)
    if pack.overlay and pack.overlay.folder:
        yield from guarded(pack.overlay.folder / SETTINGS, overlay_faults(pack, files))
    yield from _backend_faults(pack, files)
    yield from case_faults(pack, files)
    yield from lock_faults(pack.bare)


def _backend_faults(pack: Pack, files: Files) -> Iterator[Fault]:
    for target in targets(pack):
        folder = backend_folder(pack, target)
        own = pack.folder in folder.parents
        if not own and not store_files(pack, target):
            continue
        try:
            backend = backend_of(pack, target, files=files)
            shapes = read_shapes(folder, pack.contracts, files) if own else {}
        except PackError as error:
            yield Fault("schema", folder / "backend.yml", None, str(error))
        else:
            for message in unstored(backend, shapes):
                yield Fault("schema", folder / "backend.yml", None, message)


def _lists(folder: Path, overlay: Path | None, lists: Path | None, today: date | None, files: Files) -> Iterator[Fault]:
    """The faults of the watchlists, up to an index that is misshapen; none of those that a folder borrows."""
    known: dict[str, Any] = {}
    if not is_own(folder):
        list(list_faults(lists_of(folder), known, today, files))
    for each in (
        *([folder / "watchlists"] if is_own(folder) else []),
        *([overlay / "watchlists"] if overlay else []),
        *filter(None, [lists]),
    ):
        index = each / INDEX
        broken = list(file_faults(index, "watchlists", files)) if index.is_file() else []
        yield from broken
        if broken:
            return
        yield from list_faults(each, known, today, files)
