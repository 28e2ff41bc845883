"""`pytest --casetrail DIR`: each case a test, and what differs in its failure."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.cli.ways import CASES, ROOT, put, small_pack

pytest_plugins = ["pytester"]


@pytest.fixture
def pack(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pack in a project whose plugins are only those that a test names."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'src'}")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return small_pack(pytester.path / "rules-of-ours")


def ran(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-p", "casetrail.pytest_plugin", *words)


def test_it_is_found_by_pytest() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert told["project"]["entry-points"]["pytest11"] == {"casetrail": "casetrail.pytest_plugin"}


def test_each_case_is_a_test_on_each_engine(pytester: pytest.Pytester, pack: Path) -> None:
    pytester.makepyfile(test_other="def test_other(): pass")
    result = ran(pytester, "--casetrail", pack.name, "-v")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines_random(
        [
            "rules-of-ours/fixtures/okta/example.yml::hit[[]reference[]] PASSED*",
            "rules-of-ours/fixtures/okta/example.yml::miss[[]duckdb[]] PASSED*",
            "test_other.py::test_other PASSED*",
        ]
    )


def test_a_failure_says_which_ids_differ_and_why(pytester: pytest.Pytester, pack: Path) -> None:
    hit, miss = CASES["cases"]
    cases = [{**hit, "completes": ["a", "z"]}, {**miss, "completes": ["b"]}, {**hit, "name": "nothing", "completes": []}]
    put(pack / "fixtures" / "okta" / "example.yml", {**CASES, "cases": cases})
    result = ran(pytester, "--casetrail", pack.name, "--casetrail-engine", "reference", "-p", "xdist.plugin", "-n", "2")
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines_random(
        [
            "*example: hit, on reference",
            "*expected: a, z",
            "*got:      a",
            "*- z should match and doesn't: no event of this case has this id",
            "*expected: b",
            "*got:      nothing",
            "*- b should match and doesn't: *eventType*'user.lifecycle.create'*",
            "*+ a matches and shouldn't",
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_one_case_is_chosen_by_its_name_and_stands_on_its_line(pytester: pytest.Pytester, pack: Path) -> None:
    result = ran(
        pytester, "--casetrail", pack.name, "-k", "miss and duckdb", "--junit-xml=x.xml", "-o", "junit_family=xunit1"
    )
    result.assert_outcomes(passed=1, deselected=3)
    lines = (pack / "fixtures" / "okta" / "example.yml").read_text().splitlines()
    assert f'line="{lines.index("- name: miss")}"' in (pytester.path / "x.xml").read_text()


def test_what_cannot_be_read_is_one_error_and_no_traceback(pytester: pytest.Pytester, pack: Path) -> None:
    put(pack / "fixtures" / "okta" / "example.yml", {"rule": "example", "cases": [{"name": "hit"}]})
    result = ran(pytester, "--casetrail", pack.name)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*example.yml: 'events' is missing; run `casetrail check`"])
    assert ran(pytester, "--casetrail", "nowhere").ret == pytest.ExitCode.USAGE_ERROR


def test_without_the_option_nothing_is_imported_or_collected(pytester: pytest.Pytester, pack: Path) -> None:
    pytester.makepyfile(
        test_other="""
        import sys

        def test_other():
            assert sorted(name for name in sys.modules if name.startswith("casetrail.")) == ["casetrail.pytest_plugin"]
            assert "sigma" not in sys.modules and "duckdb" not in sys.modules
        """
    )
    ran(pytester).assert_outcomes(passed=1)
