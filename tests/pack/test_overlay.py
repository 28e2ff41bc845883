"""A customer's folder over the pack: what it changes, what of it is told, and what it never touches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from casetrail.build.overlaid import Change, changes
from casetrail.build.targets import backend_of, query_for
from casetrail.check.check import check
from casetrail.check.unused import unused
from casetrail.engines.reference import evaluate
from casetrail.logs.event import Event
from casetrail.pack.cases import case_files
from casetrail.pack.files import PackError
from casetrail.pack.pack import Pack
from casetrail.proof.run import planner
from casetrail.schedule.schedule import schedule
from casetrail.stores.unsupported import UnsupportedError
from tests.cli.ways import CASES, ROOT, RULE, put, small_pack

COUNTED = "salesforce_files_in_volume"
SIGNIN = "okta_signin_unproxied"
TWO_COUNTRIES = "okta_account_two_countries"
SMALL: list[Path] = []
BARE = Pack.load(ROOT)
FILTER: dict[str, Any] = {
    "title": "Our backup",
    "logsource": {"product": "okta", "service": "okta"},
    "filter": {"rules": [SIGNIN], "backup": {"actor.alternateId": "backup@corp.example"}, "condition": "not backup"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return overlay(tmp_path / "ours")


def overlay(folder: Path, **files: Any) -> Path:
    """A folder with `casetrail.yml`, and the named files: `filters__a` for `filters/a.yml`."""
    for name, content in {"casetrail": {}, **files}.items():
        path = folder / f"{name.replace('__', '/')}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, content)
    return folder


def a_list(folder: Path, name: str, *values: str) -> None:
    (folder / "watchlists").mkdir(exist_ok=True)
    (folder / "watchlists" / f"{name}.csv").write_text("\n".join(["value,note", *values, ""]))


def told(folder: Path, targets: tuple[str, ...] = ()) -> dict[tuple[str, str], Change]:
    return {(one.rule, one.what): one for one in changes(Pack.load(ROOT, overlay=folder), targets)}


@pytest.fixture(scope="module", autouse=True)
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of two rules and what they stand on, which is checked sooner than the whole."""
    rules = BARE.rules
    wanted = [COUNTED, TWO_COUNTRIES]
    wanted += [each.reference for name in wanted for each in getattr(rules[name].sigma, "rules", [])]
    folder = small_pack(tmp_path_factory.mktemp("small"), {name: rules[name].meta for name in wanted}, None)
    SMALL.append(folder)
    return folder


def codes(folder: Path) -> list[tuple[str, str, int]]:
    """Code, file and line of what is wrong in an overlay, besides remarks."""
    found = check(SMALL[-1], overlay=folder)
    return [(one.code, one.path.name, one.line) for one in found if one.severity != "info" and folder in one.path.parents]


def test_an_empty_overlay_changes_nothing(folder: Path) -> None:
    pack, bare = Pack.load(ROOT, overlay=folder), BARE
    assert {name: rule.plan for name, rule in pack.rules.items()} == {name: rule.plan for name, rule in bare.rules.items()}
    assert changes(pack, ["elastic", "sentinel"]) == []
    assert codes(folder) == []


def test_levels_and_disabled_rules(folder: Path) -> None:
    overlay(folder, casetrail={"levels": {COUNTED: "low", SIGNIN: "low"}, "disabled": {TWO_COUNTRIES: "we travel"}})
    pack = Pack.load(ROOT, overlay=folder)
    assert pack.rules[COUNTED].level == "low"
    assert not pack.rules[TWO_COUNTRIES].alone
    assert TWO_COUNTRIES not in pack.rules.plans()
    found = told(folder)
    assert found[COUNTED, "level"] == Change(COUNTED, "level", BARE.rules[COUNTED].level, "low", True)
    assert found[TWO_COUNTRIES, "disabled"] == Change(TWO_COUNTRIES, "disabled", "on", "off: we travel", True)
    assert codes(folder) == [("CT501", "casetrail.yml", 3)], "a level of a rule that is only a base"


