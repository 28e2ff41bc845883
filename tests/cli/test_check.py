"""`casetrail check`, end to end."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.ways import CASES, ROOT, RULE, put, run, shell, small_pack, tree

PLACE = re.compile(r"^(?P<path>.+):(?P<line>\d+):(?P<column>\d+) (?P<code>CT\d+) (?P<message>.+)$")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return small_pack(tmp_path / "pack")


def misspell(pack: Path) -> Path:
    path = pack / "rules" / "okta" / "example.yml"
    path.write_text(
        path.read_text().replace("    eventType:", "    eventTyp: x\n    actor.alternatId|endswith: y\n    eventType:")
    )
    return path


def test_a_sound_pack_says_so_and_exits_0(pack: Path) -> None:
    result = shell("--pack", pack, "check")
    assert (result.returncode, result.stdout) == (0, b"")
    lists = len(list((ROOT / "watchlists").glob("*.csv")))
    read = f"1 rule, 1 case file, {lists} watchlists read: 0 errors, 0 warnings, 0 info findings"
    assert result.stderr.decode().splitlines() == [f"pack: {pack}", read]


@pytest.mark.parametrize("above", ["fixtures", "incidents", "redteam", "events"])
def test_a_pack_may_lie_below_any_folder(tmp_path: Path, above: str) -> None:
    folder = small_pack(tmp_path / above / "pack")
    result = run("check", pack=folder)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "1 rule, 1 case file," in result.stderr


def test_a_misspelt_field_gives_file_line_column_and_the_right_name(pack: Path) -> None:
    path = misspell(pack)
    result = shell("--pack", pack, "check")
    assert result.returncode == 1
    found = [PLACE.match(line) for line in result.stdout.decode().splitlines()]
    told = {(int(one["line"]), int(one["column"])): one for one in found if one and one["code"] == "CT102"}
    lines = path.read_text().split("\n")
    wanted = {"eventTyp": "eventType", "actor.alternatId": "actor.alternateId"}
    for wrong, right in wanted.items():
        number = next(number for number, line in enumerate(lines, 1) if line.strip().startswith((f"{wrong}:", f"{wrong}|")))
        one = told[number, lines[number - 1].index(wrong) + 1]
        assert one["path"] == str(path)
        assert f"did you mean {right}" in one["message"]
    assert "2 errors" in result.stderr.decode()


def test_the_forms_say_the_same(pack: Path) -> None:
    misspell(pack)
    rows = json.loads(run("check", "--json", pack=pack).stdout)
    assert [row["code"] for row in rows] == ["CT102", "CT102"]
    sarif = json.loads(run("check", "--sarif", pack=pack).stdout)
    assert [result["ruleId"] for result in sarif["runs"][0]["results"]] == ["CT102", "CT102"]
    github = run("check", "--github", pack=pack).stdout.splitlines()
    assert [line.split(",")[0] for line in github] == [f"::error file={row['path'].replace(':', '%3A')}" for row in rows]
    assert run("check", "--json", "--sarif", pack=pack).exit_code == 2


def test_paths_narrow_what_is_told(pack: Path) -> None:
    misspell(pack)
    put(pack / "rules" / "okta" / "other.yml", {**RULE, "name": "other", "level": "dangerous"})
    assert len(json.loads(run("check", "--json", pack / "rules" / "okta" / "example.yml", pack=pack).stdout)) == 2
    assert run("check", pack / "fixtures", pack=pack).exit_code == 0
    result = run("check", pack / "rules" / "okta" / "exampel.yml", pack=pack)
    assert (result.exit_code, "no such file or folder" in result.stderr) == (2, True)


def broken_yaml(pack: Path) -> Path:
    path = pack / "rules" / "okta" / "example.yml"
    path.write_text("title: x\ndetection:\n  selection: [a\n  condition: selection\n")
    return path


def folder(pack: Path) -> Path:
    path = pack / "rules" / "okta" / "example.yml"
    path.unlink()
    path.mkdir()
    return path


def not_utf8(pack: Path) -> Path:
    path = pack / "rules" / "okta" / "example.yml"
    path.write_bytes(path.read_bytes() + b"author: Jos\xe9\n")
    return path


def broken_contract(pack: Path) -> Path:
    path = pack / "logsources" / "okta.yml"
    path.write_text("product: okta\nsources: 7\n")
    return path


def broken_cases(pack: Path) -> Path:
    path = pack / "fixtures" / "okta" / "example.yml"
    put(path, {**CASES, "cases": [{"name": "hit", "completes": ["a"], "events": [{"id": "a", "from": "okta/nothing"}]}]})
    return path


@pytest.mark.parametrize(
    ("spoil", "line", "words"),
    [
        (broken_yaml, 4, "isn't closed, or lacks a comma"),
        (folder, 1, "it is a folder, not a file"),
        (not_utf8, None, "it isn't UTF-8"),
        (broken_contract, 2, "sources"),
        (broken_cases, None, "from 'okta/nothing'"),
    ],
)
def test_what_is_broken_is_a_finding_with_a_place_in_every_command(
    pack: Path, spoil: Any, line: int | None, words: str
) -> None:
    path = spoil(pack)
    result = run("check", pack=pack)
    assert result.exit_code == 1
    found = [one for one in map(PLACE.match, result.stdout.splitlines()) if one and one["path"] == str(path)]
    assert any(words in one["message"] for one in found), result.stdout
    assert line is None or any(int(one["line"]) == line for one in found)
    out = ["-o", str(pack / "out")]
    for command in (["test"], ["run", *out], *([["build", *out]] if path.parts[-3] != "fixtures" else [])):
        told = run(*command, pack=pack)
        assert told.exit_code in (1, 2), command
        assert str(path) in told.output, command
    assert not (pack / "out").exists()


FOREIGN = {
    "proc_creation_win_whoami.yml": """
