"""What a SIEM calls things: one folder of `backends/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from casetrail.pack.contract import Contract, parse_span
from casetrail.pack.lock import Tombstone
from casetrail.pack.pack import Pack, PackError, documents, shaped, shipped


@dataclass(frozen=True, slots=True)
class StoredField:
    """Where a SIEM keeps a field.

    type: the SIEM's own name of its type there (Elastic: keyword, ip, boolean, long, double, date, flattened).
    root: the name of the column that holds it, where it lies inside an object (Elastic's `flattened`, Sentinel's `dynamic`).
    unsupported: why no query can test it there; empty when one can.
    derive: an expression of the SIEM's language that works the field out where no column holds it; the name is then that of the result.
    """

    name: str
    type: str
    root: str = ""
    unsupported: str = ""
    derive: str = ""


@dataclass(frozen=True, slots=True)
class Store:
    """How a SIEM keeps a log source.

    index: the table or index pattern; time: the name of the event's time.
    only: columns and the value that each has in this log's rows alone, where a table holds several logs.
    identity: the columns that together name an event, where the SIEM keeps no id of its own.
    basis: whose names these are.
    arrival: the column of when a row arrived; empty where the SIEM has none by name.
    """

    source: str
    index: str
    time: str
    basis: str
    fields: Mapping[str, StoredField]
    only: Mapping[str, str] = field(default_factory=dict)
    identity: tuple[str, ...] = ()
    arrival: str = ""

    @property
    def columns(self) -> tuple[StoredField, ...]:
        """The fields that a column holds."""
        return tuple(place for place in self.fields.values() if not (place.unsupported or place.derive))


@dataclass(frozen=True, slots=True)
class Backend:
    """One SIEM.

    clocks: its times by name, in microseconds, `interval` (how often its searches run) among them.
    made_up: whether a run that it left out is made up for later, with its own time as its clock.
    limits: its counts by name, `alerts` (the most that one run gives) among them.
    stores: by log source; options: what whoever runs the SIEM can choose, by name.
    withdrawn: rules that it may have of an earlier pack and that are no more, by name.
    """

    name: str
    title: str
    language: str
    package: str
    clocks: Mapping[str, int]
    stores: Mapping[str, Store]
    options: Mapping[str, str] = field(default_factory=dict)
    made_up: bool = False
    limits: Mapping[str, int] = field(default_factory=dict)
    withdrawn: Mapping[str, Tombstone] = field(default_factory=dict)

    @property
    def interval(self) -> int:
        return self.clocks["interval"]


def backend_folder(pack: Pack, target: str) -> Path:
    """Where a target's backend is; a pack without `backends/` borrows the shipped ones."""
    return (pack.folder if (pack.folder / "backends").is_dir() else shipped()) / "backends" / target


def settings_of(folder: Path) -> Mapping[str, Any]:
    """A backend's `backend.yml`. Raises PackError when there is none."""
    if not (folder / "backend.yml").is_file():
        known = ", ".join(sorted(path.name for path in folder.parent.glob("*") if (path / "backend.yml").is_file()))
        raise PackError(f"no target is named {folder.name}; there are: {known or 'none'}")
    (main,) = documents(folder / "backend.yml")
    return main


@shaped
def read_backend(folder: Path, contracts: Mapping[str, Contract], own: Mapping[str, Any] | None = None) -> Backend:
    """The backend in a folder: `backend.yml` and a file for each product.

    own: a customer's settings for it, as `overlay.schema.json` has them; what the backend doesn't know is passed over.

    Raises PackError, naming the file, when one can't be read or names a field that the contract doesn't know.
    """
    own = own or {}
    main = settings_of(folder)
    generations = _replaced(main, own, "generations")
    stores: dict[str, Store] = {}
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yml")):
        if path.name != "backend.yml":
            (document,) = documents(path)
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
    )


def _field(facts: Mapping[str, str]) -> StoredField:
    return StoredField(facts.get("name", ""), *(facts.get(key, "") for key in ("type", "root", "unsupported", "derive")))
