"""What a SIEM calls things: one folder of `backends/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from casetrail.logs.contract import Contract, parse_span
from casetrail.pack.files import Files, PackError, shaped, shipped, yaml_right_in
from casetrail.pack.identity import identity_of
from casetrail.pack.pack import Pack
from casetrail.reading.suggest import suggestion
from casetrail.stores.plain import Names, Plain
from casetrail.stores.store import Backend, Stamp, Store, StoredField


def backend_folder(pack: Pack, target: str) -> Path:
    """Where a target's backend is; a pack without a `backend.yml` of its own borrows the shipped ones."""
    own = any((pack.folder / "backends").glob("*/backend.yml"))
    return (pack.folder if own else shipped()) / "backends" / target


def targets(pack: Pack) -> list[str]:
    """The names of the targets that a pack can be built for."""
    return sorted(path.parent.name for path in backend_folder(pack, "").glob("*/backend.yml"))


def store_files(pack: Pack, target: str) -> list[Path]:
    """The files of a pack and its overlay that say where a target keeps logs, beside those of its backend's own folder."""
    backend = backend_folder(pack, target)
    folders = [top / "backends" / target for top in reversed(pack.tops)]
    return [path for folder in folders if folder != backend for path in yaml_right_in(folder)]


def backend_of(pack: Pack, target: str, own: Mapping[str, Any] | None = None, files: Files | None = None) -> Backend:
    """A target's backend, with a customer's settings for it. own: other settings than those; files: those that were read before.

    Raises PackError for an unknown target, and as `read_backend`.
    """
    folder = backend_folder(pack, target)
    if own is None:
        own = pack.at_target(target)
    lent = pack.folder not in folder.parents
    backend = read_backend(folder, pack.contracts, own, files, store_files(pack, target), lent)
    return replace(backend, pack=identity_of(pack), intervals=pack.intervals)


def settings_of(folder: Path, files: Files | None = None) -> Mapping[str, Any]:
    """A backend's `backend.yml`. files: those that were read before. Raises PackError when there is none."""
    if not (folder / "backend.yml").is_file():
        known = ", ".join(sorted(path.name for path in folder.parent.glob("*") if (path / "backend.yml").is_file()))
        raise PackError(f"no target is named {folder.name}; there are: {known or 'none'}")
    (main,) = (files or Files()).documents(folder / "backend.yml")
    return main


@shaped
def read_backend(
    folder: Path,
    contracts: Mapping[str, Contract],
    own: Mapping[str, Any] | None = None,
    files: Files | None = None,
    more: Sequence[Path] = (),
    lent: bool = False,
) -> Backend:
    """The backend in a folder: `backend.yml` and a file for each product. A log that none is about is kept as `plain` says, if at all.

    own: a customer's settings for it, as `settings.schema.json` has them; what the backend doesn't know is passed over.
    files: those that were read before; more: files of products beside those of the folder, the later before the earlier.
    lent: the folder is of another pack, whose log source definitions may have had fields that are gone.

    Raises PackError, naming the file, when one can't be read or names a field that the contract doesn't know.
    """
    own, files = own or {}, files or Files()
    main = settings_of(folder, files)
    generations = _replaced(main, own, "generations")
    stores: dict[str, Store] = {}
    found: dict[str, list[str]] = {}
    plain = Plain.of(main["plain"]) if "plain" in main else None
    for path in (*yaml_right_in(folder), *more):
        if path.name != "backend.yml":
            (document,) = files.documents(path)
            for item in document["sources"]:
                if "generation" in item:
                    found.setdefault(item["service"], []).append(item["generation"])
                    if generations.get(item["service"]) != item["generation"]:
                        continue
                source = f"{document['product']}/{item['service']}"
                if source not in contracts:
                    raise PackError(f"{path}: no log source definition for {source}{suggestion(source, contracts)}")
                store = _store(contracts[source], item, plain, path)
                strangers = set(item.get("fields", ())) - set(contracts[source].fields)
                if strangers and not lent:
                    raise PackError(f"{path}: {source} has no field {min(strangers)}")
                stores[source] = _own_store(store, own)
    for service, known in found.items():
        if generations.get(service) not in known:
            raise PackError(
                f"{folder.name}: {service} has no generation {generations.get(service)}; there are {', '.join(known)}"
            )
    for source, contract in contracts.items():
        told = own.get("stores", {}).get(source, {})
        if plain and (source not in stores or "names" in told):
            stores[source] = plain.store(contract, Names(told.get("names", Names.AS_THEY_ARE)), told)
    clocks = {name: parse_span(span) for name, span in _replaced(main, own, "clocks").items()}
    options = _replaced(main, own, "options")
    return Backend(
        main["name"],
        main["title"],
        main["language"],
        main["package"],
        clocks,
        stores,
        options,
        main.get("missed_runs") == "made up",
        main.get("limits", {}),
        _stamp(main["stamp"]) if "stamp" in main else None,
        attack=main.get("attack", ""),
    )


def _stamp(facts: Mapping[str, str]) -> Stamp:
    return Stamp(facts["column"], parse_span(facts["oldest"]), parse_span(facts["newest"]))


def _replaced(main: Mapping[str, Any], own: Mapping[str, Any], kind: str) -> dict[str, str]:
    known: Mapping[str, str] = main.get(kind, {})
    return {name: own.get(kind, {}).get(name, value) for name, value in known.items()}


def _own_store(store: Store, own: Mapping[str, Any]) -> Store:
    wanted = own.get("stores", {}).get(store.source, {})
    moved = {"index": wanted["index"], "more": ()} if "index" in wanted else {}
    return replace(store, **moved, only=wanted.get("only", store.only))


def elsewhere(backend: Backend, prefix: str) -> Backend:
    """The same backend with an index of its own for each log source, all named by a prefix that no index pattern has."""
    stores = {
        source: replace(store, index=f"{prefix}-{number}-*") for number, (source, store) in enumerate(backend.stores.items())
    }
    return replace(backend, stores=stores)


def _store(contract: Contract, item: Mapping[str, Any], plain: Plain | None, path: Path) -> Store:
    fields = {name: _field(facts) for name, facts in item.get("fields", {}).items()}
    if "names" in item:
        if plain is None:
            raise PackError(
                f"{path}: the target has no `plain` in its backend.yml, so `names` has no meaning; list the fields"
            )
        store = plain.store(contract, Names(item["names"]), item)
        return replace(store, fields={**store.fields, **fields}, basis=item.get("basis", store.basis))
    index, *more = [item["index"]] if isinstance(item["index"], str) else item["index"]
    return Store(
        source=contract.key,
        index=index,
        more=tuple(more),
        time=item["time"],
        basis=item["basis"],
        fields=fields,
        only=item.get("only", {}),
        identity=tuple(item.get("identity", ())),
        arrival=item.get("arrival", ""),
        connector=item.get("connector", ""),
        since=item.get("since", ""),
        tags=tuple(item.get("tags", ())),
        generation=item.get("generation", ""),
        note=item.get("note", ""),
    )


def _field(facts: Mapping[str, Any]) -> StoredField:
    return StoredField(**{"name": "", "type": "", **facts, "also": tuple(facts.get("also", ()))})
