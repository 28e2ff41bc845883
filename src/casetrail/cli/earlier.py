"""An earlier state of a folder, from its git repository."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from casetrail.pack.files import FOLDERS, PackError
from casetrail.pack.lockfile import FILE

_TRUNKS = ("main", "origin/main", "master", "origin/master")


def _git(folder: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=False)  # noqa: S603, S607
    except FileNotFoundError as error:
        raise PackError("there is no git here: name two folders, as in `casetrail diff OLD NEW`") from error
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip().split("\n")
        raise PackError(f"{folder}: {told[0].removeprefix('fatal: ')}")
    return done.stdout


def base(folder: Path) -> str:
    """The commit where the work in a folder began: the merge base with main or master, else the last commit. Raises PackError."""
    for trunk in _TRUNKS:
        try:
            return _git(folder, "merge-base", "HEAD", trunk).decode().strip()
        except PackError:
            continue
    return commit(folder, "HEAD")


def commit(folder: Path, ref: str) -> str:
    """The commit that a name stands for. Raises PackError when the folder is of no repository or the name stands for none."""
    try:
        _git(folder, "rev-parse", "--show-toplevel")
    except PackError as error:
        raise PackError(f"{error}; name two folders, as in `casetrail diff OLD NEW`") from error
    try:
        return _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").decode().strip()
    except PackError as error:
        raise PackError(f"{ref}: neither a folder nor a commit of the repository of {folder}") from error


@contextmanager
def earlier(folder: Path, ref: str) -> Iterator[Path]:
    """A folder with the pack as it was at a commit, gone at the end. Raises PackError when there was none."""
    found = commit(folder, ref)
    prefix = _git(folder, "rev-parse", "--show-prefix").decode().rstrip("\n")
    tree = f"{found}:{prefix}"
    top = Path(_git(folder, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    listed = _git(top, "ls-tree", "-z", "--name-only", tree).decode().split("\0")
    wanted = [name for name in (*FOLDERS, FILE) if name in listed]
    if "rules" not in wanted:
        raise PackError(f"{ref}: there was no pack in {folder} then, which has rules/")
    content = _git(top, "archive", "--format=tar", tree, *wanted)
    with tempfile.TemporaryDirectory(prefix="casetrail-") as made:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            archive.extractall(made, filter="data")
        yield Path(made)
