"""What a SIEM calls things: one folder of `backends/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casetrail.pack.contract import Contract, parse_span
from casetrail.pack.pack import PackError, documents


@dataclass(frozen=True, slots=True)
class StoredField:
    """Where a SIEM keeps a field.

    type: the SIEM's own name of its type there (Elastic: keyword, ip, boolean, long, double, date, flattened).
    root: for `flattened`, the name of the object that holds it.
    unsupported: why no query can test it there; empty when one can.
    """

    name: str
    type: str
    root: str = ""
    unsupported: str = ""


@dataclass(frozen=True, slots=True)
class Store:
    """How a SIEM keeps a log source.

    index: the table or index pattern; dataset: the value of `data_stream.dataset` in it; time: the name of the event's time.
    basis: whose names these are.
    """

    source: str
    index: str
    dataset: str
    time: str
    basis: str
    fields: Mapping[str, StoredField]


@dataclass(frozen=True, slots=True)
class Backend:
    """One SIEM. interval: how often its searches run, in microseconds; stores: by log source."""

    name: str
    title: str
    language: str
    package: str
    interval: int
    stores: Mapping[str, Store]


def read_backend(folder: Path, contracts: Mapping[str, Contract]) -> Backend:
    """The backend in a folder: `backend.yml` and a file for each product.

    Raises PackError, naming the file, when one can't be read or names a field that the contract doesn't know.
    """
    if not (folder / "backend.yml").is_file():
        known = ", ".join(sorted(path.name for path in folder.parent.glob("*") if (path / "backend.yml").is_file()))
        raise PackError(f"no target is named {folder.name}; there are: {known or 'none'}")
    (main,) = documents(folder / "backend.yml")
    stores: dict[str, Store] = {}
    for path in sorted(folder.glob("*.yml")):
        if path.name != "backend.yml":
            (document,) = documents(path)
            for item in document["sources"]:
                store = _store(document["product"], item)
                strangers = set(store.fields) - set(contracts[store.source].fields)
                if strangers:
                    raise PackError(f"{path}: {store.source} has no field {min(strangers)}")
                stores[store.source] = store
    clocks = main["clocks"]
    return Backend(main["name"], main["title"], main["language"], main["package"], parse_span(clocks["interval"]), stores)


def _store(product: str, item: Mapping[str, Any]) -> Store:
    fields = {path: _field(facts) for path, facts in item["fields"].items()}
    return Store(f"{product}/{item['service']}", item["index"], item["dataset"], item["time"], item["basis"], fields)


def _field(facts: Mapping[str, str]) -> StoredField:
    return StoredField(facts.get("name", ""), facts.get("type", ""), facts.get("root", ""), facts.get("unsupported", ""))
