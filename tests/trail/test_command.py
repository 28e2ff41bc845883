"""`casetrail trail` on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from casetrail.cli.main import cli
from tests.incidents.replays import ROOT
from tests.trail.rows import elf, log

EVE, OUTSIDE = "005000000000Eve", "198.51.100.66"


def rows(late: bool) -> list[dict[str, Any]]:
    files = [elf("ContentTransfer", minute, EVE, f"r{minute}", DOCUMENT_ID=f"0690000000000{minute}") for minute in (10, 20)]
    return files[1:] if late else [elf("Login", 0, EVE, "in", CLIENT_IP=OUTSIDE, LOGIN_KEY="key"), files[0]]


def called(*words: object) -> Result:
    return CliRunner().invoke(cli, ["--pack", str(ROOT), "trail", *map(str, words)])


def test_it_exits_3_while_rows_may_still_come_and_again_names_what_is_new(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = called(OUTSIDE, log(tmp_path, rows(late=False), "early.ndjson"), "-o", out)
    assert first.exit_code == 3, first.output
    assert "complete as of" in first.output
    assert "069000000000010" in (out / "files.csv").read_text()
    second = called("--again", out, log(tmp_path, rows(late=True), "late.ndjson"))
    assert "new since the earlier result: 1 files, 1 customers" not in second.output
    assert "new since the earlier result: 1 files" in second.output
    assert "069000000000020" in second.output
    third = called("--again", out)
    assert "new since the earlier result: nothing" in third.output


def test_it_exits_0_when_the_logs_go_on_past_the_greatest_delay(tmp_path: Path) -> None:
    later = elf("Login", 60 * 24 * 5, "005000000000Bob", "later", CLIENT_IP="203.0.113.5", LOGIN_KEY="other")
    assert called(OUTSIDE, log(tmp_path, [*rows(late=False), later])).exit_code == 0


def test_a_list_of_indicators_is_read_from_a_file_and_a_bad_one_is_refused(tmp_path: Path) -> None:
    logs = log(tmp_path, rows(late=False))
    listed = tmp_path / "indicators.txt"
    listed.write_text(f"# from a customer\n{OUTSIDE}  # its proxy\n\nsession:key\n")
    assert "2 indicators -> 1 session" in called("--indicators", listed, logs).output
    refused = called("adress:198.51.100.66", logs)
    assert refused.exit_code == 2
    assert "no kind of indicator" in refused.output


def test_what_no_log_names_is_said(tmp_path: Path) -> None:
    output = called("203.0.113.99", log(tmp_path, rows(late=False))).output
    assert "in none of these logs" in output
    assert "no event names any of the indicators" in output


def test_the_terminal_shows_one_screen(tmp_path: Path) -> None:
    many = [elf("ContentTransfer", number % 100, EVE, f"r{number}", DOCUMENT_ID=f"069{number:012}") for number in range(300)]
    output = called(OUTSIDE, log(tmp_path, [*rows(late=False), *many])).output
    assert len(output.splitlines()) <= 30
    assert max(map(len, output.splitlines())) <= 140
