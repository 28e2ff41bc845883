"""What Elastic's own pipelines store, by version and setting: our storing is theirs, and a query finds the same on all of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from casetrail.engines.connect import connect
from casetrail.engines.documents import as_shaped
from casetrail.engines.elasticsearch import ElasticsearchEngine
from casetrail.engines.variants import Shapes, Variants, variants
from casetrail.logs.event import event_of
from casetrail.logs.rows import settle
from casetrail.pack.backend import read_backend
from casetrail.pack.cases import case_files
from casetrail.pack.pack import Pack
from casetrail.pack.shapes import read_shapes, unstored
from casetrail.proof.run import run
from casetrail.reading.yaml import read
from casetrail.stores.since import since
from casetrail.stores.store import Backend

ROOT = Path(__file__).parents[2]
PACK = Pack.load(ROOT)
FOLDER = ROOT / "backends" / "elastic"
BACKEND = read_backend(FOLDER, PACK.contracts)
SHAPES = read_shapes(FOLDER, PACK.contracts)
DOCUMENTS = ROOT.parent / "shared" / "samples" / "stored" / "elastic.ndjson"
THEIRS = {
    "okta-2.12": "2.12",
    "okta-3.0": "3.0",
    "okta-3.x": "later 3.x",
    "okta-3.x-no-flattened": "later 3.x, flattened debug data removed",
    "google": "as it comes",
    "google-preserve-duplicates": "duplicate fields preserved",
    "google-admin-old": "old versions",
    "salesforce": "as it comes",
}
"""The variants by the names that the folder of really stored documents gives them."""


def leaves(document: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(document, list):
        for item in document:
            yield from leaves(item, path)
    elif document is not None:
        yield path, json.dumps(document).strip('"').lower()


@pytest.mark.skipif(not DOCUMENTS.is_file(), reason="the folder of other people's rows is not here")
def test_an_event_is_stored_as_the_vendors_pipeline_stores_it_in_every_column_that_a_query_names() -> None:
    compared = 0
    for line in DOCUMENTS.read_text("utf-8").splitlines():
        theirs = json.loads(line)
        contract, store = PACK.contracts[theirs["source"]], BACKEND.stores[theirs["source"]]
        shapes = {shape.variant: shape for shape in SHAPES[theirs["source"]]}
        # The set-up audit trail and Google's administrators have no such duplicates.
        shape = shapes.get(THEIRS[theirs["variant"]], shapes.get("as it comes"))
        assert shape is not None
        (document,) = read(ROOT / "fixtures" / "events" / f"{theirs['event']}.yml")
        event = event_of(settle(document.data["row"], contract), contract)
        assert event is not None
        own, known = set(leaves(as_shaped(event, store, contract, shape))), set(leaves(theirs["stored"]))
        for place in store.columns:
            for name in (place.name, *place.also):
                if name != store.time and name in shape.filled:
                    held = [{pair for pair in each if pair[0] == name} for each in (own, known)]
                    assert held[0] == held[1], (theirs["event"], theirs["variant"], name)
                    compared += bool(held[1])
    assert compared > 2_000


def test_every_name_that_a_query_may_hold_is_stored_by_some_variant() -> None:
    assert list(unstored(BACKEND, SHAPES)) == []


def varied(url: str, backend: Backend, opened: ExitStack) -> Variants:
    cluster = connect(url, "Elasticsearch")

    def engine(apart: Backend, chosen: Shapes) -> ElasticsearchEngine:
        return opened.enter_context(closing(ElasticsearchEngine(cluster, apart, PACK.contracts, chosen)))

    return Variants("elasticsearch", backend, variants(backend, SHAPES, f"casetrail-{uuid.uuid4().hex[:12]}", engine))


@pytest.mark.parametrize(
    ("source", "path", "wrong", "rule", "word"),
    [
        (
            "gcp/google_workspace.chrome",
            "DEVICE_ID",
            "google_workspace.chrome.device_id",
            "chrome_har_file_moved",
            "duplicate fields",
        ),
        ("okta/okta", "debugContext.debugData.networkConnection", "", "okta_api_token_unrestricted", "2.12"),
    ],
)
def test_a_name_that_only_some_variants_have_is_found_out(
    elasticsearch_url: str, source: str, path: str, wrong: str, rule: str, word: str
) -> None:
    store = BACKEND.stores[source]
    place = store.fields[path]
    other = replace(place, name=wrong or place.name, also=())
    backend = replace(BACKEND, stores={**BACKEND.stores, source: replace(store, fields={**store.fields, path: other})})
    files = [file for file in case_files(PACK) if file.rule == rule]
    with ExitStack() as opened:
        outcomes = list(run(PACK, files, [varied(elasticsearch_url, backend, opened)]))
    extra = [found for outcome in outcomes for found in outcome.extra]
    assert any(word in found for found in extra), extra


def test_a_rule_says_since_which_version_its_log_is_stored_so() -> None:
    needed = {name: since(rule.plan, BACKEND.stores) for name, rule in PACK.rules.items() if rule.plan}
    assert needed["okta_root_session_two_countries"] == {"okta/okta": "3.5"}
    assert needed["okta_factors_reset_not_renewed"] == {"okta/okta": "3.0"}
    assert needed["okta_session_two_networks"] == {"okta/okta": "2.12"}