def test_a_higher_level_does_not_weaken(folder: Path) -> None:
    overlay(folder, casetrail={"levels": {COUNTED: "critical"}})
    assert not told(folder)[COUNTED, "level"].weakens


def test_a_disabled_rule_still_stands_below_others(folder: Path) -> None:
    base, above = next(
        (name, rule.name)
        for rule in BARE.rules.values()
        for name in [each.reference for each in getattr(rule.sigma, "rules", [])]
        if rule.alone and BARE.rules[name].alone
    )
    overlay(folder, casetrail={"disabled": {base: "noise"}})
    plans = Pack.load(ROOT, overlay=folder).rules.plans()
    assert base not in plans
    assert plans[above] == BARE.rules.plans()[above]


def test_thresholds_are_told_by_what_they_do(folder: Path) -> None:
    overlay(folder, thresholds={COUNTED: {"count": 80, "timespan": "2h"}})
    found = told(folder)
    assert found[COUNTED, f"count of {COUNTED}"] == Change(COUNTED, f"count of {COUNTED}", "20", "80", True)
    assert found[COUNTED, f"timespan of {COUNTED}"] == Change(COUNTED, f"timespan of {COUNTED}", "1h", "2h", False)
    overlay(folder, thresholds={COUNTED: {"count": 2, "timespan": "5m"}})
    found = told(folder)
    assert not found[COUNTED, f"count of {COUNTED}"].weakens
    assert found[COUNTED, f"timespan of {COUNTED}"].weakens
    assert ("CT502", "thresholds.yml", 1) in codes(folder)


def test_a_filter_reaches_the_rules_above_and_is_told_for_each(folder: Path) -> None:
    overlay(folder, filters__backup=FILTER)
    row = {
        "eventType": "user.session.start",
        "outcome": {"result": "SUCCESS"},
        "actor": {"alternateId": "backup@corp.example"},
        "securityContext": {"isProxy": False},
        "client": {"ipAddress": "198.51.100.1"},
    }
    event = Event("a", 0, "okta/okta", row)
    before, after = BARE.rules[SIGNIN].plan, Pack.load(ROOT, overlay=folder).rules[SIGNIN].plan
    assert before is not None
    assert after is not None
    assert evaluate(before, [event]).ids == {"a"}
    assert evaluate(after, [event]).ids == frozenset()
    assert told(folder)[TWO_COUNTRIES, "filter"] == Change(TWO_COUNTRIES, "filter", "", "filters/backup.yml", True)
    assert codes(folder) == []


def test_lists_count_by_whether_they_take_away(folder: Path) -> None:
    a_list(folder, "sensitive_file_patterns", ".har")
    a_list(folder, "service_accounts", "svc@corp.example")
    a_list(folder, "corporate_networks", "192.0.2.0/24")
    found = told(folder)
    assert found["salesforce_secret_files_in_series", "watchlist sensitive_file_patterns"].weakens
    assert found["salesforce_secret_file_by_service_account", "watchlist sensitive_file_patterns"].weakens
    slept = found["salesforce_service_account_new_network", "watchlist service_accounts"]
    assert (slept.was, slept.now, slept.weakens) == ("0 values", "1 value", False)
    assert any(one.weakens for (_, what), one in found.items() if what == "watchlist corporate_networks")


def test_what_two_entries_do_together_is_told(folder: Path) -> None:
    filtered = {**FILTER, "filter": {**FILTER["filter"], "backup": {"actor.alternateId|expand": "%our_robots%"}}}
    overlay(folder, filters__backup=filtered)
    a_list(folder, "our_robots", "robot@corp.example")
    assert told(folder)[TWO_COUNTRIES, "filter"].weakens
    overlay(folder, watchlists__watchlists={"our_robots": {"title": "Our robots", "holds": "account", "example": "robot"}})
    assert codes(folder) == []


