"""A build that is killed, or that meets another, leaves one whole build."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from casetrail.reading.files import exchange, held
from tests.cli.ways import ROOT, RULE, put, run, small_pack, tree
from tests.hardness import killer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX kills and holds")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}


def start(*words: str | Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", *map(str, words)]
    return subprocess.Popen(command, env=ENVIRONMENT, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.fixture(params=["exchange", "renames"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "exchange":
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
        if not exchange(tmp_path / "a", tmp_path / "b"):
            pytest.skip("no exchange of two folders here")
        for name in ("a", "b"):
            (tmp_path / name).rmdir()
    return str(request.param)


def test_a_kill_at_every_moment_leaves_the_old_build_or_the_new_one(way: str, tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    process = start("tests.hardness.killer", "killed", tmp_path / "place" / "dist", way)
    told, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    report = json.loads(told)
    assert report["found"] == ["new", "old"]
    assert report["kills"] > 30


def test_a_kill_at_a_random_moment_of_the_command_leaves_the_old_build_or_the_new_one(tmp_path: Path) -> None:
    pack, out = small_pack(tmp_path / "pack"), tmp_path / "dist"
    run("build", "-o", out, pack=pack)
    old = tree(out)
    put(pack / "rules" / "okta" / "example.yml", {**RULE, "level": "low"})
    began = time.monotonic()
    run("build", "-o", tmp_path / "other", pack=pack)
    new, takes = tree(tmp_path / "other"), 1 + time.monotonic() - began
    choose = random.Random(7)
    for _ in range(4):
        process = start("casetrail", "--pack", pack, "build", "-o", out)
        time.sleep(choose.uniform(0.2, takes))
        process.kill()
        process.communicate()
        assert tree(out) in (old, new)
    assert run("build", "-o", out, pack=pack).exit_code == 0
    assert tree(out) == new
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dist", "other", "pack"]


def test_two_builds_at_once_do_not_mix(way: str, tmp_path: Path) -> None:
    out = tmp_path / "place" / "dist"
    processes = [start("tests.hardness.killer", name, out, way) for name in ("new", "other")]
    for process in processes:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error.decode()
    assert tree(out) in (killer.build("new"), killer.build("other"))
    assert [path.name for path in out.parent.iterdir()] == ["dist"]


def test_a_workshop_in_use_is_not_cleared_away(tmp_path: Path) -> None:
    from casetrail.build.write import write

    living, dead = tmp_path / ".dist-aaaaaaaa", tmp_path / ".dist-bbbbbbbb"
    mine = tmp_path / ".dist-of-mine"
    for folder in (living, dead, mine):
        (folder / "new").mkdir(parents=True)
    empty = tmp_path / ".dist-cccccccc"
    empty.mkdir()
    with held(living) as ours:
        assert ours
        write(tmp_path / "dist", killer.build("new"))
        assert living.exists()
    assert not dead.exists()
    assert not empty.exists()
    assert mine.exists()


def test_the_folder_that_a_link_leads_to_is_built_and_the_link_stays(tmp_path: Path) -> None:
    from casetrail.build.write import write
    from casetrail.pack.files import PackError

    (tmp_path / "disk").mkdir()
    (tmp_path / "dist").symlink_to(tmp_path / "disk" / "dist")
    for name in ("old", "new"):
        write(tmp_path / "dist", killer.build(name))
    assert (tmp_path / "dist").is_symlink()
    assert tree(tmp_path / "disk" / "dist") == killer.build("new")
    (tmp_path / "gone").symlink_to(tmp_path / "unmounted" / "dist")
    with pytest.raises(PackError, match="unmounted isn't there"):
        write(tmp_path / "gone", killer.build("new"))
    assert (tmp_path / "gone").is_symlink()


def test_the_current_folder_is_not_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from casetrail.build.write import write
    from casetrail.pack.files import PackError

    (tmp_path / "dist" / "in").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "dist" / "in")
    for place in (".", "..", tmp_path / "dist"):
        with pytest.raises(PackError, match="holds the current folder"):
            write(Path(place), killer.build("new"))
