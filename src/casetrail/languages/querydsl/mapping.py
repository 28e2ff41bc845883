"""The mapping of OpenSearch's indexes that the queries are written for: what the templates ship and the proof indexes with."""

from __future__ import annotations

from typing import Any

from casetrail.stores import mapping as documents
from casetrail.stores.store import Store


def mapping(store: Store) -> dict[str, Any]:
    """The mapping for an index of a store."""
    return documents.mapping(store, constant=True)
