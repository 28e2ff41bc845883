"""`casetrail hunt` on files, end to end."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from casetrail.pack.pack import Pack
from tests.cli.ways import ROOT, RULE, okta, run, shell, small_pack

SAMPLES = ROOT.parent / "shared" / "samples"
ROWS = [okta(f"e{number}", number, "user.session.start" if number % 3 == 0 else "user.session.end") for number in range(300)]
HITS = [f"e{number}" for number in range(0, 300, 3)]
LINES = [json.dumps(row).encode() for row in ROWS]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rule on every sign-in, and one on two of them within ten seconds by the same person."""
    pair = {
        **RULE,
        "name": "pair",
        "id": "3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b12",
        "level": "low",
        "correlation": {
            "type": "event_count",
            "rules": ["example"],
            "group-by": ["actor.alternateId"],
            "timespan": "10s",
            "condition": {"gte": 2},
            "generate": True,
        },
    }
    del pair["logsource"], pair["detection"]
    return small_pack(tmp_path_factory.mktemp("hunt") / "pack", {"example": RULE, "pair": pair}, None)


def test_rows_that_came_again_are_told_and_count_once(pack: Path, tmp_path: Path) -> None:
    (tmp_path / "one.ndjson").write_bytes(b"\n".join(LINES))
    (tmp_path / "two.ndjson").write_bytes(b"\n".join(LINES[:10]))
    plain, doubled = (run("hunt", str(path), "--json", pack=pack) for path in (tmp_path / "one.ndjson", tmp_path))
    assert "arrived again" not in plain.stderr
    assert "  4 events of okta/okta arrived again" in doubled.stderr
    assert plain.stdout == doubled.stdout


def ids(text: str) -> list[str]:
    return [json.loads(line)["id"] for line in text.splitlines()]


def write_csv(path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["uuid", "published", "eventType"])
        writer.writeheader()
        writer.writerows(ROWS)


def write_parquet(path: Path) -> None:
    plain = path.with_name("plain")
    plain.write_bytes(b"\n".join(LINES))
    duckdb.sql(f"COPY (FROM read_json('{plain}', format = 'newline_delimited')) TO '{path}' (FORMAT parquet)")
    plain.unlink()


def enveloped(path: Path) -> None:
    path.write_text(json.dumps({"eventId": "x", "data": {"events": ROWS}}))


FORMS: dict[str, Callable[[Path], Any]] = {
    "log.ndjson": lambda path: path.write_bytes(b"\n".join(LINES)),
    "log": lambda path: path.write_bytes(b"\n".join(LINES)),
    "log.json": lambda path: path.write_text(json.dumps(ROWS)),
    "pretty.json": lambda path: path.write_text(json.dumps(ROWS, indent=2)),
    "bom.json": lambda path: path.write_text(json.dumps(ROWS, indent=2), "utf-8-sig"),
    "packed.json.gz": lambda path: path.write_bytes(gzip.compress(json.dumps(ROWS, indent=2).encode())),
    "hook.json": enveloped,
    "wrapped.ndjson": lambda path: path.write_bytes(b"\n".join(b'{"record": %b}' % line for line in LINES)),
    "log.csv": write_csv,
    "log.parquet": write_parquet,
    "log.ndjson.gz": lambda path: path.write_bytes(gzip.compress(b"\n".join(LINES))),
    "log.ndjson.zst": lambda path: path.write_bytes(zstandard.compress(b"\n".join(LINES))),
    "members.ndjson.gz": lambda path: path.write_bytes(b"".join(gzip.compress(line + b"\n") for line in LINES)),
    "frames.ndjson.zst": lambda path: path.write_bytes(
        b"".join(zstandard.compress(part + b"\n") for part in (b"\n".join(LINES[:9]), b"17", b"\n".join(LINES[9:])))
    ),
}


@pytest.mark.parametrize("name", list(FORMS))
def test_every_form_gives_the_same_completions(name: str, pack: Path, tmp_path: Path) -> None:
    FORMS[name](tmp_path / name)
    result = run("hunt", tmp_path / name, "--rule", "example", "--json", pack=pack)
    assert result.exit_code == 0, result.output
    assert ids(result.stdout) == HITS
    assert "\n1 file, 300 events of okta/okta: 100 matches of 1 rule\n" in result.stderr


