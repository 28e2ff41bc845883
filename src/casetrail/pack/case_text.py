"""Cases as text: events written into a case file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from casetrail.logs.contract import Contract
from casetrail.logs.event import Event
from casetrail.logs.open import ID, TIME
from casetrail.pack.cases import case_paths, dated, rule_of
from casetrail.pack.files import Files, PackError
from casetrail.pack.pack import Pack
from casetrail.pack.rules import Rule
from casetrail.plan.nodes import sources
from casetrail.reading.files import create_all, replace


def case_of(
    name: str, completes: Iterable[str], events: Sequence[Event], contracts: Mapping[str, Contract]
) -> dict[str, Any]:
    """A case of whole events, as a case file holds it, each with its id and time in the event itself."""
    rows = [(event, contracts[event.source]) for event in events]
    return {
        "name": name,
        "completes": sorted(completes),
        "events": [
            {
                "id": event.id,
                "source": event.source,
                "event": _plain(dated(event.row, contract, event.id, event.time), contract),
            }
            for event, contract in rows
        ],
    }


def _plain(row: Mapping[str, Any], contract: Contract) -> dict[str, Any]:
    """The row without what reading an open log adds to it, but the time, which a name that logs use then holds."""
    if not contract.open:
        return dict(row)
    told = {name: value for name, value in row.items() if name not in (ID.path, TIME.path)}
    return {**told, "@timestamp": row[TIME.path]}


def case_item(case: Mapping[str, Any]) -> str:
    """The case as an item of `cases`, indented by two."""
    text = yaml.safe_dump([dict(case)], sort_keys=False, allow_unicode=True, width=140)
    return "".join(f"  {line}\n" for line in text.splitlines())


def add_case(pack: Pack, rule: Rule, case: Mapping[str, Any]) -> Path:
    """Write a case at the end of its rule's case file, or into a new one; gives the file's path.

    Raises PackError where `cases` isn't the last key of the file, and OSError.
    """
    files = Files()
    known = next((path for path in case_paths(pack, files) if rule_of(path, files) == rule.name), None)
    if known is None:
        folder = pack.contracts[sources(rule.plan)[0]].folder if rule.plan else "cases"
        path = pack.tops[0] / "fixtures" / folder.replace("*", "any") / f"{rule.name}.yml"
        create_all({path: f"rule: {rule.name}\ncases:\n{case_item(case)}".encode()})
        return path
    old = known.read_text("utf-8")
    new = old.rstrip("\n") + "\n" + case_item(case)
    before, after = yaml.safe_load(old), yaml.safe_load(new)
    if after.get("cases") != [*before.get("cases", []), *yaml.safe_load(case_item(case))]:
        raise PackError(f"{known}: `cases` isn't its last key, so no case can be added at its end; take it from --stdout")
    replace(known, new.encode())
    return known
