"""What the languages of SIEMs share: rules see fields, and a SIEM keeps them under names and types of its own."""

from __future__ import annotations

from collections.abc import Mapping

from casetrail.plan.nodes import Field, Search
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
    return stored
