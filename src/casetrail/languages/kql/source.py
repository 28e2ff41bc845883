"""KQL for the rows of a store: of all its tables, and with empty columns in place of those that a workspace hasn't.

A union of tables keeps no time of arrival, so it is taken before, as a column. Microsoft's pages: "union operator" (`isfuzzy`: a table that
isn't there is left out while one is), "column_ifexists()".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from casetrail.languages.kql.text import name, string
from casetrail.plan.nodes import Field
from casetrail.stores.store import Store, StoredField

INGESTION = "ingestion_time()"
_ARRIVED = "IngestedAt"
_EMPTY = {"string": "''", "json": "''"}


def rows(store: Store, read: Iterable[Field], *, tolerant: bool) -> Iterator[str]:
    """The lines that name a store's tables. read: what of its rows is asked for.

    tolerant: whether a table and a column that aren't there are as if they were empty.
    """
    if not (store.more or tolerant):
        yield name(store.index)
        return
    parts = [f"({name(table)} | extend {_ARRIVED} = {INGESTION})" for table in store.tables]
    nothing = [f"(datatable({name(store.time)}: datetime, {_ARRIVED}: datetime)[])"] if tolerant else []
    yield "union isfuzzy=true " + ", ".join([*nothing, *parts])
    if tolerant:
        columns = _columns(store, read)
        yield "extend " + ", ".join(
            f"{name(one)} = column_ifexists({string(one)}, {empty})" for one, empty in columns.items()
        )


def arrived(store: Store, *, tolerant: bool) -> str:
    """When a row of `rows` arrived."""
    return _ARRIVED if store.more or tolerant else INGESTION


def _columns(store: Store, read: Iterable[Field]) -> dict[str, str]:
    places = {place.name: place for place in store.columns}
    asked = [store.fields[field.path] for field in read if field.path in store.fields]
    named = [places.get(column, StoredField(column, "string")) for column in (*store.only, *store.identity)]
    found: dict[str, str] = {}
    for place in (*named, *asked):
        if place.derive or place.unsupported or place.name == store.time:
            continue
        found.setdefault(place.name.partition(".")[0], _empty("dynamic" if place.type == "dynamic" else place.type))
        for other in place.also:
            found.setdefault(other.partition(".")[0], _empty("json"))
    return found


def _empty(kind: str) -> str:
    return _EMPTY.get(kind, f"{kind}(null)")