def test_a_folder_and_the_standard_input_and_several_at_once(pack: Path, tmp_path: Path) -> None:
    (tmp_path / "logs" / "deep").mkdir(parents=True)
    (tmp_path / "logs" / "a.ndjson").write_bytes(b"\n".join(LINES[:100]))
    (tmp_path / "logs" / "deep" / "b.ndjson.gz").write_bytes(gzip.compress(b"\n".join(LINES[100:200])))
    (tmp_path / "logs" / ".hidden").write_bytes(b"not a log")
    result = shell(
        "--pack", pack, "hunt", tmp_path / "logs", "-", "--rule", "example", "--json", stdin=b"\n".join(LINES[200:])
    )
    assert (result.returncode, ids(result.stdout.decode())) == (0, HITS)
    assert "\n3 files, 300 events of okta/okta" in result.stderr.decode()
    packed = shell("--pack", pack, "hunt", "-", stdin=b"")
    assert "\n1 file, no events of a known log: 0 matches of 0 rules\n" in packed.stderr.decode()


def test_people_get_alerts_and_programs_every_completion(pack: Path, tmp_path: Path) -> None:
    rows = [okta(f"u{number}", number, actor={"alternateId": "a@example.com"}) for number in (0, 5, 10, 40, 45)]
    (tmp_path / "log.ndjson").write_text("\n".join(map(json.dumps, rows)))
    words: list[str | Path] = ["hunt", tmp_path / "log.ndjson", "--rule", "pair"]
    shown = run(*words, pack=pack)
    assert shown.stdout.splitlines() == [
        "2026-01-15T09:00:05.000Z  low       pair  actor.alternateId=a@example.com  (2 events)",
        "2026-01-15T09:00:45.000Z  low       pair  actor.alternateId=a@example.com",
    ]
    assert shown.stderr.endswith("\n1 file, 5 events of okta/okta: 3 matches of 1 rule\n")
    records = [json.loads(line) for line in run(*words, "--json", pack=pack).stdout.splitlines()]
    assert records[1] == {
        "time": "2026-01-15T09:00:10.000Z",
        "level": "low",
        "rule": "pair",
        "id": "u10",
        "key": {"actor.alternateId": "a@example.com"},
        "evidence": ["u10", "u5", "u0"],
    }
    table = list(csv.DictReader(io.StringIO(run(*words, "--csv", pack=pack).stdout)))
    assert [row["id"] for row in table] == [record["id"] for record in records]
    assert (table[1]["key"], table[1]["evidence"]) == ("actor.alternateId=a@example.com", "u10 u5 u0")
    assert run(*words, "--csv", "--json", pack=pack).exit_code == 2


def test_the_health_of_logs_is_asked_of_files_when_it_is_wanted(tmp_path: Path) -> None:
    watched = {**RULE, "casetrail": {**RULE["casetrail"], "story": "log-health"}}
    other = {**RULE, "name": "other", "id": "3f6f2b0e-6c1b-4a77-9f0e-2f6d0a0f9b12"}
    pack = small_pack(tmp_path / "pack", {"example": watched, "other": other}, None)
    (tmp_path / "log.ndjson").write_bytes(LINES[0])
    for words, found in (([], ["other"]), (["--health"], ["example", "other"]), (["--rule", "example"], ["example"])):
        result = run("hunt", str(tmp_path / "log.ndjson"), "--json", *words, pack=pack)
        assert [json.loads(line)["rule"] for line in result.stdout.splitlines()] == found
        assert ("1 rule on the health of logs not asked: --health asks them too" in result.stderr) == (not words)


def test_a_table_of_very_many_says_how_many_more(pack: Path, tmp_path: Path) -> None:
    rows = [
        json.dumps({**okta(f"u{number}"), "published": f"2026-01-15T{number // 60:02d}:{number % 60:02d}:00Z"})
        for number in range(450)
    ]
    (tmp_path / "log.ndjson").write_text("\n".join(rows))
    result = run("hunt", tmp_path / "log.ndjson", "--rule", "example", pack=pack)
    assert len(result.stdout.splitlines()) == 200
    assert "… and 250 more alerts; --json or --csv prints every match" in result.stderr


