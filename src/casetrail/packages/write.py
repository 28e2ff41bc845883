"""Writing a build so that it is either the old one or the new one, whole."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from casetrail.pack.pack import PackError

MANIFEST = "manifest.json"


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put the files into a folder in place of an earlier build.

    Raises PackError when the folder holds something else than a build, or can't be written.
    """
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MANIFEST).is_file())):
        raise PackError(f"{folder}: it is there and no earlier build; choose an empty folder")
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
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise PackError(f"{folder}: {error}") from error
