"""pySigma pipelines that give fields and tables their names in a SIEM, as YAML (pySigma's documentation: Processing Pipelines).

What can't be converted without a loss is refused by the pipeline itself, with the reason.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from casetrail.logs.contract import Contract
from casetrail.pack.pack import Pack
from casetrail.packages.sigma.limits import CORRELATION, NETWORK, TOOLS, as_text, texts, unnamed, unsayable
from casetrail.plan.nodes import Search, fields, tests
from casetrail.stores.store import Backend, Store

_INDEX = re.compile(r"index=([\w.*-]+)")


def pipeline(pack: Pack, backend: Backend) -> bytes:
    """The pipeline of a SIEM: names for fields, the conditions that keep logs of one table apart, the table; the same bytes each time.

    A field that no query can name fails the rule with the reason, and so does a rule of the pack whose values can't be said.
    """
    stores = [store for key, store in sorted(backend.stores.items()) if key in pack.defined]
    document: dict[str, Any] = {
        "name": f"casetrail: {backend.title}",
        "priority": 20,
        "transformations": [
            _no_correlation(),
            _stranger(stores),
            *_by_name(pack, backend),
            *(item for store in stores for item in _spelled(store, pack)),
            *(item for store in stores for item in _items(store, pack.contracts, backend)),
        ],
        "postprocessing": [item for store in stores for item in _table(store, backend)],
    }
    return _yaml(document)


def watchlist_pipeline(watchlists: Mapping[str, Sequence[str]]) -> bytes:
    """The pipeline that puts the values of watchlists in place of their names. One that is empty is left out, so that conversion fails."""
    document = {
        "name": "casetrail: watchlists",
        "priority": 10,
        "vars": {name: list(values) for name, values in watchlists.items() if values},
        "transformations": [{"id": "watchlists", "type": "value_placeholders"}],
    }
    return _yaml(document)


def _by_name(pack: Pack, backend: Backend) -> Iterator[dict[str, Any]]:
    for name, rule in pack.rules.items():
        store = backend.stores.get(rule.plan.source) if rule.alone and isinstance(rule.plan, Search) else None
        if store is None or not isinstance(rule.plan, Search):
            continue
        if any(unnamed(store.fields.get(field.path), backend) for field in fields(rule.plan)):
            continue
        reason = unsayable(rule.plan, store, backend)
        if reason:
            where = [{"type": "rule_attribute", "attribute": "name", "value": name}]
            yield {
                "id": f"unsayable_{name}",
                "type": "rule_failure",
                "message": f"casetrail: {reason}",
                "rule_conditions": where,
            }


def _spelled(store: Store, pack: Pack) -> Iterator[dict[str, Any]]:
    """For a field whose values are stored in several spellings: those that the pack's rules ask for, in each; any other value fails."""
    plans = [rule.plan for rule in pack.rules.values() if rule.alone and isinstance(rule.plan, Search)]
    asked = [test for plan in plans if plan.source == store.source for test in tests(plan.where) if test.field.spellings]
    for field in dict.fromkeys(test.field for test in asked):
        values = sorted({value for test in asked if test.field == field for value in texts(test)[0]})
        mark = f"{store.source}_{field.path}".replace("/", "_").replace(".", "_")
        where = {
            "field_name_conditions": [{"type": "include_fields", "fields": [field.path]}],
            "rule_conditions": [_logsource(store)],
        }
        known = "|".join(map(re.escape, values))
        yield {
            "id": f"{mark}_unknown",
            "type": "detection_item_failure",
            "message": f"casetrail: {field.path}: its values have several spellings; known here: {', '.join(values)}",
            "detection_item_conditions": [
                {"type": "match_string", "cond": "any", "pattern": f"^(?:{known})$", "negate": True}
            ],
            **where,
        }
        mapping = {value: [form.replace("{}", value) for form in ("{}", *field.spellings)] for value in values}
        yield {"id": f"{mark}_spelled", "type": "map_string", "mapping": mapping, **where}


def _items(store: Store, contracts: Mapping[str, Contract], backend: Backend) -> Iterator[dict[str, Any]]:
    mark, where = store.source.replace("/", "_").replace(".", "_"), [_logsource(store)]
    reasons: dict[str, list[str]] = {}
    for path in contracts[store.source].fields:
        reason = unnamed(store.fields.get(path), backend)
        if reason:
            reasons.setdefault(reason, []).append(path)
    for number, (reason, paths) in enumerate(reasons.items(), 1):
        yield {
            "id": f"{mark}_unnamed_{number}",
            "type": "detection_item_failure",
            "message": f"casetrail: {reason}",
            "field_name_conditions": [{"type": "include_fields", "fields": paths}],
            "rule_conditions": where,
        }
    known = contracts[store.source].fields
    texts = [path for path, stored in store.fields.items() if not unnamed(stored, backend) and as_text(stored, known[path])]
    if texts:
        yield {
            "id": f"{mark}_networks",
            "type": "detection_item_failure",
            "message": f"casetrail: {NETWORK}",
            "detection_item_conditions": [{"type": "match_string", "cond": "any", "pattern": "^[0-9a-fA-F:.]+/[0-9]+$"}],
            "field_name_conditions": [{"type": "include_fields", "fields": texts}],
            "rule_conditions": where,
        }
    mapping = {path: field.name for path, field in store.fields.items() if not unnamed(field, backend)}
    yield {"id": f"{mark}_names", "type": "field_name_mapping", "mapping": mapping, "rule_conditions": where}
    index = _INDEX.fullmatch(backend.options.get(store.index, "")) if TOOLS[backend.language].indexed else None
    only = {**({"index": index[1]} if index else {}), **store.only}
    if only:
        yield {"id": f"{mark}_only", "type": "add_condition", "conditions": only, "rule_conditions": where}


def _table(store: Store, backend: Backend) -> Iterator[dict[str, Any]]:
    prefix = ""
    if TOOLS[backend.language].piped:
        prefix = f"{store.index}\n| where "
    elif TOOLS[backend.language].indexed and not _INDEX.fullmatch(backend.options.get(store.index, "")):
        prefix = f"{backend.options.get(store.index, '')} ".lstrip()
    if prefix:
        mark, where = store.source.replace("/", "_").replace(".", "_"), [_logsource(store)]
        yield {"id": f"{mark}_table", "type": "embed", "prefix": prefix, "suffix": "", "rule_conditions": where}


def _no_correlation() -> dict[str, Any]:
    return {
        "id": "correlation",
        "type": "rule_failure",
        "message": f"casetrail: {CORRELATION}",
        "rule_conditions": [{"type": "is_sigma_correlation_rule"}],
    }


def _stranger(stores: Sequence[Store]) -> dict[str, Any]:
    return {
        "id": "stranger",
        "type": "rule_failure",
        "message": "casetrail: this pipeline knows no such log",
        "rule_conditions": [*map(_logsource, stores), {"type": "is_sigma_correlation_rule"}],
        "rule_cond_op": "or",
        "rule_cond_not": True,
    }


def _logsource(store: Store) -> dict[str, str]:
    product, _, service = store.source.partition("/")
    return {"type": "logsource", "product": product, "service": service}


def _yaml(document: Mapping[str, Any]) -> bytes:
    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    text = io.StringIO()
    yaml.dump(document, text, Plain, sort_keys=False, allow_unicode=True, width=120)
    return text.getvalue().encode()
