"""`casetrail diff`: what a change means, told from git or from folders."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.ways import CASES, RULE, put, run, shell, small_pack

END = {"selection": {"eventType": "user.session.end"}, "condition": "selection"}
EITHER = {"selection": {"eventType": ["user.session.start", "user.lifecycle.create"]}, "condition": "selection"}


def git(folder: Path, *words: str) -> str:
    settings = [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.com",
        "-c",
        "init.defaultBranch=main",
        "-c",
        "commit.gpgsign=false",
    ]
    return subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of two rules below the top of a repository, all committed on main."""
    other = {**RULE, "name": "other", "id": "3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b12"}
    folder = small_pack(tmp_path / "repository" / "ours", {"example": RULE, "other": other})
    git(tmp_path / "repository", "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    return folder


def rule(pack: Path, **more: Any) -> None:
    put(pack / "rules" / "okta" / "example.yml", {**RULE, **more})


def told(pack: Path, *words: str) -> list[str]:
    result = run("diff", *words, pack=pack)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_nothing_changed(pack: Path) -> None:
    assert told(pack) == ["nothing changed"]
    assert run("diff", "--exit-code", pack=pack).exit_code == 0


def test_a_meaning_is_told_in_words_and_by_the_cases_that_see_it(pack: Path) -> None:
    rule(pack, detection=END, level="low")
    lines = told(pack)
    assert lines[0].startswith("0 rules added, 0 removed, 1 of another meaning, 0 in words only; 4 queries")
    assert "meaning  example (still version 1): may be broader, may be narrower; level high, now low" in lines
    assert "  -   eventType is 'user.session.start'" in lines
    assert "  +   eventType is 'user.session.end'" in lines
    assert (
        "  case 'hit': a completes it no more (example: eventType is 'user.session.end' (saw 'user.session.start'))" in lines
    )
    assert [line for line in lines if line.startswith("query")] == [
        f"query    {target}: changed: example" for target in ("elastic", "opensearch", "sentinel", "splunk")
    ]
    assert run("diff", "--exit-code", pack=pack).exit_code == 1


def test_old_cases_and_new_ones_run_on_both_meanings(pack: Path) -> None:
    rule(pack, detection=EITHER)
    new = {"name": "new", "completes": ["c"], "events": [{"id": "c", "from": "okta/user_lifecycle_create"}]}
    put(pack / "fixtures" / "okta" / "example.yml", {"rule": "example", "cases": [CASES["cases"][0], new]})
    lines = told(pack)
    assert "meaning  example (still version 1): is broader" in lines
    seen = [line.split(":")[0].strip() for line in lines if " case " in line]
    assert seen == ["case 'new'", "case 'miss'"], "the second is only in the earlier file"
    assert any(
        "c completes it now (before: example: eventType is 'user.session.start' (saw 'user.lifecycle.create'))" in line
        for line in lines
    )


def test_a_meaning_that_no_case_sees_is_named_so(pack: Path) -> None:
    rule(pack, detection={**END, "selection": {"eventType": "user.session.start", "actor.type|exists": True}})
    assert "  no case distinguishes the two meanings" in told(pack)


def test_words_are_told_by_their_keys(pack: Path) -> None:
    rule(pack, title="Other", level="low", casetrail={**RULE["casetrail"], "tuning": "None."})
    lines = told(pack)
    assert lines[1:] == ["words    example: level high, now low, title, tuning"]
    assert run("diff", "--exit-code", pack=pack).exit_code == 0


def test_rules_that_came_and_went_and_one_that_was_renamed(pack: Path) -> None:
    (pack / "rules" / "okta" / "other.yml").unlink()
    put(pack / "rules" / "okta" / "renamed.yml", {**RULE, "name": "renamed", "id": "3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b12"})
    lines = told(pack)
    assert "added    renamed (high): Example; it has the id of other" in lines
    assert "removed  other (high): Example" in lines


def test_rules_without_an_id_have_none_in_common(pack: Path) -> None:
    bare = {key: value for key, value in RULE.items() if key != "id"}
    put(pack / "rules" / "okta" / "other.yml", {**bare, "name": "other"})
    git(pack, "commit", "-qam", "second")
    (pack / "rules" / "okta" / "other.yml").rename(pack / "rules" / "okta" / "renamed.yml")
    put(pack / "rules" / "okta" / "renamed.yml", {**bare, "name": "renamed"})
    assert "added    renamed (high): Example" in told(pack)


def test_lists_and_queries_that_changed_alone(pack: Path) -> None:
    with (pack / "watchlists" / "sensitive_file_patterns.csv").open("a") as file:
        file.write(".zip,made up\n")
    store = pack / "backends" / "elastic" / "okta.yml"
    store.write_text(store.read_text().replace("okta.event_type", "event.action"))
    assert told(pack)[1:] == ["list     sensitive_file_patterns: 1 value more", "query    elastic: changed: example, other"]


def test_the_lock_of_then_knows_what_an_older_casetrail_wrote(pack: Path) -> None:
    run("lock", pack=pack)
    lock = pack / "rules.lock"
    text = lock.read_text()
    first = text.index("elastic: 1 ") + len("elastic: 1 ")
    lock.write_text(text[:first] + "0123456789abcdef" + text[first + 16 :])
    git(pack, "add", ".")
    git(pack, "commit", "-qm", "lock")
    assert told(pack)[1:] == ["query    elastic: changed: example"]


def test_it_is_the_place_where_the_branch_left_main(pack: Path) -> None:
    git(pack, "checkout", "-qb", "work")
    rule(pack, title="Other")
    git(pack, "commit", "-qam", "second")
    assert told(pack)[1:] == ["words    example: title"]
    assert told(pack, "HEAD") == ["nothing changed"]
    assert told(pack, "main")[1:] == ["words    example: title"]


def test_two_folders_need_no_git(pack: Path, tmp_path: Path) -> None:
    other = small_pack(tmp_path / "other", {"example": {**RULE, "title": "Other"}})
    lines = told(pack, str(other), str(pack))
    assert "added    other (high): Example" in lines
    assert "words    example: title" in lines


def test_markdown_has_no_text_of_a_rule_outside_of_code(pack: Path) -> None:
    evil = "`|<img src=x>@team [a](https://evil.example)"
    put(
        pack / "rules" / "okta" / "evil.yml",
        {**RULE, "name": "evil", "title": evil, "id": "3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b13"},
    )
    rule(pack, detection={"selection": {"eventType": ["user.session.start", "```\n<b>"]}, "condition": "selection"})
    text = run("diff", "--markdown", pack=pack).stdout
    outside, fenced = [], False
    for line in text.splitlines():
        fenced = not fenced if line.strip().startswith("```") else fenced
        if not fenced:
            outside += line.split("`")[::2]
    assert not any(mark in part for part in outside for mark in ("<img", "@team", "evil.example", "<b>"))
    assert "#### Rules added" in text
    assert "#### Meaning changed" in text
    assert "| `elastic` | `changed` | `example` |" in text


def test_json(pack: Path) -> None:
    rule(pack, detection=END)
    found = json.loads(run("diff", "--json", pack=pack).stdout)
    (change,) = found["rules"]
    assert (change["rule"], change["kind"], change["from_version"], change["to_version"]) == ("example", "meaning", 1, 1)
    assert list(change["cases"][0]["match_no_more"]) == ["a"]
    assert {query["target"] for query in found["queries"]} == {"elastic", "opensearch", "sentinel", "splunk"}


def test_an_overlay_is_laid_over_both(pack: Path, tmp_path: Path) -> None:
    run("init", tmp_path / "mine", pack=pack)
    (tmp_path / "mine" / "casetrail.yml").write_text("levels: {example: low}\n")
    rule(pack, level="medium")
    result = run("--overlay", tmp_path / "mine", "diff", pack=pack)
    assert result.stdout.splitlines() == ["nothing changed"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no-such-ref"], "no-such-ref: neither a folder nor a commit of the repository"),
        (["--markdown", "--json"], "choose --markdown or --json"),
        (["HEAD", "/no/such/folder"], "does not exist"),
    ],
)
def test_what_cannot_be_compared(pack: Path, words: list[str], message: str) -> None:
    result = run("diff", *words, pack=pack)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_ref_is_no_option_to_git(pack: Path) -> None:
    result = shell("--pack", pack, "diff", "--", "--output=stolen")
    assert result.returncode == 2
    assert b"neither a folder nor a commit" in result.stderr


def test_outside_of_a_repository(tmp_path: Path) -> None:
    folder = small_pack(tmp_path / "pack")
    result = run("diff", pack=folder)
    assert result.exit_code == 2
    assert "name two folders, as in `casetrail diff OLD NEW`" in result.stderr


def test_without_git(pack: Path) -> None:
    result = shell("--pack", pack, "diff", env={"PATH": "/nonexistent"})
    assert result.returncode == 2
    assert b"there is no git here; name two folders" in result.stderr


def test_a_commit_without_a_pack(pack: Path) -> None:
    first = git(pack, "rev-parse", "HEAD")
    git(pack, "checkout", "-q", "--orphan", "empty")
    git(pack, "rm", "-rqf", "--cached", ".")
    (pack / "notes.txt").write_text("a")
    git(pack, "add", "notes.txt")
    git(pack, "commit", "-qm", "empty")
    assert "there was no pack" in run("diff", "HEAD", pack=pack).stderr
    assert told(pack, first) == ["nothing changed"]
