"""Every detection rule as it is shipped: a real Elasticsearch takes its query, and answers with the columns that the rule needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from elasticsearch import Elasticsearch

from casetrail.build.readable import readable
from casetrail.build.targets import backend_of, query_for
from casetrail.engines.documents import index_of
from casetrail.languages.esql.mapping import mapping
from casetrail.pack.backend import elsewhere
from casetrail.pack.pack import Pack
from casetrail.pack.shapes import read_shapes
from casetrail.packages.elastic.rules import files
from casetrail.packages.formats import Packaged
from casetrail.schedule.schedule import schedule
from casetrail.stores.mapping import shape_mapping
from casetrail.stores.unsupported import UnsupportedError
from tests.elastic.stores import WORKER

PACK = Pack.load(Path(__file__).parents[2])
SHAPES = read_shapes(PACK.folder / "backends" / "elastic", PACK.contracts)
BACKEND = elsewhere(backend_of(PACK, "elastic"), f"shipped-{WORKER}")


def items() -> Iterator[Packaged]:
    for rule in PACK.rules.values():
        if rule.alone and rule.plan is not None:
            with suppress(UnsupportedError):
                query = query_for(PACK, rule, "elastic", BACKEND)
                item = Packaged(rule, rule.plan, query, schedule(rule.plan, BACKEND, PACK.contracts), PACK.contracts)
                yield readable(item, BACKEND)


def test_the_node_takes_every_query_of_the_package(elasticsearch_url: str) -> None:
    client = Elasticsearch(elasticsearch_url, request_timeout=300)
    made = [index_of(store, "one") for store in BACKEND.stores.values()]
    for index, store in zip(made, BACKEND.stores.values(), strict=True):
        shapes = SHAPES.get(store.source)
        mappings = shape_mapping(store, shapes[-1]) if shapes else mapping(store)
        client.indices.create(index=index, mappings=mappings, settings={"number_of_replicas": 0})
    shipped = list(items())
    *rules, _ = map(json.loads, files(shipped, BACKEND)["detection-rules.ndjson"].splitlines())
    wrong = {}
    try:
        for rule in rules:
            answer = client.esql.query(
                query=rule["query"], filter={"range": {"@timestamp": {"gte": rule["from"], "lte": rule["to"]}}}
            )
            columns = {column["name"] for column in answer["columns"]}
            needed = set(rule.get("alert_suppression", {}).get("group_by", ["_id", "_index", "_version"]))
            if answer["values"] or not needed <= columns:
                wrong[rule["name"]] = columns
    finally:
        for index in made:
            client.indices.delete(index=index)
    assert wrong == {}
    assert len(rules) == len(shipped) > 100
