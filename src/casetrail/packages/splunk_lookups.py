"""Watchlists as Splunk's lookups: a CSV that whoever runs Splunk edits, and how searches compare with it.

"Configure CSV lookups" asks for two columns or more, "lookup" says that subnets are in CIDR notation
(https://help.splunk.com/en/splunk-enterprise/manage-knowledge-objects/knowledge-management-manual/9.4).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_network

from sigma.correlations import SigmaCorrelationRule
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import Placeholder, SigmaString

from casetrail.dialects.spl_lookups import Compared, compared, lookup_name, unsafe
from casetrail.pack.contract import Contract
from casetrail.pack.pack import PackError
from casetrail.plan.lower import source_key
from casetrail.plan.nodes import Listed, Plan, searches, tests


def looked_up(plans: Iterable[Plan]) -> dict[str, tuple[set[Compared], tuple[str, ...]]]:
    """The watchlists that plans look up, by name: how they are compared, and their values as the plans have them."""
    found: dict[str, tuple[set[Compared], dict[str, None]]] = {}
    for check, how in _lists(plans):
        ways, values = found.setdefault(check.watchlist, (set(), {}))
        ways.add(how)
        values.update(dict.fromkeys(map(str, check.values)))
    return {name: (ways, tuple(values)) for name, (ways, values) in sorted(found.items())}


def _lists(plans: Iterable[Plan]) -> Iterator[tuple[Listed, Compared]]:
    for plan in plans:
        for search in searches(plan):
            for test in tests(search.where):
                if isinstance(test.check, Listed) and not test.field.many:
                    yield test.check, compared(test.field, test.check)


def transforms(lists: Mapping[str, Iterable[Compared]]) -> dict[str, dict[str, str]]:
    """A lookup for each watchlist and each way in which it is compared.

    Raises PackError for a list of networks that is compared as text, too: a value can't be written in both forms.
    """
    made: dict[str, dict[str, str]] = {}
    for name, ways in lists.items():
        if Compared.NETWORK in ways and len(set(ways)) > 1:
            raise PackError(f"the watchlist {name} is compared both as addresses and as text; set watchlists: inline")
        for how in sorted(ways):
            keys = {"filename": filename(name), "max_matches": "1"}
            keys |= {"match_type": "CIDR(value)"} if how is Compared.NETWORK else {}
            keys |= {"case_sensitive_match": "false" if how is Compared.UNCASED else "true"}
            made[lookup_name(name, how)] = keys
    return made


def filename(name: str) -> str:
    return f"casetrail_{name}.csv"


def table(name: str, values: Sequence[str], *, networks: bool) -> bytes:
    """A watchlist as the CSV of a lookup.

    networks: whether its values are addresses and networks, which all become networks.
    Raises PackError for a value that a spreadsheet would run, or that is no text of one line.
    """
    for value in values:
        if unsafe(value):
            raise PackError(f"the watchlist {name}: a spreadsheet would run or break {value!r}; set watchlists: inline")
    found = [str(ip_network(value)) if networks else value for value in values]
    return rows([("value", "note"), *((value, "") for value in found)])


def rows(table: Iterable[Sequence[str]]) -> bytes:
    """A CSV, its header first."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    return text.getvalue().encode()


def written_out(rule: SigmaRule | SigmaCorrelationRule, contracts: Mapping[str, Contract]) -> set[str]:
    """The watchlists whose values stand in a rule's search, since it asks for a part of a text or for a field of several values."""
    if isinstance(rule, SigmaCorrelationRule):
        return {name for base in rule.rules or () for name in written_out(base.rule, contracts)}
    contract = contracts.get(source_key(rule))
    return {
        part.name
        for item in _items(rule.detection.detections.values())
        for value in item.value
        if isinstance(value, SigmaString) and (len(value.s) > 1 or _several(item.field, contract))
        for part in value.s
        if isinstance(part, Placeholder)
    }


def _items(parts: Iterable[SigmaDetection | SigmaDetectionItem]) -> Iterator[SigmaDetectionItem]:
    for part in parts:
        if isinstance(part, SigmaDetectionItem):
            yield part
        else:
            yield from _items(part.detection_items)


def _several(path: str | None, contract: Contract | None) -> bool:
    known = contract.fields.get(path) if contract is not None and path else None
    return known is not None and known.many
