"""`casetrail build`: whole, and in the way of nothing. That its bytes are the same everywhere is in tests/hardness/."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from casetrail.build.write import write
from casetrail.pack.files import PackError
from tests.cli.ways import ROOT, RULE, put, run, small_pack, tree


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return small_pack(tmp_path / "pack")


def test_the_manifest_says_what_is_there_and_what_was_refused(pack: Path, tmp_path: Path) -> None:
    out = tmp_path / "dist"
    result = run("build", "-o", out, "--target", "elastic", pack=pack)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == f"elastic: 1 rule in {out / 'elastic'}"
    files = tree(out)
    manifest = json.loads(files.pop("manifest.json"))
    assert {file["path"]: file["sha256"] for file in manifest["files"]} == {
        path: hashlib.sha256(content).hexdigest() for path, content in files.items()
    }
    assert {file["target"] for file in manifest["files"]} == {"elastic"}
    assert "example" in {file["rule"] for file in manifest["files"]}
    whole = json.loads(run("build", "-o", tmp_path / "all", "--json", pack=ROOT).stdout)
    assert all(refusal["reason"] and refusal["rule"] and refusal["target"] for refusal in whole["refused"])
    assert whole == json.loads((tmp_path / "all" / "manifest.json").read_bytes())


def test_a_build_takes_the_place_of_an_earlier_one(pack: Path, tmp_path: Path) -> None:
    out = tmp_path / "dist"
    run("build", "-o", out, pack=pack)
    first = tree(out)
    put(pack / "rules" / "okta" / "example.yml", {**RULE, "name": "renamed"})
    assert run("build", "-o", out, pack=pack).exit_code == 0
    names = {path.rpartition("/")[2].partition(".")[0] for path in tree(out)}
    assert "renamed" in names
    assert "example" not in names
    assert tree(out) != first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dist", "pack"]


def stranger_in_an_empty_folder(out: Path) -> None:
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")


def manifest_of_something_else(out: Path) -> None:
    out.mkdir()
    (out / "manifest.json").write_text('{"name": "a web app", "files": []}')


def stranger_in_a_build(out: Path) -> None:
    (out / "elastic").mkdir(parents=True)
    write(out, {"manifest.json": b'{"casetrail": "0", "files": []}'})
    (out / "notes.txt").write_text("mine")


def a_file(out: Path) -> None:
    out.write_text("mine")


def broken_manifest(out: Path) -> None:
    out.mkdir()
    (out / "manifest.json").write_text("{")


@pytest.mark.parametrize(
    "fill", [stranger_in_an_empty_folder, manifest_of_something_else, stranger_in_a_build, a_file, broken_manifest]
)
def test_a_folder_that_is_no_build_is_left_alone(fill: Any, pack: Path, tmp_path: Path) -> None:
    out = tmp_path / "dist"
    fill(out)
    before = out.read_bytes() if out.is_file() else tree(out)
    result = run("build", "-o", out, pack=pack)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert (out.read_bytes() if out.is_file() else tree(out)) == before


def test_an_empty_folder_is_taken(pack: Path, tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    assert run("build", "-o", tmp_path / "dist", pack=pack).exit_code == 0


def test_an_unknown_target_is_named_and_nothing_is_written(pack: Path, tmp_path: Path) -> None:
    result = run("build", "-o", tmp_path / "dist", "--target", "elastik", pack=pack)
    assert result.exit_code == 2
    assert "no target is named elastik" in result.stderr
    assert "elastic" in result.stderr
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("at", [0, 1, 2, "exchange", "first rename", "second rename"])
def test_what_fails_half_way_leaves_the_old_build(
    error: BaseException, at: int | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "dist"
    old = {"manifest.json": b'{"casetrail": "0", "files": [{"path": "a/old"}]}', "a/old": b"old"}
    write(out, old)
    calls = {"write": 0, "rename": 0}
    write_bytes, rename = Path.write_bytes, Path.rename

    def failing_write(self: Path, data: bytes) -> int:
        calls["write"] += 1
        if calls["write"] - 1 == at:
            raise error
        return write_bytes(self, data)

    def failing_rename(self: Path, target: Path) -> Path:
        calls["rename"] += 1
        if at == {1: "first rename", 2: "second rename"}.get(calls["rename"]):
            raise error
        return rename(self, target)

    def failing_exchange(one: Path, other: Path) -> bool:
        if at == "exchange":
            raise error
        return False

    monkeypatch.setattr(Path, "write_bytes", failing_write)
    monkeypatch.setattr(Path, "rename", failing_rename)
    monkeypatch.setattr("casetrail.build.write.exchange", failing_exchange)
    new = {
        "manifest.json": b'{"casetrail": "1", "files": [{"path": "a/new"}, {"path": "b/new"}]}',
        "a/new": b"x",
        "b/new": b"y",
    }
    with pytest.raises(PackError if isinstance(error, OSError) else KeyboardInterrupt):
        write(out, new)
    monkeypatch.undo()
    assert tree(out) == old
    assert [path.name for path in tmp_path.iterdir()] == ["dist"]
    write(out, new)
    assert tree(out) == new


def test_a_path_cannot_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="outside"):
        write(tmp_path / "dist", {"manifest.json": b"{}", "../outside": b"x"})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_with_one_line_and_nothing_half_written(number: signal.Signals, tmp_path: Path) -> None:
    out = tmp_path / "dist"
    code = (
        "import os, signal, sys, casetrail.build.targets as targets; from casetrail.cli.main import main\n"
        f"old = targets.build\ntargets.build = lambda *a: (os.kill(os.getpid(), {int(number)}), old(*a))[1]\n"
        f"sys.argv = ['casetrail', '--pack', {str(ROOT)!r}, 'build', '-o', {str(out)!r}]\nmain()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert result.returncode == 128 + number, result.stderr
    assert result.stderr.splitlines()[-1] == b"stopped"
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_the_old_build_is_cleared_away_leaves_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "dist"
    files = {"manifest.json": b'{"casetrail": "0", "files": [{"path": "a.txt"}]}', "a.txt": b"old"}
    write(out, files)
    real = shutil.rmtree
    stopped: list[Path] = []

    def stopping(path: Path, ignore_errors: bool = False) -> None:
        if not stopped:
            stopped.append(path)
            raise KeyboardInterrupt
        real(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", stopping)
    with pytest.raises(KeyboardInterrupt):
        write(out, {**files, "a.txt": b"new"})
    assert stopped
    assert (out / "a.txt").read_bytes() == b"new"
    assert {path.name for path in tmp_path.iterdir()} == {"dist"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_at_any_moment_leaves_an_old_build_or_a_new_one(pack: Path, tmp_path: Path) -> None:
    out = tmp_path / "dist"
    run("build", "-o", out, pack=pack)
    old = tree(out)
    put(pack / "rules" / "okta" / "example.yml", {**RULE, "level": "low"})
    run("build", "-o", tmp_path / "other", pack=pack)
    new = tree(tmp_path / "other")
    for wait in (0.4, 0.8, 1.2, 1.6):
        process = subprocess.Popen(
            [sys.executable, "-m", "casetrail", "--pack", str(pack), "build", "-o", str(out)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ},
        )
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        process.communicate()
        assert tree(out) in (old, new)
        assert {path.name for path in tmp_path.iterdir()} == {"dist", "other", "pack"}
