"""Configuration files as Splunk reads them."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from casetrail.build.targets import backend_of, build
from casetrail.languages.spl.lookups import Compared
from casetrail.languages.spl.query import query_of
from casetrail.languages.spl.tables import table
from casetrail.logs.contract import parse_span
from casetrail.pack.files import PackError
from casetrail.pack.pack import Pack
from casetrail.packages.formats import Packaged
from casetrail.packages.splunk.app import cron, files
from casetrail.packages.splunk.conf import conf
from casetrail.plan.nodes import Correlation
from casetrail.schedule.schedule import schedule
from casetrail.stores.store import Backend

ROOT = Path(__file__).parents[2]
MINUTE = 60_000_000


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.load(ROOT)


@pytest.fixture(scope="module")
def built(pack: Pack) -> dict[str, bytes]:
    return build(pack, ["splunk"]).files


def read(content: bytes) -> dict[str, dict[str, str]]:
    """A .conf file as Splunk reads it: `\\` at the end of a line goes on, `#` begins a comment, `[` a stanza."""
    stanzas: dict[str, dict[str, str]] = {}
    joined = re.sub(r"\\\n", "\0", content.decode())
    for line in joined.splitlines():
        if line.startswith("["):
            title = line[1:-1]
            assert title not in stanzas
            stanzas[title] = {}
        elif line.strip() and not line.startswith("#"):
            key, _, value = line.partition(" = ")
            assert key not in stanzas[title]
            stanzas[title][key] = value.replace("\0", "\n").replace(" \n", "\n")
    return stanzas


def packaged(pack: Pack, backend: Backend, names: list[str]) -> list[Packaged]:
    made = []
    for name in names:
        rule = pack.rules[name]
        assert rule.plan is not None
        when = schedule(rule.plan, backend, pack.contracts)
        query = query_of(rule.plan, backend, when.run())
        made.append(Packaged(rule, rule.plan, query, when, pack.contracts, pack.watchlists))
    return made


def test_no_rule_is_refused(pack: Pack, built: dict[str, bytes]) -> None:
    alone = {f"casetrail - {name}" for name, rule in pack.rules.items() if rule.alone}
    assert set(read(built["splunk/casetrail/default/savedsearches.conf"])) == alone
    assert json.loads(built["manifest.json"])["refused"] == []


def test_every_saved_search_is_what_splunk_runs(pack: Pack, built: dict[str, bytes]) -> None:
    offenders = []
    backend = backend_of(pack, "splunk")
    for title, keys in read(built["splunk/casetrail/default/savedsearches.conf"]).items():
        name = title.removeprefix("casetrail - ")
        plan = pack.rules[name].plan
        assert plan is not None
        good = (
            keys["search"] + "\n" == built[f"splunk/queries/{name}.spl"].decode()
            and keys["disabled"] == "1"
            and keys["cron_schedule"] == cron(schedule(plan, backend, pack.contracts).interval)
            and keys["realtime_schedule"] == "0"
            and re.fullmatch(r"-\d+m", keys["dispatch.earliest_time"])
            and keys["dispatch.latest_time"] == "now"
            and (keys["counttype"], keys["relation"], keys["quantity"]) == ("number of events", "greater than", "0")
            and (keys["alert.suppress"], keys["alert.suppress.fields"], keys["alert.digest_mode"]) == ("1", "event_id", "0")
            and keys["alert.severity"] in "12345"
            and keys["description"]
            and not any(key.startswith("action.") for key in keys)
        )
        if not good:
            offenders.append(title)
    assert offenders == []


def test_an_alert_stays_quiet_as_long_as_runs_look_at_its_event(pack: Pack, built: dict[str, bytes]) -> None:
    backend = backend_of(pack, "splunk")
    for title, keys in read(built["splunk/casetrail/default/savedsearches.conf"]).items():
        plan = pack.rules[title.removeprefix("casetrail - ")].plan
        assert plan is not None
        when = schedule(plan, backend, pack.contracts)
        assert parse_span(keys["alert.suppress.period"]) >= when.fresh + when.interval
        assert parse_span(keys["dispatch.earliest_time"].removeprefix("-")) >= when.lookback
        assert ("fresh=1" in keys["search"]) == isinstance(plan, Correlation)


def test_every_macro_that_a_search_names_is_defined_once(built: dict[str, bytes]) -> None:
    searches = read(built["splunk/casetrail/default/savedsearches.conf"]).values()
    used = {name for keys in searches for name in re.findall(r"`(\w+)`", keys["search"])}
    macros = read(built["splunk/casetrail/default/macros.conf"])
    own = {"casetrail_fired", "casetrail_runs"}
    assert set(macros) == used | own
    assert all(keys["iseval"] == "0" for keys in macros.values())
    assert all(re.fullmatch(r"index=\w+", keys["definition"]) for name, keys in macros.items() if name not in own)


def test_watchlists_become_lookups_where_that_is_chosen(pack: Pack) -> None:
    backend = replace(backend_of(pack, "splunk"), options={"watchlists": "live"})
    values = ("0051Ab", 'a "b", c')
    lists = pack.with_watchlists({"service_accounts": values, "corporate_networks": ("192.0.2.7", "2001:DB8::/32")})
    rules = ["salesforce_service_account_ui_login", "okta_session_rented_network"]
    made = files(packaged(lists.keeping_lists, backend, rules), backend)
    searches = read(made["casetrail/default/savedsearches.conf"]).values()
    transforms = read(made["casetrail/default/transforms.conf"])
    used = {name for keys in searches for name in re.findall(r"lookup (\w+) value AS", keys["search"])}
    assert used == set(transforms) - {"casetrail_logs"}
    assert transforms["casetrail_service_accounts_cased"]["case_sensitive_match"] == "true"
    assert transforms["casetrail_corporate_networks_networks"]["match_type"] == "CIDR(value)"
    assert column(made["casetrail/lookups/casetrail_service_accounts.csv"]) == list(values)
    assert column(made["casetrail/lookups/casetrail_corporate_networks.csv"]) == ["192.0.2.7/32", "2001:db8::/32"]


def column(content: bytes) -> list[str]:
    rows = list(csv.DictReader(content.decode().splitlines()))
    assert all(set(row) == {"value", "note"} for row in rows)
    return [row["value"] for row in rows]


def test_a_list_keeps_the_case_of_its_values(built: dict[str, bytes], pack: Pack) -> None:
    lists = pack.with_watchlists({"service_accounts": ("0055g00000ABcdeAAB",)})
    made = build(lists, ["splunk"]).files
    assert column(made["splunk/casetrail/lookups/casetrail_service_accounts.csv"]) == ["0055g00000ABcdeAAB"]
    assert column(built["splunk/casetrail/lookups/casetrail_service_accounts.csv"]) == []


def test_inline_is_without_lookups_of_lists(pack: Pack) -> None:
    backend = replace(backend_of(pack, "splunk"), options={"watchlists": "inline"})
    made = files(packaged(pack, backend, ["okta_incident_2023_address"]), backend)
    assert [path for path in made if "lookups/" in path] == ["casetrail/lookups/casetrail_logs.csv"]
    assert "lookup " not in made["casetrail/default/savedsearches.conf"].decode()


def test_enterprise_security_gets_notables_where_that_is_chosen(pack: Pack) -> None:
    backend = replace(backend_of(pack, "splunk"), options={"enterprise_security": "on"})
    made = files(packaged(pack, backend, ["okta_session_cookie_replay", "okta_refresh_token_reused"]), backend)
    assert made["casetrail/metadata/default.meta"].decode().count("export = system") == 4
    keyed, plain = read(made["casetrail/default/savedsearches.conf"]).values()
    assert json.loads(keyed["action.correlationsearch.annotations"]) == {"mitre_attack": ["T1539", "T1550.004"]}
    assert keyed["action.notable"] == plain["action.notable"] == "1"
    assert json.loads(keyed["action.risk.param._risk"]) == [
        {"risk_object_field": "actor.alternateId", "risk_object_type": "user", "risk_score": 40}
    ]
    assert "actor.alternateId" in keyed["search"].splitlines()[-1]
    assert "action.risk" not in plain


@pytest.mark.parametrize("options", [{"watchlists": "lookup"}, {"enterprise_security": "yes"}])
def test_an_option_of_another_value_is_an_error(pack: Pack, options: dict[str, str]) -> None:
    backend = replace(backend_of(pack, "splunk"), options=options)
    with pytest.raises(PackError, match=next(iter(options))):
        files([], backend)


def test_a_pack_without_a_rule_is_an_app_all_the_same(pack: Pack) -> None:
    made = files([], backend_of(pack, "splunk"))
    assert read(made["casetrail/default/savedsearches.conf"]) == {}
    assert "casetrail/default/data/ui/views/casetrail_log_health.xml" in made


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(5, "*/5 * * * *"), (60, "0 */1 * * *"), (180, "0 */3 * * *"), (1440, "0 0 * * *")],
)
def test_an_interval_as_cron_says_it(minutes: int, expected: str) -> None:
    assert cron(minutes * MINUTE) == expected


@pytest.mark.parametrize("minutes", [7, 90, 300, 2880])
def test_an_interval_that_cron_can_t_say_evenly_is_an_error(minutes: int) -> None:
    with pytest.raises(PackError, match="cron"):
        cron(minutes * MINUTE)


@pytest.mark.parametrize("value", ["a\n[b]\n# c\n| d", "x = y", "é 日本", "a [b] # c"])
def test_a_value_comes_back_as_it_was(value: str) -> None:
    assert read(conf({"s": {"key": value, "other": "1"}})) == {"s": {"key": value, "other": "1"}}


@pytest.mark.parametrize("value", ["ends\\", "a\\\nb", "a\n\nb", "a\r\nb"])
def test_a_value_that_would_break_out_is_an_error(value: str) -> None:
    with pytest.raises(PackError, match="conf"):
        conf({"s": {"key": value}})


@pytest.mark.parametrize("title", ["a]b", "[", "a\nb"])
def test_a_stanza_that_would_break_out_is_an_error(title: str) -> None:
    with pytest.raises(PackError, match="stanza"):
        conf({title: {}})


def test_an_empty_watchlist_is_a_lookup_with_its_header() -> None:
    assert table("l", []) == b"value,note\n"


def test_addresses_are_networks_in_a_lookup() -> None:
    assert table("l", ["192.0.2.7", "2001:db8::1"], Compared.NETWORK) == b"value,note\n192.0.2.7/32,\n2001:db8::1/128,\n"


def test_parts_are_patterns_in_a_lookup() -> None:
    assert table("l", ["@corp.example"], Compared.END) == b"value,note\n*@corp.example,\n"
    assert table("l", ["Sync"], Compared.PART) == b"value,note\n*Sync*,\n"
    assert table("l", ["Sync"], Compared.START_CASED) == b"value,note\nSync*,\n"


@pytest.mark.parametrize("value", ["a*b", "a?", "a\\b", "[a]"])
def test_a_value_that_is_more_in_a_pattern_is_an_error(value: str) -> None:
    assert table("l", [value])
    with pytest.raises(PackError, match="pattern"):
        table("l", [value], Compared.END)


@pytest.mark.parametrize("value", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "a\tb", "a\nb", "a\rb", "a\0b"])
def test_no_csv_holds_what_a_spreadsheet_would_run(value: str) -> None:
    with pytest.raises(PackError, match="inline"):
        table("l", ["a", value])


def test_the_bytes_are_the_same_each_time(pack: Pack, built: dict[str, bytes]) -> None:
    assert build(pack, ["splunk"]).files == built
