"""`casetrail replay`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casetrail.cli.main import cli
from casetrail.incidents.picture import picture
from casetrail.incidents.record import record
from casetrail.logs.rows import detects
from tests.incidents.replays import ROOT, pack, replayed

VOID = {"meta", "br", "wbr", "link", "img", "input", "hr"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--pack", str(ROOT), "replay", *arguments], catch_exceptions=False)


def test_help_has_an_example() -> None:
    assert "Example: casetrail replay okta-2023 --html okta-2023.html" in run("--help").output


def test_without_a_name_the_incidents_are_listed() -> None:
    lines = run().stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["okta-2023", "salesloft-drift-2025", "unc6040-2025"]


def test_the_table_says_what_fired_first_and_when_the_victim_saw_it() -> None:
    result = run("unc6040-2025", "--target", "elastic")
    assert result.exit_code == 0
    assert "searches every 5 minutes or more rarely: elastic" in result.output
    assert re.search(r"2025-06-03 .*salesforce_application_new_to_company \(medium\)", result.output)
    assert re.search(r"2025-07-24 .*detects it", result.output)


def test_a_rule_can_be_left_out() -> None:
    shown = json.loads(run("unc6040-2025", "--without", "okta_signin_new_network", "--json").stdout)
    assert "okta_signin_new_network" not in {alert["rule"] for alert in shown["companies"][0]["alerts"]}


@pytest.mark.parametrize("wrong", [["--target", "nosuch"], ["--without", "nosuch"]])
def test_wrong_names_are_refused(wrong: list[str]) -> None:
    result = CliRunner().invoke(cli, ["--pack", str(ROOT), "replay", "unc6040-2025", *wrong])
    assert result.exit_code != 0


def test_json_is_the_same_each_time_whatever_the_order_of_sets() -> None:
    outputs = set()
    for seed in ("0", "1", "77"):
        command = [sys.executable, "-m", "casetrail", "--pack", str(ROOT), "replay", "salesloft-drift-2025", "--json"]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "src")}
        outputs.add(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    assert len(outputs) == 1
    assert json.loads(outputs.pop())["incident"] == "salesloft-drift-2025"


def test_the_record_holds_what_the_table_shows() -> None:
    shown = record(replayed("okta-2023"))
    vendor = shown["companies"][0]
    assert vendor["first"]["told"]["elastic"].startswith("2023-09-28T")
    assert vendor["saw"]["day"] == "2023-10-16"
    assert len(vendor["files"]) == sum(day["files_taken"] for day in vendor["days"]) == 166
    assert json.loads(json.dumps(shown)) == shown


def test_whole_rows_are_written_for_other_tools(tmp_path: Path) -> None:
    assert run("unc6040-2025", "--rows", str(tmp_path), "--json").exit_code == 0
    files = sorted(tmp_path.rglob("*.ndjson"))
    assert {path.name for path in files} >= {"okta.okta.ndjson", "salesforce.eventlogfile.ndjson"}
    for path in files:
        product, _, service = path.stem.partition(".")
        first = json.loads(path.read_text().splitlines()[0])
        assert detects(first, pack().contracts[f"{product}/{service}"])


class Page(HTMLParser):
    """Checks that tags nest, and keeps what a page asks for from outside."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.asked: list[str] = []
        self.titles: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.asked += [value or "" for name, value in attrs if name in ("src", "srcset", "data") or (tag == "link")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["title"]:
            self.titles.append(data)


def test_the_picture_is_one_page_that_needs_nothing_from_outside() -> None:
    text = picture(replayed("okta-2023"))
    page = Page()
    page.feed(text)
    assert page.open == []
    assert page.asked == []
    assert "script" not in page.tags
    assert "@import" not in text
    assert "url(" not in text
    assert page.tags.count("svg") == 4
    assert page.tags.count("desc") == 4
    assert "prefers-color-scheme: dark" in text
    assert any("salesforce_service_account_file_by_hand" in title for title in page.titles)
    assert text == picture(replayed("okta-2023"))


def test_the_picture_is_written_where_it_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    assert run("unc6040-2025", "--html", str(path)).exit_code == 0
    assert path.read_text("utf-8").startswith("<!doctype html>")


def test_what_a_log_says_cannot_become_markup() -> None:
    found = replayed("unc6040-2025")
    (each,) = found.companies
    sly = replace(each.alerts[0], rule="<script>alert(1)</script>", facts=("U02",), key={'a"b': "<img src=x>"})
    text = picture(replace(found, companies=(replace(each, alerts=(sly,)),)))
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text
