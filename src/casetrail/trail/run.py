"""A trail from texts: indicators read, logs taken in, the walk, its result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from casetrail.logs.contract import Contract
from casetrail.trail.node import Indicator, Node, indicator, spellings
from casetrail.trail.owners import Owners, owners
from casetrail.trail.result import Asked, Result, result
from casetrail.trail.store import Store
from casetrail.trail.walk import Limits, idle_of, walk


def run(
    asked: Asked,
    logs: Sequence[Path],
    contracts: Mapping[str, Contract],
    source: str | None = None,
    limits: Limits = Limits(),  # noqa: B008
    inactive: Sequence[str] = (),
) -> Result:
    """The trail of what was asked in log files and folders.

    source: the log of all rows, else each row tells its own; inactive: names of rules that can't match.
    Raises ValueError for an indicator or a map without a meaning, OSError for a map that can't be read, and FullError.
    """
    records = tuple(dict.fromkeys(one for contract in contracts.values() for one in contract.records))
    whose = owners([Path(path) for path in asked.maps], records)
    for text in (*asked.indicators, *asked.through):
        indicator(text, contracts, ["session"])
    store = Store(contracts)
    store.read(logs, source)
    meant = [read(text, store, contracts, whose) for text in asked.indicators]
    seeds = [node for one in meant for node in seeds_of(one, store, whose)]
    through = {node for text in asked.through for node in seeds_of(read(text, store, contracts, whose), store, whose)}
    found = walk(store, seeds, idle_of(contracts), limits, through)
    lines = [_meant(one, store.kinds(seeds_of(one, store, whose))) for one in meant]
    return result(found, store, contracts, whose, asked, lines, inactive)


def read(text: str, store: Store, contracts: Mapping[str, Contract], whose: Owners) -> Indicator:
    """An indicator as the logs and the map know it."""
    seen = store.kinds(spellings(text))
    if not seen and whose.of_customer(text):
        return Indicator(text, "customer", text.strip(), guessed=True)
    return indicator(text, contracts, seen)


def seeds_of(one: Indicator, store: Store, whose: Owners) -> list[Node]:
    """The nodes of an indicator: of a network its addresses in the logs, of a customer its files and cases."""
    if one.kind == "address" and "/" in one.value:
        return store.addresses(one.value)
    if one.kind == "customer":
        return [one.node, *whose.of_customer(one.value)]
    return [one.node]


def _meant(one: Indicator, held: Iterable[str]) -> str:
    return f"{one.meant()}{'' if list(held) else ': in none of these logs'}"
