"""Git repositories, read and never run: objects by `ls-tree` and `cat-file`, in a fixed environment.

What a repository or a folder that looks like one holds (hooks, filters, file system monitors, pagers, helpers, other repositories to fetch
from) could name programs. None of the commands here applies filters or attributes, and the settings below switch the rest off (git's
documentation: git-config, "safe.bareRepository", "core.fsmonitor", "protocol.allow"; git(1), "GIT_NO_LAZY_FETCH").
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

MOST_FILES = 100_000
MOST_BYTES = 256 * 1024 * 1024
SECONDS = 60
_SETTINGS = {
    "safe.bareRepository": "explicit",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.attributesFile": os.devnull,
    "core.pager": "cat",
    "protocol.allow": "never",
    "credential.helper": "",
}
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_KEPT = ("PATH", "HOME", "SYSTEMROOT", "USERPROFILE", "XDG_CONFIG_HOME")
_FILES = ("100644", "100755")


class GitError(Exception):
    """Git can't answer: it isn't there, the folder is of no repository, or what is asked for isn't in it."""


def git(folder: Path, *words: str, given: bytes = b"") -> bytes:
    """What a command of git prints about the repository of a folder. given: its standard input. Raises GitError."""
    settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | _ENVIRONMENT
    command = ["git", "--no-pager", *settings, "-C", str(folder), *words]
    try:
        done = subprocess.run(command, input=given, capture_output=True, check=False, env=environment, timeout=SECONDS)  # noqa: S603
    except FileNotFoundError as error:
        raise GitError("there is no git here") from error
    except subprocess.TimeoutExpired as error:
        raise GitError(f"{folder}: git gave no answer within {SECONDS} seconds") from error
    if done.returncode:
        raise GitError(f"{folder}: {_reason(done.stderr)}")
    return done.stdout


def _reason(told: bytes) -> str:
    line = told.decode("utf-8", "replace").strip().partition("\n")[0].removeprefix("fatal: ")
    if "safe.bareRepository" in line:
        return (
            "it looks like a git repository itself (HEAD, objects, refs), and casetrail reads none that a pack brings along"
        )
    return line or "git says no more"


def files_of(top: Path, tree: str, names: Sequence[str]) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The files below some names of a tree, by their path in it; links and submodules are left out.

    tree: as `ls-tree` takes it; names: entries of its top. Raises GitError for more than `MOST_FILES` files or `MOST_BYTES` bytes, and for
    a path that would lead out of the folder that it is written to.
    """
    listed = git(top, "ls-tree", "-r", "-l", "-z", tree, *names).split(b"\0")
    entries = [_entry(line) for line in listed if line]
    blobs = [(path, identity, size) for mode, identity, size, path in entries if mode in _FILES]
    if len(blobs) > MOST_FILES:
        raise GitError(f"{tree}: {len(blobs)} files, and {MOST_FILES} are read at most")
    if sum(size for _, _, size in blobs) > MOST_BYTES:
        raise GitError(f"{tree}: its files are larger than {MOST_BYTES} bytes together, the most that is read")
    asked = "".join(f"{identity}\n" for _, identity, _ in blobs).encode()
    content = git(top, "cat-file", "--batch", given=asked) if blobs else b""
    place = 0
    for path, identity, size in blobs:
        head = f"{identity} blob {size}\n".encode()
        if not content.startswith(head, place):
            raise GitError(f"{tree}: git doesn't hold {path} as it lists it")
        start = place + len(head)
        yield path, content[start : start + size]
        place = start + size + 1


def _entry(line: bytes) -> tuple[str, str, int, PurePosixPath]:
    facts, _, name = line.partition(b"\t")
    mode, _, identity, size = facts.decode().split()
    path = PurePosixPath(os.fsdecode(name))
    if path.is_absolute() or {"..", ".git"} & set(path.parts) or "\\" in str(path):
        raise GitError(f"{str(path)!r}: no path of a pack")
    return mode, identity, int(size) if size.isdigit() else 0, path
