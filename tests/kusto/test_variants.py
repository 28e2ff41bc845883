"""What Microsoft's connectors store, by generation: no name of a query is without a row that has it, and a query holds on every variant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from casetrail.engines.kusto import Kusto
from casetrail.engines.nodes.kusto import Checker
from casetrail.engines.variants import Shapes, Variants, variants
from casetrail.pack.backend import read_backend, settings_of
from casetrail.pack.cases import case_files
from casetrail.pack.pack import Pack
from casetrail.pack.shapes import read_shapes, shapes_of, unstored
from casetrail.proof.parsed_kusto import ParsedKusto, VettingError
from casetrail.proof.run import CaseOutcome, run
from casetrail.stores.store import Backend, StoredField
from tests.kusto.test_vendor import OLDER

ROOT = Path(__file__).parents[2]
PACK = Pack.load(ROOT)
FOLDER = ROOT / "backends" / "sentinel"
SHAPES = read_shapes(FOLDER, PACK.contracts)
GENERATIONS = {"the newest": settings_of(FOLDER)["generations"], **OLDER}


def outcomes(backend: Backend, rule: str, checker: Checker) -> Iterator[CaseOutcome]:
    def engine(apart: Backend, chosen: Shapes) -> ParsedKusto:
        return ParsedKusto(apart, PACK.contracts, checker, chosen)

    each = variants(backend, shapes_of(backend, SHAPES), "", engine)
    files = [file for file in case_files(PACK) if file.rule == rule]
    return run(PACK, files, [Variants(Kusto.name, backend, each)])


def with_field(source: str, path: str, place: StoredField) -> Backend:
    backend = read_backend(FOLDER, PACK.contracts)
    store = backend.stores[source]
    return replace(backend, stores={**backend.stores, source: replace(store, fields={**store.fields, path: place})})


@pytest.mark.parametrize("generations", GENERATIONS.values(), ids=GENERATIONS)
def test_every_name_that_a_query_may_hold_is_stored_by_some_variant(generations: dict[str, str]) -> None:
    backend = read_backend(FOLDER, PACK.contracts, {"generations": generations})
    assert list(unstored(backend, SHAPES)) == []


def test_every_log_of_the_newest_connectors_has_its_stored_shape() -> None:
    backend = read_backend(FOLDER, PACK.contracts)
    assert set(shapes_of(backend, SHAPES)) == set(backend.stores)


def test_what_only_follows_from_other_names_is_marked() -> None:
    inferred = {(shape.source, shape.generation) for shape in chain(*SHAPES.values()) if shape.inferred}
    assert inferred == {
        ("gcp/google_workspace.chrome", "v2"),
        ("gcp/google_workspace.admin", "v2"),
        ("salesforce/eventlogfile", "v3"),
    }


def test_a_name_that_only_some_variants_have_is_found_out(checker: Checker) -> None:
    backend = with_field("gcp/google_workspace.chrome", "DEVICE_ID", StoredField("DeviceId", "string"))
    found = [extra for one in outcomes(backend, "chrome_stranger_on_managed_device", checker) for extra in one.extra]
    assert any("only gcp/google_workspace.chrome columns filled" in extra for extra in found)


def test_a_column_that_no_table_has_is_found_out_by_the_vendors_binder_or_by_what_is_missed(checker: Checker) -> None:
    backend = with_field("gcp/google_workspace.chrome", "DEVICE_ID", StoredField("Device", "string"))
    assert any(one.missing for one in outcomes(backend, "chrome_stranger_on_managed_device", checker))
    strict = replace(backend, options={**backend.options, "absent": "an error"})
    with pytest.raises(VettingError, match="The name 'Device' does not refer to any known column"):
        list(outcomes(strict, "chrome_stranger_on_managed_device", checker))