title: Whoami As Parameter
id: e9142d84-fbe0-401d-ac50-3e519fb00c89
status: test
description: Detects the use of whoami as a parameter.
author: somebody
date: 2021-11-29
tags: [attack.discovery, attack.t1033]
logsource: {category: process_creation, product: windows}
detection:
  selection:
    CommandLine|contains: .exe whoami
  filter_main:
    - ParentImage|endswith: '\\explorer.exe'
    - User|startswith: ['NT ', AUTOR*]
  condition: selection and not 1 of filter_*
falsepositives: [Unknown]
level: high
""",
    "win_security_logon.yml": """
title: A Logon
id: 0badd08f-c6a3-4630-90d3-6875cca440be
status: stable
logsource: {product: windows, service: security}
detection:
  selection:
    EventID: 4624
    LogonType: 9
  keywords: [mimikatz, '*sekurlsa*']
  timeframe: 5m
  condition: selection or keywords
level: medium
""",
    "okta_policy_modified.yml": """
title: Okta Policy Modified
id: 1667a172-ed4c-463c-9969-efd92195319a
status: test
description: Detects when an Okta policy is modified or deleted.
references: [https://developer.okta.com/docs/reference/api/system-log/]
logsource: {product: okta, service: okta}
detection:
  selection:
    eventtype:
      - policy.lifecycle.update
      - policy.lifecycle.delete
  condition: selection
falsepositives: [Okta policies being modified or deleted may be performed by a system administrator.]
level: low
""",
    "web_log4j.yml": """
title: A Web Shell
id: 9be472ed-893c-4ec0-94da-312d2765f654
status: experimental
logsource: {category: webserver}
detection:
  selection:
    cs-uri-query|re: '(?<!x)cmd=.*(\\1)'
    sc-status|windash|contains: ' -x'
  condition: all of selection*
level: critical
""",
    "correlated.yml": """
title: Many Failed Logons
id: 5638f7c0-ac70-491d-8465-2a65075e0d86
status: test
correlation:
  type: event_count
  rules: [0badd08f-c6a3-4630-90d3-6875cca440be]
  group-by: [IpAddress]
  timespan: 1h
  condition: {gte: 10}
level: high
""",
}


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    for name, text in FOREIGN.items():
        (tmp_path / "sigma").mkdir(exist_ok=True)
        (tmp_path / "sigma" / name).write_text(text.lstrip(), "utf-8")
    return tmp_path / "sigma"


def test_a_foreign_pack_gets_lints_and_its_rules_without_contract_are_named(foreign: Path) -> None:
    result = shell("--pack", foreign, "check", "--json")
    assert b"Traceback" not in result.stderr
    rows = json.loads(result.stdout)
    without = {Path(row["path"]).name for row in rows if row["code"] == "CT101"}
    assert without == {"proc_creation_win_whoami.yml"}
    assert any(row["code"] == "CT103" and row["path"].endswith("win_security_logon.yml") for row in rows)
    (regex,) = (row for row in rows if row["path"].endswith("web_log4j.yml"))
    assert (regex["code"], "can't be read: invalid perl operator" in regex["message"]) == ("CT004", True)
    (misspelt,) = (row for row in rows if row["code"] == "CT113")
    assert misspelt["path"].endswith("okta_policy_modified.yml")
    assert misspelt["message"] == "eventtype is written eventType in okta/okta"
    assert not {row["code"] for row in rows} & {"CT301", "CT302"}, "what we demand of our own rules is not asked of others'"


@pytest.mark.parametrize(
    "command", [["list"], ["list", "sources"], ["test"], ["hunt", str(ROOT / "examples" / "okta.ndjson")]]
)
def test_a_foreign_pack_can_be_listed_tested_and_hunted_with(foreign: Path, command: list[str]) -> None:
    result = run(*command, pack=foreign)
    assert result.exit_code in (0, 2), result.output
    assert "Traceback" not in result.output


def test_a_foreign_pack_is_built_but_for_its_rules_without_meaning_which_are_named(foreign: Path) -> None:
    result = run("build", "-o", foreign / "out", pack=foreign)
    assert result.exit_code == 0
    assert [line.partition(":")[0] for line in result.stdout.splitlines()] == ["elastic", "opensearch", "sentinel", "splunk"]
    assert result.stderr.count("\nleft out: ") == 3
    assert "fields unchecked, since nobody defined their log: 1 rule: proc_creation_win_whoami" in result.stderr
    strict = run("build", "--strict", "-o", foreign / "strict", pack=foreign)
    assert strict.exit_code != 0
    assert not (foreign / "strict").exists()


def test_fix_mends_what_can_be_mended_and_nothing_else(pack: Path) -> None:
    path = pack / "rules" / "okta" / "example.yml"
    path.write_text(path.read_text().replace("    eventType:", "    outcome.reason: no # why\n    eventType:"))
    path.chmod(0o640)
    before = tree(pack)
    result = run("check", "--fix", pack=pack)
    assert (result.exit_code, result.stderr.splitlines()[1]) == (0, "1 finding fixed")
    assert '    outcome.reason: "no" # why\n' in path.read_text()
    after = tree(pack)
    assert [name for name in after if after[name] != before.get(name)] == ["rules/okta/example.yml"]
    assert path.stat().st_mode & 0o777 == 0o640


def test_strict_makes_warnings_count(pack: Path) -> None:
    path = pack / "rules" / "okta" / "example.yml"
    path.write_text(path.read_text().replace("    eventType:", "    outcome.reason: no\n    eventType:"))
    assert run("check", pack=pack).exit_code == 0
    assert run("check", "--strict", pack=pack).exit_code == 1


def test_colours_are_for_terminals(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    misspell(pack)
    assert "\x1b[31mCT102\x1b[0m" in run("check", pack=pack, color=True).stdout
    assert "\x1b" not in run("check", pack=pack).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("check", pack=pack, color=True).stdout


def test_a_rule_cannot_steer_the_terminal(pack: Path) -> None:
    path = pack / "rules" / "okta" / "example.yml"
    path.write_text(path.read_text().replace("    eventType:", '    "event\\e[2J\\rType": x\n    eventType:'))
    result = run("check", pack=pack, color=True)
    assert result.exit_code == 1
    assert "\\x1b[2J" in result.stdout
    assert "\x1b[2J" not in result.stdout
    assert "\r" not in result.stdout


def test_the_shipped_pack_is_sound_wherever_it_is_checked_from(tmp_path: Path) -> None:
    for name in ("rules", "fixtures", "logsources", "watchlists", "backends"):
        shutil.copytree(ROOT / name, tmp_path / name)
    result = shell("--pack", ".", "check", cwd=tmp_path)
    assert result.returncode == 0, result.stdout


def test_the_day_by_which_watchlists_expire_can_be_given(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    before, after = (run("check", "--today", day, pack=pack) for day in ("2027-04-30", "2027-05-01"))
    assert "CT112" not in before.stdout
    assert "CT112 incident_2023_addresses has expired on 2027-04-30" in after.stdout
    assert (before.exit_code, after.exit_code) == (0, 0)
    assert run("check", "--today", "tomorrow", pack=pack).exit_code == 2


def test_gitlab_knows_a_finding_again_when_lines_come_above_it(pack: Path) -> None:
    put(pack / "rules" / "okta" / "example.yml", {**RULE, "tags": ["attack.nothing", "attack.nothing"], "references": ["x"]})
    first = json.loads(run("check", "--gitlab", pack=pack).stdout)
    assert {row["check_name"] for row in first} == {
        row["code"] for row in json.loads(run("check", "--json", pack=pack).stdout)
    }
    assert len({row["fingerprint"] for row in first}) == len(first)
    assert {row["severity"] for row in first} <= {"info", "minor", "critical"}
    path = pack / "rules" / "okta" / "example.yml"
    path.write_text(f"# a line\n{path.read_text()}")
    again = json.loads(run("check", "--gitlab", pack=pack).stdout)
    assert [row["fingerprint"] for row in again] == [row["fingerprint"] for row in first]
    assert [row["location"]["lines"]["begin"] for row in again if row["location"]["path"] == str(path)] == [
        row["location"]["lines"]["begin"] + 1 for row in first if row["location"]["path"] == str(path)
    ]