def test_what_is_otherwise_at_a_target(folder: Path) -> None:
    settings = {
        "elastic": {"clocks": {"interval": "10m"}, "stores": {"okta/okta": {"index": "ours-*", "only": {}}}},
        "sentinel": {"generations": {"okta": "v1"}, "options": {"watchlists": "inline"}},
    }
    overlay(folder, casetrail={"targets": settings})
    pack = Pack.load(ROOT, overlay=folder)
    elastic = backend_of(pack, "elastic")
    assert (elastic.interval, elastic.stores["okta/okta"].index, elastic.stores["okta/okta"].only) == (
        600_000_000,
        "ours-*",
        {},
    )
    assert "ours-*" in query_for(pack, pack.rules[TWO_COUNTRIES], "elastic")
    assert "Okta_CL" in query_for(pack, pack.rules[TWO_COUNTRIES], "sentinel")
    assert set(told(folder, ("elastic",))) == {
        ("*", "elastic: interval"),
        ("*", "elastic: index of okta/okta"),
        ("*", "elastic: rows of okta/okta"),
    }
    assert set(told(folder, ("sentinel",))) == {("*", "sentinel: generation okta"), ("*", "sentinel: option watchlists")}
    assert codes(folder) == []


def own_rule(folder: Path, **more: Any) -> None:
    (folder / "rules" / "okta").mkdir(parents=True, exist_ok=True)
    (folder / "fixtures" / "okta").mkdir(parents=True, exist_ok=True)
    put(folder / "rules" / "okta" / "example.yml", {**RULE, **more})
    put(folder / "fixtures" / "okta" / "example.yml", CASES)


def test_own_rules_are_checked_like_those_of_the_pack(folder: Path) -> None:
    own_rule(folder)
    assert codes(folder) == []
    assert told(folder) == {("example", "own rule"): Change("example", "own rule", "", "rules/okta/example.yml", False)}
    (folder / "fixtures" / "okta" / "example.yml").unlink()
    own_rule(folder, falsepositives=[])
    (folder / "fixtures" / "okta" / "example.yml").unlink()
    assert codes(folder) == []
    (folder / "casetrail.yml").write_text("profile: house\n")
    assert {code for code, _, _ in codes(folder)} == {"CT306", "CT401"}


def test_an_own_correlation_silences_no_rule_of_the_pack(folder: Path) -> None:
    correlation = {"type": "event_count", "rules": [TWO_COUNTRIES], "group-by": ["actor.alternateId"], "timespan": "5m"}
    document = {name: value for name, value in RULE.items() if name not in ("logsource", "detection")}
    (folder / "rules").mkdir()
    put(folder / "rules" / "example.yml", {**document, "correlation": {**correlation, "condition": {"gte": 2}}})
    pack = Pack.load(ROOT, overlay=folder)
    assert pack.rules[TWO_COUNTRIES].alone
    assert pack.rules["example"].plan is not None


def test_an_own_rule_of_the_name_of_another_is_refused(folder: Path) -> None:
    own_rule(folder, name=TWO_COUNTRIES)
    with pytest.raises(PackError, match=f"{TWO_COUNTRIES} is a rule of the pack; give yours another name"):
        Pack.load(ROOT, overlay=folder)


@pytest.mark.parametrize("spelt", [str.lower, str.upper])
def test_an_own_rule_of_the_id_of_another_is_refused(spelt: Callable[[str], str], folder: Path) -> None:
    own_rule(folder, id=spelt(str(BARE.rules[TWO_COUNTRIES].sigma.id)))
    with pytest.raises(PackError, match=f"its id is that of {TWO_COUNTRIES}, a rule of the pack"):
        Pack.load(ROOT, overlay=folder)


def test_own_events_are_for_own_cases_only(folder: Path) -> None:
    own_rule(folder)
    (folder / "fixtures" / "events" / "okta").mkdir(parents=True)
    event = {"source": "okta/okta", "row": {"eventType": "user.session.start", "displayMessage": "ours"}}
    put(folder / "fixtures" / "events" / "okta" / "user_session_start.yml", event)
    by_rule = {file.rule: file for file in case_files(Pack.load(ROOT, overlay=folder), ["example", TWO_COUNTRIES])}
    assert by_rule["example"].cases[0].events[0].row["displayMessage"] == "ours"
    assert by_rule[TWO_COUNTRIES].cases[0].events[0].row.get("displayMessage") != "ours"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (5, "5 is no threshold; write"),
        ({"count": "many"}, "count is 'many', not a number"),
        ({"timespan": "2 moons"}, "timespan is '2 moons'; write one like"),
        ({"count": 9, "timespan": "1M"}, "timespan is '1M'; write one like"),
    ],
)
def test_a_threshold_that_is_none_is_told_and_changes_nothing(folder: Path, wanted: object, message: str) -> None:
    overlay(folder, thresholds={COUNTED: wanted})
    pack = Pack.load(ROOT, overlay=folder)
    assert [message in one.message for one in unused(pack)] == [True]
    assert pack.rules[COUNTED].plan == BARE.rules[COUNTED].plan
    assert ("CT501", "thresholds.yml", 1) in codes(folder)


