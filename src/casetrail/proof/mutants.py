"""Mutants: a plan with one small thing wrong. Cases that guard a rule tell each of them from the rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import assert_never

from casetrail.plan.nodes import (
    ALWAYS,
    AllOf,
    And,
    AnyOf,
    Check,
    Compare,
    Condition,
    Correlation,
    Equals,
    Expr,
    Figure,
    InNetwork,
    InPart,
    Is,
    KeyPart,
    Like,
    Listed,
    Matches,
    Not,
    OneOf,
    Op,
    Or,
    Order,
    Plan,
    Present,
    Search,
    Threshold,
    Together,
    Type,
    Wildcard,
    Without,
)
from casetrail.plan.simplify import simplify
from casetrail.plan.words import expression_lines, span_words, test_words


@dataclass(frozen=True, slots=True)
class Mutant:
    """name: what was changed, in words, unique within a rule; plan: the rule with it changed."""

    name: str
    plan: Plan


def mutants(plan: Plan) -> list[Mutant]:
    """Every plan that differs from this one by one change, those that plainly mean the same left out."""
    return [Mutant(name, changed) for name, changed in dict(_plans(plan)).items() if changed != plan]


_Changes = Iterator[tuple[str, Expr]]


def _plans(plan: Plan) -> Iterator[tuple[str, Plan]]:
    match plan:
        case Search():
            for name, where in _expressions(plan.where):
                yield f"{plan.name}: {name}", replace(plan, where=simplify(where))
            if isinstance(plan.where, Is):
                yield f"{plan.name}: drop {test_words(plan.where)}", replace(plan, where=ALWAYS)
        case Correlation():
            yield from _correlations(plan)


def _expressions(expr: Expr) -> _Changes:
    match expr:
        case Is(field=field):
            for name, check in _checks(expr):
                yield f"{name} {test_words(expr)}", Is(field, check)
        case Not(arg=arg):
            yield f"drop the not of {_title(arg)}", arg
            for name, changed in _expressions(arg):
                yield name, Not(changed)
        case And(args=args) | Or(args=args):
            for number, arg in enumerate(args):
                rest = args[:number] + args[number + 1 :]
                if rest:
                    yield f"drop {_title(arg)}", replace(expr, args=rest)
                for name, changed in _expressions(arg):
                    yield name, replace(expr, args=(*args[:number], changed, *args[number + 1 :]))


def _title(expr: Expr) -> str:
    return " ".join(line.strip() for line in expression_lines(expr))


def _checks(test: Is) -> Iterator[tuple[str, Check]]:
    match test.check:
        case OneOf(values=values, cased=cased):
            for value in values:
                rest = tuple(other for other in values if other != value)
                yield f"without {value!r}:", OneOf(rest, cased) if len(rest) > 1 else Equals(rest[0], cased)
        case Listed(values=values, cased=cased) as check:
            for value in values:
                yield f"without {value!r}:", replace(check, values=tuple(other for other in values if other != value))
            if len(values) == 1 and not cased:
                yield "contains instead of is:", Like((Wildcard.MANY, str(values[0]), Wildcard.MANY))
        case Equals(value=str(value), cased=False) if test.field.type is Type.TEXT:
            yield "contains instead of is:", Like((Wildcard.MANY, value, Wildcard.MANY))
        case Equals(value=bool(value)):
            yield "the other of", Equals(not value)
        case Like(parts=parts, cased=cased):
            if parts[0] is Wildcard.MANY:
                yield "anchored at the start:", _like(parts[1:], cased)
            else:
                yield "unanchored at the start:", Like((Wildcard.MANY, *parts), cased)
            if parts[-1] is Wildcard.MANY:
                yield "anchored at the end:", _like(parts[:-1], cased)
            else:
                yield "unanchored at the end:", Like((*parts, Wildcard.MANY), cased)
        case Matches() as check:
            yield "the other letter case of", replace(check, ignore_case=not check.ignore_case)
        case InNetwork(network=text):
            network = ip_network(text)
            if network.prefixlen > 0:
                yield "twice the network of", InNetwork(str(network.supernet()))
            if network.prefixlen < network.max_prefixlen:
                yield "half the network of", InNetwork(str(next(network.subnets())))
        case Compare(op=op, value=value):
            yield "one less in", Compare(op, value - 1)
            yield "one more in", Compare(op, value + 1)
        case InPart(part=part, op=op, value=number):
            yield "one less in", InPart(part, op, number - 1)
            yield "one more in", InPart(part, op, number + 1)


def _like(parts: tuple[str | Wildcard, ...], cased: bool) -> Check:
    if len(parts) == 1 and not isinstance(parts[0], Wildcard):
        return Equals(parts[0], cased)
    return Like(parts, cased)


def _correlations(plan: Correlation) -> Iterator[tuple[str, Plan]]:
    name = plan.name
    yield f"{name}: window {span_words(plan.span)} doubled", replace(plan, span=plan.span * 2)
    yield f"{name}: window {span_words(plan.span)} halved", replace(plan, span=plan.span // 2)
    for number, part in enumerate(plan.key):
        yield f"{name}: drop the key {part.name}", replace(plan, key=plan.key[:number] + plan.key[number + 1 :])
    for label, condition in _conditions(plan):
        yield f"{name}: {label}", replace(plan, condition=condition)
    if isinstance(plan.condition, Threshold) and len(plan.bases) > 1:
        for number, base in enumerate(plan.bases):
            yield f"{name}: drop the base {base.name}", _without_base(plan, number)
    for number, base in enumerate(plan.bases):
        within = f"{base.name} > " if isinstance(base, Correlation) else ""
        for label, changed in _plans(base):
            if _keeps_keys(plan, number, changed):
                yield (
                    within + label.removeprefix(within),
                    replace(plan, bases=(*plan.bases[:number], changed, *plan.bases[number + 1 :])),
                )


def _keeps_keys(plan: Correlation, number: int, base: Plan) -> bool:
    if isinstance(base, Search):
        return True
    names = {part.name for part in base.key}
    return all(part.fields[number] is not None or part.name in names for part in _parts(plan))


def _parts(plan: Correlation) -> tuple[KeyPart, ...]:
    value = plan.value
    return (*plan.key, value) if value else plan.key


def _without_base(plan: Correlation, number: int) -> Correlation:
    def shorter(part: KeyPart) -> KeyPart:
        return replace(part, fields=part.fields[:number] + part.fields[number + 1 :])

    condition = plan.condition
    if isinstance(condition, Threshold) and condition.value:
        condition = replace(condition, value=shorter(condition.value))
    bases = plan.bases[:number] + plan.bases[number + 1 :]
    return replace(plan, bases=bases, key=tuple(map(shorter, plan.key)), condition=condition)


def _conditions(plan: Correlation) -> Iterator[tuple[str, Condition]]:
    names = [base.name for base in plan.bases]
    match plan.condition:
        case Threshold(figure=figure, op=op, count=count) as threshold:
            counts = figure in (Figure.EVENTS, Figure.DISTINCT)
            if not (counts and op is Op.GTE and count <= 1):
                yield f"threshold {count} less one", replace(threshold, count=count - 1)
            yield f"threshold {count} and one", replace(threshold, count=count + 1)
            if figure is Figure.DISTINCT:
                yield "events counted instead of values", Threshold(Figure.EVENTS, op, count)
        case Order(wanted=wanted, before=before, after=after) as order:
            for number in range(len(wanted) - 1):
                swapped = (*wanted[:number], wanted[number + 1], wanted[number], *wanted[number + 2 :])
                yield f"order of {names[wanted[number]]} and the next swapped", replace(order, wanted=swapped)
            if len(wanted) > 1:
                for base in wanted:
                    rest = tuple(other for other in wanted if other != base)
                    yield f"drop {names[base]} from the order", replace(order, wanted=rest)
            for base in before:
                rest = tuple(other for other in before if other != base)
                yield f"drop the not {names[base]} before", replace(order, before=rest)
            for base in after:
                rest = tuple(other for other in after if other != base)
                yield f"drop the not {names[base]} after", replace(order, after=rest)
        case Present() | AllOf() | AnyOf() | Without() as together:
            yield from _togethers(together, names, lambda changed: changed)
        case never:
            assert_never(never)


def _togethers(together: Together, names: list[str], put: Callable[[Together], Together]) -> Iterator[tuple[str, Together]]:
    match together:
        case Present():
            return
        case Without(arg=arg):
            yield f"drop the not of {_bases(arg, names)}", put(arg)
            yield from _togethers(arg, names, lambda changed: put(Without(changed)))
        case AllOf(args=args) | AnyOf(args=args):
            other = AnyOf(args) if isinstance(together, AllOf) else AllOf(args)
            yield f"and for or over {_bases(together, names)}", put(other)
            for number, arg in enumerate(args):
                rest = args[:number] + args[number + 1 :]
                if rest:
                    yield f"drop {_bases(arg, names)}", put(replace(together, args=rest))
                kind = type(together)

                def inside(changed: Together, number: int = number, kind: type[AllOf] | type[AnyOf] = kind) -> Together:
                    return put(kind((*args[:number], changed, *args[number + 1 :])))

                yield from _togethers(arg, names, inside)


def _bases(together: Together, names: list[str]) -> str:
    match together:
        case Present(base=base):
            return names[base]
        case Without(arg=arg):
            return f"not {_bases(arg, names)}"
        case AllOf(args=args) | AnyOf(args=args):
            return ", ".join(_bases(arg, names) for arg in args)
