"""What `sigma convert` refuses of the rules, and what it loses, known beforehand."""

from __future__ import annotations

import re
from dataclasses import dataclass

from casetrail.pack.pack import Pack, Rule
from casetrail.plan.nodes import (
    Correlation,
    Equals,
    Field,
    InNetwork,
    Is,
    Like,
    Listed,
    OneOf,
    Search,
    Type,
    Wildcard,
    fields,
    tests,
)
from casetrail.stores.store import Backend, Store, StoredField

CORRELATION = (
    "a correlation; windows that slide, and order, are lost in conversion, so take its query from casetrail's own package"
)
NETWORK = "a listed network may be compared as text there; take the query from casetrail's own package"
ASTERISK = "Splunk's search takes every asterisk for a wildcard"
FLATTENED = "Elastic takes no wildcard in a flattened field, but at its end"
_PLACEHOLDER = re.compile(r"%(\w+)%")


@dataclass(frozen=True, slots=True)
class Tool:
    """How pySigma writes a language of ours. target: what `sigma convert -t` calls it; package: the Python package that holds it.

    minds_case: whether its text compares by letter case.
    """

    target: str
    package: str
    minds_case: bool


TOOLS = {
    "esql": Tool("lucene", "pysigma-backend-elasticsearch", minds_case=True),
    "opensearch": Tool("opensearch_lucene", "pysigma-backend-opensearch", minds_case=True),
    "kql": Tool("kusto", "pysigma-backend-kusto", minds_case=False),
    "spl": Tool("splunk", "pysigma-backend-splunk", minds_case=False),
}
"""By our name of a language. A backend of another language has no pipeline."""


def refusals(pack: Pack, backend: Backend) -> dict[str, str]:
    """By rule why `sigma convert` with the pipelines of a SIEM refuses it; a rule that it converts isn't among them."""
    found = ((rule.name, _refused(pack, rule, backend)) for rule in pack.rules.values() if rule.alone)
    return {name: reason for name, reason in found if reason}


def _refused(pack: Pack, rule: Rule, backend: Backend) -> str:
    plan = rule.plan
    if plan is None:
        return rule.problems[0].message
    if isinstance(plan, Correlation):
        return CORRELATION
    store = backend.stores.get(plan.source)
    if store is None:
        return f"{backend.title} has no table for {plan.source}"
    for name in _PLACEHOLDER.findall(str(rule.meta.get("detection", ""))):
        if not pack.watchlists.get(name):
            return f"the watchlist {name} is empty"
    for field in fields(plan):
        reason = unnamed(store.fields.get(field.path), backend)
        if reason:
            return f"{field.path}: {reason}"
    if _PLACEHOLDER.search(str(rule.meta.get("detection", ""))):
        for test in tests(plan.where):
            if isinstance(test.check, InNetwork) and as_text(store.fields[test.field.path], test.field):
                return f"{test.field.path}: {NETWORK}"
    return unsayable(plan, store, backend)


def as_text(stored: StoredField, field: Field) -> bool:
    """Whether a converted query compares a field of addresses with a listed network as text, or may do so."""
    return field.type is Type.ADDRESS and stored.type != "ip"


def unsayable(plan: Search, store: Store, backend: Backend) -> str:
    """What of a rule's values a converted query can't say; empty when it can."""
    for test in tests(plan.where):
        texts, marks = _texts(test)
        if backend.language == "spl" and (any("*" in text for text in texts) or Wildcard.ONE in marks):
            return f"{test.field.path}: {ASTERISK}"
        if marks and store.fields[test.field.path].type == "flattened":
            return f"{test.field.path}: {FLATTENED}"
    return ""


def unnamed(stored: StoredField | None, backend: Backend) -> str:
    """Why a converted query can't name a field; empty when it can."""
    if stored is None:
        return f"{backend.title} has no name for it"
    if stored.unsupported:
        return stored.unsupported
    if stored.derive:
        return "no column holds it; the package of casetrail's own works it out"
    if backend.language == "spl" and (stored.type == "parameter" or "{}" in stored.name):
        return f"it lies in the list {stored.root or stored.name}, and a converted search names plain fields only"
    if backend.language == "kql" and (stored.root or stored.type == "dynamic"):
        return f"it lies in the dynamic column {stored.root or stored.name}, and pySigma's Kusto backend names plain columns only"
    return ""


def losses(pack: Pack, backend: Backend) -> dict[str, str]:
    """By rule what a converted query of it loses: where it minds letter case and should not, or the other way round."""
    refused, found = refusals(pack, backend), dict[str, str]()
    for name, rule in pack.rules.items():
        if not rule.alone or name in refused or not isinstance(rule.plan, Search):
            continue
        contract = pack.contracts[rule.plan.source]
        kind = contract.event_type.path if contract.event_type else ""
        minded = TOOLS[backend.language].minds_case
        paths = [test.field.path for test in tests(rule.plan.where) if _lettered(test, kind) and _cased(test) is not minded]
        if paths:
            shown = ", ".join(dict.fromkeys(paths))
            found[name] = f"{'minds' if minded else 'does not mind'} letter case in {shown}"
    return found


def _texts(test: Is) -> tuple[list[str], list[Wildcard]]:
    """The texts and the wildcards that a test compares its field with."""
    match test.check:
        case Equals(value=str(text)):
            return [text], []
        case OneOf(values=values) | Listed(values=values):
            return [str(value) for value in values if isinstance(value, str)], []
        case Like(parts=parts):
            texts = [part for part in parts if isinstance(part, str)]
            return texts, [part for part in parts if isinstance(part, Wildcard)]
        case _:
            return [], []


def _lettered(test: Is, kind: str) -> bool:
    """Whether letter case could matter: not in a whole event type, which no other differs from by case alone. kind: its field."""
    texts, marks = _texts(test)
    if test.field.path == kind and not marks:
        return False
    return test.field.type is Type.TEXT and any(text.lower() != text.upper() for text in texts)


def _cased(test: Is) -> bool:
    return test.field.exact or bool(getattr(test.check, "cased", False))
