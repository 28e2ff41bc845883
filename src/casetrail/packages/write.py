"""Writing a build so that it is either the old one or the new one, whole."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from casetrail.pack.pack import PackError

MANIFEST = "manifest.json"


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put the files into a folder in place of an earlier build.

    Raises PackError when the folder holds anything that no build wrote, or can't be written.
    """
    stranger = _stranger(folder)
    if stranger:
        raise PackError(f"{folder}: {stranger}; choose an empty folder or that of an earlier build")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as made:
            new, old = Path(made) / "new", Path(made) / "old"
            for path, content in files.items():
                place = new / path
                if new.resolve() not in place.resolve().parents:
                    raise PackError(f"{path}: it would lie outside {folder}")
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
            try:
                if folder.exists():
                    folder.rename(old)
                new.rename(folder)
            except BaseException:
                if old.exists() and not folder.exists():
                    old.rename(folder)
                raise
    except OSError as error:
        raise PackError(f"{folder}: {error}") from error


def _stranger(folder: Path) -> str:
    """What is in the way of a build in a folder; empty when nothing is."""
    if not folder.exists():
        return ""
    if not folder.is_dir():
        return "it is a file"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    if not found:
        return ""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        known = {MANIFEST, *(file["path"] for file in manifest["files"])} if "casetrail" in manifest else set()
    except (OSError, ValueError, TypeError, KeyError):
        known = set()
    strangers = sorted(found - known)
    return f"{strangers[0]} in it is of no earlier build" if strangers else ""
