"""What vendors' pipelines store, by variant: the folder `stored/` of a backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from casetrail.logs.contract import Contract
from casetrail.pack.files import Files, PackError, shaped, yaml_right_in
from casetrail.stores.shape import Column, Shape
from casetrail.stores.store import Backend

STORED = "stored"
"""The folder of a backend in which they are."""


@shaped
def read_shapes(folder: Path, contracts: Mapping[str, Contract], files: Files | None = None) -> dict[str, tuple[Shape, ...]]:
    """The shapes in a backend's folder by log source, in the order of their variants; empty where none were measured.

    Raises PackError, naming the file, when one can't be read or names a field that the contract doesn't know.
    """
    files = files or Files()
    found: dict[str, tuple[Shape, ...]] = {}
    for path in yaml_right_in(folder / STORED):
        (document,) = files.documents(path)
        for item in document["sources"]:
            source = f"{document['product']}/{item['service']}"
            strangers = {*item["fields"], *_inferred(item)} - set(contracts[source].fields)
            if strangers:
                raise PackError(f"{path}: {source} has no field {min(strangers)}")
            shapes = tuple(_shapes(source, item))
            mapped = (replace(shape, mapped=_mapped(shape, shapes)) for shape in shapes)
            found[source] = (*found.get(source, ()), *mapped)
    return found


def shapes_of(backend: Backend, shapes: Mapping[str, Sequence[Shape]]) -> dict[str, tuple[Shape, ...]]:
    """Those of a backend's stores: of the generation that each log is of there."""
    found = {
        source: tuple(shape for shape in shapes.get(source, ()) if shape.generation == store.generation)
        for source, store in backend.stores.items()
    }
    return {source: each for source, each in found.items() if each}


def unstored(backend: Backend, shapes: Mapping[str, Sequence[Shape]]) -> Iterator[str]:
    """The names of a backend that no variant of its log's pipeline gives the field, in words."""
    for source, each in sorted(shapes_of(backend, shapes).items()):
        store = backend.stores[source]
        for path in store.fields:
            place = store.column_of(path)
            if place is None:
                continue
            names = {column.name for shape in each for column in shape.fields.get(path, ())}
            inside = any(name.startswith(f"{held}.") for name in names for held in place.names)
            if not inside and names.isdisjoint(place.names):
                yield f"{source}: {path}: no stored row has it as {place.name}; there is: {', '.join(sorted(names)) or 'nothing of it'}"


def _shapes(source: str, item: Mapping[str, Any]) -> Iterator[Shape]:
    for variant, version in item["variants"].items():
        fields = {path: _columns(columns, variant) for path, columns in item["fields"].items()}
        told = {
            column: kind if isinstance(kind, str) else kind.get(variant, "")
            for column, kind in item.get("types", {}).items()
        }
        types = {column: kind for column, kind in told.items() if kind}
        made = Shape(source, variant, version, fields, types)
        yield replace(made, generation=item.get("generation", ""), inferred=_inferred(item))


def _inferred(item: Mapping[str, Any]) -> frozenset[str]:
    told = item.get("inferred", [])
    return frozenset(item["fields"] if told == "all" else told)


def _mapped(shape: Shape, shapes: Sequence[Shape]) -> frozenset[str]:
    """The columns that an index knows: a setting changes what is filled, and only a version what there is."""
    return frozenset(name for other in shapes if other.version == shape.version for name in other.filled)


def _columns(columns: Any, variant: str) -> tuple[Column, ...]:
    listed = columns if isinstance(columns, list) else columns.get(variant, [])
    return tuple(Column(one) if isinstance(one, str) else Column(one["name"], one["form"]) for one in listed)
