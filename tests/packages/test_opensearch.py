"""Monitors and index templates as OpenSearch takes them."""

from __future__ import annotations

import html
import json
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import chevron
import pytest

from casetrail.build.targets import backend_of, build, query_for
from casetrail.pack.pack import Pack
from casetrail.packages.formats import Packaged
from casetrail.packages.opensearch.monitors import MESSAGES, monitor
from casetrail.packages.opensearch.monitors import files as written
from casetrail.plan.nodes import Correlation, Plan, Search
from casetrail.schedule.schedule import schedule
from tests.packages.schema import offences

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
    monitors = documents(files, "monitors")
    backend = backend_of(pack, "opensearch")
    found = {name: offences("opensearch", "monitor", made) for name, made in monitors.items()}
    assert {name: those for name, those in found.items() if those} == {}
    for name, made in monitors.items():
        (search,) = (one["search"] for one in made["inputs"])
        (trigger,) = (one["query_level_trigger"] for one in made["triggers"])
        plan = pack.rules[name].plan
        assert plan is not None
        every = schedule(plan, backend, pack.contracts).interval // 60_000_000
        counted = "hits.total.value > 0" if isinstance(plan, Search) else "aggregations.completions.value.size() > 0"
        assert made["name"] == name
        assert made["schedule"] == {"period": {"interval": every, "unit": "MINUTES"}}, name
        assert search["query"] == json.loads(files[f"opensearch/queries/{name}.json"]), name
        assert trigger["condition"]["script"]["source"] == f"ctx.results[0].{counted}", name
        assert trigger["actions"] == [], name


def test_every_template_is_what_the_index_template_api_takes(files: dict[str, bytes]) -> None:
    found = {name: offences("opensearch", "index_template", body) for name, body in documents(files, "templates").items()}
    assert {name: those for name, those in found.items() if those} == {}


def test_a_channel_is_told_of_every_completion_and_never_throttled(pack: Pack) -> None:
    backend = backend_of(pack, "opensearch")
    told = replace(backend, options={**backend.options, "notification_channel": "c-1"})
    for name in ("okta_api_token_created", "okta_session_two_networks"):
        plan = pack.rules[name].plan
        assert plan is not None
        when = schedule(plan, told, pack.contracts)
        made = monitor(Packaged(pack.rules[name], plan, query_of(pack, name), when, pack.contracts), told)
        assert offences("opensearch", "monitor", made) == []
        (action,) = made["triggers"][0]["query_level_trigger"]["actions"]
        assert (action["destination_id"], action["throttle_enabled"]) == ("c-1", False)


@pytest.mark.parametrize("kind", MESSAGES)
@pytest.mark.parametrize(
    "text", ["plain", "{{ctx.monitor.name}}", "{{#ctx}}", '"}, {"x": "', "a\nb", "{{=<% %>=}}", "\\", "<b>&"]
)
def test_a_message_names_rule_and_event_of_each_completion(kind: type[Plan], text: str) -> None:
    """Rendered by another Mustache than OpenSearch's, which the node of the tests lacks; text is title, id and key."""
    found = [{"event_id": "e-1", "key": "k", "n": 2}, {"event_id": text, "key": text, "n": 3}]
    answer = {"hits": {"hits": [{"_id": "e-1"}, {"_id": text}]}, "aggregations": {"completions": {"value": found}}}
    context = {"monitor": {"name": "a_rule"}, "trigger": {"name": text, "severity": "2"}, "results": [answer]}
    said = html.unescape(chevron.render(MESSAGES[kind], {"ctx": context}))
    lines: dict[type[Plan], str] = {
        Search: f"a_rule e-1\na_rule {text}\n",
        Correlation: f"a_rule e-1 key k n 2\na_rule {text} key {text} n 3\n",
    }
    assert said == f"a_rule: {text} (severity 2 of 5)\n{lines[kind]}"


def test_a_hostile_title_stays_a_title(pack: Pack) -> None:
    backend = backend_of(pack, "opensearch")
    rule = pack.rules["okta_api_token_created"]
    assert rule.plan is not None
    for title in ("{{ctx.monitor.name}}", "'); return true; //", '"', "\n", "\N{GRINNING FACE}"):
        sigma = copy(rule.sigma)
        sigma.title = title
        when = schedule(rule.plan, backend, pack.contracts)
        item = Packaged(replace(rule, sigma=sigma), rule.plan, query_of(pack, rule.name), when, pack.contracts)
        (content,) = [content for path, content in written([item], backend).items() if path.startswith("monitors/")]
        (trigger,) = json.loads(content)["triggers"]
        assert trigger["query_level_trigger"]["name"] == title
        assert trigger["query_level_trigger"]["condition"]["script"]["source"] == "ctx.results[0].hits.total.value > 0"


def query_of(pack: Pack, name: str) -> str:
    return query_for(pack, pack.rules[name], "opensearch")


def test_names_are_the_same_in_every_build(pack: Pack, files: dict[str, bytes]) -> None:
    assert build(pack, ["opensearch"]).files == files


def test_no_monitor_is_a_template(files: dict[str, bytes]) -> None:
    assert [path for path, content in files.items() if "/monitors/" in path and b"{{" in content] == []


def test_a_monitor_reads_back_over_its_window_and_the_delay_of_its_logs(pack: Pack, files: dict[str, bytes]) -> None:
    backend = backend_of(pack, "opensearch")
    for name, made in documents(files, "monitors").items():
        plan = pack.rules[name].plan
        assert plan is not None
        (ranged,) = made["inputs"][0]["search"]["query"]["query"]["bool"]["filter"][:1]
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
