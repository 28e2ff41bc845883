"""A pack as the public has it, of thirty logs of which one is defined: check, build and hunt say by name what they leave out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.public import LOGS, write
from casetrail.check.check import check
from casetrail.hunt.hunt import hunt
from casetrail.pack.pack import Pack

COUNT = 300
EVENT = {
    "UtcTime": "2026-01-01 10:00:00.123",
    "Image": "C:\\Windows\\System32\\cmd.exe",
    "CommandLine": "cmd /c whoami /tmp/ admin",
    "ParentImage": "C:\\x.exe",
    "User": "admin",
}


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("public")
    write(folder / "rules", COUNT)
    return folder


def test_what_cant_be_compiled_is_a_finding_by_name_and_everything_else_compiles(public: Path) -> None:
    pack = Pack.load(public)
    left_out = {rule.path for rule in pack.rules.values() if rule.plan is None}
    errors = {finding.path for finding in check(public) if finding.severity == "error"}
    assert left_out <= errors
    assert len(left_out) < COUNT * 0.06
    assert {rule.path.parent for rule in pack.rules.values() if rule.unchecked} == {
        public / "rules" / "_".join(log.values()) for log, _ in LOGS if log.get("service") != "okta"
    }


def test_it_hunts_in_any_events_that_have_a_time(public: Path, tmp_path: Path) -> None:
    pack = Pack.load(public)
    log = tmp_path / "log.ndjson"
    log.write_text(json.dumps(EVENT))
    report = hunt(pack.rules.plans(), pack.contracts, [log])
    assert report.rows["windows/process_creation"] == 1
    assert "okta/okta" not in report.rows
    assert len(report.hits) > 0
