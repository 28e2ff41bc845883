"""What Splunk's add-ons index: every name of a query is one of an indexed field, and an event is stored as Splunk extracts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from casetrail.engines.spl_model import extracted
from casetrail.engines.splunk_model import SplunkModel, as_shaped, stored
from casetrail.engines.variants import Shapes, Variants, variants
from casetrail.logs.event import event_of
from casetrail.logs.rows import settle
from casetrail.pack.backend import read_backend
from casetrail.pack.cases import case_files
from casetrail.pack.pack import Pack
from casetrail.pack.shapes import read_shapes, shapes_of, unstored
from casetrail.proof.run import run
from casetrail.reading.yaml import read
from casetrail.stores.store import Backend

PACK = Pack.load(Path(__file__).parents[2])
FOLDER = PACK.folder / "backends" / "splunk"
BACKEND = read_backend(FOLDER, PACK.contracts)
SHAPES = read_shapes(FOLDER, PACK.contracts)


def test_every_name_that_a_query_may_hold_is_indexed_by_some_variant() -> None:
    assert list(unstored(BACKEND, SHAPES)) == []
    assert set(shapes_of(BACKEND, SHAPES)) == set(BACKEND.stores)


def test_all_names_are_marked_as_inferred_since_no_configuration_of_an_add_on_is_public() -> None:
    for shapes in SHAPES.values():
        for shape in shapes:
            assert shape.inferred == set(shape.fields)


@pytest.mark.parametrize("source", ["okta/okta", "salesforce/realtime", "salesforce/loginhistory"])
def test_an_event_is_stored_as_splunk_extracts_its_json(source: str) -> None:
    contract, store = PACK.contracts[source], BACKEND.stores[source]
    compared = 0
    for path in sorted((PACK.folder / "fixtures" / "events").rglob("*.yml")):
        (document,) = read(path)
        if document.data["source"] != source:
            continue
        row = settle(document.data["row"], contract)
        event = event_of(row, contract)
        assert event is not None
        spelled = {store.fields[name].name for name, field in contract.fields.items() if field.spellings}
        made = stored(event, store, contract, as_shaped(SHAPES[source][0]), nulls=False)
        fields = extracted(event.row)
        for place in store.columns:
            if place.name not in spelled | {store.time}:
                assert made.get(place.name) == fields.get(place.name), (path, place.name)
                compared += place.name in fields
    assert compared


def test_a_parameter_is_found_under_whichever_key_its_value_is() -> None:
    def engine(apart: Backend, chosen: Shapes) -> SplunkModel:
        return SplunkModel(apart, PACK.contracts, chosen)

    model = Variants(SplunkModel.name, BACKEND, variants(BACKEND, SHAPES, "", engine))
    assert len(model.variants) == 2
    files = [file for file in case_files(PACK) if file.rule.startswith("chrome_work_signin")]
    found = list(run(PACK, files, [model]))
    assert found
    assert all(one.passed for one in found)
