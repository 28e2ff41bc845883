"""The bytes of a build depend on the pack alone."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tests.cli.ways import ROOT, RULE, run, small_pack, tree

SITE = Path(__file__).parent / "site" / "shuffled"
PACK = ("rules", "fixtures", "logsources", "watchlists", "backends")
PLAIN = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8", "SHUFFLE": ""}
ODD = {
    "PYTHONHASHSEED": "12345",
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "C",
    "LANG": "tr_TR.UTF-8",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "COLUMNS": "20",
    "SHUFFLE": "7",
}


def built(pack: Path, out: Path, python: str = sys.executable, **environment: str) -> dict[str, bytes]:
    out.parent.mkdir(parents=True)
    path = [*([str(SITE)] if environment.get("SHUFFLE") else []), str(ROOT / "src")]
    done = subprocess.run(
        [python, "-m", "casetrail", "--pack", str(pack), "build", "-o", str(out)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), **environment},
        cwd=out.parent,
        umask=0o077 if environment.get("SHUFFLE") else -1,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return tree(out)


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return sorted(path for path in {*one, *other} if one.get(path) != other.get(path))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The build of the shipped pack as it usually is."""
    return built(ROOT, tmp_path_factory.mktemp("plain") / "in" / "dist", **PLAIN)


def test_the_surroundings_change_nothing(plain: dict[str, bytes], tmp_path: Path) -> None:
    """Hash seed, time zone, locale, terminal, umask, the order of a folder's entries, and where the pack and the output lie."""
    pack = tmp_path / "elsewhere" / "päck"
    for name in PACK:
        shutil.copytree(ROOT / name, pack / name, copy_function=shutil.copyfile)
    for name in ("rules.lock", "casetrail.yml"):
        shutil.copyfile(ROOT / name, pack / name)
    other = built(pack, tmp_path / "other" / "dist", **ODD)
    assert differing(plain, other) == []
    assert len(plain) > 20


def test_the_order_of_a_folder_was_another() -> None:
    code = "import glob, os, pathlib, sys; f = sys.argv[1]\n"
    code += "print(os.listdir(f), sorted(os.listdir(f)), [p.name for p in pathlib.Path(f).glob('*')])"
    told = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONPATH": str(SITE), "SHUFFLE": seed}
        command = [sys.executable, "-c", code, str(ROOT / "rules" / "okta")]
        told.add(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    assert len(told) == 2


PYTHONS = [python for python in os.environ.get("CASETRAIL_PYTHONS", "").split(os.pathsep) if Path(python).is_file()]


@pytest.mark.skipif(not PYTHONS, reason="CASETRAIL_PYTHONS names no other interpreters with casetrail's dependencies")
@pytest.mark.parametrize("python", PYTHONS or [""])
def test_the_version_of_python_changes_nothing(python: str, plain: dict[str, bytes], tmp_path: Path) -> None:
    assert differing(plain, built(ROOT, tmp_path / "in" / "dist", python, **PLAIN)) == []


def unsafe(name: str, content: bytes) -> list[str]:
    """What is wrong with an archive: members that leave the folder it is unpacked into, links, or marks of the machine that made it."""
    if name.endswith((".zip", ".whl")):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return [
                f"{name}: {each.filename}"
                for each in archive.infolist()
                if _leaves(each.filename) or (each.external_attr >> 16) & 0o170000 not in (0, 0o100000, 0o040000)
            ]
    if name.endswith((".tgz", ".tar.gz", ".tar")):
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            return [
                f"{name}: {each.name}"
                for each in archive.getmembers()
                if _leaves(each.name)
                or not (each.isfile() or each.isdir())
                or each.mode & 0o7022
                or {each.uid, each.gid} != {0}
                or {each.uname, each.gname} - {"", "root"}
            ]
    return []


def _leaves(path: str) -> bool:
    return path.startswith("/") or "\\" in path or ":" in path or ".." in PurePosixPath(path).parts or path == ""


def test_no_path_of_a_build_leaves_its_folder(plain: dict[str, bytes]) -> None:
    assert [path for path in plain if _leaves(path)] == []
    assert [fault for path, content in plain.items() for fault in unsafe(path, content)] == []


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../../x", "C:\\x", "a\\b", "c:x"])
def test_an_unsafe_archive_is_seen(path: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo(path), b"")
    assert unsafe("x.zip", packed.getvalue())
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as made:
        made.addfile(tarfile.TarInfo(path))
    assert unsafe("x.tgz", packed.getvalue())


@pytest.mark.parametrize("name", ["../../outside", "/tmp/outside", "a/b", "..", "C:outside"])
def test_a_rule_whose_name_is_a_path_is_built_inside_or_not_at_all(name: str, tmp_path: Path) -> None:
    pack = small_pack(tmp_path / "pack", {"example": {**RULE, "name": name}}, None)
    out = tmp_path / "in" / "dist"
    result = run("build", "-o", out, pack=pack)
    assert result.exit_code in (0, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "pack"]
    assert sorted(path.name for path in (tmp_path / "in").iterdir()) in ([], ["dist"])
    assert not Path("/tmp/outside.esql").exists()
