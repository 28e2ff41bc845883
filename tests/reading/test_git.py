"""Git is read and never run: what a repository or a folder like one brings along starts no program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from casetrail.reading import git as border
from casetrail.reading.git import GitError, files_of, git
from tests.cli.test_diff import git as committed
from tests.cli.ways import RULE, put, run, small_pack

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs that are planted are shell scripts")


@pytest.fixture
def owned(tmp_path: Path) -> Path:
    """The file that a planted program would make."""
    return tmp_path / "OWNED"


@pytest.fixture
def program(tmp_path: Path, owned: Path) -> Path:
    made = tmp_path / "evil.sh"
    made.write_text(f"#!/bin/sh\ntouch '{owned}'\ncat\n", "utf-8")
    made.chmod(0o755)
    return made


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = small_pack(tmp_path / "repository" / "ours", {"example": RULE})
    committed(tmp_path / "repository", "init", "-q")
    committed(folder, "add", ".")
    committed(folder, "commit", "-qm", "first")
    return folder


def planted(program: Path) -> str:
    """A configuration in which each setting that can name a program names one."""
    return f"""[core]
	repositoryformatversion = 0
	bare = false
	fsmonitor = {program}
	sshCommand = {program}
	pager = {program}
	editor = {program}
	askPass = {program}
	gitProxy = {program}
	alternateRefsCommand = {program}
	hooksPath = {program.parent}
[filter "evil"]
	smudge = {program}
	clean = {program}
	process = {program}
	required = true
[diff "evil"]
	command = {program}
	textconv = {program}
[uploadpack]
	packObjectsHook = {program}
[tar "tar"]
	command = {program}
[protocol]
	allow = always
"""


def test_a_pack_that_looks_like_a_repository_is_not_read_as_one(pack: Path, program: Path, owned: Path) -> None:
    """The pack's own files are a bare repository, which git finds before the repository that the pack lies in."""
    inner = pack.parent / "inner"
    small_pack(inner, {"example": RULE})
    committed(inner, "init", "-q")
    put(inner / ".gitattributes", {})
    (inner / ".gitattributes").write_text("* filter=evil\n", "utf-8")
    committed(inner, "add", ".")
    committed(inner, "commit", "-qm", "inner")
    for name in ("HEAD", "objects", "refs"):
        (inner / ".git" / name).rename(pack / name)
    (pack / "config").write_text(planted(program).replace("bare = false", "bare = true"), "utf-8")
    committed(pack.parent, "add", "-f", "ours")
    committed(pack.parent, "commit", "-qm", "planted")
    found = run("diff", "HEAD", pack=pack)
    assert not owned.exists()
    assert found.exit_code == 2
    assert "it looks like a git repository itself" in found.stderr


def test_the_configuration_of_a_repository_starts_nothing(pack: Path, program: Path, owned: Path) -> None:
    top = pack.parent
    (top / ".gitattributes").write_text("* filter=evil diff=evil\n", "utf-8")
    (top / ".git" / "config").write_text(planted(program), "utf-8")
    for hook in ("post-checkout", "pre-commit", "reference-transaction", "post-index-change"):
        (top / ".git" / "hooks").mkdir(exist_ok=True)
        (top / ".git" / "hooks" / hook).write_bytes(program.read_bytes())
        (top / ".git" / "hooks" / hook).chmod(0o755)
    found = run("diff", "HEAD", pack=pack)
    assert found.exit_code == 0, found.output
    assert not owned.exists()


def test_the_environment_of_the_caller_leads_nowhere_else(
    pack: Path, program: Path, owned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_EDITOR", "GIT_ASKPASS", "GIT_PROXY_COMMAND"):
        monkeypatch.setenv(name, str(program))
    monkeypatch.setenv("GIT_DIR", str(pack.parent / "nowhere"))
    assert run("diff", "HEAD", pack=pack).exit_code == 0
    assert not owned.exists()


def test_a_missing_object_is_not_fetched(pack: Path, program: Path, owned: Path) -> None:
    top = pack.parent
    partial = f'[extensions]\n\tpartialClone = origin\n[remote "origin"]\n\turl = ext::{program}\n\tpromisor = true\n'
    with (top / ".git" / "config").open("a", encoding="utf-8") as config:
        config.write(partial)
    blob = git(top, "rev-parse", "HEAD:ours/rules/okta/example.yml").decode().strip()
    (top / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert run("diff", "HEAD", pack=pack).exit_code == 2
    assert not owned.exists()


def test_links_are_left_out_and_nothing_lands_outside(pack: Path, tmp_path: Path) -> None:
    (pack / "rules" / "okta" / "link.yml").symlink_to("/etc/passwd")
    (pack / "rules" / "away").symlink_to(tmp_path)
    committed(pack, "add", ".")
    committed(pack, "commit", "-qm", "links")
    found = dict(files_of(pack.parent, "HEAD:ours/", ["rules"]))
    assert list(found) == [PurePosixPath("rules/okta/example.yml")]


def test_a_tree_with_a_way_out_is_refused(pack: Path) -> None:
    top = pack.parent
    blob = git(top, "rev-parse", "HEAD:ours/rules/okta/example.yml").decode().strip()
    entry = b"100644 ..\0" + bytes.fromhex(blob)
    command = ["git", "hash-object", "-w", "--literally", "-t", "tree", "--stdin"]
    tree = subprocess.run(command, input=entry, cwd=top, capture_output=True, check=True).stdout.decode().strip()
    with pytest.raises(GitError, match="no path of a pack"):
        list(files_of(top, tree, []))


def test_a_large_tree_is_refused_before_it_is_read(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(border, "MOST_BYTES", 10)
    with pytest.raises(GitError, match="larger than 10 bytes together"):
        list(files_of(pack.parent, "HEAD:ours/", ["rules"]))
    monkeypatch.setattr(border, "MOST_FILES", 0)
    with pytest.raises(GitError, match="1 files, and 0 are read at most"):
        list(files_of(pack.parent, "HEAD:ours/", ["rules"]))


def test_git_that_gives_no_answer_is_stopped(pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    slow = tmp_path / "bin" / "git"
    slow.write_text("#!/bin/sh\nexec sleep 30\n", "utf-8")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(border, "SECONDS", 0.2)
    with pytest.raises(GitError, match="git gave no answer within"):
        git(pack, "status")
