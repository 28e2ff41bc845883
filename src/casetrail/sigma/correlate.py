"""From Sigma correlations to the plan: keys, windows, order, absence and first seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from sigma.correlations import (
    CorrelationConditionAND,
    CorrelationConditionNOT,
    CorrelationConditionOR,
    SigmaCorrelationCondition,
    SigmaCorrelationRule,
    SigmaCorrelationType,
    SigmaExtendedCorrelationCondition,
    SigmaRuleReference,
)
from sigma.rule import SigmaRule

from casetrail.plan.nodes import (
    AllOf,
    AnyOf,
    Condition,
    Correlation,
    Field,
    Figure,
    KeyPart,
    Op,
    Order,
    Plan,
    Present,
    Threshold,
    Together,
    Type,
    Without,
    sources,
)
from casetrail.reading.yaml import SHAPE
from casetrail.sigma.lower import World, known_field, lower_rule
from casetrail.sigma.problem import Problem, Refused
from casetrail.sigma.words import in_sigmas_words

_ORDERED = SigmaCorrelationType.TEMPORAL_ORDERED
_TEMPORAL = (SigmaCorrelationType.TEMPORAL, _ORDERED)


def lower(rule: SigmaRule | SigmaCorrelationRule, world: World) -> tuple[Plan | None, list[Problem]]:
    """The plan of a rule or correlation whose references are resolved, or None, with every problem found on the way."""
    return Lowering(world).of(rule)


class Lowering:
    """The plans of rules that share bases: each is made when first asked for, and once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._known: dict[int, tuple[SigmaRule | SigmaCorrelationRule, tuple[Plan | None, list[Problem]]]] = {}

    def of(self, rule: SigmaRule | SigmaCorrelationRule) -> tuple[Plan | None, list[Problem]]:
        """The plan of a rule or correlation as `lower` gives it."""
        if id(rule) not in self._known:
            self._known[id(rule)] = rule, self._lowered(rule)
        return self._known[id(rule)][1]

    def _lowered(self, rule: SigmaRule | SigmaCorrelationRule) -> tuple[Plan | None, list[Problem]]:
        try:
            match rule:
                case SigmaRule():
                    return lower_rule(rule, self.world)
                case SigmaCorrelationRule():
                    return _Correlating(rule, self).plan()
                case never:
                    assert_never(never)
        except SHAPE as error:
            return None, [
                Problem("sigma", f"it is no whole Sigma rule: {in_sigmas_words(rule.errors[0] if rule.errors else error)}")
            ]


