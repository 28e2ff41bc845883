"""A build as what is handed out: one archive with checksums and a bill of materials, the same bytes each time."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import PurePosixPath

from casetrail import __version__
from casetrail.pack.files import shipped

SUMS = "SHA256SUMS"
SBOM = "sbom.cdx.json"
_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip archive can hold."""


def licence() -> bytes:
    """casetrail's licence, from the package as installed or from the checkout that it runs from."""
    checkout = shipped() / "LICENSE"
    if checkout.is_file():
        return checkout.read_bytes()
    return (distribution("casetrail").read_text("licenses/LICENSE") or "").encode()


def release(built: Mapping[str, bytes], bill: bytes, wheel: tuple[str, bytes] | None = None) -> dict[str, bytes]:
    """The files of a release: the archive, beside it the bill of materials, the wheel, and the checksums of these three.

    built: a build's files by path; wheel: its file name and content. The archive holds all of them below one folder, with checksums of its
    own that `sha256sum -c` reads.

    Raises ValueError for a path that would leave the archive's folder.
    """
    inside = {**built, SBOM: bill, "LICENSE": licence()}
    if wheel is not None:
        inside[wheel[0]] = wheel[1]
    inside[SUMS] = sums(inside)
    name = f"casetrail-{__version__}"
    files = {f"{name}.zip": archive(name, inside), f"{name}.cdx.json": bill}
    if wheel is not None:
        files[wheel[0]] = wheel[1]
    return {**files, SUMS: sums(files)}


def sums(files: Mapping[str, bytes]) -> bytes:
    """Checksums as `sha256sum` writes them."""
    lines = [f"{hashlib.sha256(content).hexdigest()}  {path}\n" for path, content in sorted(files.items())]
    return "".join(lines).encode()


def archive(folder: str, files: Mapping[str, bytes]) -> bytes:
    """A zip archive of files below a folder: sorted, undated, not compressed, so that no library's version changes a byte.

    Raises ValueError for a path that would lie outside the folder.
    """
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as made:
        for path, content in sorted(files.items()):
            if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or "\\" in path:
                raise ValueError(f"{path}: it would lie outside {folder}")
            entry = zipfile.ZipInfo(f"{folder}/{path}", _BEGINNING)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            made.writestr(entry, content)
    return held.getvalue()
