"""Watchlists as Splunk's lookups: a CSV that whoever runs Splunk edits, and how searches compare with it.

"Configure CSV lookups" asks for two columns or more, "lookup" says that subnets are in CIDR notation
(https://help.splunk.com/en/splunk-enterprise/manage-knowledge-objects/knowledge-management-manual/9.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sigma.correlations import SigmaCorrelationRule
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import Placeholder, SigmaString

from casetrail.logs.contract import Contract
from casetrail.sigma.logsource import contract_of
from casetrail.sigma.lower import is_part


def written_out(rule: SigmaRule | SigmaCorrelationRule, contracts: Mapping[str, Contract]) -> set[str]:
    """The watchlists whose values stand in a rule's search, since it asks a field of several values for them, or for more besides."""
    if isinstance(rule, SigmaCorrelationRule):
        return {name for base in rule.rules or () for name in written_out(base.rule, contracts)}
    contract = contract_of(rule, contracts)
    return {
        part.name
        for item in _items(rule.detection.detections.values())
        for value in item.value
        if isinstance(value, SigmaString)
        if (len(value.s) > 1 and not is_part(value)) or _several(item.field, contract)
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
