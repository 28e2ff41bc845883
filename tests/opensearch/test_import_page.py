"""The import page for OpenSearch, followed on a real node: each of its lines that needs no Alerting plugin runs as it stands.

Only the indexes' names begin otherwise, lest the page's templates meet the indexes of the tests beside these.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from opensearchpy import OpenSearch

from casetrail.build.targets import backend_of
from casetrail.pack.pack import Pack
from casetrail.packages.opensearch.monitors import template
from tests.elastic.stores import WORKER
from tests.packages.test_import_pages import blocks, follow, tools_for

STORES = backend_of(Pack.load(Path(__file__).parents[2]), "opensearch").stores
PATTERN = re.compile(r"\b(okta-system-|google_workspace-|salesforce-(?=\w+-\*))")


def elsewhere(text: str) -> str:
    found = PATTERN.sub(rf"page-{WORKER}-\1", text)
    return re.sub(r"/casetrail-(\$\(|okta-okta/_simulate)", rf"/casetrail-{WORKER}-\1", found)


@pytest.fixture
def _limits(opensearch_url: str) -> Iterator[None]:
    """The node's own limits again, once the page has set others."""
    yield
    gone = [f"script.context.template.{limit}" for limit in ("max_compilations_rate", "cache_max_size")]
    OpenSearch(opensearch_url, timeout=300).cluster.put_settings(body={"persistent": dict.fromkeys(gone)})


@pytest.mark.usefixtures("_limits")
def test_the_page_is_followed(opensearch_url: str, tmp_path: Path) -> None:
    tools_for("curl")
    said = []
    for block in blocks("opensearch"):
        if "_plugins/" in block:
            continue
        said.append(follow(elsewhere(block), tmp_path, OPENSEARCH=opensearch_url))
        if "casetrail --watchlists mine build" in block:
            for path in tmp_path.glob("dist/opensearch/templates/*"):
                path.write_text(elsewhere(path.read_text("utf-8")), "utf-8")
    assert len(said) == 9
    put, piped, made, seen, _, limits, removed = said[2:]
    acknowledged = [text.count('"acknowledged":true') for text in (put, piped, limits, removed)]
    assert acknowledged == [len(STORES), len(STORES), 1, 2 * len(STORES)]
    assert '"event_type":"system.api_token.create"' in made
    assert '"hits":{"total":{"value":1,"relation":"eq"},"hits":[{"_id":"casetrail-test-1"}]}' in seen
    monitors = tmp_path / "dist" / "opensearch" / "monitors"
    on = {path.stem for path in monitors.glob("*.json") if json.loads(path.read_bytes())["enabled"]}
    assert on == {"okta_api_token_created", "okta_session_two_networks"}


@pytest.mark.parametrize("source", STORES)
def test_the_node_takes_each_template_and_rows_whose_values_do_not_parse(opensearch_url: str, source: str) -> None:
    client = OpenSearch(opensearch_url, timeout=300)
    store = replace(STORES[source], index=f"shape-{WORKER}-{source.replace('/', '-')}-*")
    name, index = store.index.removesuffix("-*"), store.index.replace("*", "one")
    client.indices.put_index_template(name=name, body=template(store))
    try:
        row = {place.name: "junk" for place in store.fields.values() if place.type in ("long", "double", "ip", "date")}
        client.index(index=index, id="1", body=row | {store.time: "2026-01-15T09:00:00Z"}, refresh=True)
        column, value = next(iter(store.only.items()), (store.time, "2026-01-15T09:00:00Z"))
        hits = client.search(index=store.index, body={"query": {"term": {column: value}}})["hits"]
        assert hits["total"]["value"] == 1
    finally:
        client.indices.delete(index=index, ignore_unavailable=True)
        client.indices.delete_index_template(name=name)
