"""The pipelines for Sigma's own tools, as pySigma reads them: what they name, and that they refuse what is said and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.processing.pipeline import ProcessingPipeline
from sigma.rule import SigmaRule

from casetrail.build.targets import backend_of
from casetrail.pack.backend import targets
from casetrail.pack.pack import Pack
from casetrail.pack.sources import Sources
from casetrail.packages.sigma.limits import ASTERISK, CORRELATION, NETWORK, TOOLS, losses, refusals
from casetrail.packages.sigma.pipeline import pipeline, watchlist_pipeline
from casetrail.packages.sigma.rules import files
from casetrail.plan.nodes import Search
from casetrail.reading.yaml import read
from tests.cli.ways import RULE, put, small_pack

ROOT = Path(__file__).parents[2]
PACK = Pack.load(ROOT)
FILLED = PACK.with_watchlists(
    {name: values or ("filled.example",) for name, values in PACK.watchlists.items()}
    | {"corporate_networks": ("192.0.2.0/24", "198.51.100.7"), "known_proxies": ("64496",)}
    | {"indicator_addresses": ("203.0.113.0/24", "198.51.100.8")}
)
PACKS = {"as shipped": PACK, "filled in": FILLED}
TARGETS = targets(PACK)


def pipes(pack: Pack, target: str) -> ProcessingPipeline:
    """Both pipelines, the lists' and the SIEM's, as `sigma convert -p … -p …` puts them together."""
    texts = [watchlist_pipeline(pack.watchlists), pipeline(pack, backend_of(pack, target))]
    return sum((ProcessingPipeline.from_yaml(text.decode()) for text in texts), ProcessingPipeline())


def applied(pack: Pack, name: str, pipe: ProcessingPipeline) -> SigmaRule:
    """A fresh copy of a rule with pipelines applied. Raises SigmaError where they refuse it."""
    kind = SigmaCorrelationRule if "correlation" in pack.rules[name].meta else SigmaRule
    rule: Any = kind.from_dict(dict(pack.rules[name].meta))
    pipe.apply(rule)
    return rule  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", PACKS)
@pytest.mark.parametrize("target", TARGETS)
def test_what_is_said_to_be_refused_is_and_nothing_else(kind: str, target: str) -> None:
    pack = PACKS[kind]
    said, pipe = refusals(pack, backend_of(pack, target)), pipes(pack, target)
    for name in (rule.name for rule in pack.rules.values() if rule.alone):
        try:
            applied(pack, name, pipe)
            refused = ""
        except SigmaError as error:
            refused = str(error)
        assert bool(refused) == (name in said), (name, refused, said.get(name))
        if refused and "is empty" not in said[name]:
            assert said[name].rpartition(": ")[2] in refused
        elif refused:
            assert said[name].split()[2] in refused


def test_every_correlation_is_refused_by_name() -> None:
    for target in TARGETS:
        said = refusals(FILLED, backend_of(PACK, target))
        for rule in PACK.rules.values():
            if rule.alone and not isinstance(rule.plan, Search):
                assert said[rule.name] == CORRELATION


def test_fields_get_the_names_of_the_siem_and_the_log_its_own_condition() -> None:
    text = str(applied(PACK, "okta_api_token_created", pipes(PACK, "elastic")).to_dict())
    assert "okta.event_type" in text
    assert "okta.outcome.result" in text
    assert "'data_stream.dataset': 'okta.system'" in text
    assert "eventType" not in text


def test_a_network_in_a_list_is_refused_where_it_would_be_compared_as_text() -> None:
    as_text = f"client.ipAddress: {NETWORK}"
    said = {target: refusals(FILLED, backend_of(PACK, target)).get("okta_admin_through_proxy", "") for target in TARGETS}
    assert said == {"elastic": "", "opensearch": "", "sentinel": as_text, "splunk": as_text}
    single = FILLED.with_watchlists({"corporate_networks": ("198.51.100.7",)})
    assert "okta_admin_through_proxy" not in refusals(single, backend_of(PACK, "sentinel"))


def test_a_rule_of_another_log_is_refused() -> None:
    for target in TARGETS:
        pipe = ProcessingPipeline.from_yaml(pipeline(PACK, backend_of(PACK, target)).decode())
        stranger = SigmaRule.from_dict({**RULE, "logsource": {"product": "windows", "service": "security"}})
        with pytest.raises(SigmaError, match="no such log"):
            pipe.apply(stranger)


def test_the_files_hold_every_rule_as_it_is() -> None:
    made = files(PACK, [backend_of(PACK, target) for target in TARGETS])
    rules = {path.rpartition("/")[2]: content for path, content in made.items() if path.startswith("rules/")}
    assert rules == {path.name: path.read_bytes() for path in PACK.sources}
    single = {Path(path).stem for path in made if path.startswith("rules/single/")}
    assert single == {rule.name for rule in PACK.rules.values() if rule.alone and isinstance(rule.plan, Search)}
    assert {path for path in made if path.startswith("pipelines/")} == {
        f"pipelines/{name}.yml" for name in (*TARGETS, "watchlists")
    }
    readme = made["README.md"].decode()
    for target in TARGETS:
        backend = backend_of(PACK, target)
        assert f"`-t {TOOLS[backend.language].target} -p pipelines/{target}.yml`" in readme
        for name, reason in refusals(PACK, backend).items():
            assert reason == CORRELATION or (name in readme and reason in readme)


def test_files_of_one_name_and_the_good_rules_of_a_broken_file_are_kept(tmp_path: Path) -> None:
    nameless = {key: value for key, value in RULE.items() if key not in ("name", "id")}
    pack = small_pack(tmp_path / "pack", {"example": nameless}, None)
    (pack / "rules" / "okta" / "deep").mkdir()
    put(pack / "rules" / "okta" / "deep" / "example.yml", {**nameless, "title": "Another"})
    broken = {**nameless, "title": "Broken", "detection": {"selection": {"eventType|nothing": 1}, "condition": "selection"}}
    pair = yaml.safe_dump_all([{**nameless, "title": "Good"}, broken], sort_keys=False)
    (pack / "rules" / "okta" / "pair.yml").write_text(pair)
    made = {path: content for path, content in files(Pack.load(pack), []).items() if path.startswith("rules/")}
    titles = sorted(document["title"] for content in made.values() for document in yaml.safe_load_all(content))
    assert titles == ["Another", RULE["title"], "Good"]
    assert len(made) == 3


def test_a_customers_threshold_is_in_the_rule(tmp_path: Path) -> None:
    (tmp_path / "thresholds.yml").write_text("okta_session_cookie_replay: {count: 9}\n")
    changed = Pack.load(ROOT, tmp_path)
    made = files(changed, [])
    document: dict[str, Any] = yaml.safe_load(made["rules/correlations/okta_session_cookie_replay.yml"])
    assert document["correlation"]["condition"]["gte"] == 9
    assert made["rules/correlations/okta_session_flapping.yml"] == PACK.rules["okta_session_flapping"].path.read_bytes()


def test_values_cannot_break_out_of_the_yaml() -> None:
    nasty = ("a: b", "#c", '"d', "'e", "*f", "{g}", "h\ni", "%j%", "- k", "\u2028", "yes", "1")
    document = yaml.safe_load(watchlist_pipeline({"known_proxies": nasty}))
    assert document["vars"]["known_proxies"] == list(nasty)
    assert yaml.safe_load(watchlist_pipeline({}))["vars"] == {}


def test_what_a_list_or_an_asterisk_keeps_from_splunk_is_refused(tmp_path: Path) -> None:
    said = refusals(FILLED, backend_of(PACK, "splunk"))
    assert "it lies in the list event.parameters{}" in said["chrome_signin_policy_weakened"]
    assert "it lies in the list target{}" in said["okta_session_protection_weakened"]
    starred = {"kind": {"eventType": "a\\*b"}, "condition": "kind"}
    path = tmp_path / "example.yml"
    path.write_text(yaml.safe_dump({**RULE, "detection": starred}))
    pack = Pack(ROOT, PACK.contracts, {}, Sources({path: tuple(read(path))}))
    assert refusals(pack, backend_of(PACK, "splunk")) == {"example": f"eventType: {ASTERISK}"}
    assert refusals(pack, backend_of(PACK, "sentinel")) == {}
    with pytest.raises(SigmaError, match="every asterisk"):
        applied(pack, "example", pipes(pack, "splunk"))


def test_a_loss_of_letter_case_is_told() -> None:
    kusto, lucene = (losses(FILLED, backend_of(PACK, target)) for target in ("sentinel", "elastic"))
    assert "USER_ID_DERIVED" in kusto["salesforce_service_account_impersonated"]
    assert lucene["salesforce_app_right_given"] == "minds letter case in Display"
    assert not set(kusto) & set(refusals(FILLED, backend_of(PACK, "sentinel")))