class _Correlating:
    def __init__(self, rule: SigmaCorrelationRule, lowering: Lowering) -> None:
        self.rule = rule
        self.lowering = lowering
        self.world = lowering.world
        self.problems: list[Problem] = []
        self.references = [reference.reference for reference in rule.referenced_rules]

    def named_again(self) -> list[str]:
        """The rules as the condition of a sequence names them, where it names one more than once: first seen is `not a and a`."""
        condition = self.rule.condition
        if self.rule.type is not _ORDERED or not isinstance(condition, SigmaExtendedCorrelationCondition):
            return self.references
        names = list(_names(condition.parsed))
        return names if set(names) == set(self.references) and len(names) > len(self.references) else self.references

    def plan(self) -> tuple[Plan | None, list[Problem]]:
        bases: list[Plan] = []
        problems = self.problems
        for reference in self.rule.referenced_rules:
            base, found = self.lowering.of(reference.rule)
            problems += [problem for problem in found if problem.lint in ("empty-watchlist", "no-contract")]
            if base is None:
                message = f"the referenced rule {reference.reference} can't be compiled"
                problems.append(Problem("broken-base", message, reference.reference))
            else:
                bases.append(base)
        if len(bases) < len(self.references):
            return None, problems
        try:
            return self.correlation(self.again(bases)), problems
        except Refused as refused:
            return None, [*problems, refused.problem]

    def again(self, bases: Sequence[Plan]) -> tuple[Plan, ...]:
        """The bases in the order of the condition, each further place of one under a name of its own."""
        known = dict(zip(self.references, bases, strict=True))
        self.references = self.named_again()
        found: list[Plan] = []
        for number, name in enumerate(self.references):
            place = self.references[:number].count(name) + 1
            base = known[name]
            found.append(base if place == 1 else replace(base, name=f"{base.name}_{place}"))
        return tuple(found)

    def correlation(self, bases: tuple[Plan, ...]) -> Correlation:
        rule = self.rule
        unused = set(rule.aliases.aliases) - set(rule.group_by or []) - {_value_field(rule)}
        if unused:
            name = min(unused)
            raise Refused("unused-alias", f"the alias {name} is used by neither group-by nor condition", name)
        key = tuple(self.part(name, bases) for name in dict.fromkeys(rule.group_by or []))
        span = rule.timespan.seconds * 1_000_000
        return Correlation(str(rule.name or rule.id or rule.title), bases, key, span, self.condition(bases))

    def part(self, name: str, bases: tuple[Plan, ...]) -> KeyPart:
        alias = self.rule.aliases.aliases.get(name)
        renamed = {reference.reference: path for reference, path in alias.mapping.items()} if alias else {}
        strangers = set(renamed) - set(self.references)
        if strangers:
            raise Refused("unused-alias", f"the alias {name} names {min(strangers)}, which is not in rules", min(strangers))
        parts = [
            self.of(renamed.get(reference, name), name, base) for reference, base in zip(self.references, bases, strict=True)
        ]
        types = {kind for _, kind, _ in parts}
        if len(types) > 1:
            raise Refused(
                "value-type", f"{name} is {' and '.join(sorted(types))}: its referenced rules never share a value", name
            )
        return KeyPart(name, tuple(field for field, _, _ in parts), types.pop(), all(cased for _, _, cased in parts))

    def of(self, path: str, name: str, base: Plan) -> tuple[Field | None, Type, bool]:
        if isinstance(base, Correlation):
            inner = {part.name: part for part in base.key}
            if path not in inner:
                message = f"{path} is not in the group-by of {base.name}: its matches carry no other value"
                raise Refused("unknown-field", message, path)
            if path != name:
                raise Refused("unused-alias", f"{name} can't rename the key {path} of the correlation {base.name}", name)
            return None, inner[path].type, inner[path].cased
        contract = self.world.contracts[sources(base)[0]]
        field, problem = known_field(path, contract)
        self.problems += [problem] if problem else []
        if contract.open and name == _value_field(self.rule) and _computes(Figure(self.rule.type.name.lower())):
            field = replace(field, type=Type.NUMBER)
        if field.type is Type.TIME:
            raise Refused("value-type", f"{path} is a time: it can be no key", path)
        return field, field.type, field.exact

    def condition(self, bases: tuple[Plan, ...]) -> Condition:
        condition, kind = self.rule.condition, self.rule.type
        if isinstance(condition, SigmaExtendedCorrelationCondition):
            parsed = condition.parsed
            return self.order(parsed) if kind is _ORDERED else self.together(parsed)
        if kind in _TEMPORAL and (condition is None or _is_all(condition, len(bases))):
            everything = tuple(range(len(bases)))
            return Order(everything) if kind is _ORDERED else AllOf(tuple(map(Present, everything)))
        if condition is None or kind in _TEMPORAL:
            raise Refused("correlation-condition", f"{kind.name.lower()} can't have this condition", "condition")
        return self.threshold(condition, bases)

    def threshold(self, condition: SigmaCorrelationCondition, bases: tuple[Plan, ...]) -> Threshold:
        figure = Figure(self.rule.type.name.lower())
        op = Op(condition.op.name.lower())
        if isinstance(condition.fieldref, list):
            raise Refused("value-field", "the condition counts one field, not a list of them", "field")
        if (condition.fieldref is None) is not (figure is Figure.EVENTS):
            wants = "takes no field" if figure is Figure.EVENTS else "needs a field"
            raise Refused("value-field", f"{figure} {wants} in its condition", "condition")
        if (
            figure is Figure.PERCENTILE
            and not 0 <= (condition.percentile if condition.percentile is not None else -1) <= 100
        ):
            raise Refused("percentile", "value_percentile needs a percentile from 0 to 100", "percentile")
        value = self.part(condition.fieldref, bases) if condition.fieldref else None
        if value and _computes(figure) and value.type not in (Type.INTEGER, Type.NUMBER):
            raise Refused("value-type", f"{value.name} is {value.type}: {figure} computes with numbers", value.name)
        return Threshold(figure, op, condition.count, value, condition.percentile)

    def base(self, reference: SigmaRuleReference) -> int:
        return self.references.index(reference.reference)

    def together(self, node: object) -> Together:
        match node:
            case SigmaRuleReference():
                return Present(self.base(node))
            case CorrelationConditionNOT():
                return Without(self.together(node.args[0]))
            case CorrelationConditionAND():
                return AllOf(tuple(map(self.together, node.args)))
            case CorrelationConditionOR():
                return AnyOf(tuple(map(self.together, node.args)))
        raise TypeError(f"unexpected {node!r} in a correlation's condition")

    def order(self, node: object) -> Order:
        args = list(node.args) if isinstance(node, CorrelationConditionAND) else [node]
        marked: list[tuple[str, bool]] = []
        for arg in args:
            negated = isinstance(arg, CorrelationConditionNOT)
            inner = arg.args[0] if isinstance(arg, CorrelationConditionNOT) else arg
            if not isinstance(inner, SigmaRuleReference):
                raise Refused("order", "a sequence joins rules by `and`; only a rule's name can carry `not`", "condition")
            marked.append((inner.reference, not negated))
        wanted = [number for number, (_, plain) in enumerate(marked) if plain]
        if not wanted:
            raise Refused("order", "a sequence of `not` alone matches nothing", "condition")
        if any(not plain for _, plain in marked[wanted[0] : wanted[-1]]):
            raise Refused("order", "a `not` in the middle of a sequence is not supported; put it first or last", "condition")
        if [name for name, _ in marked] != self.references:
            raise Refused("order", "the condition must name every rule, in the order of `rules`", "condition")
        places = tuple(range(len(marked)))
        return Order(tuple(wanted), places[: wanted[0]], places[wanted[-1] + 1 :])


def _names(node: object) -> Iterator[str]:
    if isinstance(node, SigmaRuleReference):
        yield node.reference
    for arg in getattr(node, "args", ()):
        yield from _names(arg)


def _computes(figure: Figure) -> bool:
    """Whether a figure is computed of numbers."""
    match figure:
        case Figure.SUM | Figure.AVG | Figure.MEDIAN | Figure.PERCENTILE:
            return True
        case Figure.EVENTS | Figure.DISTINCT:
            return False
        case never:
            assert_never(never)


def _value_field(rule: SigmaCorrelationRule) -> str:
    condition = rule.condition
    field = condition.fieldref if isinstance(condition, SigmaCorrelationCondition) else None
    return field if isinstance(field, str) else ""


def _is_all(condition: object, bases: int) -> bool:
    return (
        isinstance(condition, SigmaCorrelationCondition)
        and Op(condition.op.name.lower()) is Op.GTE
        and condition.count == bases
        and condition.fieldref is None
    )
