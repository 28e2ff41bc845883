"""A full, read-only or missing disk gives one clear line, exit code 2, and the earlier build as it was."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.cli.ways import ROOT, beside_the_pack, put, run, small_pack, tree
from tests.hardness import killer

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}


@cache
def _mounts() -> str:
    """Why no file system can be mounted here; empty when one can."""
    if not shutil.which("unshare"):
        return "no unshare(1)"
    tried = subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=64k", "none", "/mnt"], capture_output=True, check=False
    )
    return tried.stderr.decode().strip()


def on_disk(disk: Path, before: str, *words: str | Path) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """Run the command while a small file system of its own lies on a folder, with an earlier build in its dist/.

    before: shell lines that run first. Gives how it ended, and what was in dist/ then.
    """
    if _mounts():
        pytest.skip(f"no file system can be mounted: {_mounts()}")
    command = shlex.join([sys.executable, "-m", "casetrail", *map(str, words)])
    code = "import json, sys; from tests.hardness.killer import tree; from pathlib import Path\n"
    code += "print(json.dumps({k: v.decode() for k, v in tree(Path(sys.argv[1])).items()}), file=sys.stderr)"
    script = f"""
        mount -t tmpfs -o size=160k none {disk}
        {sys.executable} -c 'import sys; from pathlib import Path; from tests.hardness import killer
killer.module.write(Path(sys.argv[1]), killer.build("old"))' {disk}/dist
        {before}
        {command}; code=$?
        {sys.executable} -c {shlex.quote(code)} {disk}/dist
        exit $code
    """
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], env=ENVIRONMENT, cwd=ROOT, capture_output=True, text=True, check=False
    )
    *told, held = beside_the_pack(done.stderr)
    done.stderr = "\n".join(told)
    return done, json.loads(held)


OLD = {path: content.decode() for path, content in killer.build("old").items()}


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ("", "no space is left there"),
        ("mount -o remount,ro {}", "nothing can be written there: it is mounted for reading alone"),
    ],
)
def test_a_build_onto_a_full_or_read_only_disk(before: str, why: str, disk: Path, tmp_path: Path) -> None:
    pack = small_pack(tmp_path / "pack")
    rule = (pack / "rules" / "okta" / "example.yml").read_text()
    for number in range(40):
        more = rule.replace("name: example", f"name: example_{number}").replace("6c1b-4a77", f"6c1b-4{number:03d}")
        (pack / "rules" / "okta" / f"example_{number}.yml").write_text(more)
    done, held = on_disk(disk, before.format(disk), "--pack", pack, "build", "-o", disk / "dist")
    assert (done.returncode, done.stdout) == (2, "")
    assert beside_the_pack(done.stderr) == [f"casetrail: {disk / 'dist'}: nothing was built: {why}"]
    assert held == OLD


def test_a_build_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    pack = small_pack(tmp_path / "pack")
    for out in (tmp_path / "file" / "dist", tmp_path / "file" / "deeper" / "dist"):
        result = run("build", "-o", out, pack=pack)
        assert (result.exit_code, result.stdout) == (2, "")
        assert beside_the_pack(result.stderr) == [
            f"casetrail: {out}: nothing was built: a part of its path is a file, not a folder"
        ]
    assert (tmp_path / "file").read_text() == "mine"


def test_results_onto_a_full_disk(disk: Path, tmp_path: Path) -> None:
    pack = small_pack(tmp_path / "pack")
    fill = f"head -c 1M /dev/zero > {disk}/fill 2>/dev/null"
    done, held = on_disk(disk, fill, "--pack", pack, "test", "--engine", "reference", "--junit", disk / "dist" / "x.xml")
    assert done.returncode == 2
    assert [line for line in beside_the_pack(done.stderr) if "no space is left" in line] == beside_the_pack(done.stderr)
    assert len(beside_the_pack(done.stderr)) == 1
    assert held == OLD


@pytest.mark.parametrize(("form", "size"), [("ndjson", 160), ("ndjson", 1100), ("csv", 160)])
def test_a_hunt_without_room_for_what_it_spills(form: str, size: int, disk: Path, tmp_path: Path) -> None:
    log = tmp_path / f"x.{form}"
    values = [
        (f"{number:0200}", "2026-01-15T09:00:00.000Z", "system.api_token.create", "SUCCESS") for number in range(8_000)
    ]
    if form == "ndjson":
        rows = (
            {"uuid": identity, "published": time, "eventType": kind, "outcome": {"result": result}}
            for identity, time, kind, result in values
        )
        log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        log.write_text("uuid,published,eventType,outcome.result\n" + "".join(",".join(row) + "\n" for row in values))
    before = f"export TMPDIR={disk}; mount -o remount,size={size}k {disk}"
    done, _ = on_disk(disk, before, "hunt", log, "--rule", "okta_api_token_created")
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert len(beside_the_pack(done.stderr)) == 1, done.stderr
    assert f"casetrail: {disk}: " in done.stderr
    assert "no space is left there" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("words", [["hunt", "--json", "examples/okta.ndjson"], ["--help"], ["check", "--json"]])
def test_a_full_standard_output(words: list[str], tmp_path: Path) -> None:
    pack = [] if words[0] in ("hunt", "--help") else ["--pack", str(small_pack(tmp_path / "pack"))]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "casetrail", *pack, *words],
            env=ENVIRONMENT,
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2, done.stderr
    assert [line for line in beside_the_pack(done.stderr) if "no space is left there" in line], done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_pack_that_went_away_is_named(tmp_path: Path) -> None:
    for words in (["check"], ["test"], ["build", "-o", str(tmp_path / "dist")], ["hunt", str(ROOT / "examples")]):
        done = run(*words, pack=tmp_path / "gone")
        assert done.exit_code == 2
        assert done.stderr.splitlines()[-1] == f"casetrail: {tmp_path / 'gone'}: no such folder"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="whoever is root may read all")
def test_a_rule_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    pack = small_pack(tmp_path / "pack")
    put(pack / "rules" / "okta" / "example.yml", {})
    (pack / "rules" / "okta" / "example.yml").chmod(0)
    result = run("build", "-o", tmp_path / "dist", pack=pack)
    assert result.exit_code == 2
    assert "example.yml: " in result.stderr
    assert len(beside_the_pack(result.stderr)) == 1
    assert tree(tmp_path / "dist") == {}