@pytest.mark.parametrize(
    ("settings", "line", "message"),
    [
        ({"levels": {"okta_sign": "low"}}, 2, "no rule is named okta_sign; did you mean"),
        ({"disabled": {SIGNIN: "noise"}}, 2, "is only the base of other rules"),
        ({"targets": {"elastik": {}}}, 2, "no target is named elastik; did you mean elastic?"),
        (
            {"targets": {"elastic": {"stores": {"okta/octa": {"index": "a"}}}}},
            4,
            "elastic has no log okta/octa; did you mean okta/okta?",
        ),
        (
            {"targets": {"splunk": {"options": {"watchlist": "lookup"}}}},
            4,
            "no watchlist among its options; did you mean watchlists?",
        ),
        (
            {"targets": {"splunk": {"clocks": {"intervall": "5m"}}}},
            4,
            "no intervall among its clocks; did you mean interval",
        ),
    ],
)
def test_what_hits_nothing_is_said_with_its_place(
    folder: Path, settings: Mapping[str, Any], line: int, message: str
) -> None:
    overlay(folder, casetrail=settings)
    (idle,) = unused(Pack.load(ROOT, overlay=folder))
    assert idle.place.line == line
    assert message in idle.message
    assert codes(folder) == [("CT501", "casetrail.yml", line)]


def test_a_threshold_a_filter_and_a_list_that_hit_nothing(folder: Path) -> None:
    overlay(
        folder,
        thresholds={"gone": {"count": 1}},
        filters__a={**FILTER, "filter": {**FILTER["filter"], "rules": [TWO_COUNTRIES]}},
    )
    a_list(folder, "service_acounts", "a")
    messages = [one.message for one in unused(Pack.load(ROOT, overlay=folder))]
    assert messages == [
        "no rule is named gone",
        f"{TWO_COUNTRIES} is a correlation, which Sigma's filters ignore: filter the rules that it references, {SIGNIN}",
        "the pack has no watchlist of that name, and no rule of yours uses it; did you mean "
        "service_accounts or roaming_accounts or bulk_file_accounts?",
    ]
    assert {("CT501", "thresholds.yml", 1), ("CT209", "a.yml", 7), ("CT501", "service_acounts.csv", 1)} <= set(codes(folder))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("level: {}", "casetrail.yml:1:1: level is no key here; did you mean levels?"),
        ("levels: {a: dangerous}", 'casetrail.yml:1:10: levels.a: "dangerous" isn\'t possible: there are informational'),
        ("levels: {a: [}", "casetrail.yml:1:14: "),
        ("disabled: {a: ''}", 'disabled.a: "" isn\'t written as it must be'),
        ('targets: {elastic: {stores: {okta/okta: {index: "a | DROP b"}}}}', "isn't written as it must be"),
        ("targets: {sentinel: {generations: {okta: v9}}}", None),
    ],
)
def test_settings_of_another_form_are_an_error_with_the_line(folder: Path, text: str, message: str | None) -> None:
    (folder / "casetrail.yml").write_text(text)
    if message is None:
        with pytest.raises(PackError, match="okta has no generation v9; there are v2, v1"):
            backend_of(Pack.load(ROOT, overlay=folder), "sentinel")
        return
    with pytest.raises(PackError) as caught:
        Pack.load(ROOT, overlay=folder)
    assert message in str(caught.value)
    assert {"CT001", "CT003"} & {code for code, _, _ in codes(folder)}


