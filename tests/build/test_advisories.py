"""Advisories in OSV format against pins: what is affected, what isn't, and what can't be told."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from casetrail.build.advisories import BadAdvisories, affects, check, read
from casetrail.build.pins import Pin, of_packages
from tests.cli.ways import ROOT

PIN = Pin("pypi", "", "some-thing", "1.4.0", "SHA-256", ("0" * 64,))


def advisory(name: str, *events: dict[str, str], ecosystem: str = "PyPI", **more: Any) -> dict[str, Any]:
    affected = {"package": {"ecosystem": ecosystem, "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}
    return {"id": "TEST-1", "modified": "2026-11-01T00:00:00Z", "summary": "It leaks.", "affected": [affected], **more}


EVERY = {"introduced": "0"}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([EVERY], True),
        ([EVERY, {"fixed": "1.4.0"}], False),
        ([EVERY, {"fixed": "1.4.1"}], True),
        ([{"fixed": "1.10"}, EVERY], True),
        ([EVERY, {"last_affected": "1.4"}], True),
        ([EVERY, {"last_affected": "1.3.9"}], False),
        ([{"introduced": "1.5"}], False),
        ([EVERY, {"fixed": "1.2"}, {"introduced": "1.3"}, {"fixed": "1.5"}], True),
        ([EVERY, {"fixed": "1.2"}, {"introduced": "1.4.1"}], False),
        ([EVERY, {"fixed": "one and a half"}], None),
    ],
)
def test_a_range_holds_as_osv_says(events: list[dict[str, str]], expected: bool | None) -> None:
    assert affects(PIN.version, advisory("x", *events)["affected"][0]) is expected


def test_a_listed_version_is_affected_and_an_entry_without_versions_cannot_be_told() -> None:
    assert affects("1.4.0", {"versions": ["1.4.0"]}) is True
    assert affects("1.4.0", {"versions": ["1.3"]}) is False
    assert affects("1.4.0", {}) is None
    assert affects("1.4.0", {"ranges": [{"type": "GIT", "events": [EVERY]}]}) is None


def test_names_are_compared_as_their_registries_do() -> None:
    jar = Pin("maven", "org.a", "b", "2.0", "SHA-256", ("0" * 64,))
    npm = Pin("npm", "@a", "b", "2.0", "SHA-512", ("0" * 128,))
    told = [
        advisory("Some.Thing", EVERY),
        advisory("org.a:b", EVERY, ecosystem="Maven"),
        advisory("@a/b", EVERY, ecosystem="npm"),
        advisory("b", EVERY, ecosystem="npm"),
    ]
    assert {each.name for each in check([PIN, jar, npm], told).findings} == {"some-thing", "org.a:b", "@a/b"}


def test_the_age_is_that_of_the_ecosystem_furthest_behind() -> None:
    npm = Pin("npm", "", "b", "2.0", "SHA-512", ("0" * 128,))
    told = [advisory("x", EVERY), advisory("x", EVERY, ecosystem="npm", modified="2026-03-01T00:00:00Z")]
    assert check([PIN, npm], told).as_of == date(2026, 3, 1)
    assert check([PIN], told).as_of == date(2026, 11, 1)


def test_a_withdrawn_advisory_finds_nothing() -> None:
    assert check([PIN], [advisory("some-thing", EVERY, withdrawn="2026-11-02T00:00:00Z")]).findings == ()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        "[1]",
        '{"id": "A"}',
        '{"id": "A", "modified": "soon"}',
        '{"id": "A", "modified": "2026-01-01", "affected": 1}',
    ],
)
def test_a_file_that_holds_no_advisories_is_refused_by_name(content: str, tmp_path: Path) -> None:
    path = tmp_path / "osv.json"
    path.write_text(content)
    with pytest.raises(BadAdvisories, match=r"osv\.json"):
        read(path)


@pytest.mark.parametrize("wrong", [{"package": 1}, {"ranges": [1]}, {"ranges": [{"type": "SEMVER"}]}])
def test_an_advisory_that_is_not_as_osv_says_is_refused_by_its_id(wrong: dict[str, Any]) -> None:
    told = advisory("some-thing", EVERY)
    told["affected"][0] |= wrong
    with pytest.raises(BadAdvisories, match="TEST-1"):
        check([PIN], [told])


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "makers" / "advisories.py", *arguments]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, cwd=ROOT)


def archive(path: Path, *told: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w") as held:
        for number, each in enumerate([*told, advisory("x", ecosystem="npm"), advisory("x", ecosystem="Maven")]):
            held.writestr(f"{number}.json", json.dumps(each))
    return path


def test_the_command_tells_by_its_exit_code_and_says_the_age(tmp_path: Path) -> None:
    version = next(pin.version for pin in of_packages() if pin.name == "jinja2")
    today = ("--today", "2026-11-11")
    clean = archive(tmp_path / "clean.zip", advisory("jinja2", EVERY, {"fixed": version}))
    hit = archive(tmp_path / "hit.zip", advisory("Jinja2", EVERY, {"last_affected": version}))
    unsure = archive(tmp_path / "unsure.zip", advisory("jinja2", EVERY, {"fixed": "?"}))
    done = {
        name: run(*words)
        for name, words in {
            "clean": (clean, *today),
            "hit": (hit, *today),
            "unsure": (unsure, *today),
            "old": (clean, "--today", "2027-11-11"),
            "missing": (tmp_path / "none.zip", *today),
        }.items()
    }
    assert {name: each.returncode for name, each in done.items()} == {
        "clean": 0,
        "hit": 1,
        "unsure": 2,
        "old": 2,
        "missing": 2,
    }
    assert "as of 2026-11-01, 10 days old" in done["clean"].stdout
    assert f"PyPI jinja2 {version}: TEST-1: affected: It leaks." in done["hit"].stdout
    assert "can't be told" in done["unsure"].stdout
    assert "--days 375" in done["old"].stderr
    assert "none.zip" in done["missing"].stderr
    assert not any("Traceback" in each.stderr for each in done.values())


def test_the_command_says_which_packages_it_could_not_check(tmp_path: Path) -> None:
    path = tmp_path / "pypi.json"
    path.write_text(json.dumps([advisory("nothing-of-ours", EVERY)]))
    done = run(path, "--today", "2026-11-11")
    assert done.returncode == 2
    assert "package of Maven" in done.stderr
    assert "package of npm" in done.stderr


def test_a_file_about_other_ecosystems_checks_nothing_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "go.json"
    path.write_text(json.dumps(advisory("x", EVERY, ecosystem="Go")))
    done = run(path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing is checked" in done.stderr