def test_exit_codes(pack: Path, tmp_path: Path) -> None:
    (tmp_path / "hit.ndjson").write_bytes(LINES[0])
    (tmp_path / "miss.ndjson").write_bytes(LINES[1])
    codes = [
        shell("--pack", pack, "hunt", tmp_path / name, *words).returncode
        for name in ("hit.ndjson", "miss.ndjson")
        for words in ((), ("--exit-code",))
    ]
    assert codes == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "name the logs to read"),
        (["/no/such.ndjson"], "/no/such.ndjson: no such file or folder"),
        ([str(ROOT / "examples"), "--source", "okta/octa"], "no log source definition for okta/octa; there are"),
        ([str(ROOT / "examples"), "--rule", "exampel"], "no rule is named exampel; did you mean example?"),
        ([str(ROOT / "examples"), "--url", "https://x.example"], "name the logs to read, or a cluster"),
    ],
)
def test_what_cannot_be_hunted_is_said_in_a_line(words: list[str], told: str, pack: Path) -> None:
    result = shell("--pack", pack, "hunt", *words)
    assert (result.returncode, result.stdout) == (2, b"")
    assert told in result.stderr.decode()


def cut_gzip(path: Path) -> Path:
    whole = gzip.compress(b"\n".join(LINES), mtime=0)
    file = path / "cut.ndjson.gz"
    file.write_bytes(whole[: len(whole) * 2 // 3])
    return file


def cut_zstandard(path: Path) -> Path:
    whole = zstandard.compress(b"\n".join(LINES[:150]) + b"\n") + zstandard.compress(b"\n".join(LINES[150:]))
    file = path / "cut.ndjson.zst"
    file.write_bytes(whole[:-20])
    return file


def cut_array(path: Path) -> Path:
    file = path / "cut.json"
    whole = json.dumps(ROWS, indent=1)
    file.write_text(whole[: len(whole) * 2 // 3])
    return file


def cut_after_a_comma(path: Path) -> Path:
    file = path / "comma.json"
    file.write_bytes(b"[" + b",".join(LINES[:200]) + b",\n")
    return file


def cut_array_in_gzip(path: Path) -> Path:
    file = path / "cut.json.gz"
    file.write_bytes(gzip.compress(cut_after_a_comma(path).read_bytes()))
    return file


def no_gzip(path: Path) -> Path:
    file = path / "plain.ndjson.gz"
    file.write_bytes(b"\n".join(LINES))
    return file


def no_parquet(path: Path) -> Path:
    file = path / "plain.parquet"
    file.write_bytes(b"\n".join(LINES))
    return file


@pytest.mark.parametrize(
    "make", [cut_gzip, cut_zstandard, cut_array, cut_after_a_comma, cut_array_in_gzip, no_gzip, no_parquet]
)
def test_what_is_cut_short_gives_what_it_held_and_exits_2(make: Callable[[Path], Path], pack: Path, tmp_path: Path) -> None:
    file = make(tmp_path)
    result = shell("--pack", pack, "hunt", file, "--rule", "example", "--json", "--exit-code")
    found = ids(result.stdout.decode())
    assert result.returncode == 2
    assert found == HITS[: len(found)]
    assert f"  error: {file}: " in result.stderr.decode()
    assert b"Traceback" not in result.stderr
    if "cut" in make.__name__:
        assert len(found) > 30


FAULTS: list[tuple[str, bytes, str, bool]] = [
    ("malformed", b'{"uuid": "x", ', "malformed line", True),
    ("text", b"Jan 15 09:00:00 host sshd[1]: hello", "malformed line", True),
    ("a number", b"17", "not an object", False),
    ("null", b"null", "not an object", False),
    ("bad UTF-8", b'{"uuid": "\xff\xfe"}', "bad UTF-8, read as U+FFFD", False),
    ("a lone surrogate", b'{"uuid": "\\ud800"}', "lone surrogate, read as U+FFFD", False),
    (
        "a time that is none",
        json.dumps({**okta("x"), "published": "yesterday"}).encode(),
        "event without a readable time or identity",
        True,
    ),
    (
        "a time that is an object",
        json.dumps({**okta("x"), "published": {}}).encode(),
        "event without a readable time or identity",
        True,
    ),
    (
        "an object for a text",
        json.dumps({**okta("x"), "eventType": {"a": 1}}).encode(),
        "an object in eventType, which is no value",
        False,
    ),
    ("another log", b'{"hello": "world"}', "no known log", False),
    ("very deep", b'{"a":' * 2000 + b"1" + b"}" * 2000, "nested too deeply", True),
]


@pytest.mark.parametrize(("name", "line", "kind", "lost"), FAULTS, ids=[row[0] for row in FAULTS])
@pytest.mark.parametrize("first", [True, False], ids=["first", "within"])
def test_a_fault_is_counted_with_file_and_line_and_costs_nothing_else(
    name: str, line: bytes, kind: str, lost: bool, first: bool, pack: Path, tmp_path: Path
) -> None:
    file = tmp_path / "log.ndjson"
    at = 0 if first else 100
    file.write_bytes(b"\n".join([*LINES[:at], line, *LINES[at:200], line, *LINES[200:]]))
    result = run("hunt", file, "--rule", "example", "--json", pack=pack)
    assert (result.exit_code, ids(result.stdout)) == (2 if lost else 0, HITS)
    assert f"  2 × {kind}: {file}:{at + 1}, {file}:202\n" in result.stderr


def test_only_the_first_places_of_a_fault_are_named(pack: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.ndjson"
    file.write_bytes(b"\n".join([LINES[0], *[b"x"] * 50]))
    places = ", ".join(f"{file}:{line}" for line in range(2, 7))
    assert f"  50 × malformed line: {places}, …\n" in run("hunt", file, pack=pack).stderr


def test_faults_of_csv(pack: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    good = b"e1,2026-01-15T09:00:00Z,user.session.start\n"
    file.write_bytes(b"uuid,published,eventType\n" + good + b"\xff," + good[3:] + b"e3," + good[3:-1] + b",more\n" + b"e4\n")
    result = run("hunt", file, "--rule", "example", "--json", pack=pack)
    assert ids(result.stdout) == ["e1", "e3", "\ufffd"]
    assert f"  1 × bad UTF-8: {file}:3\n" in result.stderr
    assert f"  1 × more values than the header has names: {file}:4\n" in result.stderr
    assert f"  1 × no known log: {file}:5\n" in result.stderr


EVIL = "\x1b[2J\x1b]0;owned\x07\r\nfake  line\x00\x7f\x9b31m\u202egnp\u2028"
UNSEEN = set("\x1b\x07\r\x00\x7f\x9b\u202e\u2028")


def test_a_log_cannot_steer_the_terminal_or_a_reader(pack: Path, tmp_path: Path) -> None:
    rows = [okta(f"{EVIL}{number}", number, actor={"alternateId": f"{EVIL}@x"}) for number in range(3)]
    (tmp_path / f"log{EVIL[:4]}.ndjson").write_text("\n".join([*map(json.dumps, rows), "broken"]))
    shown = run("hunt", tmp_path, pack=pack, color=True)
    assert shown.exit_code == 2
    lines = shown.stdout.splitlines()
    assert len(lines) == 4
    assert "\\x1b[2J\\x1b]0;owned\\x07\\r\\nfake" in lines[0]
    colours = shown.stdout.replace("\x1b[31m", "").replace("\x1b[0m", "").replace("\x1b[39m", "")
    assert not UNSEEN & set(colours)
    assert "log\\x1b[2J.ndjson:4" in shown.stderr
    assert not UNSEEN & set(shown.stderr)
    printed = run("hunt", tmp_path, "--json", pack=pack)
    assert not UNSEEN & set(printed.stdout)
    records = [json.loads(line) for line in printed.stdout.splitlines()]
    assert {record["id"] for record in records} == {row["uuid"] for row in rows}
    table = run("hunt", tmp_path, "--csv", pack=pack)
    assert not UNSEEN & set(table.stdout)
    assert len(table.stdout.splitlines()) == 1 + len(records)


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("https://x.example","y")', 'a","=1'])
def test_no_cell_of_csv_is_a_formula(value: str, pack: Path, tmp_path: Path) -> None:
    (tmp_path / "log.ndjson").write_text(json.dumps(okta(value)))
    (row,) = csv.DictReader(io.StringIO(run("hunt", tmp_path, "--rule", "example", "--csv", pack=pack).stdout))
    assert all(not text.startswith(("=", "+", "-", "@", "\t", "\r")) for text in row.values())
    assert value.strip() in row["id"]


def test_colours_are_for_terminals(pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log.ndjson").write_bytes(LINES[0])
    assert "\x1b[31mhigh" in run("hunt", tmp_path, pack=pack, color=True).stdout
    assert b"\x1b" not in shell("--pack", pack, "hunt", tmp_path).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("hunt", tmp_path, pack=pack, color=True).stdout


def test_a_row_of_no_length_limit(pack: Path, tmp_path: Path) -> None:
    long = json.dumps({**okta("long"), "displayMessage": "x" * 5_000_000}).encode()
    (tmp_path / "log.ndjson").write_bytes(b"\n".join([LINES[1], long]))
    assert ids(run("hunt", tmp_path, "--rule", "example", "--json", pack=pack).stdout) == ["long"]


def samples() -> list[Path]:
    return sorted(path for path in SAMPLES.rglob("*") if path.suffix in (".json", ".yml")) if SAMPLES.is_dir() else []


PRODUCTS = {"google": "gcp/google_workspace", "okta": "okta/okta", "salesforce": "salesforce"}
UNKNOWN = {"gws_login_success.json"}
"""A row of Google's login application, for which there is no contract."""


@pytest.mark.skipif(not samples(), reason="the folder of other people's rows is not here")
@pytest.mark.parametrize("path", samples(), ids=lambda path: path.name)
def test_other_peoples_rows_tell_their_own_log(path: Path) -> None:
    result = run("hunt", path, pack=ROOT)
    assert result.exit_code == (2 if path.name in UNKNOWN else 0), result.output
    told = result.stderr.splitlines()[1]
    assert told.startswith("1 file, ")
    if path.name in UNKNOWN:
        assert "no events of a known log" in told
    else:
        assert f" of {PRODUCTS[path.parent.name]}" in told
    assert ("error: no event of a known log was read" in result.stderr) == (path.name in UNKNOWN)


@pytest.mark.skipif(not samples(), reason="the folder of other people's rows is not here")
def test_other_peoples_rows_all_at_once() -> None:
    result = shell("--pack", ROOT, "hunt", SAMPLES, "--json")
    assert result.returncode == 0, result.stderr
    told = result.stderr.decode().splitlines()[1]
    found = [key for key in Pack.load(ROOT).contracts if f" of {key}" in told]
    assert {key.partition("/")[0] for key in found} == {"gcp", "okta", "salesforce"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "wait"), [(signal.SIGINT, 1.5), (signal.SIGTERM, 1.5)])
def test_a_signal_ends_it_with_one_line_and_leaves_nothing(
    number: signal.Signals, wait: float, pack: Path, tmp_path: Path
) -> None:
    (tmp_path / "scratch").mkdir()
    line = json.dumps({**okta("x"), "displayMessage": "x" * 1000}).encode() + b"\n"
    with (tmp_path / "log.ndjson").open("wb") as file:
        file.writelines([line * 1000] * 1000)
    process = subprocess.Popen(
        [sys.executable, "-m", "casetrail", "--pack", str(pack), "hunt", str(tmp_path / "log.ndjson"), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path / "scratch")},
    )
    end = time.monotonic() + 60
    while not any((tmp_path / "scratch").iterdir()) and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(number)
    out, err = process.communicate()
    assert process.returncode == 128 + number, err
    assert err.split()[-1] == b"stopped"
    assert out == b""
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe of POSIX")
def test_a_reader_that_goes_away_ends_it_quietly(pack: Path, tmp_path: Path) -> None:
    (tmp_path / "log.ndjson").write_bytes(b"\n".join(json.dumps(okta(f"u{number}")).encode() for number in range(20_000)))
    process = subprocess.Popen(
        [sys.executable, "-m", "casetrail", "--pack", str(pack), "hunt", str(tmp_path / "log.ndjson"), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read().decode() == f"pack: {pack} (2 rules)\n"
    assert process.wait() == 141
