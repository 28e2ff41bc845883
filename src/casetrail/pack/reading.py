"""The reading of a pack: what its files hold, and every fault for which it can't be used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from casetrail.logs.contract import Contract, contracts
from casetrail.pack.fault import Fault, unreadable
from casetrail.pack.files import NO_MAPPING, THRESHOLDS, Files, PackError, lists_of, rule_files, shipped, yaml_files
from casetrail.pack.joined import joined
from casetrail.pack.overlay import Overlay, only_lists, read_overlay
from casetrail.pack.settings import Settings, settings_for
from casetrail.pack.sources import Sources
from casetrail.pack.thresholds import Unused, with_thresholds_of
from casetrail.pack.watchlist import read_watchlist
from casetrail.reading.words import in_words
from casetrail.reading.yaml import SHAPE, Document, YamlError

Watchlists = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Laid:
    """What a pack becomes under an overlay. unused: the thresholds that no rule has a place for."""

    overlay: Overlay
    sources: Sources
    watchlists: Watchlists
    unused: tuple[Unused, ...]


@dataclass(frozen=True)
class Reading:
    """What the files of a pack hold.

    contracts: by `product/service`; watchlists: by name; sources: the documents of rules; settings: what the
    folder says of itself; laid: what an overlay makes of these.
    faults: those for which the pack can't be used, in the order of reading; what is at fault is left out of the rest.
    """

    folder: Path
    contracts: Mapping[str, Contract]
    watchlists: Watchlists
    sources: Sources
    settings: Settings
    laid: Laid | None
    faults: tuple[Fault, ...]

    def is_of_a_rule(self, fault: Fault) -> bool:
        """Whether a fault is of a file of rules, without which the others can be used."""
        return fault.lint in ("yaml", "schema") and fault.path in self._of_rules

    @cached_property
    def _of_rules(self) -> frozenset[Path]:
        return frozenset((*rule_files(self.folder), *(self.laid.overlay.own_files() if self.laid else ())))


def read_pack(folder: Path, files: Files, customer: Path | None = None, overlay: Path | None = None) -> Reading:
    """The pack in a folder.

    Its log source definitions are added to the shipped ones; one for a log that these define replaces theirs. An overlay's are added
    too, and may replace none. A folder without `logsources/` borrows the shipped watchlists.

    customer: a folder with watchlists and a `thresholds.yml` that replace the pack's of the same name.
    overlay: a customer's whole folder (`overlay.Overlay`), instead.

    Raises PackError when there is no such folder.
    """
    if not folder.is_dir():
        raise PackError(f"{folder}: no such folder")
    lists = lists_of(folder)
    settings, unsaid = settings_for(folder, files)
    known, faults = _contracts(folder, overlay, files)
    documents, unread = _rules(rule_files(folder), files)
    watchlists, broken = _watchlists(lists)
    sources, idle, wrong = _thresholds(Sources(documents), lists / THRESHOLDS, files)
    faults += [*unsaid, *unread, *broken, *wrong, *(_strict(idle) if not unread else ())]
    laid = None
    if overlay is not None:
        over, wrong = read_overlay(overlay, files)
        laid, more = _laid(over, sources, watchlists, files)
        faults += [*wrong, *more]
    elif customer is not None:
        laid, more = _laid(only_lists(customer), sources, watchlists, files)
        faults += [*_strangers(laid, watchlists), *more, *_strict(laid.unused)]
    return Reading(folder, known, watchlists, sources, settings, laid, tuple(faults))


def _contracts(folder: Path, overlay: Path | None, files: Files) -> tuple[dict[str, Contract], list[Fault]]:
    lent, faults = ([], []) if folder.resolve() == shipped().resolve() else _defined(shipped(), files)
    own, wrong = _defined(folder, files)
    laid, more = _defined(overlay, files) if overlay else ([], [])
    known = {contract.key: contract for _, contract in (*lent, *own)}
    faults += [*wrong, *_defined_again(own, {}), *more, *_defined_again(laid, known)]
    return {**{contract.key: contract for _, contract in laid}, **known}, faults


def _defined(folder: Path, files: Files) -> tuple[list[tuple[Document, Contract]], list[Fault]]:
    """The log source definitions of a folder, each with the document that it stands in."""
    found: list[tuple[Document, Contract]] = []
    documents, faults = _read(yaml_files(folder / "logsources"), files)
    for path, each in documents.items():
        try:
            found += [(document, contract) for document in each for contract in contracts(document.data)]
        except SHAPE as error:
            faults.append(Fault("schema", path, None, in_words(error)))
    return found, faults


def _defined_again(found: Iterable[tuple[Document, Contract]], taken: Mapping[str, Contract]) -> Iterator[Fault]:
    """The definitions of logs that are in `taken`, or that one before them defines."""
    before: dict[str, Path] = {}
    for document, contract in found:
        place = document.find(contract.service)
        if contract.key in taken:
            message = (
                f"{contract.key} is defined by the pack, whose rules are proven on its fields; "
                "give yours another service, and your rules its name"
            )
            yield Fault("identifier", document.path, place, message)
        elif contract.key in before:
            message = f"{contract.key} is defined in {before[contract.key]} already; leave one of the two out"
            yield Fault("identifier", document.path, place, message)
        before.setdefault(contract.key, document.path)


def _read(paths: Iterable[Path], files: Files) -> tuple[dict[Path, tuple[Document, ...]], list[Fault]]:
    """The documents of files, of which all must be mappings."""
    found, faults = {}, []
    for path in paths:
        try:
            documents = files.read(path)
        except YamlError as error:
            faults.append(unreadable(path, error))
            continue
        wrong = [one for one in documents if not isinstance(one.data, dict)]
        faults += [Fault("schema", path, one.position([]), NO_MAPPING) for one in wrong[:1]]
        found[path] = tuple(one for one in documents if isinstance(one.data, dict))
    return found, faults


def _rules(paths: Iterable[Path], files: Files) -> tuple[dict[Path, tuple[Document, ...]], list[Fault]]:
    """The rules and filters of files, each whole."""
    found, faults = _read(paths, files)
    for path, documents in found.items():
        found[path], wrong = joined(documents)
        faults += wrong
    return found, faults


def _watchlists(folder: Path) -> tuple[dict[str, tuple[str, ...]], list[Fault]]:
    found, faults = {}, []
    for path in sorted(folder.glob("*.csv")):
        try:
            found[path.stem] = read_watchlist(path)
        except ValueError as error:
            faults.append(Fault("watchlist", path, None, str(error)))
    return found, faults


def _thresholds(sources: Sources, path: Path, files: Files) -> tuple[Sources, list[Unused], list[Fault]]:
    documents, faults = _read([path] if path.is_file() else [], files)
    idle: list[Unused] = []
    for document in documents.get(path, ()):
        sources, found = with_thresholds_of(sources, document, document.data)
        idle += found
    return sources, idle, faults


def _strict(unused: Iterable[Unused]) -> list[Fault]:
    """The entries that hit nothing, as faults: a pack's own thresholds, and those of `--watchlists`, must all be of a rule."""
    return [Fault("schema", one.path, one.place, one.message) for one in unused]


