"""Pinned files from Maven Central in a cache outside the repository."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from casetrail.reading.kept import cache_folder


class NodeUnavailable(Exception):
    """A test node can't be had here. The message says what is missing and how to get it."""


@dataclass(frozen=True)
class Pinned:
    """A file on Maven Central, and the SHA-256 that it must have."""

    group: str
    artifact: str
    version: str
    packaging: str
    digest: str


def pinned(text: str) -> list[Pinned]:
    """The files of a list of `group:artifact:version sha256` lines.

    A file that is no jar has its packaging after the version (`group:artifact:version:zip`).
    """
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return [_pinned(coordinates, digest) for coordinates, digest in lines]


def _pinned(coordinates: str, digest: str) -> Pinned:
    group, artifact, version, packaging = (*coordinates.split(":"), "jar")[:4]
    return Pinned(group, artifact, version, packaging, digest)


def jars(listed: Path) -> list[Path]:
    """The files of a list that `pinned` reads, downloaded unless the cache holds them.

    Raises NodeUnavailable when one can't be had or isn't what was pinned.
    """
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(_file, pinned(listed.read_text("utf-8"))))


def unpacked(archive: Path, only: Sequence[str]) -> Path:
    """The folder with the members of a zip whose names begin with one of `only`, in the cache beside the archive.

    Raises NodeUnavailable for a member that would lie outside.
    """
    kept = archive.with_suffix("") / hashlib.sha256("\n".join(only).encode()).hexdigest()[:16]
    if kept.is_dir():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder, zipfile.ZipFile(archive) as opened:
        out = Path(folder) / "out"
        for member in opened.infolist():
            if member.filename.startswith(tuple(only)):
                if out.resolve() not in (out / member.filename).resolve().parents:
                    raise NodeUnavailable(f"{archive.name}: {member.filename} would lie outside its folder")
                opened.extract(member, out)
        if not kept.is_dir():
            out.rename(kept)
    return kept


def _file(wanted: Pinned) -> Path:
    kept = cache_folder() / "jars" / f"{wanted.digest[:12]}-{wanted.artifact}-{wanted.version}.{wanted.packaging}"
    if kept.is_file():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        fetched = _download(wanted, Path(folder))
        found = hashlib.sha256(fetched.read_bytes()).hexdigest()
        if found != wanted.digest:
            name = f"{wanted.group}:{wanted.artifact}:{wanted.version}"
            raise NodeUnavailable(f"{name}: its SHA-256 is {found}, not the pinned {wanted.digest}")
        shutil.move(fetched, Path(folder) / "done")
        os.replace(Path(folder) / "done", kept)
    return kept


def _download(wanted: Pinned, folder: Path) -> Path:
    try:
        from jgo.maven import MavenContext
    except ImportError as error:
        raise NodeUnavailable("jgo is missing: pip install 'casetrail[prove]'") from error
    try:
        project = MavenContext(repo_cache=folder, local_repos=[], timeout=120).project(wanted.group, wanted.artifact)
        return Path(project.at_version(wanted.version).artifact(packaging=wanted.packaging).resolve())
    except Exception as error:
        name = f"{wanted.group}:{wanted.artifact}:{wanted.version}"
        raise NodeUnavailable(f"{name} can't be downloaded from Maven Central: {error}") from error
