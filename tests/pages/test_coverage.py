"""docs/coverage.md is of its data, and its data is true of the incident's logs."""

from __future__ import annotations

import orjson
import pytest

from casetrail.hunt.hunt import hunt
from casetrail.incidents.replay import on_silence
from casetrail.incidents.rows import log_of, watchlists_of
from casetrail.incidents.story import read_incident
from casetrail.pack.files import documents
from casetrail.pack.pack import Pack
from casetrail.pages.coverage import coverage_page, named_rules
from tests.cli.ways import ROOT

PACK = Pack.load(ROOT)
(DOCUMENT,) = documents(ROOT / "docs" / "coverage.yml")
ROWS = DOCUMENT["incident"]["rows"]
INCIDENT = read_incident(PACK, DOCUMENT["incident"]["name"])


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """By fact of the incident the rules that complete on a row of it, each company's log by itself."""
    found: dict[str, set[str]] = {}
    for company in INCIDENT.companies:
        folder = tmp_path_factory.mktemp(company.name)
        arrivals = log_of(PACK, INCIDENT, company)
        by_source: dict[str, list[bytes]] = {}
        for one in arrivals:
            by_source.setdefault(one.event.source, []).append(orjson.dumps(one.event.row))
        for source, lines in by_source.items():
            (folder / f"{source.replace('/', '.')}.ndjson").write_bytes(b"\n".join(lines))
        lists = {name: tuple(values) for name, values in watchlists_of(INCIDENT, company).items() if name in PACK.watchlists}
        facts = {one.event.id: one.fact for one in arrivals}
        plans = PACK.with_watchlists(lists).rules.plans()
        told = {name: plan for name, plan in plans.items() if not on_silence(PACK.rules[name], plan)}
        for hit in hunt(told, PACK.contracts, [folder]).hits:
            found.setdefault(facts[hit.id], set()).add(hit.rule)
    return found


def test_the_page_is_current() -> None:
    assert (ROOT / "docs" / "coverage.md").read_text("utf-8") == coverage_page(DOCUMENT), "run `make docs`"


def test_it_names_rules_and_facts_that_are_there() -> None:
    assert named_rules(DOCUMENT) <= {rule.name for rule in PACK.rules.values() if rule.alone}
    facts = {fact.id for fact in INCIDENT.facts}
    assert {fact for row in ROWS for fact in row["facts"]} <= facts
    intruder = {fact.id for fact in INCIDENT.facts if fact.by == "intruder"}
    assert intruder <= {fact for row in ROWS for fact in row["facts"]}


def test_what_the_others_have_is_here_or_has_a_reason() -> None:
    for each in DOCUMENT["sets"]:
        assert each["adds"]
        for item in each["has"]:
            assert item.get("ours") or "left out" in item["note"], (each["name"], item)


def test_each_rule_completes_on_the_rows_that_it_is_said_to_see(seen: dict[str, set[str]]) -> None:
    wrong = [
        (row["when"], name)
        for row in ROWS
        for name in row.get("seen_by", ())
        if not any(name in seen.get(fact, set()) for fact in row["facts"])
    ]
    assert wrong == []


def test_every_rule_that_completes_on_an_intruders_rows_is_told_of(seen: dict[str, set[str]]) -> None:
    told = {(fact, name) for row in ROWS for fact in row["facts"] for name in row.get("seen_by", ())}
    intruder = {fact.id for fact in INCIDENT.facts if fact.by == "intruder"}
    assert {(fact, name) for fact in intruder for name in seen.get(fact, set())} - told == set(), (
        "name them in docs/coverage.yml"
    )
