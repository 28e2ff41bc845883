"""What a Sigma correlation asks of SQLite, read from pySigma's own objects, and what SQLite would answer otherwise."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sigma.correlations import (
    CorrelationConditionAND,
    CorrelationConditionNOT,
    SigmaCorrelationRule,
    SigmaExtendedCorrelationCondition,
    SigmaRuleReference,
)
from sigma.rule import SigmaRule

from casetrail.logs.contract import Contract
from casetrail.plan.nodes import Scalar
from tests.oracle.backend import Gap, Refused, source

try:
    from sigma.backends.sqlite.correlation import terms
except ImportError as error:
    raise ImportError("the SQLite oracle needs the package pysigma-backend-sqlite (dependency group `test`)") from error

Key = tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """An event of a base rule (by its number) at a time, in microseconds, under a key, with the values for a figure."""

    base: int
    event: str
    time: int
    key: Key
    figures: tuple[Scalar, ...] = ()


def value_field(rule: SigmaCorrelationRule) -> str | None:
    """The field that a correlation's figure is of."""
    return getattr(rule.condition, "fieldref", None)


def key_fields(rule: SigmaCorrelationRule) -> set[str]:
    """All names of fields and aliases that a correlation's key and figure may stand for."""
    renamed = {path for alias in rule.aliases for path in alias.mapping.values()}
    return {*(rule.group_by or []), *filter(None, [value_field(rule)]), *renamed}


def renamed(rule: SigmaCorrelationRule, reference: SigmaRuleReference, name: str) -> str:
    """What a name of the correlation is called in a base rule."""
    alias = rule.aliases.aliases.get(name)
    mapping = {target.reference: path for target, path in alias.mapping.items()} if alias else {}
    return str(mapping.get(reference.reference, name))


def chained(rule: SigmaCorrelationRule) -> dict[int, SigmaCorrelationRule]:
    """The base rules that are correlations themselves, by number."""
    bases = enumerate(reference.rule for reference in rule.referenced_rules)
    return {number: base for number, base in bases if isinstance(base, SigmaCorrelationRule)}


def completing(rule: SigmaCorrelationRule) -> set[int]:
    """The numbers of the base rules whose steps complete it (docs/semantics.md): the last of an order, else all named plainly."""
    plain = set(range(len(rule.referenced_rules)))
    if isinstance(rule.condition, SigmaExtendedCorrelationCondition):
        named = _plainly_named(rule.condition.parsed)
        plain = {number for number in plain if rule.referenced_rules[number].reference in named}
    return {max(plain)} if rule.type.name == "TEMPORAL_ORDERED" else plain


def turn(rule: SigmaRule | SigmaCorrelationRule) -> int:
    """Where an absence is looked for: 1 after the wanted event, -1 up to it, 0 when nothing is to be absent."""
    if isinstance(rule, SigmaRule) or not isinstance(rule.condition, SigmaExtendedCorrelationCondition):
        return 0
    condition = rule.condition
    if not any(absent for _, absent in terms(condition.parsed)):
        return 0
    return -1 if rule.type.name == "TEMPORAL" or _negated_ends(condition.parsed)[0] else 1


def _plainly_named(node: object) -> set[str]:
    if isinstance(node, SigmaRuleReference):
        return {node.reference}
    if isinstance(node, CorrelationConditionNOT):
        return set()
    return {name for arg in getattr(node, "args", []) for name in _plainly_named(arg)}


def _negated_ends(node: object) -> tuple[bool, bool]:
    args = getattr(node, "args", [node]) if isinstance(node, CorrelationConditionAND) else [node]
    return isinstance(args[0], CorrelationConditionNOT), isinstance(args[-1], CorrelationConditionNOT)


def refuse(rule: SigmaCorrelationRule, contracts: Mapping[str, Contract]) -> None:
    """Raise Refused for what a correlation asks that SQLite can't say, whatever the log."""
    condition = rule.condition
    if rule.type.name == "VALUE_PERCENTILE" and getattr(condition, "percentile", None) not in (0, 100):
        raise Refused(Gap.PERCENTILE)
    if turn(rule) and isinstance(condition, SigmaExtendedCorrelationCondition):
        plain, clauses = _plainly_named(condition.parsed), terms(condition.parsed)
        same = bool(plain) and all(wanted == plain and absent for wanted, absent in clauses)
        in_order = rule.type.name == "TEMPORAL_ORDERED" and (len(plain) > 1 or all(_negated_ends(condition.parsed)))
        if chained(rule) or in_order or not same:
            raise Refused(Gap.ABSENCE)
    for name in [*(rule.group_by or []), *filter(None, [value_field(rule)])]:
        if len(_exactness(rule, name, contracts)) > 1:
            raise Refused(Gap.MIXED_CASE)
    for base in chained(rule).values():
        if len(completing(base)) < len(base.referenced_rules):
            raise Refused(Gap.CHAINED_ORDER)


def _exactness(rule: SigmaCorrelationRule, name: str, contracts: Mapping[str, Contract]) -> set[bool]:
    found: set[bool] = set()
    for reference in rule.referenced_rules:
        base, path = reference.rule, renamed(rule, reference, name)
        if isinstance(base, SigmaCorrelationRule):
            found |= _exactness(base, path, contracts)
        else:
            found.add(contracts[source(base)].fields[path].exact)
    return found


def refuse_steps(rule: SigmaCorrelationRule, steps: Sequence[Step]) -> None:
    """Raise Refused for what SQLite can't say of these steps."""
    kind, above = rule.type.name, chained(rule)
    if kind in ("TEMPORAL", "TEMPORAL_ORDERED", "VALUE_COUNT"):
        return
    if (above or kind != "EVENT_COUNT") and _repeated((step.base, step.event) for step in steps):
        raise Refused(Gap.SEVERAL_BASES)
    if any(len(set(step.figures)) < len(step.figures) for step in steps):
        raise Refused(Gap.REPEATED_VALUE)
    moments = Counter((step.base, step.time, step.key) for step in steps)
    if any(count > 1 for (base, _, _), count in moments.items() if base in above):
        raise Refused(Gap.CHAINED_INSTANT)


def _repeated(matches: Iterable[tuple[int, str]]) -> bool:
    bases: defaultdict[str, set[int]] = defaultdict(set)
    for base, event in matches:
        bases[event].add(base)
    return any(len(found) > 1 for found in bases.values())
