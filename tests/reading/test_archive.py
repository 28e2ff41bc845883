"""Archives that are the same everywhere and hurt nobody who unpacks them."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from casetrail.reading.archive import gzip_stored, tar_gz


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 200_000])
def test_gzip_stored_is_gzip(size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    assert gzip.decompress(gzip_stored(content)) == content


def test_it_unpacks_to_what_was_put_in(tmp_path: Path) -> None:
    files = {"app/b/c.txt": b"c" * 70_000, "app/a.txt": b""}
    with tarfile.open(fileobj=io.BytesIO(tar_gz(files)), mode="r:gz") as archive:
        assert archive.getnames() == ["app", "app/b", "app/a.txt", "app/b/c.txt"]
        assert {(one.mtime, one.uid, one.gid, one.uname, one.gname) for one in archive} == {(0, 0, 0, "", "")}
        assert {one.mode for one in archive if one.isfile()} == {0o644}
        assert {one.mode for one in archive if one.isdir()} == {0o755}
        archive.extractall(tmp_path)
    assert {path: (tmp_path / path).read_bytes() for path in files} == files


def test_the_order_of_files_is_nothing() -> None:
    files = {"a/2": b"2", "a/1": b"1"}
    assert tar_gz(files) == tar_gz(dict(reversed(files.items())))


@pytest.mark.parametrize("path", ["../a", "a/../../b", "/a", "a//b", "./a", "a\\b", "C:a", "a\nb", "", "a/"])
def test_no_path_leads_out(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        tar_gz({path: b""})
