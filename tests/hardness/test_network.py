"""`check`, `test`, `build`, `explain`, `replay` and `hunt` on files never ask the network."""

from __future__ import annotations

import csv
import gzip
import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import zstandard

from tests.cli.ways import CASES, ROOT, okta, put, small_pack

SITE = Path(__file__).parent / "site" / "offline"
ALL = """
import json, sys
from click.testing import CliRunner
from casetrail.cli.main import cli
for words in json.loads(sys.argv[1]):
    result = CliRunner().invoke(cli, words)
    error = result.exception
    if error is not None and not isinstance(error, SystemExit):
        raise error
    print(result.exit_code, *words, result.output if result.exit_code not in (0, 1) else "")
"""
on_linux = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="only Linux's kernel refuses sockets to code that isn't Python",
)


def offline(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(SITE), str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same rows in every form that a hunt reads, some of which DuckDB has in extensions that it would fetch."""
    folder = tmp_path_factory.mktemp("logs")
    rows = [okta("a"), okta("b", 1)]
    lines = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    (folder / "x.ndjson").write_bytes(lines)
    (folder / "x.json").write_text(json.dumps(rows, indent=1))
    (folder / "y.json").write_text(json.dumps({"events": rows}))
    (folder / "x.ndjson.gz").write_bytes(gzip.compress(lines))
    (folder / "x.ndjson.zst").write_bytes(zstandard.compress(lines))
    (folder / "x.yml").write_text(json.dumps(rows))
    with (folder / "x.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    duckdb.execute(f"COPY (FROM read_json('{folder / 'x.ndjson'}')) TO '{folder / 'x.parquet'}' (FORMAT parquet)")
    (folder / "broken.parquet").write_bytes(b"PAR1 and no more PAR1")
    (folder / "links.ndjson").write_text('{"uuid": "https://example.com/x.parquet", "eventType": "s3://example/x"}\n')
    return folder


def test_no_command_asks_the_network(logs: Path, tmp_path: Path) -> None:
    pack = small_pack(tmp_path / "pack")
    put(pack / "fixtures" / "okta" / "example.yml", CASES)
    of = ["--pack", str(pack)]
    files = [[*of, "hunt", str(path)] for path in sorted(logs.iterdir())]
    commands = [
        [*of, "check"],
        [*of, "check", "--sarif"],
        [*of, "test", "--junit", str(tmp_path / "x.xml")],
        [*of, "test", "--mutants"],
        [*of, "build", "-o", str(tmp_path / "dist")],
        [*of, "run", "-o", str(tmp_path / "dist")],
        [*of, "explain", "example", "--target", "elastic"],
        ["hunt", str(ROOT / "examples" / "okta.ndjson"), str(logs)],
        [*of, "hunt", "--json", "https://example.com/okta.ndjson"],
        *files,
    ]
    result = offline(ALL, json.dumps(commands))
    assert result.returncode == 0, result.stderr
    told = result.stdout.splitlines()
    assert "2 --pack" in next(line for line in told if "https://" in line), "an address is no file"
    named = [str(logs / "broken.parquet"), "https://", str(logs)]
    assert not [line for line in told if line.startswith("2 ") and not any(name in line for name in named)], told


@pytest.mark.parametrize(
    "code",
    ["import socket; socket.getaddrinfo('example.com', 443)", "import socket; socket.create_connection(('127.0.0.1', 9))"],
)
def test_the_guard_refuses_what_python_asks(code: str) -> None:
    result = offline(code)
    assert result.returncode == -signal.SIGSYS or "a call to the network" in result.stderr


@on_linux
def test_the_guard_kills_what_duckdb_asks() -> None:
    result = offline("import duckdb; duckdb.connect().execute('FORCE INSTALL httpfs')")
    assert result.returncode == -signal.SIGSYS, (result.returncode, result.stderr)
