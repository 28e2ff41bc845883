"""An earlier state of a folder, from its git repository."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from casetrail.pack.files import FOLDERS, PackError
from casetrail.pack.lockfile import FILE
from casetrail.reading.git import GitError, files_of, git

_TRUNKS = ("main", "origin/main", "master", "origin/master")
_INSTEAD = "name two folders, as in `casetrail diff OLD NEW`"


def base(folder: Path) -> str:
    """The commit where the work in a folder began: the merge base with main or master, else the last commit. Raises PackError."""
    for trunk in _TRUNKS:
        try:
            return git(folder, "merge-base", "HEAD", trunk).decode().strip()
        except GitError:
            continue
    return commit(folder, "HEAD")


def commit(folder: Path, ref: str) -> str:
    """The commit that a name stands for. Raises PackError when the folder is of no repository or the name stands for none."""
    try:
        git(folder, "rev-parse", "--show-toplevel")
    except GitError as error:
        raise PackError(f"{error}; {_INSTEAD}") from error
    try:
        return git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").decode().strip()
    except GitError as error:
        raise PackError(f"{ref}: neither a folder nor a commit of the repository of {folder}") from error


@contextmanager
def earlier(folder: Path, ref: str) -> Iterator[Path]:
    """A folder with the pack as it was at a commit, gone at the end. Raises PackError when there was none."""
    found = commit(folder, ref)
    try:
        prefix = git(folder, "rev-parse", "--show-prefix").decode().rstrip("\n")
        top = Path(git(folder, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
        tree = f"{found}:{prefix}"
        listed = git(top, "ls-tree", "-z", "--name-only", tree).decode("utf-8", "replace").split("\0")
        wanted = [name for name in (*FOLDERS, FILE) if name in listed]
        if "rules" not in wanted:
            raise PackError(f"{ref}: there was no pack in {folder} then, which has rules/")
        with tempfile.TemporaryDirectory(prefix="casetrail-") as made:
            for path, content in files_of(top, tree, wanted):
                target = Path(made) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            yield Path(made)
    except GitError as error:
        raise PackError(f"{error}; {_INSTEAD}") from error
