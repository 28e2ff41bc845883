"""Whose files and cases are: a map that the company has beside its logs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from casetrail.logs.contract import RecordKind
from casetrail.trail.node import Node, node_of

_ID = ("document", "file", "version", "attachment", "contentdocumentid", "contentversionid", "documentid", "versionid")
_CASE = ("case", "caseid", "linkedentityid", "parentid", "casenumber")
_NAME = ("name", "title", "filename")
_CUSTOMER = ("customer", "owner", "account", "accountid", "accountname", "company")


@dataclass
class Owners:
    """Names of files, the cases that they are of, and customers of both."""

    names: dict[Node, str] = field(default_factory=dict)
    cases: dict[Node, Node] = field(default_factory=dict)
    customers: dict[Node, str] = field(default_factory=dict)

    def name(self, nodes: Iterable[Node]) -> str:
        return next((self.names[node] for node in sorted(nodes) if node in self.names), "")

    def case(self, nodes: Iterable[Node]) -> Node | None:
        return next((self.cases[node] for node in sorted(nodes) if node in self.cases), None)

    def customer(self, nodes: Iterable[Node]) -> str:
        """The customer of a file, by itself or by its case; empty where the map doesn't say."""
        known = sorted(nodes)
        known += [case for node in known if (case := self.cases.get(node)) is not None]
        return next((self.customers[node] for node in known if node in self.customers), "")

    def of_customer(self, customer: str) -> list[Node]:
        """The files and cases of a customer."""
        mine = {node for node, name in self.customers.items() if name.casefold() == customer.casefold()}
        return sorted(mine | {file for file, case in self.cases.items() if case in mine})


def owners(paths: Sequence[Path], records: Sequence[RecordKind]) -> Owners:
    """The maps in CSV files: columns for a file (`document`, `version`, `attachment`), a case, a name and a customer, whichever there are.

    Raises ValueError, naming the file, for one without such columns, and OSError.
    """
    found = Owners()
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = {
                (name or "").strip().lower().replace("_", "").replace(" ", ""): name for name in reader.fieldnames or ()
            }
            ids = [columns[name] for name in _ID if name in columns]
            case = next((columns[name] for name in _CASE if name in columns), None)
            name = next((columns[name] for name in _NAME if name in columns), None)
            customer = next((columns[each] for each in _CUSTOMER if each in columns), None)
            if not ids and not case:
                raise ValueError(
                    f"{path}: no column is named {', '.join(_ID[:4])} or case; the first line names the columns"
                )
            for row in reader:
                _take(found, row, ids, case, name, customer, records)
    return found


def _take(
    found: Owners,
    row: dict[str, str],
    ids: Sequence[str],
    case: str | None,
    name: str | None,
    customer: str | None,
    records: Sequence[RecordKind],
) -> None:
    files = [node for column in ids if (node := node_of("file", row.get(column) or "", records)) is not None]
    of_case = node_of("case", row.get(case) or "", records) if case else None
    title, whose = (row.get(name) or "" if name else ""), (row.get(customer) or "" if customer else "")
    for node in files:
        if title:
            found.names.setdefault(node, title)
        if of_case is not None:
            found.cases.setdefault(node, of_case)
    for node in (*files, *([of_case] if of_case else [])):
        if whose:
            found.customers.setdefault(node, whose)
