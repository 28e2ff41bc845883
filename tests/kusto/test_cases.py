"""Every case of every rule with the shipped names and the shipped query, and the vendor's check of all that is built."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from casetrail.nodes.kusto import Checker
from casetrail.pack.backend import Backend, read_backend
from casetrail.pack.cases import case_files
from casetrail.pack.pack import Pack
from casetrail.packages.schedule import shipped_query
from casetrail.packages.targets import build
from casetrail.proof.run import run
from casetrail.proof.vetted import Apart
from tests.kusto.checks import declared

ROOT = Path(__file__).parents[2]
REFUSED: dict[str, str] = {}
"""The rules that Sentinel can't hold, with a word of the reason. A rule that it has learned to hold must leave this list."""
OLDER = {
    "the function apps": (
        {"okta": "v1", "eventlogfile": "v1", "google_workspace.chrome": "v1", "google_workspace.admin": "v1"},
        {},
    ),
    "Salesforce's connector of 2025": ({"eventlogfile": "v2"}, {"salesforce_service_account_ui_login": "LOGIN_TYPE"}),
}


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


def outcomes(pack: Pack, backend: Backend, expected: dict[str, str]) -> None:
    found = list(run(pack, case_files(pack), [Apart(backend, pack.contracts)]))
    refused = {outcome.case.rule: outcome.refused for outcome in found if outcome.got is None}
    assert set(refused) == set(expected), refused
    assert all(word in refused[rule] for rule, word in expected.items()), refused
    wrong = [(o.case.rule, o.case.name, o.missing, o.extra) for o in found if o.got is not None and not o.passed]
    assert not wrong, wrong


def test_every_case_completes_on_the_same_events(pack: Pack) -> None:
    outcomes(pack, shipped(pack), REFUSED)


@pytest.mark.parametrize(("generations", "refused"), OLDER.values(), ids=OLDER)
def test_and_with_the_names_of_older_connectors(
    pack: Pack, tmp_path: Path, generations: dict[str, str], refused: dict[str, str]
) -> None:
    outcomes(pack, older(pack, tmp_path, generations), refused)


def queries(pack: Pack) -> Iterator[tuple[str, str]]:
    for path, content in build(pack, ["sentinel"]).files.items():
        if path.startswith("sentinel/queries/"):
            yield path, content.decode()


def test_the_vendor_takes_every_query_of_the_pack(pack: Pack, checker: Checker) -> None:
    tables = declared(shipped(pack))
    found = {path: checker.check(query, tables).problems for path, query in queries(pack)}
    assert found
    assert {path: problems for path, problems in found.items() if problems} == {}


@pytest.mark.parametrize(("generations", "refused"), OLDER.values(), ids=OLDER)
def test_the_vendor_takes_every_query_with_older_names(
    pack: Pack, tmp_path: Path, checker: Checker, generations: dict[str, str], refused: dict[str, str]
) -> None:
    backend = older(pack, tmp_path, generations)
    plans = {name: rule.plan for name, rule in pack.rules.items() if rule.alone and name not in refused}
    found = {
        name: checker.check(shipped_query(plan, backend, pack.contracts), declared(backend)).problems
        for name, plan in plans.items()
        if plan is not None
    }
    assert len(found) > 20
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