def test_a_broken_filter_is_a_fault_and_told_as_left_out(folder: Path) -> None:
    broken = {**FILTER, "filter": {"rules": [SIGNIN], "condition": "not backup"}}
    overlay(folder, filters__a={name: value for name, value in broken.items() if name != "logsource"})
    pack = Pack.load(ROOT, overlay=folder)
    assert "a.yml" in [one.path.name for one in pack.left_out()]
    assert ("CT004", "a.yml", 2) in codes(folder)


@pytest.mark.parametrize("what", ["folder", "settings"])
def test_a_folder_that_is_none_says_how_to_make_one(tmp_path: Path, what: str) -> None:
    if what == "settings":
        (tmp_path / "ours").mkdir()
    with pytest.raises(PackError, match="casetrail init"):
        Pack.load(ROOT, overlay=tmp_path / "ours")


def test_own_cases_take_the_place_of_those_of_the_pack(folder: Path) -> None:
    overlay(folder, thresholds={COUNTED: {"count": 80}})
    pack = Pack.load(ROOT, overlay=folder)
    (shipped,) = case_files(pack, [COUNTED])
    plan = planner(pack)
    assert plan(shipped.cases[0]) == planner(BARE)(shipped.cases[0])
    own = folder / "fixtures" / "salesforce" / f"{COUNTED}.yml"
    own.parent.mkdir(parents=True)
    own.write_bytes(shipped.path.read_bytes())
    (mine,) = case_files(pack, [COUNTED])
    assert mine.path == own
    assert plan(mine.cases[0]).condition.count == 80  # type: ignore[union-attr]
    assert "CT502" not in {code for code, _, _ in codes(folder)}


def test_the_settings_have_an_example_of_everything_that_the_schema_allows() -> None:
    text = (ROOT / "src" / "casetrail" / "templates" / "overlay" / "casetrail.yml").read_text()
    example = yaml.safe_load(
        "\n".join(
            line[2:] for line in text.split("\n") if line.startswith("#") and ":" in line and "." not in line.split(":")[0]
        )
    )
    assert set(example) == {"levels", "intervals", "disabled", "logs", "targets"}


def test_an_interval_goes_by_the_rule_and_else_by_its_level(folder: Path) -> None:
    overlay(folder, casetrail={"intervals": {"levels": {BARE.rules[COUNTED].level: "4m"}, "rules": {COUNTED: "12h"}}})
    pack = Pack.load(ROOT, overlay=folder)
    found = told(folder, ("splunk",))
    same = next(name for name, rule in pack.rules.items() if rule.level == BARE.rules[COUNTED].level and name != COUNTED)
    assert (pack.intervals[COUNTED], pack.intervals[same]) == (12 * 3_600_000_000, 240_000_000)
    assert (found[COUNTED, "splunk: interval"].now, found[COUNTED, "splunk: interval"].weakens) == ("12h", True)
    assert not any(one.weakens for (rule, what), one in found.items() if rule != COUNTED and what == "splunk: interval")
    plan = pack.rules[COUNTED].plan
    assert plan is not None
    assert schedule(plan, backend_of(pack, "splunk"), pack.contracts).interval == 12 * 3_600_000_000


def test_an_interval_that_a_siem_forbids_is_refused_there_by_name(folder: Path) -> None:
    overlay(folder, casetrail={"intervals": {"rules": {SIGNIN: "1m"}}})
    pack = Pack.load(ROOT, overlay=folder)
    plan = pack.rules[SIGNIN].plan
    assert plan is not None
    with pytest.raises(
        UnsupportedError, match="it runs every 1 minutes with the delay of its logs, and Microsoft Sentinel 5 minutes"
    ):
        schedule(plan, backend_of(pack, "sentinel"), pack.contracts)


def test_an_interval_of_a_rule_that_is_gone_is_named(folder: Path) -> None:
    overlay(folder, casetrail={"intervals": {"rules": {"okta_api_token_creatd": "5m"}}})
    messages = [one.message for one in unused(Pack.load(ROOT, overlay=folder))]
    assert any(message.startswith("intervals: no rule is named okta_api_token_creatd") for message in messages)
