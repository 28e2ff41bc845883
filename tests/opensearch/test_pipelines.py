"""Raw rows through the ingest pipelines that ship, on the node: stored is what the queries are proven on. What isn't there is no error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opensearchpy import OpenSearch

from casetrail.build.targets import backend_of
from casetrail.engines.documents import index_of, stored
from casetrail.languages.base import Bounds
from casetrail.languages.querydsl.query import indexes, query_of
from casetrail.logs.event import event_of
from casetrail.logs.rows import settle
from casetrail.pack.pack import Pack
from casetrail.packages.opensearch.pipelines import pipeline
from casetrail.reading.yaml import read
from casetrail.stores.unsupported import UnsupportedError
from tests.opensearch.stores import WORKER
from tests.opensearch.test_stored import SHAPES

ROOT = Path(__file__).parents[2]
PACK = Pack.load(ROOT)
BACKEND = backend_of(PACK, "opensearch")
EACH = 4
UNPARSED = {"salesforce.eventlogfile.client_ip"}


@pytest.fixture(scope="module")
def client(opensearch_url: str) -> OpenSearch:
    return OpenSearch(opensearch_url, timeout=300)


def through(client: OpenSearch, source: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the pipeline makes of rows: each document, or the error."""
    body = {"pipeline": pipeline(BACKEND.stores[source], PACK.contracts[source]), "docs": [{"_source": row} for row in rows]}
    answer = client.ingest.simulate(body=body)
    return [one.get("doc", one) for one in answer["docs"]]


