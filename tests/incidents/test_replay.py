"""What the pack would have told of the incidents: when, of what, and of every file; by behaviour, never by an indicator."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from casetrail.incidents.replay import ReplayAlert, day_of
from tests.incidents.replays import NAMES, company, indicators, pack, replayed

CUSTOMERS = ("brindlekey", "tarnaccess", "quillnet")
HOUR = 3_600_000_000


def about(name: str, of: str) -> tuple[ReplayAlert, ...]:
    """The alerts that rest on the intruder's rows, by when they were told."""
    return company(name, of).about(replayed(name).incident, "intruder")


def test_the_rule_of_indicators_is_left_out() -> None:
    assert indicators() == ("okta_incident_2023_address",)
    assert not {alert.rule for name in NAMES for each in replayed(name).companies for alert in each.alerts} & set(
        indicators()
    )


def test_the_vendor_is_told_on_the_first_day() -> None:
    first = about("okta-2023", "orvane")[0]
    assert day_of(first.first) == date(2023, 9, 28)
    assert day_of(first.time) == date(2023, 9, 28)
    assert all(day_of(at) == date(2023, 9, 28) for at in first.alerted.values())


def test_the_downloads_tell_on_the_first_day_by_themselves() -> None:
    """Rules whose row is a download, of whatever story, on each target that holds them."""
    takes = {fact.id for fact in replayed("okta-2023").incident.facts if fact.takes}
    told = [alert for alert in about("okta-2023", "orvane") if takes.intersection(alert.facts)]
    assert day_of(told[0].first) == date(2023, 9, 28)
    assert {alert.rule for alert in told if day_of(alert.first) == date(2023, 9, 28)} >= {
        "salesforce_file_without_case",
        "salesforce_service_account_file_by_hand",
    }


def test_no_watchlist_is_needed_for_the_first_day() -> None:
    """Whoever has listed no service account still has the downloads without a case."""
    by_shape = [alert for alert in about("okta-2023", "orvane") if alert.rule == "salesforce_file_without_case"]
    assert day_of(by_shape[0].first) == date(2023, 9, 28)
    assert not any("service_account" in alert.rule for alert in by_shape)


def test_every_file_is_named_by_an_alert_on_every_target() -> None:
    found = replayed("okta-2023")
    files = company("okta-2023", "orvane").files
    assert len(files) == 166
    assert len({file.owner for file in files}) == 134
    assert [file.id for file in files if set(file.alerted) != set(found.intervals)] == []
    assert all(file.rules for file in files)


SLOWEST = 2 * HOUR
"""How rarely a search runs, in microseconds."""


def test_a_file_is_told_by_the_first_run_after_its_row_came() -> None:
    for file in company("okta-2023", "orvane").files:
        for at in file.alerted.values():
            assert 0 <= at - file.arrived < SLOWEST


def test_late_files_alert_by_themselves_when_they_come() -> None:
    by_day: dict[date, list[str]] = {}
    for file in company("okta-2023", "orvane").files:
        if file.late and day_of(file.arrived) > day_of(file.time):
            assert day_of(min(file.alerted.values())) == day_of(file.arrived)
            by_day.setdefault(day_of(file.arrived), []).append(file.id)
    assert sorted(by_day) == [date(2023, 10, 18), date(2023, 10, 19)]
    days = {day.day: day for day in company("okta-2023", "orvane").days}
    assert {day: days[day].named for day in by_day} == {day: len(files) for day, files in by_day.items()}
    assert all(days[day].alerts for day in by_day)


def test_rows_that_came_after_their_files_are_told_on_the_day_they_came() -> None:
    """The report's 19 October: more downloads in rows that came late."""
    (alert,) = [alert for alert in company("okta-2023", "orvane").alerts if alert.rule == "salesforce_rows_after_their_file"]
    assert alert.arrived - alert.time > 36 * 3_600_000_000
    assert day_of(alert.time) == date(2023, 10, 17)
    assert {day_of(told) for told in alert.alerted.values()} == {day_of(alert.arrived)} == {date(2023, 10, 19)}


def test_an_incident_in_part_of_a_log_is_no_silence_of_it() -> None:
    told = {alert.rule for name in NAMES for each in replayed(name).companies for alert in each.alerts}
    assert not {rule for rule in told if rule.endswith("_silent")}


def test_the_vendor_saw_it_long_after_the_first_alert() -> None:
    vendor = company("okta-2023", "orvane")
    assert (vendor.company.saw - day_of(about("okta-2023", "orvane")[0].first)).days == 18


@pytest.mark.parametrize("of", CUSTOMERS)
def test_each_customer_is_told_within_the_hour_of_the_replay(of: str) -> None:
    first = about("okta-2023", of)[0]
    vendor_day = company("okta-2023", of).company.saw
    assert day_of(first.first) == vendor_day
    hostile = [one for one in company("okta-2023", of).log if one.fact in first.facts]
    assert first.first - min(one.event.time for one in hostile) < HOUR
    assert first.rule.startswith("okta_")


def test_the_personal_profile_shows_nine_days_before() -> None:
    before = company("okta-2023", "orvane").about(replayed("okta-2023").incident, "company")
    assert day_of(before[0].first) == date(2023, 9, 19)
    assert before[0].rule == "chrome_personal_profile"


@pytest.mark.parametrize("name", [name for name in NAMES if name != "okta-2023"])
def test_each_later_campaign_is_seen_within_a_day_of_its_first_row(name: str) -> None:
    (each,) = replayed(name).companies
    hostile = {fact.id for fact in replayed(name).incident.facts if fact.by == "intruder"}
    began = min(one.event.time for one in each.log if one.fact in hostile)
    alerts = about(name, each.company.name)
    assert alerts[0].first - began < 24 * HOUR
    assert day_of(alerts[0].first) < each.company.saw


def test_the_steps_of_a_stolen_token_are_seen_one_by_one() -> None:
    """The first use, the counting, the export, the deleted job and the search for secrets."""
    seen = {fact for alert in about("salesloft-drift-2025", "halden") for fact in alert.facts}
    assert {"D01", "D02", "D05", "D06", "D07"} <= seen


@pytest.mark.parametrize("name", NAMES)
def test_what_is_told_comes_after_what_came_after_what_happened(name: str) -> None:
    found = replayed(name)
    for each in found.companies:
        for alert in each.alerts:
            for target, at in alert.alerted.items():
                assert at % found.intervals[target] == 0
                assert at >= alert.arrived >= alert.time
        assert list(each.alerts) == sorted(each.alerts, key=lambda alert: alert.first)


def test_no_critical_rule_speaks_on_ordinary_work() -> None:
    levels = {rule.name: rule.level for rule in pack().rules.values()}
    for name in NAMES:
        found = replayed(name)
        for each in found.companies:
            assert [rule for rule in each.noise(found.incident) if levels[rule] == "critical"] == []


def test_days_are_in_order_and_hold_every_fact() -> None:
    for name in NAMES:
        found = replayed(name)
        for each in found.companies:
            assert [day.day for day in each.days] == sorted({day.day for day in each.days})
            held = {fact.id for day in each.days for fact in day.facts}
            assert held == {fact.id for fact in found.incident.facts if fact.company == each.company.name}
            assert sum(day.named for day in each.days) == sum(bool(file.alerted) for file in each.files)


def test_days_are_in_utc() -> None:
    assert day_of(0) == date(1970, 1, 1)
    midnight = datetime.fromisoformat("2023-09-28T23:59:59+00:00").timestamp()
    assert day_of(round(midnight * 1_000_000)) == date(2023, 9, 28)
