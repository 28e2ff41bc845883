"""A hunt finds the same by every way into it, and tells of every fault."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
import zstandard

from bench.rows import write
from casetrail.engines.reference import evaluate
from casetrail.hunt.hunt import Report, hunt
from casetrail.logs.event import event_of
from casetrail.pack.pack import Pack
from casetrail.plan.nodes import sources

ROOT = Path(__file__).parents[2]
PACK = Pack.load(ROOT)
OKTA = PACK.contracts["okta/okta"]
PLANS = {name: plan for name, plan in PACK.rules.plans().items() if sources(plan) == ("okta/okta",)}
Found = set[tuple[str, str]]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    path = tmp_path_factory.mktemp("rows") / "rows.ndjson"
    write(path, 1500)
    return path.read_bytes().splitlines()


@pytest.fixture(scope="module")
def expected(lines: list[bytes]) -> Found:
    events = [event for line in lines if (event := event_of(orjson.loads(line), OKTA)) is not None]
    until = max(event.time for event in events) - OKTA.delay.greatest
    return {(name, identity) for name, plan in PLANS.items() for identity in evaluate(plan, events, until).ids}


def found(*paths: Path, source: str | None = None) -> tuple[Found, Report]:
    report = hunt(PLANS, PACK.contracts, list(paths), source)
    return {(hit.rule, hit.id) for hit in report.hits}, report


def parquet(lines: list[bytes], path: Path) -> None:
    plain = path.with_suffix(".ndjson")
    plain.write_bytes(b"\n".join(lines))
    duckdb.sql(f"COPY (FROM read_json('{plain}', format = 'newline_delimited')) TO '{path}' (FORMAT parquet)")
    plain.unlink()


FORMS: dict[str, Callable[[list[bytes]], bytes]] = {
    "rows.ndjson": b"\n".join,
    "crlf.ndjson": lambda lines: b"\r\n".join(lines) + b"\r\n",
    "bom.ndjson": lambda lines: b"\xef\xbb\xbf" + b"\n".join(lines),
    "blank.ndjson": b"\n\n  \n".join,
    "rows.json": lambda lines: b"[" + b",\n".join(lines) + b"]",
    "pretty.json": lambda lines: orjson.dumps([orjson.loads(line) for line in lines], option=orjson.OPT_INDENT_2),
    "hook.json": lambda lines: b'{"eventId": "x", "data": {"events": [' + b",".join(lines) + b"]}}",
    "wrapped.ndjson": lambda lines: b"\n".join(b'{"record": ' + line + b"}" for line in lines),
    "rows.ndjson.gz": lambda lines: gzip.compress(b"\n".join(lines)),
    "rows.ndjson.zst": lambda lines: zstandard.compress(b"\n".join(lines)),
    "shuffled.ndjson": lambda lines: b"\n".join(sorted(lines, key=hash)),
    "doubled.ndjson": lambda lines: b"\n".join([*lines, *lines[::3]]),
}


@pytest.mark.parametrize("name", list(FORMS))
def test_every_form_of_a_log_gives_the_same(name: str, lines: list[bytes], expected: Found, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(FORMS[name](lines))
    hits, report = found(tmp_path / name)
    assert hits == expected
    assert len(expected) > 50
    assert not report.faults.counts
    assert not report.faults.fatal


@pytest.mark.parametrize("name", ["rows.ndjson", "rows.json"])
def test_a_few_searches_at_once_find_what_all_at_once_do(
    name: str, lines: list[bytes], expected: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casetrail.hunt.hunt._AT_ONCE", 2)
    (tmp_path / name).write_bytes(FORMS[name](lines))
    hits, report = found(tmp_path / name)
    assert hits == expected
    assert report.rows["okta/okta"] == len(lines)


def test_parquet_and_several_files_give_the_same(lines: list[bytes], expected: Found, tmp_path: Path) -> None:
    parquet(lines[:700], tmp_path / "a.parquet")
    (tmp_path / "b.ndjson").write_bytes(b"\n".join(lines[600:]))
    assert found(tmp_path)[0] == expected


BROKEN: list[tuple[str, bytes, set[str], int]] = [
    ("malformed", b'{"uuid": "x", ', {"malformed line"}, 1),
    ("a number", b"17", {"not an object"}, 0),
    ("bad UTF-8", b'{"uuid": "\xff"}', {"bad UTF-8, read as U+FFFD", "no known log"}, 0),
    ("a lone surrogate", b'{"uuid": "\\ud800"}', {"lone surrogate, read as U+FFFD", "no known log"}, 0),
    (
        "no time",
        b'{"uuid": "x", "eventType": "user.session.start", "published": "yesterday"}',
        {"event without a readable time or identity"},
        1,
    ),
    ("another log", b'{"hello": "world"}', {"no known log"}, 0),
]


@pytest.mark.parametrize(("name", "line", "kinds", "lost"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_fault_is_counted_with_its_place_and_costs_nothing_else(
    name: str, line: bytes, kinds: set[str], lost: int, lines: list[bytes], expected: Found, tmp_path: Path
) -> None:
    path = tmp_path / "rows.ndjson"
    path.write_bytes(b"\n".join([*lines[:750], line, *lines[750:]]))
    hits, report = found(path)
    assert hits == expected
    assert dict(report.faults.counts) == dict.fromkeys(kinds, 1)
    assert all(report.faults.places[kind] == [f"{path}:751"] for kind in kinds)
    assert len(report.faults.fatal) == lost


def test_a_gzip_cut_short_gives_what_it_held_and_an_error(lines: list[bytes], tmp_path: Path) -> None:
    whole = gzip.compress(b"\n".join(lines))
    (tmp_path / "cut.ndjson.gz").write_bytes(whole[: len(whole) // 2])
    hits, report = found(tmp_path / "cut.ndjson.gz")
    assert report.rows["okta/okta"] > 100
    assert hits
    assert "cut short" in report.faults.fatal[0]


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.ndjson").touch()
    assert found(tmp_path / "empty.ndjson")[1].rows == {}


SHAPES: list[tuple[str, dict[str, Any], set[str]]] = [
    ("a list where the contract says one value", {"eventType": ["x", "app.oauth2.token.detect_reuse"]}, {"a"}),
    ("an object where the contract says text", {"eventType": {"deep": "app.oauth2.token.detect_reuse"}}, set()),
    ("text that looks like an object", {"displayMessage": "{x}"}, {"a"}),
    ("text that looks like a list", {"target": '[{"type": "AppInstance"}]'}, {"a"}),
    ("an object where the contract says a list", {"target": {"type": "AppInstance"}}, {"a"}),
    ("a character written as an escape", {"eventType": "app.oauth2.token.detect_\u0072euse"}, {"a"}),
]


@pytest.mark.parametrize(("name", "patch", "ids"), SHAPES, ids=[row[0] for row in SHAPES])
def test_a_row_of_another_shape_means_what_the_reference_says(
    name: str, patch: dict[str, Any], ids: set[str], tmp_path: Path
) -> None:
    row = {
        "uuid": "a",
        "published": "2026-01-15T09:00:00.000Z",
        "eventType": "app.oauth2.token.detect_reuse",
        **patch,
    }
    (tmp_path / "rows.ndjson").write_bytes(orjson.dumps(row))
    hits, _ = found(tmp_path / "rows.ndjson")
    assert {identity for rule, identity in hits if rule == "okta_refresh_token_reused"} == ids


def test_csv_of_an_event_log_file(tmp_path: Path) -> None:
    buffer = io.StringIO()
    header = [
        "EVENT_TYPE",
        "TIMESTAMP_DERIVED",
        "ORGANIZATION_ID",
        "USER_ID",
        "USER_ID_DERIVED",
        "REQUEST_ID",
        "DOCUMENT_ID_DERIVED",
        "TRANSACTION_TYPE",
    ]
    writer = csv.writer(buffer)
    writer.writerow(header)
    for number in range(20):
        time = f"2026-01-15T09:00:{number:02d}.000Z"
        writer.writerow(
            ["ContentTransfer", time, "00D", "005u", "005uAAA", f"r{number}", f"069{number}", "VersionDownloadAction"]
        )
    (tmp_path / "files.csv").write_text(buffer.getvalue())
    plans = PACK.rules.plans(["salesforce_files_in_volume", "salesforce_file_without_case"])
    report = hunt(plans, PACK.contracts, [tmp_path])
    counted = [hit for hit in report.hits if hit.rule == "salesforce_files_in_volume"]
    assert len(counted) == 1
    assert len(counted[0].evidence) == 20
    assert counted[0].key == {"account": "005uAAA"}
