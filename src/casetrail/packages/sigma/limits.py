"""What `sigma convert` refuses of the rules, and what it loses, known beforehand."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from casetrail.languages.esql.query import ESQL
from casetrail.languages.kql.query import KQL
from casetrail.languages.querydsl.query import QUERY_DSL
from casetrail.languages.spl.query import SPL
from casetrail.pack.pack import Pack
from casetrail.pack.rules import Rule
from casetrail.plan.nodes import (
    Compare,
    Correlation,
    Equals,
    Exists,
    Field,
    InNetwork,
    InPart,
    Is,
    IsMissing,
    Like,
    Listed,
    ListedPart,
    Matches,
    OneOf,
    SameAs,
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


def _nothing(stored: StoredField) -> str:
    return ""


def _in_a_list(stored: StoredField) -> str:
    if stored.type == "parameter" or "{}" in stored.name:
        return f"it lies in the list {stored.root or stored.name}, and a converted search names plain fields only"
    return ""


def _dynamic(stored: StoredField) -> str:
    if stored.root or stored.type == "dynamic":
        return f"it lies in the dynamic column {stored.root or stored.name}, and pySigma's Kusto backend names plain columns only"
    return ""


@dataclass(frozen=True, slots=True)
class Tool:
    """How pySigma writes a language of ours.

    target: what `sigma convert -t` calls it; package: the Python package that holds it.
    minds_case: whether its text compares by letter case.
    unnamed: why a converted query can't name a field that a store keeps so; empty when it can.
    literal_asterisk: whether a value may hold an asterisk, or a pattern a mark for one character.
    piped: whether a query begins with the table and pipes it on; indexed: whether it begins with an index or a macro.
    """

    target: str
    package: str
    minds_case: bool
    unnamed: Callable[[StoredField], str] = _nothing
    literal_asterisk: bool = True
    piped: bool = False
    indexed: bool = False


TOOLS = {
    ESQL.name: Tool("lucene", "pysigma-backend-elasticsearch", minds_case=True),
    QUERY_DSL.name: Tool("opensearch_lucene", "pysigma-backend-opensearch", minds_case=True),
    KQL.name: Tool("kusto", "pysigma-backend-kusto", minds_case=False, unnamed=_dynamic, piped=True),
    SPL.name: Tool(
        "splunk", "pysigma-backend-splunk", minds_case=False, unnamed=_in_a_list, literal_asterisk=False, indexed=True
    ),
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
        found, marks = texts(test)
        if not TOOLS[backend.language].literal_asterisk and (any("*" in text for text in found) or Wildcard.ONE in marks):
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
    return TOOLS[backend.language].unnamed(stored)


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


def texts(test: Is) -> tuple[list[str], list[Wildcard]]:
    """The texts and the wildcards that a test compares its field with."""
    match test.check:
        case Equals(value=str(text)):
            return [text], []
        case OneOf(values=values) | Listed(values=values):
            return [str(value) for value in values if isinstance(value, str)], []
        case Like(parts=parts):
            return [part for part in parts if isinstance(part, str)], [part for part in parts if isinstance(part, Wildcard)]
        case Equals() | ListedPart() | Matches() | InNetwork() | Compare() | InPart() | IsMissing() | Exists() | SameAs():
            return [], []
        case never:
            assert_never(never)


def _lettered(test: Is, kind: str) -> bool:
    """Whether letter case could matter: not in a whole event type, which no other differs from by case alone. kind: its field."""
    found, marks = texts(test)
    if test.field.path == kind and not marks:
        return False
    return test.field.type is Type.TEXT and any(text.lower() != text.upper() for text in found)


def _cased(test: Is) -> bool:
    return test.field.exact or bool(getattr(test.check, "cased", False))
