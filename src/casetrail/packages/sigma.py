"""For whoever has Sigma's own tools: the rules as they are, and pySigma pipelines that give fields and tables their names in a SIEM.

A pipeline is YAML as pySigma reads it (its documentation: Processing Pipelines). What can't be converted without a loss is refused by
the pipeline itself, with the reason, and `refusals` says beforehand what that will be.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from casetrail.pack.backend import Backend, Store, StoredField
from casetrail.pack.contract import Contract
from casetrail.pack.pack import Pack, Rule, documents
from casetrail.plan.nodes import Correlation, Field, InNetwork, Search, Type, fields, tests

CORRELATION = (
    "a correlation; windows that slide, and order, are lost in conversion, so take its query from casetrail's own package"
)
NETWORK = "a listed network is compared as text there; take the query from casetrail's own package"
_INDEX = re.compile(r"index=([\w.*-]+)")
_PLACEHOLDER = re.compile(r"%(\w+)%")


@dataclass(frozen=True, slots=True)
class Tool:
    """How pySigma writes a language of ours. target: what `sigma convert -t` calls it; package: the Python package that holds it."""

    target: str
    package: str


TOOLS = {
    "esql": Tool("lucene", "pysigma-backend-elasticsearch"),
    "opensearch": Tool("opensearch_lucene", "pysigma-backend-opensearch"),
    "kql": Tool("kusto", "pysigma-backend-kusto"),
    "spl": Tool("splunk", "pysigma-backend-splunk"),
}
"""By our name of a language. A backend of another language has no pipeline."""


def files(pack: Pack, backends: Sequence[Backend]) -> dict[str, bytes]:
    """The rules, the pipelines and a README that says what each refuses, by their path."""
    chosen = [backend for backend in backends if backend.language in TOOLS]
    found = {f"rules/{kind}/{name}.yml": text for kind, name, text in _rules(pack)}
    found |= {f"pipelines/{backend.name}.yml": pipeline(backend, pack.contracts) for backend in chosen}
    found["pipelines/watchlists.yml"] = watchlist_pipeline(pack.watchlists)
    found["README.md"] = ("\n".join(_readme(pack, chosen)).rstrip("\n") + "\n").encode()
    return found


def _rules(pack: Pack) -> Iterator[tuple[str, str, bytes]]:
    """The rule files by kind and name: on single events and alone, filters, and correlations with what they are built on.

    As they are, byte for byte, unless a customer's threshold has changed one.
    """
    single = {rule.path for rule in pack.rules.values() if rule.alone and isinstance(rule.plan, Search)}
    for path, held in pack.sources.items():
        same = documents(path) == held
        text = path.read_bytes() if same else yaml.safe_dump_all(held, sort_keys=False, allow_unicode=True).encode()
        name = str(held[0].get("name", path.stem)) if held else path.stem
        kind = (
            "single" if path in single else "filters" if any("filter" in document for document in held) else "correlations"
        )
        yield kind, name, text


_HEAD = """# The rules for Sigma's own tools

`rules/single` holds the rules on single events, `rules/correlations` those that count or order events, with what they are built on, and
`rules/filters` your own filters, if there are any (`--filter`). `pipelines` gives fields and tables the names that they have in a
SIEM. With `sigma-cli` and the package that is named below:

    sigma convert -t TARGET -p pipelines/watchlists.yml -p pipelines/SIEM.yml --skip-unsupported -o queries.txt rules/single

Its `--output-dir` leaves the table out of Kusto's queries (seen with sigma-cli 3.1), so convert into one file, or rule by rule.
Fill in `vars` of `pipelines/watchlists.yml` with your own values first: a rule that asks for a list without values isn't converted.

A converted query is not what `casetrail build` writes for the same SIEM. It brings no schedule, so late rows are missed; it isn't held to
this pack's cases; and its text compares as the SIEM does, which in Elastic and OpenSearch minds letter case. A field that no
converted query can name fails the rule, with the reason, and so does every correlation: published backends let windows tumble or
lose order.
"""


def _readme(pack: Pack, backends: Sequence[Backend]) -> Iterator[str]:
    yield _HEAD
    single = [rule.name for rule in pack.rules.values() if rule.alone and isinstance(rule.plan, Search)]
    many = [rule.name for rule in pack.rules.values() if rule.alone and rule.name not in single]
    yield f"Correlations, of which none is converted: {len(many)}, all in `rules/correlations`."
    for backend in backends:
        tool = TOOLS[backend.language]
        refused = refusals(pack, backend)
        reasons: dict[str, list[str]] = {}
        for name in single:
            if name in refused:
                reasons.setdefault(refused[name], []).append(name)
        yield from ("", f"## {backend.title}", "")
        yield f"`-t {tool.target} -p pipelines/{backend.name}.yml`, with `{tool.package}`."
        yield f"Of {len(single)} rules on single events {len(single) - sum(map(len, reasons.values()))} are converted."
        if reasons:
            yield from ("", "| not converted | why |", "|---|---|")
            yield from (f"| {', '.join(names)} | {reason} |" for reason, names in reasons.items())


def pipeline(backend: Backend, contracts: Mapping[str, Contract]) -> bytes:
    """The pipeline of a SIEM: names for fields, the conditions that keep logs of one table apart, the table; the same bytes each time.

    A field that no query can name fails the rule with the reason.
    """
    stores = [store for key, store in sorted(backend.stores.items()) if key in contracts]
    document: dict[str, Any] = {
        "name": f"casetrail: {backend.title}",
        "priority": 20,
        "transformations": [
            _no_correlation(),
            _stranger(stores),
            *(item for store in stores for item in _items(store, contracts, backend)),
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
            if isinstance(test.check, InNetwork) and _as_text(store.fields[test.field.path], test.field, backend):
                return f"{test.field.path}: {NETWORK}"
    return ""


def _as_text(stored: StoredField, field: Field, backend: Backend) -> bool:
    """Whether a converted query compares a field of addresses with a listed network as text."""
    return field.type is Type.ADDRESS and stored.type != "ip" and backend.language != "spl"


def unnamed(stored: StoredField | None, backend: Backend) -> str:
    """Why a converted query can't name a field; empty when it can."""
    if stored is None:
        return f"{backend.title} has no name for it"
    if stored.unsupported:
        return stored.unsupported
    if getattr(stored, "derive", ""):
        return "no column holds it; the package of casetrail's own works it out"
    if backend.language == "kql" and (stored.root or stored.type == "dynamic"):
        return f"it lies in the dynamic column {stored.root or stored.name}, and pySigma's Kusto backend names plain columns only"
    return ""


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
    texts = [
        path
        for path, stored in store.fields.items()
        if not unnamed(stored, backend) and _as_text(stored, known[path], backend)
    ]
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
    index = _INDEX.fullmatch(backend.options.get(store.index, "")) if backend.language == "spl" else None
    only = {**({"index": index[1]} if index else {}), **store.only}
    if only:
        yield {"id": f"{mark}_only", "type": "add_condition", "conditions": only, "rule_conditions": where}


def _table(store: Store, backend: Backend) -> Iterator[dict[str, Any]]:
    mark, prefix = store.source.replace("/", "_").replace(".", "_"), ""
    if backend.language == "kql":
        prefix = f"{store.index}\n| where "
    elif backend.language == "spl":
        prefix = f"{backend.options.get(store.index, '')} ".lstrip()
    if prefix:
        yield {
            "id": f"{mark}_table",
            "type": "embed",
            "prefix": prefix,
            "suffix": "",
            "rule_conditions": [_logsource(store)],
        }


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
