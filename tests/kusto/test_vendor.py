"""The vendor's check of all that is built, and cases under the names of older connectors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from casetrail.build.targets import build
from casetrail.engines.nodes.kusto import Checker
from casetrail.languages.base import Ago, Bounds
from casetrail.languages.kql.query import query_of
from casetrail.pack.backend import read_backend
from casetrail.pack.cases import case_files
from casetrail.pack.pack import Pack
from casetrail.proof.parsed_kusto import DistinctEvents
from casetrail.proof.run import run
from casetrail.schedule.schedule import shipped_query
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError
from tests.engines import test_reference as law
from tests.kusto.checks import declared, problems
from tests.kusto.stores import KINDS

ROOT = Path(__file__).parents[2]
OLDER = {
    "the function apps": {
        "okta": "v1",
        "eventlogfile": "v1",
        "google_workspace.chrome": "v1",
        "google_workspace.admin": "v1",
    },
    "Salesforce's connector of 2025": {"eventlogfile": "v2"},
}
EACH = 6
"""Of the older names every sixth rule is run."""


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.load(ROOT)


def shipped(pack: Pack) -> Backend:
    return read_backend(ROOT / "backends" / "sentinel", pack.contracts)


def older(pack: Pack, folder: Path, generations: dict[str, str]) -> Backend:
    """The shipped backend with other lines under `generations`."""
    for path in (ROOT / "backends" / "sentinel").glob("*.yml"):
        document = yaml.safe_load(path.read_text("utf-8"))
        if path.name == "backend.yml":
            document["generations"] |= generations
        (folder / path.name).write_text(yaml.safe_dump(document), "utf-8")
    return read_backend(folder, pack.contracts)


def refused_on(pack: Pack, backend: Backend, each: int = 1) -> dict[str, str]:
    """The rules whose cases are refused, with the reason; those that are run complete as they say."""
    found = list(run(pack, case_files(pack)[::each], [DistinctEvents(backend, pack.contracts)]))
    wrong = [(o.case.rule, o.case.name, o.missing, o.extra) for o in found if o.got is not None and not o.passed]
    assert not wrong, wrong
    assert len({outcome.case.rule for outcome in found if outcome.got is not None}) * each > len(pack.rules.plans()) / 2
    return {outcome.case.rule: outcome.refused for outcome in found if outcome.got is None}


@pytest.mark.parametrize("generations", OLDER.values(), ids=OLDER)
def test_and_with_the_names_of_older_connectors(pack: Pack, tmp_path: Path, generations: dict[str, str]) -> None:
    refused_on(pack, older(pack, tmp_path, generations), EACH)


def queries(pack: Pack) -> Iterator[tuple[str, str]]:
    for path, content in build(pack, ["sentinel"]).files.items():
        if path.startswith("sentinel/queries/"):
            yield path, content.decode()


def test_the_vendor_takes_every_query_of_the_pack(pack: Pack, checker: Checker) -> None:
    tables = declared(shipped(pack))
    found = {path: checker.check(query, tables).problems for path, query in queries(pack)}
    assert found
    assert {path: problems for path, problems in found.items() if problems} == {}


@pytest.mark.parametrize("generations", OLDER.values(), ids=OLDER)
def test_the_vendor_takes_every_query_with_older_names(
    pack: Pack, tmp_path: Path, checker: Checker, generations: dict[str, str]
) -> None:
    backend = older(pack, tmp_path, generations)
    tables = declared(backend)
    found = {}
    for name, plan in pack.rules.plans().items():
        with suppress(UnsupportedError):
            found[name] = checker.check(shipped_query(plan, backend, pack.contracts), tables).problems
    assert len(found) > len(pack.rules.plans()) / 2
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_every_column_that_a_rule_maps_is_in_its_result(pack: Pack, checker: Checker) -> None:
    tables = declared(shipped(pack))
    for path, content in build(pack, ["sentinel"]).files.items():
        if path.startswith("sentinel/analytics/"):
            rule = yaml.safe_load(content)
            columns = checker.check(rule["query"], tables).columns
            mapped = [each["columnName"] for one in rule.get("entityMappings", []) for each in one["fieldMappings"]]
            assert set(mapped) | set(rule["customDetails"].values()) <= set(columns), path
            assert all(columns[column] == "string" for column in mapped), path
            assert "TimeGenerated" in columns


@pytest.mark.parametrize("backend", KINDS.values(), ids=KINDS)
def test_a_query_on_the_clock_of_the_workspace_is_the_vendors(backend: Backend, checker: Checker) -> None:
    run = Bounds(Ago(90_000_000), Ago(60_000_000), every=300_000_000)
    made = replace(backend, options={"watchlists": "live", "alerts": "arrivals"})
    for _, correlation, _, _ in law.WINDOWS:
        query = query_of(law.plan(correlation), made, run)
        assert problems(checker, query, made) == (), query
