"""From the documents of rule files to Sigma's rules: filters applied, references resolved, and what Sigma refuses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError, SigmaRuleNotFoundError
from sigma.filters import SigmaFilter
from sigma.rule import SigmaRule

from casetrail.reading.suggest import suggestion
from casetrail.reading.yaml import SHAPE
from casetrail.sigma.policy import POLICY
from casetrail.sigma.words import in_sigmas_words

Made = SigmaRule | SigmaCorrelationRule
NOT_THERE = re.compile(r"the referenced rule '(.*)' isn't there")
"""What is said of a correlation that refers to a rule that isn't there."""
_REFUSED = (SigmaError, *SHAPE)


@dataclass(frozen=True, slots=True)
class Collected:
    """What Sigma makes of documents, each of which is named by its number.

    rules: after those that they refer to; errors: in words, of documents that no rule or filter could be made of.
    """

    rules: tuple[tuple[int, Made], ...]
    errors: tuple[tuple[int, str], ...]


def rule_name(rule: Made) -> str:
    """What a Sigma rule goes by."""
    return str(rule.name or rule.id or rule.title)


def bases(rules: Iterable[Made]) -> Iterator[tuple[str, str]]:
    """Each correlation that takes the alerts of its base rules away, and such a base rule."""
    for rule in rules:
        if isinstance(rule, SigmaCorrelationRule) and not rule.generate:
            for reference in rule.referenced_rules:
                yield rule_name(rule), rule_name(reference.rule)


def collected(documents: Iterable[Mapping[str, Any]], names: Sequence[str]) -> Collected:
    """The rules of some documents, each a whole rule or filter.

    names: what the rule of each document goes by.

    A correlation that refers to what isn't there is no rule either; one that refers to what several go by means the first.
    """
    made: list[tuple[int, Made | SigmaFilter]] = []
    errors: list[tuple[int, str]] = []
    for number, document in enumerate(documents):
        try:
            one = _parsed(_unshared(document))
        except _REFUSED as error:
            errors.append((number, in_sigmas_words(error)))
            continue
        if isinstance(one, SigmaFilter):
            errors += [(number, in_sigmas_words(error)) for error in one.errors]
        else:
            one.name = names[number] or one.name
        made.append((number, one))
    wrong = {number for number, _ in errors}
    rules = [(number, one) for number, one in made if not isinstance(one, SigmaFilter)]
    collection = SigmaCollection([rule for _, rule in rules], resolve_references=False)
    for _, rule in reversed(rules):
        collection.names_to_rules[rule_name(rule)] = rule
        if rule.id is not None:
            collection.ids_to_rules[rule.id] = rule
    for number, one in made:
        if isinstance(one, SigmaFilter) and number not in wrong:
            try:
                collection.apply_filters([one])
            except _REFUSED as error:
                errors.append((number, in_sigmas_words(error)))
    errors += _unresolved(rules, collection)
    collection.resolve_rule_references()
    numbers = {id(rule): number for number, rule in rules}
    return Collected(tuple((numbers[id(rule)], rule) for rule in collection.rules), tuple(errors))


def _unresolved(rules: Sequence[tuple[int, Made]], collection: SigmaCollection) -> list[tuple[int, str]]:
    """The correlations that refer to what isn't there or to themselves, and why; they are taken out of the collection."""
    errors: list[tuple[int, str]] = []
    left = [(number, rule) for number, rule in rules if isinstance(rule, SigmaCorrelationRule)]
    while True:
        wrong = [(number, rule, why) for number, rule in left if (why := _why_unresolved(rule, collection))]
        if not wrong:
            return errors
        for number, rule, why in wrong:
            errors.append((number, why))
            left.remove((number, rule))
            collection.rules.remove(rule)
            if collection.names_to_rules.get(rule_name(rule)) is rule:
                del collection.names_to_rules[rule_name(rule)]
            if rule.id is not None and collection.ids_to_rules.get(rule.id) is rule:
                del collection.ids_to_rules[rule.id]


def _why_unresolved(rule: SigmaCorrelationRule, collection: SigmaCollection) -> str:
    """Why a correlation can't be resolved; empty when it can."""
    known = [rule_name(each) for each in collection.rules]
    try:
        rule.resolve_rule_references(collection)
    except SigmaRuleNotFoundError as error:
        name = next(iter(re.findall(r"'(.*)'", str(error))), "")
        return f"the referenced rule '{name}' isn't there{suggestion(name, known) or ': name a rule of the pack by its name or id'}"
    except _REFUSED as error:
        return in_sigmas_words(error)
    seen: set[int] = set()
    waiting: list[Made] = [reference.rule for reference in rule.referenced_rules]
    while waiting:
        each = waiting.pop()
        if each is rule:
            return f"the correlation '{rule_name(rule)}' refers to itself: name a rule on events among its rules"
        if isinstance(each, SigmaCorrelationRule) and id(each) not in seen:
            seen.add(id(each))
            waiting += [reference.rule for reference in each.referenced_rules or [] if hasattr(reference, "rule")]
    return ""


def _unshared(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with a list of conditions of its own, into which pySigma writes the filters."""
    detection = document.get("detection")
    if not isinstance(detection, dict) or not isinstance(detection.get("condition"), list):
        return dict(document)
    return {**document, "detection": {**detection, "condition": list(detection["condition"])}}


def _parsed(document: dict[str, Any]) -> Made | SigmaFilter:
    kind = SigmaCorrelationRule if "correlation" in document else SigmaFilter if "filter" in document else SigmaRule
    return kind.from_dict(document, collect_errors=True, policy=POLICY)
