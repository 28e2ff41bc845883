"""The templates for Microsoft Sentinel: of the documented form, within Azure's limits, and deployed as what they were made of."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from azure.mgmt.applicationinsights.models import Workbook
from azure.mgmt.securityinsight.models import ScheduledAlertRule, Watchlist

from casetrail.build.targets import backend_of, build
from casetrail.languages.kql.query import query_of
from casetrail.pack.pack import Pack
from casetrail.packages.formats import Packaged
from casetrail.packages.sentinel import rules as sentinel
from casetrail.packages.sentinel.arm import MOST_BYTES, MOST_BYTES_A_RESOURCE, Formula, size, templates, written
from casetrail.packages.sentinel.watchlists import content, looked_up, refuse
from casetrail.plan.nodes import Is, Listed, Search
from casetrail.schedule.schedule import schedule
from casetrail.stores.store import Backend
from casetrail.stores.unsupported import UnsupportedError
from tests.kusto.stores import BACKEND
from tests.packages.azure import deployed
from tests.packages.schema import offences
from tests.worlds import CONTRACT

PACK = Pack.load(Path(__file__).parents[2])
HOSTILE = [
    "[parameters('workspace')]",
    "[[already]",
    "[not a formula",
    "[concat('a', \"b\")]\n",
    "[]",
    "{{UserId}} and {{{{x}}}}",
    "${x} {TimeRange} %s 'quoted' \"doubly\" \\ \N{LINE SEPARATOR} </script> \N{GRINNING FACE}",
    '=HYPERLINK("http://x")',
]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return PACK


@pytest.fixture(scope="module")
def files(pack: Pack) -> dict[str, bytes]:
    return {path.removeprefix("sentinel/"): content for path, content in build(pack, ["sentinel"]).files.items()}


def resources(files: dict[str, bytes], name: str, **values: Any) -> list[dict[str, Any]]:
    return deployed(json.loads(files[name]), {"workspace": "w", **values})


def items(pack: Pack, backend: Backend, names: tuple[str, ...]) -> Iterator[Packaged]:
    for name in names:
        rule = pack.rules[name]
        assert rule.plan is not None
        when = schedule(rule.plan, backend, pack.contracts)
        yield Packaged(rule, rule.plan, query_of(rule.plan, backend, when.run()), when, pack.contracts)


def test_templates_are_of_the_documented_form_and_size(files: dict[str, bytes]) -> None:
    found = {name: content for name, content in files.items() if "/" not in name and name.endswith(".json")}
    assert set(found) == {"azuredeploy.json", "watchlists.json", "workbook.json", "manifest.json"}
    for name in ("azuredeploy.json", "watchlists.json", "workbook.json"):
        assert offences("azure", "template", json.loads(found[name])) == []
        assert len(found[name]) <= MOST_BYTES
        assert all(size(one) <= MOST_BYTES_A_RESOURCE for one in json.loads(found[name])["resources"])


def test_a_deployment_makes_every_rule_turned_off(files: dict[str, bytes]) -> None:
    made = {one["name"]: one["properties"] for one in resources(files, "azuredeploy.json")}
    published = [yaml.safe_load(content) for path, content in files.items() if path.startswith("analytics/")]
    assert set(made) == {f"w/Microsoft.SecurityInsights/{rule['id']}" for rule in published}
    for rule in published:
        properties = made[f"w/Microsoft.SecurityInsights/{rule['id']}"]
        same = ("severity", "query", "tactics", "customDetails", "eventGroupingSettings", "triggerThreshold")
        assert {key: properties[key] for key in same} == {key: rule[key] for key in same}
        assert properties.get("entityMappings") == rule.get("entityMappings")
        assert properties["displayName"] == rule["name"]
        assert (properties["enabled"], properties["suppressionEnabled"]) == (False, False)


def test_a_deployment_turns_on_what_it_names_and_leaves_out_what_lacks_a_table(files: dict[str, bytes]) -> None:
    chosen = ["okta_api_token_created", "salesforce_secret_files_in_series"]
    made = resources(files, "azuredeploy.json", enabled=chosen, tables=["OktaV2_CL"])
    on = [one["properties"]["displayName"] for one in made if one["properties"]["enabled"]]
    assert on == [yaml.safe_load(files["analytics/okta_api_token_created.yaml"])["name"]]
    tables = set(json.loads(files["azuredeploy.json"])["parameters"]["tables"]["defaultValue"])
    tables -= {"OktaV2_CL", "OktaSystemLogs"}
    assert [one["name"] for one in made if any(table in one["properties"]["query"] for table in tables)] == []
    assert all(one["properties"]["enabled"] for one in resources(files, "azuredeploy.json", enabled=["*"]))


def test_names_are_the_same_in_every_build(pack: Pack, files: dict[str, bytes]) -> None:
    again = build(pack, ["sentinel"]).files
    assert all(
        again[f"sentinel/{path}"] == content
        for path, content in files.items()
        if path.endswith((".json", ".yaml")) and path != "manifest.json"
    )
    made = {one["name"].rpartition("/")[2] for one in resources(files, "azuredeploy.json")}
    assert "2780d0de-4730-59b6-9c20-a65f7d5325d8" in made


def test_the_vendors_own_library_reads_every_resource_back_whole(files: dict[str, bytes]) -> None:
    for name, model in (
        ("azuredeploy.json", ScheduledAlertRule),
        ("watchlists.json", Watchlist),
        ("workbook.json", Workbook),
    ):
        for one in resources(files, name):
            sent = {key: one[key] for key in ("kind", "location", "properties") if key in one}
            assert model.deserialize(sent).serialize() == sent, one["name"]


def test_watchlists_are_those_that_the_rules_look_up(pack: Pack, files: dict[str, bytes]) -> None:
    asked = {name for content in files.values() for name in re.findall(r"_GetWatchlist\('(\w+)'\)", content.decode())}
    made = {one["properties"]["watchlistAlias"]: one["properties"] for one in resources(files, "watchlists.json")}
    assert set(made) == asked >= {"service_accounts"}
    assert all(("rawContent" in facts) == bool(pack.watchlists[name]) for name, facts in made.items())


def listing(values: tuple[str, ...], name: str = "accounts", *, cased: bool = True) -> Packaged:
    plan = Search("s", CONTRACT.key, Is(CONTRACT.fields["code"], Listed(name, values, cased=cased)))
    backend = replace(BACKEND, options={"watchlists": "live"})
    when = schedule(plan, backend, {CONTRACT.key: CONTRACT})
    rule = next(iter(PACK.rules.values()))
    return Packaged(rule, plan, query_of(plan, backend, when.run()), when, {CONTRACT.key: CONTRACT})


def test_a_watchlist_holds_its_values_as_they_are() -> None:
    values = ("=1+1", "@corp.example", "-2", "+3", 'a"b,c', "[x]", "<b>", "\N{GREEK SMALL LETTER ALPHA}", "0015", "a;b")
    made = sentinel.files([listing(values)], replace(BACKEND, options={"watchlists": "live"}))
    (one,) = resources(made, "watchlists.json")
    assert one["name"] == "w/Microsoft.SecurityInsights/accounts"
    rows = list(csv.DictReader(StringIO(one["properties"]["rawContent"], newline="")))
    assert tuple(row[one["properties"]["itemsSearchKey"]] for row in rows) == values
    assert not [name for name in made if name.endswith(".csv")]


def test_the_values_that_a_rule_compares_exactly_win() -> None:
    backend = replace(BACKEND, options={"watchlists": "live"})
    for both in ([listing(("ABC",)), listing(("abc",), cased=False)], [listing(("abc",), cased=False), listing(("ABC",))]):
        (one,) = resources(sentinel.files(both, backend), "watchlists.json")
        assert one["properties"]["rawContent"] == "value\r\nABC\r\n"


def test_an_empty_watchlist_is_made_without_content() -> None:
    (one,) = resources(sentinel.files([listing(())], replace(BACKEND, options={"watchlists": "live"})), "watchlists.json")
    assert "rawContent" not in one["properties"]
    assert content(()) == "value\r\n"


def test_watchlists_that_are_written_into_the_queries_are_not_made(pack: Pack) -> None:
    assert list(looked_up(replace(listing(("a",)), query="Test_CL"))) == []
    backend = backend_of(pack, "sentinel")
    assert "watchlists.json" not in sentinel.files(list(items(pack, backend, ("okta_api_token_created",))), backend)


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (listing(("a",), "ab"), "no watchlist named ab"),
        (listing(("a",), "-abc"), "no watchlist named -abc"),
        (listing(("a",), "x" * 65), "no watchlist named xxx"),
        (listing(("a\nb",)), "a line break"),
        (listing(("x" * 10_241,)), "a value has 10241 characters"),
        (listing(tuple(f"{number:0>100}" for number in range(10_000))), r"takes \d+ bytes, and a template 1000000"),
    ],
)
def test_a_watchlist_that_sentinel_cannot_hold_refuses_its_rule(one: Packaged, reason: str) -> None:
    with pytest.raises(UnsupportedError, match=reason):
        refuse(one)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_deployed_as_it_is(pack: Pack, text: str) -> None:
    backend = backend_of(pack, "sentinel")
    (one,) = items(pack, backend, ("okta_api_token_created",))
    sigma = copy(one.rule.sigma)
    sigma.title = sigma.description = text
    made = sentinel.files([replace(one, rule=replace(one.rule, sigma=sigma))], backend)
    (rule,) = resources(made, "azuredeploy.json")
    published = yaml.safe_load(made["analytics/okta_api_token_created.yaml"])
    assert rule["properties"]["displayName"] == published["name"] == text
    assert rule["properties"]["description"] == f"{' '.join(text.split())} {backend.stores['okta/okta'].note}"
    shown = rule["properties"].get("alertDetailsOverride", {}).get("alertDisplayNameFormat", text)
    assert re.findall(r"{{(.*?)}}", shown.removeprefix(text)) == (["OriginalActorAlternateId"] if "{{" not in text else [])


def test_a_hostile_query_is_deployed_as_it_is(pack: Pack) -> None:
    backend = backend_of(pack, "sentinel")
    (one,) = items(pack, backend, ("okta_api_token_created",))
    for query in ("['My table']", "[x", "[[y]", "T | where a == @'[parameters(''workspace'')]'"):
        (rule,) = resources(sentinel.files([replace(one, query=query)], backend), "azuredeploy.json")
        assert rule["properties"]["query"] == query + "\n"


@pytest.mark.parametrize("table", ["it's", "a'),contains('b", "[x]", "a b"])
def test_a_hostile_table_decides_like_any_other(pack: Pack, table: str) -> None:
    backend = backend_of(pack, "sentinel")
    stores = {**backend.stores, "okta/okta": replace(backend.stores["okta/okta"], index=table)}
    backend = replace(backend, stores=stores)
    made = sentinel.files(list(items(pack, backend, ("okta_api_token_created",))), backend)
    assert len(resources(made, "azuredeploy.json")) == len(resources(made, "azuredeploy.json", tables=[table])) == 1
    assert resources(made, "azuredeploy.json", tables=["b"]) == []


@pytest.mark.parametrize("text", ["", "a", "[", "]", "[a]", "[[a]", "[a]b", "a[b]", "[a]\n", "[[", "[]]"])
def test_a_text_is_never_a_formula(text: str) -> None:
    template = {"parameters": {}, "resources": [written({"x": text, "y": [text], "z": {"w": text}})]}
    assert deployed(template, {}) == [{"x": text, "y": [text], "z": {"w": text}}]
    assert written(Formula("concat('a')")) == "[concat('a')]"


def test_what_is_too_much_for_one_template_goes_into_several() -> None:
    big = [{"name": str(number), "text": "x" * 900_000} for number in range(9)]
    made = templates("t", {}, big)
    assert list(made) == ["t.json", "t-2.json", "t-3.json"]
    assert all(len(file) <= MOST_BYTES for file in made.values())
    assert [one["name"] for file in made.values() for one in json.loads(file)["resources"]] == [str(n) for n in range(9)]
    many = templates("t", {}, [{"name": str(number)} for number in range(1_601)])
    assert [len(json.loads(file)["resources"]) for file in many.values()] == [800, 800, 1]
