"""Arrays and frames are read whole, in any pieces, and never past where they are cut."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import IO, Any, cast

import duckdb
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

import casetrail.logs.array
from casetrail.hunt.duckdb_files import lines
from casetrail.logs.array import ArrayError, items
from casetrail.logs.faults import Faults
from casetrail.logs.read import documents
from casetrail.logs.zstandard import is_whole, opened

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Slow(io.RawIOBase):
    """A stream that gives a few bytes at a time."""

    def __init__(self, content: bytes, step: int) -> None:
        self.content = io.BytesIO(content)
        self.step = step

    def read(self, size: int = -1) -> bytes:
        return self.content.read(self.step)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(VALUES, max_size=8),
    st.sampled_from([None, 0, 2]),
    st.integers(1, 40),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_an_array_gives_its_items_in_any_pieces(
    values: list[Any], indent: int | None, step: int, plain: bool, code: str
) -> None:
    text = json.dumps(values, indent=indent, ensure_ascii=plain).encode(code, "surrogatepass" if not plain else "strict")
    try:
        text.decode()
    except UnicodeDecodeError:
        return
    found = [json.loads(item) for item in items(cast(IO[bytes], Slow(text, step)), 10_000)]
    assert found == values


@settings(max_examples=200, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=6), st.data())
def test_a_cut_array_gives_what_came_before_and_an_error(values: list[Any], data: st.DataObject) -> None:
    text = json.dumps(values).encode()
    cut = data.draw(st.integers(1, len(text) - 1))
    found: list[Any] = []
    with pytest.raises(ArrayError):
        found.extend(json.loads(item) for item in items(io.BytesIO(text[:cut]), 10_000))
    whole = values[: len(found)]
    # A number that is cut is a number still.
    assert found == whole or (found[:-1] == whole[:-1] and isinstance(whole[-1], int | float))


@pytest.mark.parametrize("text", ["", "{}", "[1 2]", "[1,]", "[,1]", "[1]]", "[1] x", '[{"a": }]', "[1, tru]", "7"])
def test_what_is_no_array_is_an_error(text: str) -> None:
    with pytest.raises(ArrayError):
        list(items(io.BytesIO(text.encode()), 10_000))


def test_an_item_of_no_end_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(casetrail.logs.array, "_CHUNK", 10)
    stream = io.BytesIO(b'[1, "' + b"x" * 1_000_000)
    with pytest.raises(ArrayError, match="item 2 is malformed or cut short"):
        list(items(stream, 1000))
    assert stream.tell() < 10_000


def frames() -> dict[str, bytes]:
    packed = zstandard.ZstdCompressor()
    content = bytes(range(256)) * 2000
    summed = zstandard.ZstdCompressor(write_checksum=True, write_content_size=False)
    stream = summed.compressobj()
    streamed = stream.compress(content) + stream.flush()
    skippable = (0x184D2A53).to_bytes(4, "little") + (5).to_bytes(4, "little") + b"hello"
    return {
        "one": packed.compress(content),
        "two": packed.compress(content) + packed.compress(b"more"),
        "empty": packed.compress(b""),
        "repeated": packed.compress(b"\0" * 1_000_000),
        "checksum": streamed,
        "skippable": packed.compress(b"a") + skippable + packed.compress(b"b"),
    }


@pytest.mark.parametrize("name", list(frames()))
def test_a_frame_is_whole_only_when_nothing_of_it_is_missing(name: str, tmp_path: Path) -> None:
    whole = frames()[name]
    path = tmp_path / "x.zst"
    path.write_bytes(whole)
    assert is_whole(path)
    ends = {0, *(len(whole[:cut]) for cut in _ends(whole))}
    for cut in {*range(1, min(len(whole), 40)), *range(len(whole) - 20, len(whole)), len(whole) // 2} - ends:
        if 0 < cut < len(whole):
            path.write_bytes(whole[:cut])
            assert not is_whole(path), cut


def _ends(whole: bytes) -> list[int]:
    """Where a file of these frames may end and be whole."""
    found, at = [], 0
    while at < len(whole):
        if whole[at : at + 4] == b"\x28\xb5\x2f\xfd":
            unpacked = zstandard.ZstdDecompressor().decompressobj()
            unpacked.decompress(whole[at:])
            at = len(whole) - len(unpacked.unused_data)
        else:
            at += 8 + int.from_bytes(whole[at + 4 : at + 8], "little")
        found.append(at)
    return found


def test_the_content_of_many_frames(tmp_path: Path) -> None:
    packed = zstandard.ZstdCompressor()
    content = b"".join(packed.compress(bytes([number]) * number) for number in range(200))
    assert opened(io.BytesIO(content)).read() == b"".join(bytes([number]) * number for number in range(200))
    with pytest.raises(EOFError):
        opened(io.BytesIO(content[:-3])).read()


def test_one_document_too_large_to_hold_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casetrail.logs.read._WHOLE", 50)
    (tmp_path / "x.json").write_text(json.dumps({"events": ["x" * 100]}, indent=1))
    faults = Faults()
    assert list(documents(tmp_path / "x.json", faults)) == []
    assert "give its rows as NDJSON" in faults.fatal[0]


@pytest.mark.parametrize("name", ["a*b", "a?b", "a[b]c", "[!a]"])
def test_a_file_whose_name_looks_like_a_pattern_is_one_file(name: str, tmp_path: Path) -> None:
    for number, each in enumerate((name, "axb", "abc", "b")):
        duckdb.execute(f"COPY (SELECT {number} AS n) TO '{tmp_path / 'made'}' (FORMAT parquet)")
        (tmp_path / "made").rename(tmp_path / f"{each}.parquet")
    faults = Faults()
    assert [row for _, row in documents(tmp_path / f"{name}.parquet", faults)] == [{"n": 0}]
    relation = lines(tmp_path / f"{name}.parquet")
    assert duckdb.execute(f"SELECT l FROM {relation}").fetchall() == [('{"n":0}',)]
