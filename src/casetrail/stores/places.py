"""What the languages of SIEMs share: rules see fields, and a SIEM keeps them under names and types of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from casetrail.plan.nodes import Correlation, Field, KeyPart, Search
from casetrail.stores.store import Store, StoredField
from casetrail.stores.unsupported import UnsupportedError

Stores = Mapping[str, Store]


def store_of(search: Search, stores: Stores) -> Store:
    """Where a search's log source lies. Raises UnsupportedError when the backend doesn't know it."""
    if search.source not in stores:
        raise UnsupportedError(f"the log source {search.source} has no index there", rule=search.name)
    return stores[search.source]


def place_of(field: Field, store: Store) -> StoredField:
    """Where a store keeps a field. Raises UnsupportedError when it doesn't, or when no query can test it there."""
    stored = store.fields.get(field.path)
    if stored is None:
        raise UnsupportedError(f"{field.path}: it isn't stored there")
    if stored.unsupported:
        raise UnsupportedError(f"{field.path}: {stored.unsupported}")
    if field.spellings:
        raise UnsupportedError(f"{field.path}: one value has several spellings there, so only whole values can be asked for")
    return stored


def key_names(plan: Correlation, stores: Stores, column: Callable[[str], str] = str) -> list[str]:
    """What a result shows each part of a key as: the column that holds it, where all bases have it in one, else the part's name.

    column: the column for a stored field's name. Raises UnsupportedError when a base's log source or field isn't stored there.
    """
    shown = [{column(held) for held in _held_in(part, plan, stores)} for part in plan.key]
    return [names.pop() if len(names) == 1 else part.name for names, part in zip(shown, plan.key, strict=True)]


def _held_in(part: KeyPart, plan: Correlation, stores: Stores) -> Iterator[str]:
    for base, field in zip(plan.bases, part.fields, strict=True):
        if isinstance(base, Correlation):
            yield from _held_in(next(own for own in base.key if own.name == part.name), base, stores)
        elif field is not None:
            yield place_of(field, store_of(base, stores)).name
