"""The import page for Elastic, followed on a real Elasticsearch: each of its lines that needs no Kibana runs as it stands.

Only the indexes' names begin otherwise, since the page's templates would forbid the plain indexes of the tests beside these. The node
makes data streams and can't remove them, nor a template that has one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from casetrail.build.targets import backend_of
from casetrail.pack.pack import Pack
from casetrail.packages.elastic.templates import template
from tests.elastic.stores import WORKER
from tests.packages.test_import_pages import blocks, follow, tools_for

STORES = backend_of(Pack.load(Path(__file__).parents[2]), "elastic").stores


def elsewhere(text: str) -> str:
    return text.replace("logs-", f"page-{WORKER}-").replace("/casetrail-$(", f"/casetrail-{WORKER}-$(")


def test_the_page_is_followed(elasticsearch_url: str, tmp_path: Path) -> None:
    tools_for("curl")
    said = []
    for block in blocks("elastic"):
        if '"$KIBANA/' in block or "/_data_stream/" in block:
            continue
        if "-X DELETE" in block:
            (tmp_path / "dist" / "elastic" / "templates" / "okta-okta.json").unlink()
        said.append(follow(elsewhere(block), tmp_path, ELASTICSEARCH=elasticsearch_url))
        if "casetrail --watchlists mine build" in block:
            for path in [*tmp_path.glob("dist/elastic/templates/*"), *tmp_path.glob("dist/elastic/queries/*")]:
                path.write_text(elsewhere(path.read_text("utf-8")), "utf-8")
    assert len(said) == 5
    put, seen, removed = said[2:]
    assert [line.split(",")[0] for line in seen.splitlines() if "system.api_token.create" in line] == ["casetrail-test-1"]
    assert [text.count('"acknowledged":true') for text in (put, removed)] == [len(STORES), len(STORES) - 1]


@pytest.mark.parametrize("source", STORES)
def test_the_node_takes_each_template_and_rows_whose_values_do_not_parse(elasticsearch_url: str, source: str) -> None:
    client = Elasticsearch(elasticsearch_url, request_timeout=300)
    store = replace(STORES[source], index=STORES[source].index.replace("logs-", f"shape-{WORKER}-"))
    body = template(store)
    name, stream = f"casetrail-shape-{WORKER}-{source.replace('/', '-')}", store.index.replace("*", "one")
    client.indices.put_index_template(name=name, meta=body.pop("_meta"), **body)
    row = {place.name: "junk" for place in store.fields.values() if place.type in ("long", "double", "ip", "date")}
    client.create(index=stream, id="1", document=row | {"@timestamp": "2026-01-15T09:00:00Z"}, refresh=True)
    query = f"FROM {store.index} METADATA _id | KEEP _id, @timestamp, event.ingested | LIMIT 10"
    assert client.esql.query(query=query)["values"] == [["1", "2026-01-15T09:00:00.000Z", None]]


def test_every_bulk_action_of_the_page_is_json() -> None:
    bodies = [line for block in blocks("elastic") for line in block.splitlines() if "--data-binary '{" in line]
    assert len(bodies) == 2
    for line in bodies:
        action = json.loads(line.split("--data-binary '")[1].rstrip("'"))
        assert action["action"] in ("enable", "delete")
        assert action["query"].startswith('alert.attributes.tags: "casetrail"')
