"""Whose pack a command works on, and what its settings do, end to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.ways import run

RULE = """title: Somebody opened the admin console
id: 0f7a2d52-7b0e-4c26-8b55-8f1a5f4cb0{number:02d}
status: test
logsource: {{product: okta, service: okta}}
detection:
  selection:
    {field}: user.session.access_admin_app
  condition: selection
level: medium
"""


def rule(path: Path, number: int = 1, field: str = "eventType") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(RULE.format(number=number, field=field))
    return path


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of plain rules, one of them wrong, in which we are."""
    rule(tmp_path / "repo" / "rules" / "okta" / "right.yml")
    rule(tmp_path / "repo" / "rules" / "okta" / "wrong.yaml", 2, "eventTyp")
    monkeypatch.chdir(tmp_path / "repo")
    return tmp_path / "repo"


def test_the_nearest_folder_upward_is_the_pack_and_every_command_says_so(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (["check"], ["check", "rules/okta/wrong.yaml"], ["check", "."], ["check", "--pack", "."]):
        result = run(*words)
        assert (result.exit_code, "did you mean eventType" in result.stdout) == (1, True), words
        assert result.stderr.startswith("pack: .\n")
    assert run("check", "rules/okta/right.yml").exit_code == 0
    assert run("list").stderr.startswith("pack: . (2 rules)\n")
    monkeypatch.chdir(repo / "rules" / "okta")
    assert run("check", "wrong.yaml").exit_code == 1


def test_from_the_parent_a_path_names_its_pack(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.parent)
    for words in (["check"], ["test"], ["prove"], ["build", "-o", "out"], ["release"], ["run"]):
        unchosen = run(*words)
        assert (unchosen.exit_code, "no pack is here, but in repo: name it by --pack" in unchosen.stderr) == (2, True), words
    assert run("list").stderr.startswith("pack: shipped ")
    assert run("--pack", "shipped", "list", "sources").stderr.startswith("pack: shipped ")
    for path in ("repo", "repo/rules", "repo/rules/okta/wrong.yaml"):
        result = run("check", path)
        assert (result.exit_code, result.stderr.splitlines()[0]) == (1, "pack: repo"), path
    told = run("check", ".")
    assert (told.exit_code, "there is one in repo: name it by --pack" in told.stderr) == (2, True)


def test_a_path_outside_the_named_pack_is_an_error(repo: Path) -> None:
    outside = rule(repo.parent / "elsewhere" / "rules" / "a.yml", 3)
    result = run("--pack", repo, "check", outside)
    assert (result.exit_code, "it isn't in the pack" in result.stderr) == (2, True)
    result = run("check", outside, repo / "rules")
    assert (result.exit_code, "several packs" in result.stderr) == (2, True)


def test_a_pack_without_rules_exits_2(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    for words in (["check"], ["list"], ["build", "-o", str(tmp_path / "out")], ["hunt", str(tmp_path)]):
        result = run(*words, pack=tmp_path)
        assert (result.exit_code, "no rules are there" in result.stderr) == (2, True), words


def test_every_ending_and_every_linked_folder_is_read_and_the_rest_is_named(repo: Path) -> None:
    rule(repo / "rules" / "a.YML", 3)
    rule(repo.parent / "linked" / "b.yml", 4)
    (repo / "rules" / "link").symlink_to(repo.parent / "linked")
    (repo / "rules" / "link" / "round").symlink_to(repo / "rules")
    (repo / "rules" / "c.json").write_text("{}")
    result = run("check")
    assert "rules/c.json:1:1 CT006" in result.stdout
    assert "4 rules" in result.stderr


def test_a_table_of_pyproject_names_the_pack(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo.parent / "pyproject.toml").write_text('[tool.casetrail]\npack = "repo"\nignore = ["unknown-field"]\n')
    monkeypatch.chdir(repo.parent)
    assert run("list").stderr.startswith("pack: repo (2 rules)\n")
    (repo.parent / "pyproject.toml").write_text('[tool.casetrail]\npack = "gone"\n')
    result = run("list")
    assert (result.exit_code, "pack: gone: no such folder" in result.stderr) == (2, True)


def test_a_folder_says_what_it_is_laid_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("init", "ours").exit_code == 0
    monkeypatch.chdir(tmp_path / "ours")
    first = run("list", "watchlists").stderr.splitlines()[0]
    assert first.startswith("pack: shipped ")
    assert ", under ." in first


def test_options_after_the_command_are_those_before_it(repo: Path) -> None:
    assert run("list", "--pack", repo).stdout == run("list", pack=repo).stdout
    twice = run("list", "--pack", repo.parent, pack=repo)
    assert (twice.exit_code, "--pack is given twice" in twice.stderr) == (2, True)


def test_settings_choose_the_lints(repo: Path) -> None:
    def codes(settings: str) -> list[str]:
        (repo / "casetrail.yml").write_text(settings)
        return [row["code"] for row in json.loads(run("check", "--json").stdout)]

    assert codes("") == ["CT102"]
    assert codes("ignore: [unknown-field]") == []
    assert codes("ignore: [CT1]") == []
    assert codes("per-file-ignores: {'rules/okta/wr*': [CT102]}") == []
    assert codes("per-file-ignores: {'rules/okta/ri*': [CT102]}") == ["CT102"]
    assert "CT306" in codes("profile: house")
    assert set(codes("select: [CT306]")) == {"CT306"}
    assert codes("ignore: [unknown-feild]") == ["CT007", "CT102"]
    assert codes("targets: [splnk]") == ["CT007", "CT102"]
    assert "CT003" in codes("profil: house")


def test_a_comment_with_a_reason_takes_a_finding_away(repo: Path) -> None:
    wrong = repo / "rules" / "okta" / "wrong.yaml"
    text = wrong.read_text()

    def told(comment: str) -> list[tuple[str, int]]:
        wrong.write_text(text.replace("admin_app\n", f"admin_app {comment}\n"))
        return [(row["code"], row["line"]) for row in json.loads(run("check", "--json").stdout)]

    assert told("# casetrail: ignore=CT102 their log has it") == []
    assert told("# casetrail: ignore=CT102") == [("CT102", 7), ("CT005", 7)]
    assert told("# casetrail: ignore=CT109 x") == [("CT102", 7), ("CT005", 7)]
    wrong.write_text(text.replace("    eventTyp", "    # casetrail: ignore=unknown-field their log has it\n    eventTyp"))
    assert run("check").exit_code == 0


def test_a_baseline_keeps_what_is_known_quiet_and_nothing_else(repo: Path) -> None:
    assert run("check", "--write-baseline", repo / "known.json").exit_code == 0
    result = run("check", "--baseline", repo / "known.json")
    assert (result.exit_code, "1 known finding not told" in result.stderr) == (0, True)
    (repo / "casetrail.yml").write_text("baseline: known.json\n")
    wrong = repo / "rules" / "okta" / "wrong.yaml"
    wrong.write_text(wrong.read_text().replace("title", "\ntitle").replace("level", "x_level: 1\nlevel"))
    assert run("check").exit_code == 0
    rule(repo / "rules" / "new.yml", 5, "actor.typ")
    assert run("check").exit_code == 1
    (repo / "rules" / "new.yml").unlink()
    rule(wrong, 2)
    assert "1 of the baseline are no more" in run("check").stderr


def test_strict_settings_fail_on_a_warning(repo: Path) -> None:
    rule(repo / "rules" / "okta" / "wrong.yaml", 2)
    (repo / "rules" / "c.json").write_text("{}")
    assert run("check").exit_code == 0
    (repo / "casetrail.yml").write_text("strict: true\n")
    assert run("check").exit_code == 1
