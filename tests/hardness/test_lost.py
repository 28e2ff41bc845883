"""A hunt loses nothing in silence: what can be read is matched, what can't is counted, and events that were lost are exit code 2."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from casetrail.engines.duckdb import connect
from casetrail.engines.reference import evaluate
from casetrail.hunt.hunt import Report, hunt
from casetrail.logs import json as json_reader
from casetrail.plan.nodes import Equals, Is, IsMissing, Not, Overlap, Plan, SameAs, Search
from casetrail.plan.values import TIME_FORMATS
from tests.cli.ways import ROOT, okta, run
from tests.hardness.logs import flipped, joined, tarred, zipped
from tests.worlds import CONTRACT, event

F = CONTRACT.fields
AT = "2026-01-15T09:00:00.000Z"
MALFORMED = b'{"id": '


def row(identity: str, **parts: Any) -> dict[str, Any]:
    return {"id": identity, "at": AT, "kind": "a", **parts}


def hunted(path: Path, *plans: Plan) -> tuple[dict[str, set[str]], Report]:
    """The ids that complete each plan, and the report."""
    named = {plan.name: plan for plan in plans}
    report = hunt(named, {CONTRACT.key: CONTRACT}, [path])
    found: dict[str, set[str]] = {name: set() for name in named}
    for hit in report.hits:
        found[hit.rule].add(hit.id)
    return found, report


@pytest.mark.parametrize("way", ["fast", "patient"])
@pytest.mark.parametrize("overlap", list(Overlap))
@pytest.mark.parametrize(
    ("one", "other"), [("tags", "user"), ("user", "tags"), ("tags", "items.name"), ("items.name", "tags")]
)
def test_a_field_is_compared_with_another_alike_by_each_way(
    one: str, other: str, overlap: Overlap, way: str, tmp_path: Path
) -> None:
    same = Is(F[one], SameAs(F[other], overlap, cased=False))
    plans = (Search("same", CONTRACT.key, same), Search("other", CONTRACT.key, Not(same)))
    rows = [
        row("p", tags=["x", "ab"], user="ab", items=[{"name": "b"}, {"name": "AB"}]),
        row("q", tags=["x"], user="b", items=[{"name": "bx"}]),
        row("r", tags=[], user="b"),
    ]
    lines = [json.dumps(each).encode() for each in rows]
    (tmp_path / "log.ndjson").write_bytes(b"\n".join([*lines, *([MALFORMED] if way == "patient" else [])]))
    found, report = hunted(tmp_path / "log.ndjson", *plans)
    events = [
        event(**{key: value for key, value in each.items() if key not in ("at", "id")}, identity=each["id"]) for each in rows
    ]
    assert found == {plan.name: set(evaluate(plan, events).ids) for plan in plans}
    assert bool(report.faults.counts) == (way == "patient")


ENDS = {
    "iso8601": [
        ("9999-12-31T23:59:59.999999Z", True),
        ("9999-12-31T23:59:59-14:00", False),
        ("9999-12-31T23:59:59+14:00", True),
        ("0001-01-01T00:00:00Z", True),
        ("0001-01-01T00:00:00+14:00", False),
        ("0001-01-01T00:00:00-00:01", True),
        ("0000-12-31T23:59:59Z", False),
        ("9999-99-99T00:00:00Z", False),
    ],
    "compact": [("99991231235959.999999", True), ("00010101000000", True), ("00001231235959", False)],
    "epoch_s": [("253402300799", True), ("253402300800", False), ("-62135596801", False), ("1e308", False)],
    "epoch_ms": [("253402300799999", True), ("253402300800000", False), ("-1e308", False), ("99999999999999999999", False)],
}


@pytest.mark.parametrize(("form", "text", "readable"), [(form, *each) for form, some in ENDS.items() for each in some])
def test_a_time_beyond_the_years_1_to_9999_reads_as_none(form: str, text: str, readable: bool) -> None:
    told = TIME_FORMATS[form](text)
    assert (told is not None) == readable
    assert connect().execute(f"SELECT as_time_{form}(?)", [text]).fetchall() == [(told,)]


EXTREME = [text for text, readable in ENDS["iso8601"] if not readable]


@pytest.mark.parametrize("text", EXTREME)
def test_an_event_of_no_readable_time_is_counted_and_ends_nothing(text: str, tmp_path: Path) -> None:
    plan = Search("s", CONTRACT.key, Is(F["kind"], SameAs(F["kind"], Overlap.EQUALS, cased=True)))
    rows = [row("p"), row("q", at=text), row("r")]
    (tmp_path / "log.ndjson").write_text("\n".join(map(json.dumps, rows)))
    found, report = hunted(tmp_path / "log.ndjson", plan)
    assert found == {"s": {"p", "r"}}
    assert dict(report.faults.counts) == {"event without a readable time or identity": 1}


KIND_A = Search("s", CONTRACT.key, Is(F["kind"], Equals("a", cased=True)))


def written(identity: str, user: bytes) -> bytes:
    """A row as a logger wrote it: `user` is JSON, or meant to be."""
    return b'{"id": "%s", "at": "%s", "kind": "a", "user": %s}' % (identity.encode(), AT.encode(), user)


AMENDED = {
    "lone surrogate": (b'"x\\ud800y"', json_reader.SURROGATE, "x\ufffdy"),
    "surrogates the wrong way round": (b'"\\udc00\\ud800"', json_reader.SURROGATE, "\ufffd\ufffd"),
    "a pair and one alone": (b'"\\ud83d\\ude00\\ud83d"', json_reader.SURROGATE, "\U0001f600\ufffd"),
    "bad UTF-8": (b'"x\xffy"', json_reader.BAD_UTF8, "x\ufffdy"),
    "a surrogate as UTF-8": (b'"\xed\xa0\x80"', json_reader.BAD_UTF8, "\ufffd\ufffd\ufffd"),
    "NUL in a text": (b'"x\x00y"', json_reader.CONTROL, "x\x00y"),
    "raw tab": (b'"x\ty"', json_reader.CONTROL, "x\ty"),
    "unknown escape": (b'"x\\qy"', json_reader.ESCAPE, "x\\qy"),
    "cut escape": (b'"x\\u12y"', json_reader.ESCAPE, "x\\u12y"),
    "NaN": (b"NaN", json_reader.NO_NUMBER, None),
    "minus Infinity": (b"-Infinity", json_reader.NO_NUMBER, None),
    "beyond a double": (b"1e999", json_reader.NO_NUMBER, None),
    "400 digits": (b"1" * 400, json_reader.NO_NUMBER, None),
    "5,000 digits": (b"-" + b"9" * 5000, json_reader.NO_NUMBER, None),
    "comma before a bracket": (b'"x",', json_reader.COMMA, "x"),
    "20 digits": (b"18446744073709551616", None, "1.8446744073709552e+19"),
    "a large double": (b"1e16", None, "1e+16"),
    "a small double": (b"0.00001", None, "1e-05"),
    "17 digits": (b"0.30000000000000004", None, "0.30000000000000004"),
    "a long fraction": (b"1.00000000000000000001", None, "1.0"),
    "an escaped backslash": (b'"\\\\ud800"', None, "\\ud800"),
    "a text that looks like a number": (b'"1e16"', None, "1e16"),
    "a text NaN": (b'"NaN"', None, "NaN"),
}


@pytest.mark.parametrize("end", [b"", MALFORMED], ids=["alone", "beside a malformed line"])
@pytest.mark.parametrize("name", list(AMENDED))
def test_what_is_no_json_is_read_with_patience_and_its_event_matched(name: str, end: bytes, tmp_path: Path) -> None:
    user, kind, text = AMENDED[name]
    path = tmp_path / "log.ndjson"
    path.write_bytes(joined([written("p", b'"z"'), written("q", user), written("r", b'"z"'), *filter(None, [end])]))
    is_text = IsMissing() if text is None else Equals(text, cased=True)
    found, report = hunted(path, KIND_A, Search("text", CONTRACT.key, Is(F["user"], is_text)))
    assert found == {"s": {"p", "q", "r"}, "text": {"q"}}
    malformed = {"malformed line": 1} if end else {}
    told = {kind: 1} if kind else {}
    assert dict(report.faults.counts) == {**told, **malformed}
    assert bool(report.faults.fatal) == bool(end)


DOUBLED = {
    "the kind of event": (b'"kind": "a", "kind": "b"', {"b"}),
    "the other way round": (b'"kind": "b", "kind": "a"', {"a"}),
    "by an escape": (b'"kind": "b", "k\\u0069nd": "a"', {"a"}),
    "an object over a text": (b'"kind": "b", "kind": {"x": 1}', set()),
    "null over a text": (b'"kind": "b", "user": "b", "user": null', {"b"}),
    "a text asked for": (b'"kind": "c", "user": "x", "user": "y"', {"y"}),
    "in a list": (b'"kind": "c", "items": [{"name": "z"}, {"name": "x", "name": "y"}]', {"y"}),
    "a list": (b'"kind": "c", "items": [{"name": "x"}], "items": [{"name": "y"}]', {"y"}),
}


@pytest.mark.parametrize("end", [b"", MALFORMED], ids=["fast", "patient"])
@pytest.mark.parametrize("name", list(DOUBLED))
def test_the_last_of_doubled_keys_holds_in_each_way(name: str, end: bytes, tmp_path: Path) -> None:
    parts, expected = DOUBLED[name]
    path = tmp_path / "log.ndjson"
    path.write_bytes(joined([b'{"id": "p", "at": "%s", %s}' % (AT.encode(), parts), *filter(None, [end])]))
    tests = [(F["kind"], "a"), (F["kind"], "b"), *((F[each], text) for each in ("user", "items.name") for text in "xy")]
    plans = [Search(f"{field.path} {text}", CONTRACT.key, Is(field, Equals(text, cased=True))) for field, text in tests]
    found, _ = hunted(path, *plans)
    assert {name.split()[1] for name, ids in found.items() if ids} == expected


def test_an_event_without_an_identity_is_lost_in_each_way(tmp_path: Path) -> None:
    ways: list[list[Any]] = [[row(""), row("p")], [row(""), row("p"), 17]]
    for number, rows in enumerate(ways):
        path = tmp_path / f"{number}.ndjson"
        path.write_text("\n".join(map(json.dumps, rows)))
        found, report = hunted(path, KIND_A)
        assert found == {"s": {"p"}}
        assert len(report.faults.fatal) == 1


GOOD = joined([json.dumps(row(f"e{number}")).encode() for number in range(10)])


FOREIGN = {
    "log.zip": (zipped(zipped(GOOD)), "ZIP"),
    "log.tar": (tarred(GOOD, "log.ndjson"), "tar"),
    "log.tar.gz": (gzip.compress(tarred(GOOD, "log.ndjson")), "tar"),
    "log.ndjson.bz2": (bz2.compress(GOOD), "bzip2"),
    "log.ndjson.xz": (lzma.compress(GOOD), "xz"),
    "log.gz.gz": (gzip.compress(gzip.compress(GOOD)), "gzip"),
    "log.ndjson": (gzip.compress(GOOD), "gzip"),
}


@pytest.mark.parametrize("name", list(FOREIGN))
def test_a_format_that_is_not_read_is_named_and_the_rest_is_read(name: str, tmp_path: Path) -> None:
    content, told = FOREIGN[name]
    (tmp_path / name).write_bytes(content)
    (tmp_path / "other.ndjson").write_bytes(GOOD)
    found, report = hunted(tmp_path, KIND_A)
    assert len(found["s"]) == 10
    (fault,) = report.faults.fatal
    assert name in fault
    assert told in fault


def test_a_wrong_checksum_of_gzip_is_told_and_what_was_read_is_kept(tmp_path: Path) -> None:
    (tmp_path / "log.ndjson.gz").write_bytes(flipped(gzip.compress(GOOD), -6))
    found, report = hunted(tmp_path, KIND_A)
    assert len(found["s"]) == 10
    assert "CRC" in report.faults.fatal[0]


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes are POSIX's")
def test_what_is_left_out_of_a_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "log.ndjson").write_bytes(GOOD)
    (folder / "log.ndjson").write_bytes(GOOD)
    (folder / "folder").symlink_to(tmp_path / "elsewhere")
    (folder / "nothing.ndjson").symlink_to(tmp_path / "gone")
    os.mkfifo(folder / "pipe.ndjson")
    _, report = hunted(folder, KIND_A)
    assert report.rows[CONTRACT.key] == 10
    assert dict(report.faults.counts) == {
        "link to a folder, not followed": 1,
        "link to nothing, left out": 1,
        "pipe, left out": 1,
    }
    _, report = hunted(folder / "pipe.ndjson", KIND_A)
    assert "pipe" in report.faults.fatal[0]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="the superuser may read all")
def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "log.ndjson").write_bytes(GOOD)
    (tmp_path / "log.ndjson").write_bytes(GOOD)
    (tmp_path / "mine.ndjson").write_bytes(GOOD)
    (tmp_path / "closed").chmod(0)
    (tmp_path / "mine.ndjson").chmod(0)
    try:
        found, report = hunted(tmp_path, KIND_A)
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert len(found["s"]) == 10
    assert len(report.faults.fatal) == 2


LINES = {
    "a long first line": (b'{"id": "' + b"x" * 5000 + b"\n" + GOOD, 10, 1),
    "a long first line that is no object": (b"x" * 5000 + b"\n" + GOOD, 10, 1),
    "a long line among others": (GOOD + b'{"id": "' + b"x" * 5000 + b"\n" + GOOD, 20, 1),
    "many blank lines": (b"\n" * 100_000 + GOOD + b" \r\n" * 100_000 + GOOD, 20, 0),
    "blank lines and a fault": (b"\n" * 100_000 + GOOD + b"\n" * 99_999 + MALFORMED, 10, 1),
    "NUL bytes after": (GOOD + b"\x00" * 500, 10, 0),
    "NUL bytes before": (b"\x00" * 500 + GOOD, 10, 0),
    "nothing but a cut row": (MALFORMED, 0, 1),
    "a first line in brackets": (b"[INFO] hello\n" + GOOD, 10, 1),
    "a first line that is no array": (b"[{]\n" + GOOD, 10, 1),
    "one row in an array over lines": (b"[\n" + GOOD.splitlines()[0] + b"\n]\n", 1, 0),
    "one row in an array after a row": (b"[" + GOOD.splitlines()[0] + b",\n" + GOOD.splitlines()[1] + b"\n]\n", 2, 0),
    "a text that is no log": (b"# Read me\n\nof logs\n", 0, 0),
}


@pytest.mark.parametrize("name", list(LINES))
def test_what_a_file_holds_beside_its_rows_costs_no_row(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casetrail.logs.read._LINE", 1000)
    monkeypatch.setattr("casetrail.logs.read._WHOLE", 4000)
    content, count, lost = LINES[name]
    (tmp_path / "log.ndjson").write_bytes(content)
    _, report = hunted(tmp_path / "log.ndjson", KIND_A)
    assert report.rows[CONTRACT.key] == count
    assert len(report.faults.fatal) == lost
    if name == "blank lines and a fault":
        assert report.faults.places["malformed line"] == [f"{tmp_path / 'log.ndjson'}:200010"]


def test_lost_events_are_exit_code_2(tmp_path: Path) -> None:
    rows = [okta("a"), okta("b", published="9999-12-31T23:59:59-14:00")]
    path = tmp_path / "log.ndjson"
    for lines, code in ((rows[:1], 0), (rows, 2)):
        path.write_text("\n".join(map(json.dumps, lines)))
        assert run("hunt", path, pack=ROOT).exit_code == code
