"""What a SIEM calls things: one folder of `backends/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from casetrail.logs.contract import Contract, parse_span
from casetrail.pack.files import Files, PackError, shaped, shipped
from casetrail.pack.pack import Pack
from casetrail.stores.store import Backend, Store, StoredField


def backend_folder(pack: Pack, target: str) -> Path:
    """Where a target's backend is; a pack without `backends/` borrows the shipped ones."""
    return (pack.folder if (pack.folder / "backends").is_dir() else shipped()) / "backends" / target


def targets(pack: Pack) -> list[str]:
    """The names of the targets that a pack can be built for."""
    return sorted(path.parent.name for path in backend_folder(pack, "").glob("*/backend.yml"))


def settings_of(folder: Path, files: Files | None = None) -> Mapping[str, Any]:
    """A backend's `backend.yml`. files: those that were read before. Raises PackError when there is none."""
    if not (folder / "backend.yml").is_file():
        known = ", ".join(sorted(path.name for path in folder.parent.glob("*") if (path / "backend.yml").is_file()))
        raise PackError(f"no target is named {folder.name}; there are: {known or 'none'}")
    (main,) = (files or Files()).documents(folder / "backend.yml")
    return main


@shaped
def read_backend(
    folder: Path, contracts: Mapping[str, Contract], own: Mapping[str, Any] | None = None, files: Files | None = None
) -> Backend:
    """The backend in a folder: `backend.yml` and a file for each product.

    own: a customer's settings for it, as `settings.schema.json` has them; what the backend doesn't know is passed over.
    files: those that were read before.

    Raises PackError, naming the file, when one can't be read or names a field that the contract doesn't know.
    """
    own, files = own or {}, files or Files()
    main = settings_of(folder, files)
    generations = _replaced(main, own, "generations")
    stores: dict[str, Store] = {}
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yml")):
        if path.name != "backend.yml":
            (document,) = files.documents(path)
            for item in document["sources"]:
                if "generation" in item:
                    found.setdefault(item["service"], []).append(item["generation"])
                    if generations.get(item["service"]) != item["generation"]:
                        continue
                store = _store(document["product"], item)
                strangers = set(store.fields) - set(contracts[store.source].fields)
                if strangers:
                    raise PackError(f"{path}: {store.source} has no field {min(strangers)}")
                stores[store.source] = _own_store(store, own)
    for service, known in found.items():
        if generations.get(service) not in known:
            raise PackError(
                f"{folder.name}: {service} has no generation {generations.get(service)}; there are {', '.join(known)}"
            )
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
    )


def _replaced(main: Mapping[str, Any], own: Mapping[str, Any], kind: str) -> dict[str, str]:
    known: Mapping[str, str] = main.get(kind, {})
    return {name: own.get(kind, {}).get(name, value) for name, value in known.items()}


def _own_store(store: Store, own: Mapping[str, Any]) -> Store:
    wanted = own.get("stores", {}).get(store.source, {})
    return replace(store, index=wanted.get("index", store.index), only=wanted.get("only", store.only))


def elsewhere(backend: Backend, prefix: str) -> Backend:
    """The same backend with an index of its own for each log source, all named by a prefix that no index pattern has."""
    stores = {
        source: replace(store, index=f"{prefix}-{number}-*") for number, (source, store) in enumerate(backend.stores.items())
    }
    return replace(backend, stores=stores)


def _store(product: str, item: Mapping[str, Any]) -> Store:
    return Store(
        source=f"{product}/{item['service']}",
        index=item["index"],
        time=item["time"],
        basis=item["basis"],
        fields={path: _field(facts) for path, facts in item["fields"].items()},
        only=item.get("only", {}),
        identity=tuple(item.get("identity", ())),
        arrival=item.get("arrival", ""),
        connector=item.get("connector", ""),
        since=item.get("since", ""),
        tags=tuple(item.get("tags", ())),
    )


def _field(facts: Mapping[str, Any]) -> StoredField:
    return StoredField(**{"name": "", "type": "", **facts, "also": tuple(facts.get("also", ()))})
