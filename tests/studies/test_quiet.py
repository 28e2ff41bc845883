"""The measure of noise: what it counts, and what it says of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from casetrail.pack.pack import Pack
from company.event import SOURCES
from studies.noise import write_logs
from studies.quiet.measure import Measured, Noise, Settings, measure
from studies.quiet.page import markdown, shown

_ROOT = Path(__file__).parents[2]
_RULES = ("chrome_har_file_moved", "okta_log_stream_stopped")
_SETTINGS = Settings(seed=1, first=date(2026, 3, 3), days=1, lead=1, share=0.1)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("noise")
    assert set(write_logs(folder, _SETTINGS)) == set(SOURCES)
    return folder


def test_alerts_of_the_days_that_count_and_of_those_before(logs: Path) -> None:
    pack = Pack.load(_ROOT, logs / "watchlists")
    found = measure(pack, logs / "logs", _SETTINGS, _RULES)
    later = measure(pack, logs / "logs", Settings(1, date(2026, 3, 2), 2, 0, 0.1), _RULES)
    assert found.quiet == later.quiet == ("okta_log_stream_stopped",)
    assert found.inactive == ()
    assert len(found.by_day) == 1
    assert sum(found.by_day) == sum(each.alerts for each in found.noise)
    assert sum(later.by_day) == sum(each.alerts + each.young for each in (*found.noise, *_young(later, found)))
    assert all(each.causes and sum(number for _, number in each.causes) <= each.alerts for each in found.noise)


def _young(later: Measured, found: Measured) -> list[Noise]:
    """What alerted only on the days before."""
    seen = {each.rule for each in found.noise}
    return [each for each in later.noise if each.rule not in seen]


def test_the_limits_and_the_page_that_tells_of_them() -> None:
    def noise(rule: str, level: str, alerts: int) -> Noise:
        return Noise(rule, level, alerts, alerts / (30 / 7), 2, 1, (("a row", alerts),))

    settings = Settings(1, date(2026, 2, 9), 30, 14, 1.0)
    quiet = Measured((noise("once_a_week", "high", 4), noise("often", "medium", 90)), ("never",), (), (3,) * 30, {"high": 1})
    assert quiet.broken == []
    loud = Measured((noise("once", "critical", 1), noise("twice", "high", 9)), (), ("asleep",), (21,) * 30, {"high": 1})
    assert loud.broken == ["once (critical): 0.2 a week", "twice (high): 2.1 a week", "all rules: 21.0 a day"]
    assert "all limits met" in shown(quiet, {"okta/okta": 5}, settings)
    page = markdown(loud, {"okta/okta": 5}, settings)
    assert page.count("**no**") == 3
    assert "| people.employees | 2000 | given |" in page
    assert loud.record({"okta/okta": 5})["broken"] == loud.broken


def test_logs_are_made_once_for_the_same_settings(logs: Path) -> None:
    made = (logs / "made.json").stat().st_mtime_ns
    write_logs(logs, _SETTINGS)
    assert (logs / "made.json").stat().st_mtime_ns == made
