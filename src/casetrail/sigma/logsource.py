"""Which log a Sigma rule is about, and the open logs of rules whose log nobody defined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sigma.correlations import SigmaCorrelationRule
from sigma.rule import SigmaDetection, SigmaRule
from sigma.types import SigmaFieldReference

from casetrail.logs.contract import Contract
from casetrail.logs.open import open_contract
from casetrail.sigma.collect import Made


def source_key(rule: SigmaRule) -> str:
    """What a rule's log goes by: `product/service`, or `product/category`, or all three; `*` for a product or a rest that isn't told."""
    log = rule.logsource
    rest = [part for part in (log.category, log.service) if part]
    return "/".join([log.product or "*", *(rest or ["*"])])


def contract_of(rule: SigmaRule, contracts: Mapping[str, Contract]) -> Contract | None:
    """The definition of a rule's log: by its service, else by its category, else the open one; None when there is none."""
    log = rule.logsource
    product = log.product or "*"
    names = [f"{product}/{part}" for part in (log.service, log.category) if part]
    defined = (contracts[name] for name in names if name in contracts and not contracts[name].open)
    return next(defined, contracts.get(source_key(rule)))


def open_contracts(rules: Iterable[Made], defined: Mapping[str, Contract]) -> dict[str, Contract]:
    """An open log for each log of the rules that isn't defined, with all fields that they and their correlations name."""
    named: dict[str, dict[str, None]] = {}
    for rule in rules:
        for base, paths in _named(rule):
            if not base.errors and contract_of(base, defined) is None:
                named.setdefault(source_key(base), {}).update(dict.fromkeys(paths))
    return {key: open_contract(key, paths) for key, paths in named.items()}


def _named(rule: Made) -> Iterator[tuple[SigmaRule, Iterable[str]]]:
    """Each rule that a rule consists of, with the fields that are asked of it."""
    if isinstance(rule, SigmaRule):
        detections = rule.detection.detections.values() if rule.detection else ()
        yield rule, (path for each in detections for path in _of_detection(each))
        return
    condition = getattr(rule.condition, "fieldref", None)
    names = [*(rule.group_by or []), *(condition if isinstance(condition, list) else filter(None, [condition]))]
    aliases = rule.aliases.aliases.values() if not rule.errors and rule.aliases else ()
    names += [path for alias in aliases for path in alias.mapping.values()]
    for base in _bases(rule):
        yield base, names


def _bases(rule: SigmaCorrelationRule) -> Iterator[SigmaRule]:
    for reference in rule.referenced_rules or ():
        base = getattr(reference, "rule", None)
        if isinstance(base, SigmaRule):
            yield base
        elif isinstance(base, SigmaCorrelationRule):
            yield from _bases(base)


def _of_detection(detection: SigmaDetection) -> Iterator[str]:
    for item in detection.detection_items:
        if isinstance(item, SigmaDetection):
            yield from _of_detection(item)
            continue
        if item.field:
            yield item.field
        values = item.value if isinstance(item.value, list) else [item.value]
        yield from (value.field for value in values if isinstance(value, SigmaFieldReference))