def _strangers(laid: Laid, watchlists: Watchlists) -> Iterator[Fault]:
    folder = laid.overlay.lists
    if not folder.is_dir():
        yield Fault("watchlist", folder, None, "no such folder")
    for name in sorted(set(laid.watchlists) - set(watchlists)):
        message = f"no watchlist of the pack is named so; there are {', '.join(watchlists)}"
        yield Fault("watchlist", folder / f"{name}.csv", None, message)


def _laid(overlay: Overlay, sources: Sources, watchlists: Watchlists, files: Files) -> tuple[Laid, list[Fault]]:
    mine, faults = _rules(overlay.own_files(), files)
    faults += _clashes(Sources(mine), sources)
    every = Sources({**sources, **mine}) if mine else sources
    changed, unused, unread = _thresholds(every, overlay.thresholds, files)
    lists, broken = _watchlists(overlay.lists)
    laid = Laid(overlay, _with_levels(changed, overlay.levels), {**watchlists, **lists}, tuple(unused))
    return laid, [*faults, *unread, *broken]


def _clashes(mine: Sources, sources: Sources) -> Iterator[Fault]:
    """The own rules that go by the name or the id of one of the pack."""
    theirs = sources.rules()
    names = set(map(sources.named, theirs))
    ids = {str(document.data["id"]).lower(): sources.named(document) for document in theirs if "id" in document.data}
    for document in mine.rules():
        name, other = mine.named(document), ids.get(str(document.data.get("id")).lower())
        if name in names:
            message = f"{name} is a rule of the pack; give yours another name, and disable that one if you must"
            yield Fault("duplicate", document.path, document.position(["name"]), message)
        elif other is not None:
            message = f"its id is that of {other}, a rule of the pack, which it would replace in a SIEM"
            yield Fault("duplicate", document.path, document.position(["id"]), message)


def _with_levels(sources: Sources, levels: Mapping[str, str]) -> Sources:
    wanted = {id(document): levels[name] for document in sources.rules() if (name := sources.named(document)) in levels}

    def change(document: Document) -> Mapping[str, object]:
        return {**document.data, "level": wanted[id(document)]} if id(document) in wanted else document.data

    return sources.changed(change) if levels else sources
