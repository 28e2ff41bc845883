"""Monitors and index templates as OpenSearch takes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from casetrail.pack.pack import Pack
from casetrail.packages.schedule import schedule
from casetrail.packages.targets import backend_of, build
from casetrail.plan.nodes import Search

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.load(ROOT)


@pytest.fixture(scope="module")
def files(pack: Pack) -> dict[str, bytes]:
    return build(pack, ["opensearch"]).files


def documents(files: dict[str, bytes], folder: str) -> dict[str, dict[str, Any]]:
    return {
        path.rpartition("/")[2].removesuffix(".json"): json.loads(content)
        for path, content in files.items()
        if path.startswith(f"opensearch/{folder}/")
    }


def test_no_rule_is_refused(pack: Pack, files: dict[str, bytes]) -> None:
    alone = {name for name, rule in pack.rules.items() if rule.alone}
    assert set(documents(files, "monitors")) == alone
    assert json.loads(files["manifest.json"])["refused"] == []


def test_every_monitor_is_what_the_alerting_api_takes(pack: Pack, files: dict[str, bytes]) -> None:
    offenders = []
    for name, monitor in documents(files, "monitors").items():
        (search,) = (one["search"] for one in monitor["inputs"])
        (trigger,) = (one["query_level_trigger"] for one in monitor["triggers"])
        plan = pack.rules[name].plan
        found = "hits.total.value > 0" if isinstance(plan, Search) else "aggregations.completions.value.size() > 0"
        good = (
            (monitor["type"], monitor["monitor_type"], monitor["enabled"]) == ("monitor", "query_level_monitor", False)
            and monitor["schedule"] == {"period": {"interval": 5, "unit": "MINUTES"}}
            and search["query"] == json.loads(files[f"opensearch/queries/{name}.json"])
            and search["indices"]
            and trigger["severity"] in ("1", "2", "3", "4", "5")
            and trigger["condition"]["script"] == {"source": f"ctx.results[0].{found}", "lang": "painless"}
            and trigger["actions"] == []
        )
        if not good:
            offenders.append(name)
    assert offenders == []


def test_no_monitor_is_a_template(files: dict[str, bytes]) -> None:
    assert [path for path, content in files.items() if "/monitors/" in path and b"{{" in content] == []


def test_a_monitor_reads_back_over_its_window_and_the_delay_of_its_logs(pack: Pack, files: dict[str, bytes]) -> None:
    backend = backend_of(pack, "opensearch")
    for name, monitor in documents(files, "monitors").items():
        plan = pack.rules[name].plan
        assert plan is not None
        (ranged,) = monitor["inputs"][0]["search"]["query"]["query"]["bool"]["filter"][:1]
        back = int(ranged["range"]["@timestamp"]["gte"].removeprefix("now-").removesuffix("s"))
        assert back * 1_000_000 == schedule(plan, backend, pack.contracts).lookback, name


def test_a_template_types_every_field_that_the_backend_names(pack: Pack, files: dict[str, bytes]) -> None:
    stores = backend_of(pack, "opensearch").stores
    templates = documents(files, "templates")
    assert set(templates) == {source.replace("/", "-") for source in stores}
    for source, store in stores.items():
        template = templates[source.replace("/", "-")]
        assert template["index_patterns"] == [store.index]
        typed = dict(leaves(template["template"]["mappings"]["properties"]))
        named = {place.name: place.type for place in store.columns}
        times = {store.time: "date", store.arrival: "date"}
        assert typed == {**dict.fromkeys(store.only, "constant_keyword"), **times, **named}


def leaves(properties: dict[str, Any], path: str = "") -> list[tuple[str, str]]:
    found = []
    for name, facts in properties.items():
        if "properties" in facts:
            found += leaves(facts["properties"], f"{path}{name}.")
        else:
            found.append((path + name, facts["type"]))
    return found