def leaves(document: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(document, list):
        for item in document:
            yield from leaves(item, path)
    elif document is not None:
        whole = float(document) if isinstance(document, int | float) and not isinstance(document, bool) else document
        yield path, json.dumps(whole).strip('"').lower()


def number(text: str) -> str:
    try:
        return str(float(text))
    except ValueError:
        return text


def kept(document: Any, source: str) -> set[tuple[str, str]]:
    """What a document holds of a log, but for its arrival and for values that are spelled in several ways."""
    store, contract = BACKEND.stores[source], PACK.contracts[source]
    spelled = {store.fields[path].name for path, field in contract.fields.items() if field.spellings}
    return {(name, number(text)) for name, text in leaves(document) if name not in {store.arrival, *spelled}}


def raw_rows(source: str) -> list[dict[str, Any]]:
    found = []
    for path in sorted((ROOT / "fixtures" / "events").rglob("*.yml")):
        (document,) = read(path)
        if document.data["source"] == source:
            found.append(json.loads(json.dumps(document.data["row"])))
    return found


@pytest.mark.parametrize("source", sorted(BACKEND.stores))
def test_a_raw_row_is_stored_as_our_storing_stores_it(client: OpenSearch, source: str) -> None:
    store, contract = BACKEND.stores[source], PACK.contracts[source]
    rows = raw_rows(source)
    assert rows
    for row, made in zip(rows, through(client, source, rows), strict=True):
        event = event_of(settle(row, contract), contract)
        assert event is not None
        assert "_source" in made, made
        assert kept(made["_source"], source) == kept(stored(event, store, contract), source), row
        assert made["_source"]["event"]["ingested"]


@pytest.mark.parametrize("source", sorted(SHAPES))
def test_a_documented_row_becomes_the_document_that_is_written_down_for_it(client: OpenSearch, source: str) -> None:
    row, document = SHAPES[source]
    (made,) = through(client, source, [row])
    found, wanted = kept(made["_source"], source), kept(document, source)
    assert wanted <= found
    assert {name for name, _ in found - wanted} <= UNPARSED, "what the index leaves out since it doesn't parse"


def test_an_activity_of_google_is_peeled_and_its_parameters_are_fields(client: OpenSearch) -> None:
    source = "gcp/google_workspace.chrome"
    event = {
        "type": "CONTENT_TRANSFER_TYPE",
        "name": "CONTENT_TRANSFER",
        "parameters": [
            {"name": "CONTENT_NAME", "value": "x.har"},
            {"name": "CONTENT_SIZE", "intValue": "12"},
            {"name": "IS_FEDERATED", "boolValue": True},
            {"name": "TIMESTAMP", "intValue": "1768467600119"},
        ],
    }
    activity = {"id": {"time": "2026-01-15T09:00:00.119Z", "uniqueQualifier": "7", "applicationName": "chrome"}}
    one, two, same = through(
        client,
        source,
        [{**activity, "events": [event]}, {**activity, "events": [event, event]}, {**activity, "event": event}],
    )
    held = one["_source"]["google_workspace"]["chrome"]
    assert (held["content_name"], held["content_size"], held["is_federated"]) == ("x.har", "12", True)
    assert held["timestamp"] == one["_source"]["@timestamp"] == 1_768_467_600_119
    assert one["_source"]["google_workspace"]["event"]["name"] == "CONTENT_TRANSFER"
    assert (one["_id"], same["_source"]) == (same["_id"], {**one["_source"], "event": same["_source"]["event"]})
    assert "split events" in json.dumps(two)


def test_a_row_that_is_sent_twice_has_one_id_and_another_row_another(client: OpenSearch) -> None:
    rows = [{"uuid": uuid, "published": "2026-01-15T09:00:00Z", "eventType": "x"} for uuid in ("a", "a", "b")]
    one, same, other = (made["_id"] for made in through(client, "okta/okta", rows))
    assert one == same != other


def test_what_is_no_row_of_the_log_is_refused_and_a_value_that_does_not_parse_left_out(client: OpenSearch) -> None:
    stranger, odd = through(
        client,
        "okta/okta",
        [{"a": 1}, {"uuid": "u", "published": "2026-01-15T09:00:00Z", "securityContext": {"isProxy": "perhaps"}}],
    )
    assert "it is no row of this log" in json.dumps(stranger)
    assert "security_context" not in odd["_source"]["okta"]


def test_a_query_runs_where_indexes_and_columns_are_not_there(client: OpenSearch) -> None:
    """Half of the logs have an index, without any column; the other half have none."""
    stores = {
        source: replace(store, index=f"absent{number}.{WORKER}-*")
        for number, (source, store) in enumerate(BACKEND.stores.items())
    }
    backend = replace(BACKEND, stores=stores)
    made = [index_of(store, "one") for store in list(stores.values())[::2]]
    for index in made:
        client.indices.create(index=index, body={"mappings": {"dynamic": False}})
        client.index(index=index, id="1", body={"@timestamp": "2026-01-15T09:00:00Z"}, refresh=True)
    ran = 0
    try:
        for plan in list(PACK.rules.plans().values())[::EACH]:
            try:
                query = query_of(plan, backend, Bounds())
            except UnsupportedError:
                continue
            answer = client.search(index=",".join(indexes(plan, backend)), body=json.loads(query))
            assert answer["_shards"]["failed"] == 0
            assert answer["hits"]["hits"] == []
            ran += 1
    finally:
        client.indices.delete(index=",".join(made))
    assert ran > 100 / EACH


def test_all_monitors_templates_are_compiled_under_the_limits_that_the_page_sets(client: OpenSearch) -> None:
    page = (ROOT / "docs" / "import" / "opensearch.md").read_text("utf-8")
    limits = {"script.context.template.max_compilations_rate": "1000/5m", "script.context.template.cache_max_size": "1000"}
    assert json.dumps({"persistent": limits}) in page
    client.cluster.put_settings(body={"persistent": limits})
    try:
        for number in range(len(PACK.shippable())):
            made = client.render_search_template(body={"source": json.dumps({"size": number})})
            assert made["template_output"] == {"size": number}
    finally:
        client.cluster.put_settings(body={"persistent": dict.fromkeys(limits)})
